/* A set of templates and the context that the tables of cases are rendered with. */
#pragma once

#include "unit.h"

#include "base/buffer.h"
#include "template/language.h"
#include "template/template.h"

struct page {
    const char *name;
    const char *source;
};

struct page_case {
    const char *source;
    const char *expected; /* the output, or the kind of the error */
};

static const struct page page_parts[] = {
    {"inc", "[{{ a }}{{ q }}{{ i }}]"},
    {"base", "B{% block one %}1{{ i }}{% endblock %}-{% block two %}2{% endblock %}"},
    {"mid", "{% extends \"base\" %}{% block one %}m({{ block.super }}){% endblock %}"},
    {"b3", "pre{% extends \"mid\" %}ignored{% block one %}c({{ block.super }}){% endblock %}"
           "{% block three %}lost{% endblock %}"},
    {"odd", "{% if %}"},
    {"wrong", "\n{% block one %}{{ a|add:zz }}{% endblock %}"},
    {"loop", "{% include x %}{% include name %}"},
    {"ping", "{% include \"pong\" %}"},
    {"pong", "{% include \"ping\" %}"},
    {NULL, NULL},
};

struct page_host {
    const char *source; /* of the template "t" */
    const struct page *parts;
};

UNIT enum status page_load(void *context, struct arena *arena, struct text name,
                           struct template_source *out)
{
    const struct page_host *host = context;
    (void)arena;
    *out = (struct template_source){text_of(host->source), TEXT("t.html")};
    if (text_is(name, "t"))
        return OK;
    for (const struct page *part = host->parts; part && part->name; part++) {
        if (!text_is(name, part->name))
            continue;
        *out = (struct template_source){text_of(part->source), text_of(part->name)};
        return OK;
    }
    return NOT_FOUND;
}

/* "two" takes two arguments, "named" one of the name id; "broken" fails. */
UNIT enum status page_reverse(void *context, struct arena *arena, struct text name,
                              const struct template_argument *arguments, size_t count,
                              struct text *out)
{
    (void)context;
    if (text_is(name, "broken"))
        return fail("the routes are out of order");
    if (!text_is(name, "two") && !text_is(name, "named"))
        return NOT_FOUND;
    if (!arguments)
        return OK;
    if (text_is(name, "two") && count == 2 && !arguments[0].name.at) {
        struct text first = value_to_text(arguments[0].value, arena);
        struct text second = value_to_text(arguments[1].value, arena);
        *out = text_format(arena, "/two/%.*s/%.*s/?a=1&b=2", TEXT_ARG(first), TEXT_ARG(second));
        return OK;
    }
    if (text_is(name, "named") && count == 1 && text_is(arguments[0].name, "id")) {
        struct text printed = value_to_text(arguments[0].value, arena);
        *out = text_format(arena, "/named/%.*s/", TEXT_ARG(printed));
        return OK;
    }
    return NOT_FOUND;
}

/* 2024-05-07 19:05:00 UTC */
UNIT int64_t page_now(void *context)
{
    (void)context;
    return INT64_C(1715108700000000);
}

UNIT struct template_host page_template_host(struct page_host *context)
{
    return (struct template_host){
        .context = context,
        .load = page_load,
        .reverse = page_reverse,
        .now = page_now,
        .static_prefix = TEXT("/static/"),
        .media_prefix = TEXT("/"),
        .options = {.late = true, .time_zone = TEXT("America/Chicago")},
    };
}

struct page_row {
    const char *k;
    int64_t v;
};

UNIT bool page_row_get(const void *self, struct text name, struct arena *arena, struct value *out)
{
    const struct page_row *row = self;
    (void)arena;
    if (text_is(name, "k"))
        *out = value_string(row->k);
    else if (text_is(name, "v"))
        *out = value_integer(row->v);
    else
        return false;
    return true;
}

static const struct value_class page_row_class = {.name = "row", .get = page_row_get};

