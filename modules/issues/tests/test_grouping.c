/* Which events are one issue: pairs that are, and pairs that are not. */
#include "unit.h"

#include <jansson.h>

#include "issues/grouping.h"

/* JSON with ' for " */
static json_t *parse(const char *text)
{
    char bytes[4096];
    snprintf(bytes, sizeof bytes, "%s", text);
    for (char *at = bytes; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    return json_loads(bytes, 0, NULL);
}

#define FRAMES(...)      "'stacktrace':{'frames':[" __VA_ARGS__ "]}"
#define ERROR(type, ...) "{'exception':{'values':[{'type':'" type "'," __VA_ARGS__ "}]}}"
#define F(name, more)    "{'function':'" name "','filename':'src/a.c'" more "}"

static const struct {
    bool equal;
    const char *one;
    const char *other;
} rows[] = {
    /* by type and stack, not by line, value or address */
    {true, ERROR("E", "'value':'1'," FRAMES(F("a", ",'lineno':1"))),
     ERROR("E", "'value':'2'," FRAMES(F("a", ",'lineno':2,'instruction_addr':'0x1'")))},
    {false, ERROR("E", FRAMES(F("a", ""))), ERROR("E2", FRAMES(F("a", "")))},
    {false, ERROR("E", FRAMES(F("a", ""))), ERROR("E", FRAMES(F("b", "")))},
    {false, ERROR("E", FRAMES(F("a", ""))), ERROR("E", FRAMES(F("a", "") "," F("b", "")))},
    {true, ERROR("E", FRAMES("{'function':'a','filename':'/x/SRC/A.c?v=1'}")),
     ERROR("E", FRAMES("{'function':'a','filename':'a.c'}"))},
    {false, ERROR("E", FRAMES("{'function':'a','module':'m'}")),
     ERROR("E", FRAMES("{'function':'a','module':'n'}"))},
    /* recursion, and how programs in C end */
    {true, ERROR("E", FRAMES(F("a", ""))), ERROR("E", FRAMES(F("a", "") "," F("a", "")))},
    {true, ERROR("E", FRAMES(F("a", ""))),
     ERROR("E", FRAMES(F("_start", "") "," F("a", "") "," F("raise", "") "," F("abort", "")))},
    /* the program's own frames decide, where there are any */
    {true, ERROR("E", FRAMES(F("a", "") "," F("lib", ",'in_app':false"))),
     ERROR("E", FRAMES(F("a", "") "," F("other", ",'in_app':false")))},
    {false, ERROR("E", FRAMES(F("a", ",'in_app':false"))),
     ERROR("E", FRAMES(F("b", ",'in_app':false")))},
    /* what signals are called says nothing; types that people chose do */
    {true, ERROR("SIGSEGV", "'mechanism':{'synthetic':true}," FRAMES(F("a", ""))),
     ERROR("SIGBUS", "'mechanism':{'synthetic':true}," FRAMES(F("a", "")))},
    /* without a stack by words, with what changes left aside */
    {true, ERROR("E", "'value':'order 7 failed'"), ERROR("E", "'value':'order 8 failed'")},
    {false, ERROR("E", "'value':'order 7 failed'"), ERROR("E", "'value':'order 7 is late'")},
    {true, "{'message':'order 7 failed'}", "{'message':'order 8 failed'}"},
    {true, "{'logentry':{'message':'order %s failed','formatted':'order x failed'}}",
     "{'logentry':{'message':'order %s failed','formatted':'order y failed'}}"},
    {false, "{'message':'order failed'}", "{'message':'order is late'}"},
    /* lines of source count where languages have few names */
    {false,
     "{'platform':'python','exception':[{'type':'E'," FRAMES(F("a", ",'context_line':'x'")) "}]}",
     "{'platform':'python','exception':[{'type':'E'," FRAMES(F("a", ",'context_line':'y'")) "}]}"},
    {true,
     "{'platform':'native','exception':[{'type':'E'," FRAMES(F("a", ",'context_line':'x'")) "}]}",
     "{'platform':'native','exception':[{'type':'E'," FRAMES(F("a", ",'context_line':'y'")) "}]}"},
    {true, "{'platform':'native','exception':[{'type':'E'," FRAMES(F("a(int)", "")) "}]}",
     "{'platform':'native','exception':[{'type':'E'," FRAMES(F("a(char*)", "")) "}]}"},
    /* a fingerprint says it, alone or with the rest */
    {true, "{'fingerprint':['x'],'message':'a'}", "{'fingerprint':['x'],'message':'b'}"},
    {false, "{'fingerprint':['x'],'message':'a'}", "{'fingerprint':['y'],'message':'a'}"},
    {false, "{'fingerprint':['{{ default }}','x'],'message':'a'}",
     "{'fingerprint':['{{ default }}','x'],'message':'b'}"},
    {false, "{'fingerprint':['{{ default }}','x'],'message':'a'}",
     "{'fingerprint':['{{ default }}','y'],'message':'a'}"},
    {true, "{'fingerprint':['{{ default }}'],'message':'a'}", "{'message':'a'}"},
    /* what is of no form is one kind of its own */
    {true, "{'exception':7}", "{'exception':{'values':[]}}"},
};

static struct grouping grouping(struct arena *arena, const char *text)
{
    struct grouping out = {0};
    json_t *event = parse(text);
    check(event != NULL, "%s", text);
    grouping_of(arena, event, &out);
    check(out.count >= 1 && out.count <= GROUPING_HASHES, "%s: %zu hashes", text, out.count);
    for (size_t i = 0; i < out.count; i++)
        check(out.hashes[i].length == 32, "%s", text);
    json_decref(event);
    return out;
}

static void test_pairs(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct grouping one = grouping(*state, rows[i].one);
        struct grouping other = grouping(*state, rows[i].other);
        check(text_equal(one.hashes[0], other.hashes[0]) == rows[i].equal, "row %zu: %s and %s", i,
              rows[i].one, rows[i].other);
    }
}

static const struct CMUnitTest tests[] = {TEST(test_pairs)};
UNIT_MAIN(tests)
