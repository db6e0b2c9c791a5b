/* Also on PostgreSQL. */
#include "database.h"
#include "http/requests.h"

#include "model/query.h"
#include "site/pages.h"

#define ITEM_FIELDS(F) F(id, ROWID, "ID")
MODEL_ROW(item, ITEM_FIELDS);
MODEL(item, ITEM_FIELDS, "unit");

UNIT_CONNECTION("CREATE TABLE unit_item (id INTEGER PRIMARY KEY)")

static const struct query every_item = {.model = &item_model};

/* Makes the table have `count` rows, with the keys 10, 20, 30 … */
static int64_t total;

static void make_items(int64_t count)
{
    total = count;
    assert_status(db_run(db, "DELETE FROM unit_item"), OK);
    assert_status(
        db_run(db,
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)"
               " INSERT INTO unit_item SELECT i * 10 FROM n WHERE i <= $1",
               DB_INT(count)),
        OK);
}

static enum status page_of(struct arena *arena, const char *query, struct value_map **out)
{
    struct request *request = unit_request(arena, NULL);
    request->path = TEXT("/items/");
    request->query = text_of(query);
    request->db = db;
    *out = value_map_new(arena);
    return page_add(request, *out, "items", &every_item);
}

static const struct value_list *items_of(const struct value_map *context)
{
    const struct value *items = value_map_find(context, value_string("items"));
    assert_non_null(items);
    assert_int_equal(items->kind, VALUE_LIST);
    return items->list;
}

static int64_t key_of(const struct value *value)
{
    return ((const struct item *)value->object->self)->id;
}

/* A link of the page, or empty when there is none. */
static struct text link_of(const struct value_map *context, const char *name)
{
    const struct value *page = value_map_find(context, value_string("page"));
    assert_non_null(page);
    const struct value *link = value_map_find(page->map, value_string(name));
    return link ? value_as_text(*link) : TEXT_NONE;
}

static const struct {
    int64_t total;
    const char *query;
    size_t count;
    int64_t from, to; /* first and last key */
    const char *first, *previous, *next, *last;
} pages[] = {
    {0, "", 0, 0, 0, "", "", "", ""},
    {1, "", 1, 10, 10, "", "", "", ""},
    {50, "", 50, 10, 500, "", "", "", ""},
    {51, "", 50, 10, 500, "", "", "?after=500", "?last=1"},
    {51, "after=500", 1, 510, 510, "/items/", "?before=510", "", ""},
    {51, "after=505", 1, 510, 510, "/items/", "?before=510", "", ""},
    {51, "before=510", 50, 10, 500, "", "", "?after=500", "?last=1"},
    {51, "last=1", 50, 20, 510, "/items/", "?before=20", "", ""},
    {51, "last", 50, 20, 510, "/items/", "?before=20", "", ""},
    {50, "last=1", 50, 10, 500, "", "", "", ""},
    {3, "last=1", 3, 10, 30, "", "", "", ""},
    {0, "last=1", 0, 0, 0, "", "", "", ""},
    {200, "after=500", 50, 510, 1000, "/items/", "?before=510", "?after=1000", "?last=1"},
    {200, "before=1010", 50, 510, 1000, "/items/", "?before=510", "?after=1000", "?last=1"},
    {51, "before=20", 1, 10, 10, "", "", "?after=10", "?last=1"},
    {200, "before=30", 2, 10, 20, "", "", "?after=20", "?last=1"},
    {200, "before=10", 50, 10, 500, "", "", "?after=500", "?last=1"},
    {0, "before=10", 0, 0, 0, "", "", "", ""},
    {200, "before=-5", 50, 10, 500, "", "", "?after=500", "?last=1"},
    {200, "after=0", 50, 10, 500, "/items/", "?before=10", "?after=500", "?last=1"},
    {200, "after=9&other=x", 50, 10, 500, "/items/", "?before=10", "?after=500", "?last=1"},
    {200, "other=x", 50, 10, 500, "", "", "?after=500", "?last=1"},
};

