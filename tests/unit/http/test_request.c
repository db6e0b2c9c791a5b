#include "http/requests.h"

#include "http/routes.h"

static void test_methods(void **state)
{
    static const char *const other[] = {"", "get", "Get", "GETS", "GE", "TRACE", "CONNECT", " GET"};
    static const struct {
        const char *name;
        enum http_method method;
    } known[] = {{"GET", HTTP_GET},        {"HEAD", HTTP_HEAD},   {"POST", HTTP_POST},
                 {"PUT", HTTP_PUT},        {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE},
                 {"OPTIONS", HTTP_OPTIONS}};
    unsigned all = 0;
    for (size_t i = 0; i < COUNT(known); i++) {
        check(http_method_of(text_of(known[i].name)) == known[i].method, "%s", known[i].name);
        check(!(all & known[i].method), "%s has a bit of its own", known[i].name);
        all |= known[i].method;
        check_text(http_methods_text(*state, known[i].method), known[i].name, "row %zu", i);
    }
    for (size_t i = 0; i < COUNT(other); i++)
        check(http_method_of(text_of(other[i])) == HTTP_OTHER, "\"%s\"", other[i]);
    assert_text_equal(http_methods_text(*state, HTTP_POST | HTTP_GET | HTTP_HEAD),
                      "GET, HEAD, POST");
    assert_int_equal(http_methods_text(*state, 0).length, 0);
}

static void test_headers_of_one_name_are_joined(void **state)
{
    const struct request *request =
        REQUEST(*state, "Accept", "a", "X-Other", "o", "accept", "b", "ACCEPT", "", "X-Empty", "");
    assert_text_equal(request_header(request, "Accept"), "a, b, ");
    assert_text_equal(request_header(request, "aCCEPT"), "a, b, ");
    assert_text_equal(request_header(request, "x-other"), "o");
    assert_text_equal(request_header(request, "X-Empty"), "");
    assert_int_equal(request_header(request, "Accep").length, 0);
    assert_int_equal(request_header(request, "Accept-Encoding").length, 0);
    assert_int_equal(request_header(request, "").length, 0);
    assert_int_equal(request_header(unit_request(*state, NULL), "Accept").length, 0);
}

static void test_accepts(void **state)
{
    static const char *const yes[] = {
        "gzip",
        "GZIP",
        "deflate, gzip",
        "deflate,gzip,br",
        " gzip ",
        "gzip;q=1",
        "gzip;q=0.5",
        "gzip; q=0.001",
        "gzip ;q=1.0",
        "gzip;level=0;q=0.1",
        "*",
        "*;q=0.1",
        "br, *",
        "*;q=0, gzip",
        "gzip, *;q=0",
        "identity;q=0, gzip;q=0.2",
    };
    static const char *const no[] = {
        "",
        "br",
        "gzi",
        "gzipp",
        "x-gzip",
        "gzip;q=0",
        "gzip;q=0.0",
        "gzip;q=0.000",
        "gzip; Q=0",
        "gzip ; q=0 ",
        "*;q=0",
        "*, gzip;q=0",
        "gzip;q=0, *",
        "br;q=1.0, identity;q=0.5",
        "gzip br",
        "\"gzip\"",
        ",,",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++)
        check(header_accepts(text_of(yes[i]), TEXT("gzip")), "\"%s\"", yes[i]);
    for (size_t i = 0; i < COUNT(no); i++)
        check(!header_accepts(text_of(no[i]), TEXT("gzip")), "\"%s\"", no[i]);
    assert_false(header_accepts(TEXT_NONE, TEXT("gzip")));
}

static void test_query(void **state)
{
    struct text value;
    struct request *request = unit_request(*state, NULL);
    assert_false(request_query(request, "after", &value));
    request->query = TEXT("after=5&name=a+b&bad=%zz");
    assert_true(request_query(request, "after", &value));
    assert_text_equal(value, "5");
    assert_true(request_query(request, "name", &value));
    assert_text_equal(value, "a b");
    assert_true(request_query(request, "bad", &value));
    assert_null(value.at);
    assert_false(request_query(request, "before", &value));
}

static void ask_for_absent_text(void *request)
{
    request_text(request, "absent");
}

static void ask_for_absent_int(void *request)
{
    request_int(request, "");
}

static void test_arguments(void **state)
{
    static const struct route_argument arguments[] = {
        {TEXT("name"), TEXT("a b"), 0},
        {TEXT("id"), TEXT("007"), 7},
    };
    struct request *request = unit_request(*state, NULL);
    request->arguments = arguments;
    request->argument_count = COUNT(arguments);
    assert_text_equal(request_text(request, "name"), "a b");
    assert_text_equal(request_text(request, "id"), "007");
    assert_int_equal(request_int(request, "id"), 7);
    assert_true(unit_aborts(ask_for_absent_text, request));
    assert_true(unit_aborts(ask_for_absent_int, request));
}

static void test_cookie(void **state)
{
    static const struct {
        const char *headers[5];
        const char *value; /* NULL: not there */
    } rows[] = {
        {{"Cookie", "a=1"}, "1"},
        {{"cookie", "b=2; a=1"}, "1"},
        {{"Cookie", "b=2;a=1;c=3"}, "1"},
        {{"Cookie", " a = 1 "}, "1"},
        {{"Cookie", "a=1=2"}, "1=2"},
        {{"Cookie", "a="}, ""},
        {{"Cookie", "a=1; a=2"}, "2"},
        {{"Cookie", "a=1", "Cookie", "a=2"}, "2"},
        {{"Cookie", "b=1", "Cookie", "a=2"}, "2"},
        {{"Cookie", "a"}, NULL},
        {{"Cookie", "A=1"}, NULL},
        {{"Cookie", "xa=1; ax=2"}, NULL},
        {{"Cookie", ""}, NULL},
        {{"Cookie", ";;=;"}, NULL},
        {{"Set-Cookie", "a=1"}, NULL},
        {{NULL}, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text value;
        bool found = request_cookie(unit_request(*state, rows[i].headers), "a", &value);
        check(found == (rows[i].value != NULL), "row %zu", i);
        if (found)
            check_text(value, rows[i].value, "row %zu", i);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_cookie),  TEST(test_methods), TEST(test_headers_of_one_name_are_joined),
    TEST(test_accepts), TEST(test_query),   TEST(test_arguments),
};

UNIT_MAIN(tests)
