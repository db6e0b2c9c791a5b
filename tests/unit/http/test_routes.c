#include "unit.h"

#include "base/clock.h"
#include "http/routes.h"

static enum status nothing(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return OK;
}

/* A router of one pattern below the root. */
static struct router *router_of(struct arena *arena, const char *pattern)
{
    struct router *router = router_new(arena);
    struct route *route = ARENA_NEW(arena, struct route);
    *route = (struct route){pattern, nothing, .name = "it"};
    check(router_add(router, NULL, "", route, 1) == OK, "\"%s\": %s", pattern,
          status_failure()->message);
    return router;
}

/* The arguments' values, joined by '|', or NULL when the path does not match. */
static const char *match(struct arena *arena, const char *pattern, const char *path)
{
    struct route_match found;
    if (!router_match(router_of(arena, pattern), arena, text_of(path), &found))
        return NULL;
    struct text joined = TEXT("");
    for (size_t i = 0; i < found.count; i++)
        joined = text_format(arena, "%.*s%s%.*s", TEXT_ARG(joined), i ? "|" : "",
                             TEXT_ARG(found.arguments[i].value));
    return text_string(arena, joined);
}

struct match_row {
    const char *pattern, *path;
    const char *values; /* NULL: no match */
};

static void try_all(struct arena *arena, const struct match_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *values = match(arena, rows[i].pattern, rows[i].path);
        check(!values == !rows[i].values, "\"%s\" and \"%s\"", rows[i].pattern, rows[i].path);
        check_text(text_of(values), rows[i].values, "\"%s\" and \"%s\"", rows[i].pattern,
                   rows[i].path);
    }
}

