/* The checks of the list of modules, with lists of its own instead of modules/installed.c and a
 * table of files of its own instead of the one that the build makes. */
#include "site/outcome.h"

#include "http/assets.h"
#include "site/module.h"
#include "template/library.h"

/* site/start.c sees this in the place of the installed modules. */
static const struct module *const *listed;
#define installed_modules listed
#include "site/start.c" /* NOLINT(bugprone-suspicious-include) */
#undef installed_modules

const struct asset assets[] = {
    {"templates/500.html", "templates/500.html", NULL, NULL, TEXT("<h1>Error</h1>"), {0}, {0}},
};
const size_t asset_count = COUNT(assets);

static enum status view_nothing(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return OK;
}

#define KEY_ALONE(F) F(id, ROWID, "ID")
#define NO_LENGTH(F) F(id, ROWID, "ID") F(title, TEXT, "title")
MODEL_ROW(thing, KEY_ALONE);
MODEL_ROW(same_thing, KEY_ALONE);
MODEL_ROW(other_thing, KEY_ALONE);
MODEL_ROW(endless_thing, NO_LENGTH);
MODEL(thing, KEY_ALONE, "a");
MODEL(same_thing, KEY_ALONE, "b", .db_table = "a_thing");
MODEL(other_thing, KEY_ALONE, "b");
MODEL(endless_thing, NO_LENGTH, "c");

#define ONE_ROUTE(...) ROUTES({"", view_nothing, .name = "index" __VA_OPT__(, ) __VA_ARGS__})

static const struct module a = {.name = "a",
                                .namespace = "a",
                                .mount = "a/",
                                .models = MODELS(&thing_model),
                                .routes = ROUTES({"", view_nothing, .name = "index"},
                                                 {"<int:id>/", view_nothing, .name = "one"}),
                                .nav = NAV({"A", "a:index"})};
static const struct module b = {.name = "b",
                                .namespace = "b",
                                .mount = "b/",
                                .needs = NEEDS("a"),
                                .models = MODELS(&other_thing_model),
                                .routes = ONE_ROUTE(),
                                .nav = NAV({"B", "b:index"}, {"Its neighbour", "a:index"})};
static const struct module root = {.name = "root", .mount = "", .routes = ONE_ROUTE()};
static const struct module same_route = {.name = "c", .mount = "c/", .routes = ONE_ROUTE()};
static const struct module silent = {.name = "silent", .mount = "a/"};
static const struct module same_name = {.name = "a", .mount = "c/"};
static const struct module same_mount = {.name = "c", .mount = "a/", .routes = ONE_ROUTE()};
static const struct module same_table = {.name = "c",
                                         .mount = "c/",
                                         .models = MODELS(&same_thing_model)};
static const struct module endless = {.name = "c",
                                      .mount = "c/",
                                      .models = MODELS(&endless_thing_model)};
static const struct module nameless = {.mount = "c/"};
static const struct module mountless = {.name = "c"};
static const struct module needs_absent = {.name = "c", .mount = "c/", .needs = NEEDS("a", "zoo")};
static const struct module needs_itself = {.name = "c", .mount = "c/", .needs = NEEDS("c")};
static const struct module viewless = {.name = "c",
                                       .mount = "c/",
                                       .routes = ROUTES({.pattern = "x/", .name = "x"})};
static const struct module doubled = {.name = "c",
                                      .mount = "c/",
                                      .routes = ROUTES({"x/", view_nothing, .name = "x"},
                                                       {"y/", view_nothing, .name = "y"},
                                                       {"z/", view_nothing, .name = "x"})};
static const struct module misspelt = {.name = "c",
                                       .mount = "c/",
                                       .routes =
                                           ROUTES({"<integer:id>/", view_nothing, .name = "x"})};
static const struct module lost = {.name = "c", .mount = "c/", .nav = NAV({"Lost", "c:index"})};
static const struct module pathless = {.name = "c", .mount = "c/", .nav = NAV({"One", "a:one"})};

static struct value keep(struct filter_call *call, struct value value, struct value argument)
{
    (void)call;
    (void)argument;
    return value;
}

static enum status fill_nothing(struct tag_call *call, struct value_map *context)
{
    (void)call;
    (void)context;
    return OK;
}

static const struct template_filter one_filter[] = {{"keep", .apply = keep}, {0}};
static const struct template_filter two_filters[] = {{"keep", .apply = keep},
                                                     {"keep", .apply = keep},
                                                     {0}};
static const struct template_function card[] = {{"card", .fill = fill_nothing,
                                                 .template = "500.html"},
                                                {0}};
static const struct template_function no_card[] = {{"card", .fill = fill_nothing,
                                                    .template = "a/none.html"},
                                                   {0}};
static const struct template_library boats = {"boats", .filters = one_filter, .functions = card};
static const struct template_library oars = {"oars", .filters = one_filter};
static const struct template_library i18n = {"i18n", .filters = one_filter};
static const struct template_library doubtful = {"doubtful", .filters = two_filters};
static const struct template_library unpictured = {"unpictured", .functions = no_card};
static const struct template_library anonymous = {"", .filters = one_filter};

#define WITH_LIBRARIES(name_, ...)                                                                 \
    {                                                                                              \
        .name = (name_), .mount = (name_), .libraries = LIBRARIES(__VA_ARGS__)                     \
    }
static const struct module brings = WITH_LIBRARIES("brings", &boats, &oars);
static const struct module brings_too = WITH_LIBRARIES("too", &oars);
static const struct module brings_twice = WITH_LIBRARIES("twice", &oars, &oars);
static const struct module brings_ours = WITH_LIBRARIES("ours", &i18n);
static const struct module brings_doubt = WITH_LIBRARIES("doubt", &boats, &doubtful);
static const struct module brings_no_picture = WITH_LIBRARIES("dark", &unpictured);
static const struct module brings_nobody = WITH_LIBRARIES("nobody", &anonymous);