UNIT struct value page_rows(struct arena *arena)
{
    static const struct page_row rows[] = {{"x", 1}, {"x", 2}, {"y", 3}};
    struct value *items = ARENA_ARRAY(arena, struct value, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        items[i] = value_object(arena, &page_row_class, &rows[i]);
    return value_list(arena, items, COUNT(rows));
}

UNIT struct value page_pair(struct arena *arena, const char *name, int64_t number)
{
    struct value *items = ARENA_ARRAY(arena, struct value, 2);
    items[0] = value_string(name);
    items[1] = value_integer(number);
    return value_list(arena, items, 2);
}

UNIT struct value page_numbers(struct arena *arena)
{
    struct value *items = ARENA_ARRAY(arena, struct value, 3);
    for (size_t i = 0; i < 3; i++)
        items[i] = value_integer((const int64_t[]){3, 1, 2}[i]);
    return value_list(arena, items, 3);
}

UNIT void page_set(struct value_map *map, const char *name, struct value value)
{
    value_map_set(map, text_of(name), value);
}

UNIT struct value_map *page_context(struct arena *arena)
{
    static const struct value_moment day = {.year = 2024, .month = 2, .day = 29};
    static const struct value_moment moment = {
        .year = 2023, .month = 12, .day = 31, .hour = 13, .minute = 5, .second = 9};
    struct value_map *map = value_map_new(arena);
    struct value_map *d = value_map_new(arena);
    struct value_map *y = value_map_new(arena);
    struct value *pairs = ARENA_ARRAY(arena, struct value, 2);
    pairs[0] = page_pair(arena, "a", 1);
    pairs[1] = page_pair(arena, "b", 2);
    page_set(y, "z", value_string("deep"));
    page_set(d, "x", value_integer(1));
    page_set(d, "y", value_map(y));
    page_set(map, "a", value_string("A<"));
    page_set(map, "n", VALUE_NULL);
    page_set(map, "t", value_bool(true));
    page_set(map, "f", value_bool(false));
    page_set(map, "i", value_integer(5));
    page_set(map, "fl", value_float(2.5));
    page_set(map, "l", page_numbers(arena));
    page_set(map, "e", value_list(arena, NULL, 0));
    page_set(map, "d", value_map(d));
    page_set(map, "p", value_list(arena, pairs, 2));
    page_set(map, "rows", page_rows(arena));
    page_set(map, "s", value_string("str"));
    page_set(map, "bad", value_string("<b>"));
    page_set(map, "safe", value_safe(TEXT("<i>")));
    page_set(map, "name", value_string("inc"));
    page_set(map, "w", value_string("O'Neil says \"caf\u00E9 & <b>bar</b>\"\nnow"));
    page_set(map, "dec", value_decimal(TEXT("1.50")));
    page_set(map, "day", value_moment(arena, VALUE_DATE, &day));
    page_set(map, "dt", value_moment(arena, VALUE_DATETIME, &moment));
    return map;
}

/* The languages there are, of which the last is used; NULL: none. */
UNIT const struct language_list *page_languages;

/* Renders `source` as the template "t". */
UNIT enum status page_render(struct arena *arena, const char *source, struct buffer *out)
{
    struct page_host context = {source, page_parts};
    struct template_host host = page_template_host(&context);
    host.languages = page_languages;
    struct template_set *set = template_set_new(arena, &host);
    const struct template_request request = {
        .language = page_languages ? &page_languages->items[page_languages->count - 1] : NULL,
    };
    *out = (struct buffer){.arena = arena, .limit = 1u << 20};
    return template_render(set, TEXT("t"), &request, page_context(arena), arena, out);
}

UNIT void page_accept(struct arena *arena, const struct page_case *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer out;
        enum status status = page_render(arena, rows[i].source, &out);
        check(status == OK, "%s: %s", rows[i].source, status_failure()->message);
        check_text(buffer_contents(&out), rows[i].expected, "%s", rows[i].source);
        arena_reset(arena);
    }
}

/* Each fails as that kind, and says where. */
UNIT void page_refuse(struct arena *arena, const struct page_case *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer out;
        check(page_render(arena, rows[i].source, &out) != OK, "%s", rows[i].source);
        check(strcmp(template_error_kind(), rows[i].expected) == 0, "%s is %s: %s", rows[i].source,
              template_error_kind(), status_failure()->message);
        check(strchr(status_failure()->message, ':') != NULL, "%s: %s", rows[i].source,
              status_failure()->message);
        arena_reset(arena);
    }
}

/* A program that tries a table of what is accepted and a table of what is refused. */
#define PAGE_MAIN(accepted, refused)                                                               \
    static void test_accepted(void **state)                                                        \
    {                                                                                              \
        page_accept(*state, accepted, COUNT(accepted));                                            \
    }                                                                                              \
    static void test_refused(void **state)                                                         \
    {                                                                                              \
        page_refuse(*state, refused, COUNT(refused));                                              \
    }                                                                                              \
    static const struct CMUnitTest tests[] = {TEST(test_accepted), TEST(test_refused)};            \
    UNIT_MAIN(tests)