static void test_literals(void **state)
{
    static const struct match_row rows[] = {
        {"", "/", ""},
        {"lettings/", "/lettings/", ""},
        {"a", "/a", ""},
        {"gr\xC3\xBC\xC3\x9F/", "/gr\xC3\xBC\xC3\x9F/", ""},
        {"a.b", "/a.b", ""},
        {"", "//", NULL},
        {"", "/a", NULL},
        {"lettings/", "/lettings", NULL},
        {"lettings/", "/lettings//", NULL},
        {"lettings/", "/Lettings/", NULL},
        {"lettings/", "/", NULL},
        {"lettings/", "/lettings/x", NULL},
        {"a.b", "/axb", NULL},
        {"a*", "/aa", NULL},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_int(void **state)
{
    static const struct match_row rows[] = {
        {"<int:n>/", "/1/", "1"},
        {"<int:n>/", "/007/", "007"},
        {"<int:n>/", "/9223372036854775807/", "9223372036854775807"},
        {"<int:n>/", "/9223372036854775808/", NULL},
        {"<int:n>/", "/99999999999999999999999/", NULL},
        {"<int:n>/", "/-1/", NULL},
        {"<int:n>/", "/+1/", NULL},
        {"<int:n>/", "//", NULL},
        {"<int:n>/", "/1a/", NULL},
        {"<int:n>/", "/a1/", NULL},
        {"<int:n>/", "/1.0/", NULL},
        {"<int:n>/", "/ 1/", NULL},
        {"<int:n>/", "/\xD9\xA1/", NULL}, /* ARABIC-INDIC DIGIT ONE */
        {"<int:n>/", "/1", NULL},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_int_has_its_value(void **state)
{
    struct route_match found;
    struct router *router = router_of(*state, "<int:year>/<int:month>/");
    assert_true(router_match(router, *state, TEXT("/2024/05/"), &found));
    assert_int_equal(found.count, 2);
    assert_text_equal(found.arguments[0].name, "year");
    assert_int_equal(found.arguments[0].integer, 2024);
    assert_text_equal(found.arguments[1].name, "month");
    assert_int_equal(found.arguments[1].integer, 5);
    assert_text_equal(found.arguments[1].value, "05");
}

static void test_str_slug_uuid_path(void **state)
{
    static const struct match_row rows[] = {
        {"<str:s>/", "/abc/", "abc"},
        {"<s>/", "/abc/", "abc"},
        {"<str:s>/", "/a b.c-d?/", "a b.c-d?"},
        {"<str:s>/", "/gr\xC3\xBC\xC3\x9F/", "gr\xC3\xBC\xC3\x9F"},
        {"<str:s>", "/x", "x"},
        {"<str:s>/", "//", NULL},
        {"<str:s>/", "/a/b/", NULL},
        {"<str:s>", "/", NULL},
        {"<slug:s>/", "/a-b_C9/", "a-b_C9"},
        {"<slug:s>/", "/-/", "-"},
        {"<slug:s>/", "/a.b/", NULL},
        {"<slug:s>/", "/a b/", NULL},
        {"<slug:s>/", "/gr\xC3\xBC\xC3\x9F/", NULL},
        {"<slug:s>/", "//", NULL},
        {"<uuid:u>/", "/075194d3-6885-417e-a8a8-6c931e272f00/",
         "075194d3-6885-417e-a8a8-6c931e272f00"},
        {"<uuid:u>/", "/075194D3-6885-417E-A8A8-6C931E272F00/", NULL},
        {"<uuid:u>/", "/075194d3-6885-417e-a8a8-6c931e272f0/", NULL},
        {"<uuid:u>/", "/075194d3-6885-417e-a8a8-6c931e272f000/", NULL},
        {"<uuid:u>/", "/075194d36885417ea8a86c931e272f00/", NULL},
        {"<uuid:u>/", "/g75194d3-6885-417e-a8a8-6c931e272f00/", NULL},
        {"<uuid:u>/", "/075194d3-6885-417e-a8a8-6c931e27-f00/", NULL},
        {"<uuid:u>/", "//", NULL},
        {"<path:p>", "/a", "a"},
        {"<path:p>", "/a/b//c/", "a/b//c/"},
        {"<path:p>/", "/a/b/", "a/b"},
        {"<path:p>", "/", NULL},
        {"<path:p>/", "/a", NULL},
    };
    try_all(*state, rows, COUNT(rows));
}

/* Greedy, with steps back: what Django's regular expressions give. */
static void test_steps_back(void **state)
{
    static const struct match_row rows[] = {
        {"<str:a>-<str:b>/", "/x-y/", "x|y"},
        {"<str:a>-<str:b>/", "/x-y-z/", "x-y|z"},
        {"<str:a>-<str:b>/", "/--x/", "-|x"},
        {"<str:a>-<str:b>/", "/x-/", NULL},
        {"<str:a>-<str:b>/", "/-x/", NULL},
        {"<str:a>-<str:b>/", "/x/", NULL},
        {"<slug:a>-<int:b>/", "/a-b-12/", "a-b|12"},
        {"<slug:a>-<int:b>/", "/a-b-12x/", NULL},
        {"<str:a><str:b>", "/xyz", "xy|z"},
        {"<str:a><str:b>", "/x", NULL},
        {"<int:a><int:b>/", "/123/", "12|3"},
        {"<path:a>/<path:b>", "/1/2/3", "1/2|3"},
        {"<path:a>/end/<str:b>/", "/x/end/y/end/z/", "x/end/y|z"},
        {"<path:a>/end/", "/end/", NULL},
        {"a<str:a>a", "/aaa", "a"},
        {"a<str:a>a", "/aa", NULL},
        {"<str:name>.<str:ending>", "/a.tar.gz", "a.tar|gz"},
        {"<uuid:u><str:s>", "/075194d3-6885-417e-a8a8-6c931e272f00x",
         "075194d3-6885-417e-a8a8-6c931e272f00|x"},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_hostile_paths_take_bounded_time(void **state)
{
    static const char *const patterns[] = {
        "<str:a>-<str:b>-<str:c>-<str:d>-<str:e>-<str:f>/",
        "<slug:a><slug:b><slug:c><slug:d><slug:e>/",
        "<path:a>-<path:b>-<path:c>-<path:d>/",
    };
    const size_t length = 8000;
    char *path = arena_alloc(*state, length + 1);
    memset(path, '-', length);
    path[0] = '/';
    path[length] = '\0';
    for (size_t i = 0; i < COUNT(patterns); i++) {
        int64_t before = clock_monotonic();
        check(!match(*state, patterns[i], path), "\"%s\"", patterns[i]);
        int64_t taken = clock_monotonic() - before;
        check(taken < 500000, "\"%s\" takes %lld us", patterns[i], (long long)taken);
    }
}

static void test_bad_patterns_are_refused(void **state)
{
    static const char *const refused[] = {
        "<int:id",   "<",          "a/<",       "<>",        "<int:>",           "<:id>",
        "<foo:id>",  "<INT:id>",   "<int:1a>",  "<int:a-b>", "<int:a b>",        "<int: id>",
        "< int:id>", "<int :id>",  "<int:a:b>", "<a>/<a>",   "<int:a>/<str:a>/", "<int:a>/<b>/<a>",
        "<<int:a>>", "<\xC3\xBC>", "<int:<id>",
    };
    static const char *const taken[] = {
        "", "<a>", "<int:a>/<int:b>/", "<_>", "<a1>", "<A_b>", "a>b", "<a>/a/<b>/b",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct route route = {.pattern = refused[i], .view = nothing};
        struct router *router = router_new(*state);
        struct route_row row;
        check(router_add(router, NULL, "", &route, 1) == INVALID, "\"%s\"", refused[i]);
        assert_failure_says(refused[i]);
        check(!router_row(router, 0, &row), "\"%s\" is not added", refused[i]);
    }
    for (size_t i = 0; i < COUNT(taken); i++)
        router_of(*state, taken[i]);
}

static const struct route pages[] = {
    {"", nothing, .name = "index"},
    {"new/", nothing, .name = "new", .methods = HTTP_GET | HTTP_POST},
    {"<str:slug>/", nothing, .name = "page"},
    {"<int:id>/", nothing, .name = "number"},
    {.pattern = "unnamed/x/", .view = nothing},
};

static void test_first_route_that_fits_is_taken(void **state)
{
    static const struct {
        const char *path, *name;
    } rows[] = {
        {"/pages/", "index"},  {"/pages/new/", "new"},      {"/pages/7/", "page"},
        {"/other/7/", "page"}, {"/pages/unnamed/x/", NULL},
    };
    struct router *router = router_new(*state);
    struct route_match found;
    assert_status(router_add(router, "pages", "pages/", pages, COUNT(pages)), OK);
    assert_status(router_add(router, "other", "other/", pages, COUNT(pages)), OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(router_match(router, *state, text_of(rows[i].path), &found), "%s", rows[i].path);
        check_text(text_of(found.route->name), rows[i].name, "%s", rows[i].path);
    }
    assert_false(router_match(router, *state, TEXT("/new/"), &found));
    assert_false(router_match(router, *state, TEXT("/pages"), &found));
    assert_false(router_match(router_new(*state), *state, TEXT("/"), &found));
}

static void test_rows_and_names(void **state)
{
    struct router *router = router_new(*state);
    struct route_row row;
    assert_status(router_add(router, "pages", "pages/", pages, COUNT(pages)), OK);
    assert_status(router_add(router, NULL, "", pages, 1), OK);
    assert_true(router_row(router, 3, &row));
    assert_text_equal(row.path, "/pages/<int:id>/");
    assert_text_equal(row.name, "pages:number");
    assert_ptr_equal(row.route, &pages[3]);
    assert_true(router_row(router, 4, &row));
    assert_int_equal(row.name.length, 0);
    assert_true(router_row(router, 5, &row));
    assert_text_equal(row.path, "/");
    assert_text_equal(row.name, "index");
    assert_false(router_row(router, 6, &row));
    assert_true(router_has(router, TEXT("pages:new")));
    assert_true(router_has(router, TEXT("index")));
    assert_false(router_has(router, TEXT("new")));
    assert_false(router_has(router, TEXT("pages:")));
    assert_false(router_has(router, TEXT("")));
    assert_false(router_has(router, TEXT("Pages:new")));
}

static void test_methods_and_access(void **state)
{
    (void)state;
    assert_int_equal(route_methods(&pages[0]), HTTP_GET | HTTP_HEAD);
    assert_int_equal(route_methods(&pages[1]), HTTP_GET | HTTP_HEAD | HTTP_POST);
    assert_int_equal(route_methods(&(const struct route){.methods = HTTP_POST}), HTTP_POST);
    assert_int_equal(pages[0].access, ACCESS_DENIED); /* what is not said is denied */
    assert_string_equal(access_name(ACCESS_DENIED), "denied");
    assert_string_equal(access_name(ACCESS_PUBLIC), "public");
    assert_string_equal(access_name(ACCESS_SIGNED_IN), "signed-in");
    assert_string_equal(access_name(ACCESS_STAFF), "staff");
}

static const struct CMUnitTest tests[] = {
    TEST(test_literals),
    TEST(test_int),
    TEST(test_int_has_its_value),
    TEST(test_str_slug_uuid_path),
    TEST(test_steps_back),
    TEST(test_hostile_paths_take_bounded_time),
    TEST(test_bad_patterns_are_refused),
    TEST(test_first_route_that_fits_is_taken),
    TEST(test_rows_and_names),
    TEST(test_methods_and_access),
};

UNIT_MAIN(tests)