static void test_pages(void **state)
{
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct value_map *context;
        make_items(pages[i].total);
        check(page_of(*state, pages[i].query, &context) == OK, "row %zu", i);
        const struct value_list *items = items_of(context);
        check(items->count == pages[i].count, "row %zu has %zu", i, items->count);
        if (items->count) {
            check(key_of(&items->items[0]) == pages[i].from, "row %zu", i);
            check(key_of(&items->items[items->count - 1]) == pages[i].to, "row %zu", i);
        }
        check_text(link_of(context, "first"), pages[i].first, "row %zu, first", i);
        check_text(link_of(context, "previous"), pages[i].previous, "row %zu, previous", i);
        check_text(link_of(context, "next"), pages[i].next, "row %zu, next", i);
        check_text(link_of(context, "last"), pages[i].last, "row %zu, last", i);
    }
}

static void test_pages_that_are_not_there(void **state)
{
    static const char *const queries[] = {
        "after=2000",
        "after=9223372036854775807",
        "after=",
        "after=x",
        "after=1.5",
        "after=+1",
        "after=9223372036854775808",
        "before=",
        "before=x",
        "before=99999999999999999999",
        "after=%20500",
        "after=500&after=x",
        "after=%zz",
        "before=%FF",
    };
    make_items(200);
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct value_map *context;
        check(page_of(*state, queries[i], &context) == NOT_FOUND, "%s", queries[i]);
    }
}

static void test_failure_of_the_query_is_given_on(void **state)
{
    static const char *const queries[] = {"", "after=10", "before=10", "last=1"};
    assert_status(db_script(db, "DROP TABLE unit_item"), OK);
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct request *request = unit_request(*state, NULL);
        request->query = text_of(queries[i]);
        request->db = db;
        assert_status(page_add(request, value_map_new(*state), "items", &every_item), FAILED);
    }
}

struct walk {
    bool seen[251]; /* by row, the first is 1 */
    int64_t rows;
    const char *end; /* the query of the last page */
};

static void see(struct walk *walk, const struct value_list *items)
{
    for (size_t i = 0; i < items->count; i++, walk->rows++) {
        int64_t row = key_of(&items->items[i]) / 10;
        check(!walk->seen[row], "row %lld of %lld again", (long long)row, (long long)total);
        walk->seen[row] = true;
        assert_true(i == 0 || walk->seen[row - 1]);
    }
}

/* From `query` along the links of that name. */
static struct walk walk(struct arena *arena, const char *query, const char *link)
{
    struct walk walk = {.rows = 0};
    while (query) {
        struct value_map *context;
        assert_status(page_of(arena, query, &context), OK);
        see(&walk, items_of(context));
        struct text next = link_of(context, link);
        walk.end = query;
        query = next.length ? text_string(arena, text_from(next, 1)) : NULL;
    }
    return walk;
}

/* From either end to the other and back. */
static void test_links_lead_once_over_every_row(void **state)
{
    static const int64_t totals[] = {0, 1, 49, 50, 51, 99, 100, 101, 120, 250};
    static const char *const ways[][3] = {{"", "next", "previous"}, {"last=1", "previous", "next"}};
    for (size_t i = 0; i < COUNT(totals); i++) {
        make_items(totals[i]);
        for (size_t k = 0; k < COUNT(ways); k++) {
            struct walk there = walk(*state, ways[k][0], ways[k][1]);
            struct walk back = walk(*state, there.end, ways[k][2]);
            check(there.rows == total, "%lld rows, %s", (long long)total, ways[k][1]);
            check(back.rows == total, "%lld rows, back by %s", (long long)total, ways[k][2]);
        }
    }
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_pages),
    CONNECTED_TEST(test_pages_that_are_not_there),
    CONNECTED_TEST(test_failure_of_the_query_is_given_on),
    CONNECTED_TEST(test_links_lead_once_over_every_row),
};

UNIT_MAIN(tests)
