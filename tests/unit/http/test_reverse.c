#include "unit.h"

#include "http/routes.h"

static enum status nothing(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return OK;
}

static const struct route root[] = {
    {"", nothing, .name = "home"},
    {"all/<path:path>", nothing, .name = "all"},
    {"<path:any>", nothing, .name = "any"},
    {"say \"hi\"/<str:word>", nothing, .name = "odd"},
};

static const struct route lettings[] = {
    {"", nothing, .name = "index"},
    {"<int:letting_id>/", nothing, .name = "letting"},
    {"<slug:city>/<int:number>/", nothing, .name = "home"},
    {"<uuid:key>/", nothing, .name = "key"},
    {"old/", nothing, .name = "twice"},
    {"new/", nothing, .name = "twice"},
    {"by/<str:name>/", nothing, .name = "twice"},
    {"<str:a>-<str:b>/", nothing, .name = "pair"},
    {.pattern = "nameless/", .view = nothing},
};

static struct router *router;

static int start(void **state)
{
    unit_arena(state);
    router = router_new(*state);
    return router_add(router, NULL, "", root, COUNT(root))
           || router_add(router, "lettings", "lettings/", lettings, COUNT(lettings));
}

#define ROUTER_TEST(function) cmocka_unit_test_setup_teardown(function, start, unit_arena_end)

/* Up to two arguments, each with its name or NULL for none. */
struct reverse_row {
    const char *name;
    const char *arguments[2][2];
    const char *path; /* NULL: refused */
};

static void try_all(struct arena *arena, const struct reverse_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct route_argument arguments[2] = {{{0}, {0}, 0}};
        size_t given = 0;
        for (; given < 2 && rows[i].arguments[given][1]; given++)
            arguments[given] = (struct route_argument){text_of(rows[i].arguments[given][0]),
                                                       text_of(rows[i].arguments[given][1]), 0};
        struct text out = TEXT_NONE;
        enum status status =
            router_reverse(router, arena, text_of(rows[i].name), arguments, given, &out);
        check(status == (rows[i].path ? OK : NOT_FOUND), "row %zu, %s", i, rows[i].name);
        check_text(out, rows[i].path, "row %zu, %s", i, rows[i].name);
        if (!rows[i].path)
            assert_failure_says(rows[i].name);
    }
}

