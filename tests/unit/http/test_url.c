#include "unit.h"

#include "base/buffer.h"
#include "http/url.h"

static void test_decode(void **state)
{
    static const struct {
        const char *encoded;
        const char *path, *form; /* NULL: refused */
    } rows[] = {
        {"", "", ""},
        {"/plain-path_~.", "/plain-path_~.", "/plain-path_~."},
        {"a+b", "a+b", "a b"},
        {"a%20b", "a b", "a b"},
        {"%2B", "+", "+"},
        {"%2f%2F", "//", "//"},
        {"%41%5a%7A", "AZz", "AZz"},
        {"gr%C3%BC%C3%9F", "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"%F0%9F%8F%A0", "\xF0\x9F\x8F\xA0", "\xF0\x9F\x8F\xA0"},
        {"%2541", "%41", "%41"}, /* once, not twice */
        {"%25", "%", "%"},
        {"%0A%09", "\n\t", "\n\t"},
        {"%", NULL, NULL},
        {"%4", NULL, NULL},
        {"a%", NULL, NULL},
        {"a%4", NULL, NULL},
        {"%G1", NULL, NULL},
        {"%1g", NULL, NULL},
        {"%%41", NULL, NULL},
        {"% 41", NULL, NULL},
        {"%+1", NULL, NULL},
        {"%-1", NULL, NULL},
        {"%0x", NULL, NULL},
        {"%00", NULL, NULL},
        {"a%00b", NULL, NULL},
        {"%FF", NULL, NULL},
        {"%C3", NULL, NULL},
        {"%C3x", NULL, NULL},
        {"%C0%AF", NULL, NULL},
        {"%ED%A0%80", NULL, NULL},
        {"\x80", NULL, NULL},
        {"%u0041", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out;
        bool taken = url_decode(*state, text_of(rows[i].encoded), &out);
        check(taken == (rows[i].path != NULL), "\"%s\"", rows[i].encoded);
        if (taken)
            check_text(out, rows[i].path, "\"%s\"", rows[i].encoded);
        taken = url_decode_form(*state, text_of(rows[i].encoded), &out);
        check(taken == (rows[i].form != NULL), "\"%s\"", rows[i].encoded);
        if (taken)
            check_text(out, rows[i].form, "\"%s\"", rows[i].encoded);
    }
    struct text out;
    assert_false(url_decode(*state, TEXT("a\0b"), &out));
    assert_true(url_decode(*state, TEXT_NONE, &out));
}

static void test_encode(void **state)
{
    static const struct {
        struct text plain;
        const char *strict, *path;
    } rows[] = {
        {TEXT(""), "", ""},
        {TEXT("azAZ09"), "azAZ09", "azAZ09"},
        {TEXT("-._~/"), "%2D%2E%5F%7E%2F", "-._~/"},
        {TEXT("!*'():@&=+$,;"), "%21%2A%27%28%29%3A%40%26%3D%2B%24%2C%3B", "!*'():@&=+$,;"},
        {TEXT("a b"), "a%20b", "a%20b"},
        {TEXT("?#[]%"), "%3F%23%5B%5D%25", "%3F%23%5B%5D%25"},
        {TEXT("\"<>\\^`{|}"), "%22%3C%3E%5C%5E%60%7B%7C%7D", "%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {TEXT("gr\xC3\xBC\xC3\x9F"), "gr%C3%BC%C3%9F", "gr%C3%BC%C3%9F"},
        {TEXT("\0\x1F\x7F\xFF"), "%00%1F%7F%FF", "%00%1F%7F%FF"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer strict = {.arena = *state};
        struct buffer path = {.arena = *state};
        url_encode(&strict, rows[i].plain, TEXT(""));
        url_encode(&path, rows[i].plain, URL_PATH_SAFE);
        check_text(buffer_contents(&strict), rows[i].strict, "row %zu", i);
        check_text(buffer_contents(&path), rows[i].path, "row %zu", i);
    }
}

static void test_what_was_encoded_decodes_to_itself(void **state)
{
    struct text all = TEXT("a b+c%d&e=f/g?h#\xC3\xBC\xF0\x9F\x8F\xA0\n\"<");
    struct buffer encoded = {.arena = *state};
    struct text decoded;
    url_encode(&encoded, all, TEXT(""));
    assert_true(url_decode(*state, buffer_contents(&encoded), &decoded));
    assert_true(text_equal(decoded, all));
    assert_true(url_decode_form(*state, buffer_contents(&encoded), &decoded));
    assert_true(text_equal(decoded, all));
}

static void test_dot_segments(void **state)
{
    static const struct {
        const char *path;
        bool has;
    } rows[] = {
        {"/", false},      {"", false},
        {"/a/b", false},   {"/a.b/c", false},
        {"/...", false},   {"/.a", false},
        {"/a.", false},    {"/..a/b..", false},
        {"//", false},     {"/.well-known/x", false},
        {"/.", true},      {"/..", true},
        {"/./", true},     {"/../", true},
        {"/a/../b", true}, {"/a/./b", true},
        {"/a/..", true},   {"..", true},
        {".", true},       {"../a", true},
        {"//..//", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(url_has_dot_segment(text_of(rows[i].path)) == rows[i].has, "\"%s\"", rows[i].path);
    assert_false(url_has_dot_segment(TEXT_NONE));
}

static void test_query_values(void **state)
{
    static const struct {
        const char *query, *name;
        const char *value; /* NULL: not there */
    } rows[] = {
        {"a=1", "a", "1"},
        {"a=1&b=2", "b", "2"},
        {"a=1&a=2", "a", "2"},
        {"a=1&b=2&a=3", "a", "3"},
        {"a=", "a", ""},
        {"a", "a", ""},
        {"b&a&c", "a", ""},
        {"a=b=c", "a", "b=c"},
        {"a=x+y%2Bz", "a", "x y+z"},
        {"%61=1", "a", "1"},
        {"a+b=1", "a b", "1"},
        {"=1", "", "1"},
        {"&&a=1&&", "a", "1"},
        {"%zz=1&a=2", "a", "2"},
        {"gr%C3%BC%C3%9Fe=%C3%A4",
         "gr\xC3\xBC\xC3\x9F"
         "e",
         "\xC3\xA4"},
        {"", "a", NULL},
        {"b=1", "a", NULL},
        {"A=1", "a", NULL},
        {"aa=1", "a", NULL},
        {"b=a=1", "a", NULL},
        {"a;b=1", "a", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out;
        bool found = url_query_value(*state, text_of(rows[i].query), text_of(rows[i].name), &out);
        check(found == (rows[i].value != NULL), "\"%s\"", rows[i].query);
        if (found)
            check_text(out, rows[i].value, "\"%s\"", rows[i].query);
    }
    struct text out;
    assert_false(url_query_value(*state, TEXT_NONE, TEXT("a"), &out));
}

static void test_query_values_that_cannot_be_decoded(void **state)
{
    static const char *const queries[] = {"a=%", "a=%zz", "a=%FF", "a=%00", "a=1&a=%"};
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct text out = TEXT("unset");
        check(url_query_value(*state, text_of(queries[i]), TEXT("a"), &out), "%s", queries[i]);
        check(out.at == NULL, "%s", queries[i]);
    }
}

/* Every pair, in order; "-" stands for what cannot be decoded. */
static void test_query_pairs(void **state)
{
    static const struct {
        const char *query, *pairs;
    } rows[] = {
        {"", ":|"}, /* an empty part is a pair of nothing */
        {"a=1", "a:1|"},
        {"a=1&b=2&a=3", "a:1|b:2|a:3|"},
        {"a&b=", "a:|b:|"},
        {"=1&a=b=c", ":1|a:b=c|"},
        {"a+b=x%26y%3D", "a b:x&y=|"},
        {"%zz=1&a=%FF&%00=%&b=2", "-:1|a:-|-:-|b:2|"},
        {"a=1&&b=2&", "a:1|:|b:2|:|"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text query = text_of(rows[i].query);
        struct text name;
        struct text value;
        struct buffer out = {.arena = *state};
        while (url_query_next(*state, &query, &name, &value)) {
            name = name.at ? name : TEXT("-");
            value = value.at ? value : TEXT("-");
            buffer_format(&out, "%.*s:%.*s|", TEXT_ARG(name), TEXT_ARG(value));
        }
        check_text(buffer_contents(&out), rows[i].pairs, "\"%s\"", rows[i].query);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_decode),
    TEST(test_encode),
    TEST(test_what_was_encoded_decodes_to_itself),
    TEST(test_dot_segments),
    TEST(test_query_values),
    TEST(test_query_values_that_cannot_be_decoded),
    TEST(test_query_pairs),
};

UNIT_MAIN(tests)
