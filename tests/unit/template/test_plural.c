/* Plural-Forms: the languages' own lines, and lines that are refused. */
#include "unit.h"

#include "base/buffer.h"
#include "template/plural.h"

static void test_forms(void **state)
{
    static const struct {
        const char *line;
        const char *forms; /* of 0, 1, 2 …, as digits */
    } rows[] = {
        {"", "101111"},
        {"nplurals=1; plural=0;", "000"},
        {"nplurals=2; plural=n != 1;", "1011"},
        {" nplurals = 2 ; plural = ( n > 1 ) ", "0011"},
        {"nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || "
         "n%100>=20) ? 1 : 2);",
         "2011122222222222222220111222222"},
        {"nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
         "n%100>=11 ? 4 : 5;",
         "012333333334"},
        {"nplurals=4; plural=(n+3*2-6)/2%4;", "00112233001"},
        {"nplurals=2; plural=!n;", "100"},
        {"nplurals=2; plural=!!n;", "011"},
        {"nplurals=2; plural=!!!!!!!n;", "100"},
        {"nplurals=2; plural=n<2||n<=0&&n;", "1100"},
        {"nplurals=3; plural=0-n<0-1 ? 2 : n;", "012222"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plural plural;
        check(plural_parse(*state, text_of(rows[i].line), &plural) == OK, "%s: %s", rows[i].line,
              status_failure()->message);
        for (size_t n = 0; rows[i].forms[n]; n++)
            check(plural_form(&plural, (int64_t)n) == (size_t)(rows[i].forms[n] - '0'), "%s of %zu",
                  rows[i].line, n);
    }
}

/* Beyond what is tried when the line is read. */
static void test_form_beyond(void **state)
{
    struct plural plural;
    struct text line = TEXT("nplurals=2; plural=n < 2000 ? 1 : n == 2000 ? 1/0 : n*n*n;");
    assert_status(plural_parse(*state, line, &plural), OK);
    assert_int_equal(plural_form(&plural, 1999), 1);
    assert_int_equal(plural_form(&plural, 2000), 0);
    assert_int_equal(plural_form(&plural, 2001), 0);
    assert_int_equal(plural_form(&plural, INT64_MAX), 0);
    assert_int_equal(plural_form(&plural, INT64_MIN), 1);
}

static void refuse(struct arena *arena, struct text line, const char *words)
{
    struct plural plural;
    check(plural_parse(arena, line, &plural) == INVALID, "%.*s", TEXT_ARG(line));
    assert_failure_says(words);
}

static void test_refused(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } rows[] = {
        {"plural=n;", "Plural-Forms is not"},
        {"nplurals=2;", "Plural-Forms is not"},
        {"nplurals=n; plural=0;", "Plural-Forms is not"},
        {"nplurals=99999999999999999999; plural=0;", "Plural-Forms is not"},
        {"nplurals=0; plural=0;", "0 forms"},
        {"nplurals=17; plural=0;", "17 forms"},
        {"nplurals=2; plural=;", "not understood"},
        {"nplurals=2; plural=n>;", "not understood"},
        {"nplurals=2; plural=(n>1;", "not understood"},
        {"nplurals=2; plural=n>1);", "not understood"},
        {"nplurals=2; plural=n ? 1;", "not understood"},
        {"nplurals=2; plural=n ? 1 : ;", "not understood"},
        {"nplurals=2; plural=-1;", "not understood"},
        {"nplurals=2; plural=n=1;", "not understood"},
        {"nplurals=2; plural=n & 1;", "not understood"},
        {"nplurals=2; plural=99999999999999999999;", "not understood"},
        {"nplurals=2; plural=exit(1);", "not understood"},
        {"nplurals=2; plural=n>1; drop", "not understood"},
        {"nplurals=2; plural=n;", "no form for 2"},
        {"nplurals=2; plural=0-n;", "no form for 1"},
        {"nplurals=2; plural=1/n;", "no form for 0"},
        {"nplurals=2; plural=1%n;", "no form for 0"},
        {"nplurals=2; plural=9223372036854775807*n > 1;", "no form for 2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse(*state, text_of(rows[i].line), rows[i].words);
}

/* "nplurals=2; plural=" and `count` of these. */
static struct text many(struct arena *arena, const char *part, size_t count)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, TEXT("nplurals=2; plural="));
    for (size_t i = 0; i < count; i++)
        buffer_text(&out, text_of(part));
    buffer_text(&out, TEXT("n>1"));
    return buffer_contents(&out);
}

static void test_refused_for_size(void **state)
{
    struct plural plural;
    assert_status(plural_parse(*state, many(*state, "!", 100000), &plural), OK);
    refuse(*state, many(*state, "(", 100000), "not understood");
    refuse(*state, many(*state, "n?1:", 100000), "not understood");
    refuse(*state, many(*state, "n+", 100000), "not understood");
    refuse(*state, many(*state, "n==0||", 100000), "not understood");
}

static const struct CMUnitTest tests[] = {
    TEST(test_forms),
    TEST(test_form_beyond),
    TEST(test_refused),
    TEST(test_refused_for_size),
};
UNIT_MAIN(tests)