static void test_paths(void **state)
{
    static const struct reverse_row rows[] = {
        {"home", {{0}}, "/"},
        {"lettings:index", {{0}}, "/lettings/"},
        {"lettings:letting", {{NULL, "7"}}, "/lettings/7/"},
        {"lettings:letting", {{"letting_id", "7"}}, "/lettings/7/"},
        {"lettings:letting", {{"letting_id", "007"}}, "/lettings/007/"},
        {"lettings:home", {{NULL, "a-b"}, {NULL, "4"}}, "/lettings/a-b/4/"},
        {"lettings:home", {{"city", "a"}, {"number", "4"}}, "/lettings/a/4/"},
        {"lettings:home", {{"number", "4"}, {"city", "a"}}, "/lettings/a/4/"},
        {"lettings:key",
         {{NULL, "075194d3-6885-417e-a8a8-6c931e272f00"}},
         "/lettings/075194d3-6885-417e-a8a8-6c931e272f00/"},
        {"lettings:pair", {{"a", "x-y"}, {"b", "z"}}, "/lettings/x-y-z/"},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_values_are_encoded(void **state)
{
    static const struct reverse_row rows[] = {
        {"lettings:twice", {{"name", "a b"}}, "/lettings/by/a%20b/"},
        {"lettings:twice", {{"name", "gr\xC3\xBC\xC3\x9F"}}, "/lettings/by/gr%C3%BC%C3%9F/"},
        {"lettings:twice", {{"name", "?#%\"<>"}}, "/lettings/by/%3F%23%25%22%3C%3E/"},
        {"lettings:twice", {{"name", "-._~!*'():@&=+$,;"}}, "/lettings/by/-._~!*'():@&=+$,;/"},
        {"all", {{"path", "a/b c//d"}}, "/all/a/b%20c//d"},
        {"odd", {{"word", "x"}}, "/say%20%22hi%22/x"},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_no_path_leads_to_another_host(void **state)
{
    static const struct reverse_row rows[] = {
        {"any", {{"any", "/example.com/"}}, "/%2Fexample.com/"},
        {"any", {{NULL, "//example.com"}}, "/%2F/example.com"},
        {"any", {{NULL, "a//b"}}, "/a//b"},
        {"all", {{NULL, "/example.com"}}, "/all//example.com"},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_last_declared_that_fits_wins(void **state)
{
    static const struct reverse_row rows[] = {
        {"lettings:twice", {{0}}, "/lettings/new/"},
        {"lettings:twice", {{"name", "x"}}, "/lettings/by/x/"},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_refusals(void **state)
{
    static const struct reverse_row rows[] = {
        {"", {{0}}, NULL},
        {"absent", {{0}}, NULL},
        {"index", {{0}}, NULL},
        {"lettings:", {{0}}, NULL},
        {"lettings:absent", {{0}}, NULL},
        {"Lettings:index", {{0}}, NULL},
        {"lettings:index", {{NULL, "1"}}, NULL},
        {"lettings:letting", {{0}}, NULL},
        {"lettings:letting", {{NULL, ""}}, NULL},
        {"lettings:letting", {{NULL, "x"}}, NULL},
        {"lettings:letting", {{NULL, "-1"}}, NULL},
        {"lettings:letting", {{NULL, "1/2"}}, NULL},
        {"lettings:letting", {{NULL, "1 "}}, NULL},
        {"lettings:letting", {{NULL, "1"}, {NULL, "2"}}, NULL},
        {"lettings:letting", {{"id", "1"}}, NULL},
        {"lettings:home", {{NULL, "a"}}, NULL},
        {"lettings:home", {{NULL, "a.b"}, {NULL, "4"}}, NULL},
        {"lettings:home", {{"city", "a"}, {"city", "b"}}, NULL},
        {"lettings:home", {{NULL, "4"}, {NULL, "a"}}, NULL},
        {"lettings:key", {{NULL, "075194D3-6885-417E-A8A8-6C931E272F00"}}, NULL},
        {"lettings:twice", {{"name", "a/b"}}, NULL},
        {"lettings:twice", {{"name", ""}}, NULL},
        {"all", {{"path", ""}}, NULL},
    };
    try_all(*state, rows, COUNT(rows));
}

static void test_refusal_says_which_part_is_wrong(void **state)
{
    struct text out;
    router_reverse(router, *state, TEXT("absent"), NULL, 0, &out);
    assert_failure_says("no route");
    router_reverse(router, *state, TEXT("lettings:letting"), NULL, 0, &out);
    assert_failure_says("does not take these arguments");
}

static void test_what_is_reversed_matches_its_route(void **state)
{
    struct route_argument arguments[2] = {{TEXT("city"), TEXT("new-york"), 0},
                                          {TEXT("number"), TEXT("12"), 0}};
    struct route_match found;
    struct text path;
    struct router *alone = router_new(*state);
    assert_status(router_add(alone, "lettings", "lettings/", lettings + 2, 1), OK);
    assert_status(router_reverse(alone, *state, TEXT("lettings:home"), arguments, 2, &path), OK);
    assert_true(router_match(alone, *state, path, &found));
    assert_true(text_equal(found.arguments[0].value, arguments[0].value));
    assert_int_equal(found.arguments[1].integer, 12);
}

static const struct CMUnitTest tests[] = {
    ROUTER_TEST(test_paths),
    ROUTER_TEST(test_values_are_encoded),
    ROUTER_TEST(test_no_path_leads_to_another_host),
    ROUTER_TEST(test_last_declared_that_fits_wins),
    ROUTER_TEST(test_refusals),
    ROUTER_TEST(test_refusal_says_which_part_is_wrong),
    ROUTER_TEST(test_what_is_reversed_matches_its_route),
};

UNIT_MAIN(tests)