struct list_row {
    const struct module *list[4];
    const char *words[3]; /* what the refusal says; none: the list is taken */
};

static const struct list_row rows[] = {
    {{NULL}, {NULL}},
    {{&a}, {NULL}},
    {{&a, &b}, {NULL}},
    {{&root, &a, &b}, {NULL}},
    {{&a, &silent}, {NULL}}, /* a mount without routes is nobody's */
    {{&silent, &a}, {NULL}},
    {{&b}, {"module b", "needs the module a"}},
    {{&b, &a}, {"module b", "needs the module a"}},
    {{&a, &needs_absent}, {"module c", "needs the module zoo"}},
    {{&needs_itself}, {"module c", "needs the module c"}},
    {{&a, &same_name}, {"module a", "another module has that name"}},
    {{&a, &a}, {"module a"}},
    {{&a, &same_mount}, {"module c", "the module a has the mount \"a/\""}},
    {{&a, &same_table}, {"module c", "the module a has the table a_thing"}},
    {{&a, &endless}, {"c.endless_thing.title", "max_length"}},
    {{&nameless}, {"(unnamed)", "name"}},
    {{&mountless}, {"module c", "mount"}},
    {{&root, &same_route}, {"module c", "another route has the name index"}},
    {{&viewless}, {"module c", "\"x/\"", "no view"}},
    {{&doubled}, {"module c", "another route has the name x"}},
    {{&misspelt}, {"module c", "integer", "no converter"}},
    {{&a, &lost}, {"module c", "nav row \"Lost\"", "c:index"}},
    {{&a, &pathless}, {"module c", "nav row \"One\"", "a:one"}},
    {{&lost, &a}, {"module c", "Lost"}},
    {{&brings}, {NULL}},
    {{&brings, &brings_too}, {"module too", "the module brings has a library \"oars\""}},
    {{&brings_too, &brings}, {"module brings", "the module too has a library \"oars\""}},
    {{&brings_twice}, {"module twice", "two libraries \"oars\""}},
    {{&brings_ours}, {"module ours", "\"i18n\"", "Django"}},
    {{&brings_doubt}, {"module doubt", "\"doubtful\"", "two filters have the name \"keep\""}},
    {{&brings_no_picture}, {"module dark", "\"card\"", "templates/a/none.html"}},
    {{&brings_nobody}, {"module nobody", "library without a name"}},
};

static enum status start(void *context)
{
    listed = context;
    return site_start();
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = outcome_of(start, (void *)(uintptr_t)rows[i].list);
        enum status expected = rows[i].words[0] ? INVALID : OK;
        check(outcome.status == expected, "row %zu gives %d: %s", i, outcome.status,
              outcome.message);
        for (size_t k = 0; k < COUNT(rows[i].words) && rows[i].words[k]; k++)
            check(strstr(outcome.message, rows[i].words[k]) != NULL, "row %zu, \"%s\" in \"%s\"", i,
                  rows[i].words[k], outcome.message);
    }
}

static enum status start_and_look(void *context)
{
    struct text path = TEXT("");
    struct route_argument id = {.value = TEXT("7")};
    struct route_match match;
    enum status status = start(context);
    if (status != OK)
        return status;
    if (router_reverse(site_router(), site.arena, TEXT("a:one"), &id, 1, &path) != OK
        || !text_is(path, "/a/7/"))
        return fail("a:one is %.*s", TEXT_ARG(path));
    if (!router_match(site_router(), site.arena, TEXT("/b/"), &match)
        || match.route != &b.routes.rows[0])
        return fail("/b/ is not b's");
    if (!router_match(site_router(), site.arena, TEXT("/healthz"), &match)
        || router_match(site_router(), site.arena, TEXT("/c/"), &match))
        return fail("the core's own routes");
    if (site.nav.count != 3 || !text_is(site.nav.items[2].url, "/a/"))
        return fail("%zu nav rows", site.nav.count);
    return text_is(site.server_error_pages[0], "<h1>Error</h1>") ? OK : fail("no page for errors");
}

static void test_site_is_put_together(void **state)
{
    static const struct module *const list[] = {&a, &b, NULL};
    (void)state;
    struct outcome outcome = outcome_of(start_and_look, (void *)(uintptr_t)list);
    check(outcome.status == OK, "%s", outcome.message);
}

struct visits {
    const struct module *seen[4];
    size_t count;
    size_t stop_at;
};

static enum status visit(const struct module *module, void *context)
{
    struct visits *visits = context;
    visits->seen[visits->count++] = module;
    return visits->count == visits->stop_at ? CONFLICT : OK;
}

static void test_each_module(void **state)
{
    static const struct module *const list[] = {&a, &b, NULL};
    struct visits all = {0};
    struct visits two = {.stop_at = 2};
    (void)state;
    listed = list;
    assert_status(site_each_module(visit, &all), OK);
    assert_int_equal(all.count, 3);
    assert_ptr_equal(all.seen[0], &site_module); /* the core first */
    assert_ptr_equal(all.seen[1], &a);
    assert_ptr_equal(all.seen[2], &b);
    assert_int_equal(site_each_module(visit, &two), CONFLICT);
    assert_int_equal(two.count, 2);
}

static const struct CMUnitTest tests[] = {
    TEST(test_lists),
    TEST(test_site_is_put_together),
    TEST(test_each_module),
};

UNIT_MAIN(tests)
