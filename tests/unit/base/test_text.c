#include "unit.h"

static void test_text_of(void **state)
{
    (void)state;
    assert_null(text_of(NULL).at);
    assert_int_equal(text_of(NULL).length, 0);
    assert_int_equal(text_of("").length, 0);
    assert_non_null(text_of("").at);
    assert_text_equal(text_of("abc"), "abc");
    assert_int_equal(TEXT("a\0b").length, 3);
}

static void test_compare(void **state)
{
    static const struct {
        struct text a, b;
        int order;
        bool nocase;
    } rows[] = {
        {{0}, {0}, 0, true},
        {{0}, TEXT(""), 0, true},
        {TEXT(""), TEXT("a"), -1, false},
        {TEXT("a"), TEXT("a"), 0, true},
        {TEXT("a"), TEXT("b"), -1, false},
        {TEXT("a"), TEXT("aa"), -1, false},
        {TEXT("ab"), TEXT("aa"), 1, false},
        {TEXT("a"), TEXT("A"), 1, true},
        {TEXT("Content-Type"), TEXT("content-TYPE"), -1, true},
        {TEXT("a[z"), TEXT("A{Z"), 1, false},
        {TEXT("@"), TEXT("`"), -1, false},
        {TEXT("\xC3\x84"), TEXT("\xC3\xA4"), -1, false},
        {TEXT("\x7F"), TEXT("\x80"), -1, false},
        {TEXT("a\0b"), TEXT("a\0c"), -1, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = text_compare(rows[i].a, rows[i].b);
        check((order > 0) - (order < 0) == rows[i].order, "row %zu", i);
        order = text_compare(rows[i].b, rows[i].a);
        check((order > 0) - (order < 0) == -rows[i].order, "row %zu, the other way", i);
        check(text_equal(rows[i].a, rows[i].b) == (rows[i].order == 0), "row %zu", i);
        check(text_equal_nocase(rows[i].a, rows[i].b) == rows[i].nocase, "row %zu", i);
    }
    assert_true(text_is(TEXT("abc"), "abc"));
    assert_false(text_is(TEXT("abc"), "ab"));
    assert_false(text_is(TEXT("a\0c"), "a"));
}

static void test_starts_and_ends(void **state)
{
    static const struct {
        struct text text, part;
        bool starts, ends;
    } rows[] = {
        {TEXT("abc"), TEXT(""), true, true},
        {TEXT("abc"), {0}, true, true},
        {TEXT(""), TEXT(""), true, true},
        {TEXT("abc"), TEXT("abc"), true, true},
        {TEXT("abc"), TEXT("ab"), true, false},
        {TEXT("abc"), TEXT("bc"), false, true},
        {TEXT("abc"), TEXT("abcd"), false, false},
        {TEXT("abc"), TEXT("b"), false, false},
        {TEXT("abc"), TEXT("AB"), false, false},
        {TEXT(""), TEXT("a"), false, false},
        {{0}, TEXT("a"), false, false},
        {TEXT("aba"), TEXT("a"), true, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(text_starts(rows[i].text, rows[i].part) == rows[i].starts, "row %zu", i);
        check(text_ends(rows[i].text, rows[i].part) == rows[i].ends, "row %zu", i);
    }
}

static void test_part_is_cut_to_the_text(void **state)
{
    static const struct {
        size_t from, to;
        const char *expected;
    } rows[] = {
        {0, 0, ""},
        {0, 3, "abc"},
        {0, 2, "ab"},
        {1, 2, "b"},
        {1, 99, "bc"},
        {2, 1, ""},
        {3, 3, ""},
        {4, 9, ""},
        {SIZE_MAX, 0, ""},
        {0, SIZE_MAX, "abc"},
        {SIZE_MAX, SIZE_MAX, ""},
    };
    struct text abc = TEXT("abc");
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text part = text_part(abc, rows[i].from, rows[i].to);
        check_text(part, rows[i].expected, "row %zu", i);
        check(part.at >= abc.at && part.at <= abc.at + 3, "row %zu", i);
    }
    assert_text_equal(text_from(abc, 1), "bc");
    assert_text_equal(text_from(abc, 7), "");
    assert_null(text_part(TEXT_NONE, 0, 5).at);
    assert_null(text_from(TEXT_NONE, 1).at);
}

static void test_trim(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"   ", ""},
        {"a", "a"},
        {" a ", "a"},
        {"\t\n\v\f\ra b\r", "a b"},
        {"a  b", "a  b"},
        {"\x1F"
         "a",
         "\x1F"
         "a"},
        {"\xC2\xA0", "\xC2\xA0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_text(text_trim(text_of(rows[i][0])), rows[i][1], "row %zu", i);
    assert_int_equal(text_trim(TEXT_NONE).length, 0);
    assert_int_equal(text_trim(TEXT(" \0 ")).length, 1);
}

static void test_find(void **state)
{
    static const struct {
        struct text text, needle;
        size_t at;
    } rows[] = {
        {TEXT("abcabc"), TEXT("c"), 2},
        {TEXT("abcabc"), TEXT("ca"), 2},
        {TEXT("abc"), TEXT("abc"), 0},
        {TEXT("abc"), TEXT(""), 0},
        {TEXT(""), TEXT(""), 0},
        {{0}, TEXT(""), 0},
        {TEXT("a\0b"), TEXT("b"), 2},
        {TEXT("abc"), TEXT("d"), TEXT_NOT_FOUND},
        {TEXT("abc"), TEXT("abcd"), TEXT_NOT_FOUND},
        {TEXT("abc"), TEXT("C"), TEXT_NOT_FOUND},
        {TEXT(""), TEXT("a"), TEXT_NOT_FOUND},
        {{0}, TEXT("a"), TEXT_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(text_find(rows[i].text, rows[i].needle) == rows[i].at, "row %zu", i);
        if (rows[i].needle.length == 1)
            check(text_find_char(rows[i].text, rows[i].needle.at[0]) == rows[i].at, "row %zu", i);
    }
}

static void test_next(void **state)
{
    static const struct {
        struct text whole;
        const char *parts[5];
    } rows[] = {
        {{0}, {NULL}},
        {TEXT(""), {""}},
        {TEXT("a"), {"a"}},
        {TEXT("a,b"), {"a", "b"}},
        {TEXT("a,,b"), {"a", "", "b"}},
        {TEXT(",a,"), {"", "a", ""}},
        {TEXT(",,"), {"", "", ""}},
        {TEXT("a;b"), {"a;b"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text rest = rows[i].whole;
        struct text part;
        size_t count = 0;
        while (text_next(&rest, ',', &part)) {
            check(rows[i].parts[count] != NULL, "row %zu gives too many parts", i);
            check_text(part, rows[i].parts[count++], "row %zu", i);
        }
        check(rows[i].parts[count] == NULL, "row %zu gives %zu parts", i, count);
    }
}

static void test_int64(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } taken[] = {
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"-1", -1},
        {"-0", 0},
        {"1000000", 1000000},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"00000000000000000000000000000012", 12},
    };
    static const char *const refused[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "--1",
        "1-",
        "a",
        "1a",
        "١",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "1,000",
        "1_000",
        "18446744073709551616",
        "-18446744073709551617",
        "\n1",
        "½",
    };
    (void)state;
    int64_t value = 0;
    for (size_t i = 0; i < COUNT(taken); i++) {
        check(text_to_int64(&value, text_of(taken[i].text)), "\"%s\"", taken[i].text);
        check(value == taken[i].value, "\"%s\"", taken[i].text);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        value = 42;
        check(!text_to_int64(&value, text_of(refused[i])), "\"%s\"", refused[i]);
        check(value == 42, "\"%s\" must leave the number alone", refused[i]);
    }
    assert_false(text_to_int64(&value, TEXT_NONE));
    assert_false(text_to_int64(&value, TEXT("1\0")));
}

static void test_utf8(void **state)
{
    static const struct text taken[] = {
        {0},
        TEXT(""),
        TEXT("plain"),
        TEXT("\0"),
        TEXT("\x7F"),
        TEXT("\xC2\x80"),
        TEXT("\xDF\xBF"),
        TEXT("\xE0\xA0\x80"),
        TEXT("\xED\x9F\xBF"),
        TEXT("\xEE\x80\x80"),
        TEXT("\xEF\xBF\xBD"),
        TEXT("\xEF\xBF\xBF"),
        TEXT("\xF0\x90\x80\x80"),
        TEXT("\xF4\x8F\xBF\xBF"),
        TEXT("gr\xC3\xBC\xC3\x9F"),
        TEXT("\xF0\x9F\x8F\xA0!"),
        TEXT("\xEF\xBB\xBF"
             "a"),
    };
    static const struct text refused[] = {
        TEXT("\x80"),
        TEXT("\xBF"),
        TEXT("\xC0\x80"),
        TEXT("\xC1\xBF"),
        TEXT("\xC2"),
        TEXT("\xC2"
             "a"),
        TEXT("\xC2\xC2\x80"),
        TEXT("\xE0\x80\x80"),
        TEXT("\xE0\x9F\xBF"),
        TEXT("\xE2\x82"),
        TEXT("\xE2\x82"
             "a"),
        TEXT("\xED\xA0\x80"),
        TEXT("\xED\xBF\xBF"),
        TEXT("\xF0\x80\x80\x80"),
        TEXT("\xF0\x8F\xBF\xBF"),
        TEXT("\xF0\x9F\x8F"),
        TEXT("\xF4\x90\x80\x80"),
        TEXT("\xF5\x80\x80\x80"),
        TEXT("\xF8\x88\x80\x80\x80"),
        TEXT("\xFE"),
        TEXT("\xFF"),
        TEXT("a\xFF"),
        TEXT("gr\xFC\xDF"),
        TEXT("\xC3\xBC\xA4"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++)
        check(text_is_utf8(taken[i]), "row %zu", i);
    for (size_t i = 0; i < COUNT(refused); i++)
        check(!text_is_utf8(refused[i]), "row %zu", i);
}

static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t most;
        const char *expected;
    } rows[] = {
        {"", 0, ""},
        {"abc", 3, "abc"},
        {"abc", 2, "ab"},
        {"a\u00E9", 2, "a"},
        {"a\u00E9", 3, "a\u00E9"},
        {"\U0001F3E1", 3, ""},
        {"\x80\x80\x80\x80\x80", 4, "\x80"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_text(text_cut(text_of(rows[i].text), rows[i].most), rows[i].expected, "row %zu", i);
}

static void test_copies_end_with_nul(void **state)
{
    char source[] = "abcdef";
    struct text copy = text_copy(*state, (struct text){source, 3});
    source[0] = 'X';
    assert_text_equal(copy, "abc");
    assert_int_equal(copy.at[3], '\0');
    assert_string_equal(text_string(*state, TEXT_NONE), "");
    assert_text_equal(text_copy(*state, TEXT_NONE), "");
    assert_memory_equal(text_string(*state, TEXT("a\0b")), "a\0b", 4);
}

static void test_format(void **state)
{
    assert_text_equal(text_format(*state, "%s=%d", "a", 5), "a=5");
    assert_text_equal(text_format(*state, "%.*s", TEXT_ARG(TEXT("abc"))), "abc");
    assert_text_equal(text_format(*state, "%s", ""), "");
    struct text wide = text_format(*state, "%100000d", 7);
    assert_int_equal(wide.length, 100000);
    assert_int_equal(wide.at[99999], '7');
    assert_int_equal(wide.at[100000], '\0');
}

static const struct CMUnitTest tests[] = {
    TEST(test_text_of),
    TEST(test_compare),
    TEST(test_starts_and_ends),
    TEST(test_part_is_cut_to_the_text),
    TEST(test_trim),
    TEST(test_find),
    TEST(test_next),
    TEST(test_int64),
    TEST(test_utf8),
    TEST(test_cut),
    TEST(test_copies_end_with_nul),
    TEST(test_format),
};

UNIT_MAIN(tests)
