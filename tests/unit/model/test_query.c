/* Also on PostgreSQL. */
#include "model/homes.h"

#include "base/buffer.h"

UNIT_CONNECTION(HOMES_SQL)

/* The ids of the rows, as "3 1". */
static struct text ids_of(struct arena *arena, const struct row_list *rows)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < rows->count; i++)
        buffer_format(&out, "%s%lld", i ? " " : "",
                      (long long)((const struct home *)rows->items[i])->id);
    return buffer_contents(&out);
}

static void test_conditions(void **state)
{
    const struct db_parameter odd[] = {DB_INT(1), DB_INT(3), DB_INT(99)};
    const struct {
        struct conditions where;
        const char *ids;
    } rows[] = {
        {{0}, "1 2 3 4"},
        {WHERE({"pk", .value = DB_INT(3)}), "3"},
        {WHERE({"id", .value = DB_INT(3)}), "3"},
        {WHERE({"region", .value = DB_INT(4)}), "3 4"},
        {WHERE({"region_id", .value = DB_INT(4)}), "3 4"},
        {WHERE({"region__name", .value = DB_TEXT(TEXT("North"))}), "1"},
        {WHERE({"region__parent__name", .value = DB_TEXT(TEXT("Coast"))}), "1 2"},
        {WHERE({"agent__name", .value = DB_TEXT(TEXT("Ada"))}), "1 3"},
        {WHERE({"agent", .value = DB_NULL}), "2"},
        {WHERE({"beds", .value = DB_NULL}), "3"},
        {WHERE({"beds", LOOKUP_GT, .value = DB_INT(2)}), "1 4"},
        {WHERE({"beds", LOOKUP_GTE, .value = DB_INT(2)}), "1 2 4"},
        {WHERE({"beds", LOOKUP_LT, .value = DB_INT(4)}), "2"},
        {WHERE({"beds", LOOKUP_LTE, .value = DB_INT(4)}), "1 2"},
        {WHERE({"beds", LOOKUP_LTE, .value = DB_INT(4)}, {"beds", LOOKUP_GT, .value = DB_INT(2)}),
         "1"},
        {WHERE({"beds", LOOKUP_LTE, .value = DB_INT(4), .negated = true}), "3 4"},
        {WHERE({"title", LOOKUP_ICONTAINS, .value = DB_TEXT(TEXT("b"))}), "1 4"},
        {WHERE({"title", LOOKUP_ICONTAINS, .value = DB_TEXT(TEXT("%"))}), "3"},
        {WHERE({"title", LOOKUP_ICONTAINS, .value = DB_TEXT(TEXT("d_h"))}), "3"},
        {WHERE({"title", LOOKUP_ICONTAINS, .value = DB_TEXT(TEXT("\\"))}), ""},
        {WHERE({"title", LOOKUP_ISTARTSWITH, .value = DB_TEXT(TEXT("blue"))}), "1"},
        {WHERE({"title", LOOKUP_IEXACT, .value = DB_TEXT(TEXT("ATTIC"))}), "2"},
        {WHERE({"title", LOOKUP_IEXACT, .value = DB_TEXT(TEXT("ATTI%"))}), ""},
        {WHERE({"title", .value = DB_TEXT(TEXT("' OR 1 = 1 --"))}), ""},
        {WHERE({"pk", LOOKUP_IN, .values = odd, .value_count = 3}), "1 3"},
        {WHERE({"pk", LOOKUP_IN, .values = odd, .value_count = 0}), ""},
        {WHERE({"pk", LOOKUP_IN, .values = odd, .value_count = 3, .negated = true}), "2 4"},
        {WHERE(ANY({"pk", .value = DB_INT(2)}, {"agent__name", .value = DB_TEXT(TEXT("Grace"))})),
         "2 4"},
        {WHERE(ANY({"pk", .value = DB_INT(1)}, {"pk", .value = DB_INT(2)}),
               ANY({"pk", .value = DB_INT(2)}, {"pk", .value = DB_INT(3)})),
         "2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct row_list found;
        int64_t count;
        const struct query query = {.model = &home_model,
                                    .where = rows[i].where,
                                    .order = NAMES("pk")};
        check(query_rows(db, *state, &query, &found) == OK, "row %zu: %s", i,
              status_failure()->message);
        check_text(ids_of(*state, &found), rows[i].ids, "row %zu", i);
        check(query_count(db, &query, &count) == OK && (size_t)count == found.count, "row %zu", i);
    }
}

static void test_order_and_limits(void **state)
{
    const struct {
        const char *order[3];
        int64_t limit, offset;
        const char *ids;
    } rows[] = {
        {{NULL}, 0, 0, "4 1 2 3"},
        {{"pk"}, 0, 0, "1 2 3 4"},
        {{"-pk"}, 0, 0, "4 3 2 1"},
        {{"title"}, 2, 0, "3 2"},
        {{"title"}, 2, 1, "2 1"},
        {{"title"}, 0, 3, "4"},
        {{"region__name", "-title"}, 0, 0, "4 3 1 2"},
        {{"region"}, 0, 0, "1 2 3 4"},
        /* Where nothing comes, each engine has its own way, which Django's sites know too. */
        {{"agent__name"}, 0, 0, unit_is_postgres() ? "1 3 4 2" : "2 1 3 4"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct row_list found;
        const struct query query = {.model = &home_model,
                                    .order = rows[i].order[0] ? rows[i].order : NULL,
                                    .limit = rows[i].limit,
                                    .offset = rows[i].offset};
        check(query_rows(db, *state, &query, &found) == OK, "row %zu", i);
        check_text(ids_of(*state, &found), rows[i].ids, "row %zu", i);
    }
}

static void test_related_rows_come_along(void **state)
{
    struct row_list homes;
    const struct query query = {.model = &home_model,
                                .order = NAMES("pk"),
                                .related = NAMES("region__parent", "agent")};
    assert_status(query_rows(db, *state, &query, &homes), OK);
    assert_int_equal(homes.count, 4);
    const struct home *blue = homes.items[0];
    const struct region *north = blue->region;
    assert_text_equal(north->name, "North");
    assert_text_equal(((const struct region *)north->parent)->name, "Coast");
    assert_text_equal(((const struct agent *)blue->agent)->name, "Ada");
    const struct home *attic = homes.items[1];
    assert_null(attic->agent);
    assert_true(attic->agent_id == FIELD_NULL);
    const struct home *hut = homes.items[2];
    assert_true(hut->beds == FIELD_NULL);
    assert_null(((const struct region *)hut->region)->parent);
    struct value value = model_value(&home_model, blue, *state);
    assert_true(value.object->class->get(blue, TEXT("region"), *state, &value));
    assert_text_equal(value_to_text(value, *state), "region object (2)");
}

static void test_keys_alone(void **state)
{
    const struct {
        struct query query;
        const char *keys;
    } rows[] = {
        {{.model = &home_model}, "4 1 2 3 "},
        {{.model = &home_model, .order = NAMES("title"), .limit = 2, .offset = 1}, "2 1 "},
        {{.model = &home_model, .order = NAMES("-region__name", "pk"), .related = NAMES("region")},
         "2 1 3 4 "},
        {{.model = &home_model, .where = WHERE({"pk", LOOKUP_GT, .value = DB_INT(2)}), .limit = 1},
         "4 "},
        {{.model = &home_model, .where = WHERE({"pk", .value = DB_INT(9)})}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = {.arena = *state};
        struct db_parameter *keys;
        size_t count;
        check(query_keys(db, *state, &rows[i].query, &keys, &count) == OK, "row %zu", i);
        for (size_t k = 0; k < count; k++)
            buffer_format(&out, "%lld ", (long long)keys[k].integer);
        check_text(buffer_contents(&out), rows[i].keys, "row %zu", i);
    }
}

static void test_counts_no_further_than_asked(void **state)
{
    const int64_t limits[][2] = {{0, 4}, {1, 1}, {3, 3}, {4, 4}, {99, 4}};
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++) {
        int64_t count = -1;
        const struct query query = {.model = &home_model, .limit = limits[i][0]};
        check(query_count(db, &query, &count) == OK && count == limits[i][1], "row %zu: %lld", i,
              (long long)count);
    }
}

/* Where somebody took out a row behind SQLite's back, what refers to it still counts. */
static void test_a_related_row_that_is_gone_hides_nothing(void **state)
{
    struct row_list homes;
    const struct query query = {.model = &home_model, .related = NAMES("region")};
    assert_status(db_script(db, WITHOUT_REFERENCES("DELETE FROM stay_region WHERE id = 4")), OK);
    assert_status(query_rows(db, *state, &query, &homes), OK);
    assert_int_equal(homes.count, 4);
    assert_null(((const struct home *)homes.items[0])->region);
    assert_int_equal(((const struct home *)homes.items[0])->region_id, 4);
}

static void test_first_and_find(void **state)
{
    const struct home *home;
    const struct query none = {.model = &home_model, .where = WHERE({"pk", .value = DB_INT(9)})};
    const struct query last = {.model = &home_model};
    assert_status(query_first(db, *state, &none, &home), NOT_FOUND);
    assert_status(query_first(db, *state, &last, &home), OK);
    assert_text_equal(home->title, "Cabin");
    assert_status(model_find(db, *state, &home_model, DB_INT(2), &home), OK);
    assert_text_equal(home->title, "Attic");
    assert_status(model_find(db, *state, &home_model, DB_INT(0), &home), NOT_FOUND);
}

static void test_raw(void **state)
{
    struct row_list homes;
    for (int64_t least = 1; least <= 2; least++) {
        const struct query query = {
            .model = &home_model,
            .related = NAMES("region__parent"),
            .raw = RAW("FROM stay_home t0 JOIN stay_region t1 ON t1.id = t0.region_id"
                       " LEFT JOIN stay_region t2 ON t2.id = t1.parent_id"
                       " WHERE t0.id BETWEEN $1 AND $2 ORDER BY t0.id DESC",
                       DB_INT(least), DB_INT(3)),
        };
        assert_status(query_rows(db, *state, &query, &homes), OK);
        assert_int_equal(homes.count, 4 - least);
    }
    const struct home *attic = homes.items[1];
    assert_text_equal(attic->title, "Attic");
    const struct region *region = attic->region;
    assert_non_null(region);
    assert_null(((const struct home *)homes.items[0])->agent);
    const struct query same = {.model = &home_model, .raw = RAW("FROM stay_home t0 WHERE FALSE")};
    assert_status(query_rows(db, *state, &same, &homes), OK);
    assert_int_equal(homes.count, 0);
    const struct query wrong = {.model = &home_model, .raw = RAW("FROM stay_hut t0")};
    assert_status(query_rows(db, *state, &wrong, &homes), FAILED);
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        const struct field *field;
    } rows[] = {
        {"title", &home_fields[1]},
        {"pk", &home_fields[0]},
        {"agent_id", &home_fields[4]},
        {"region__name", &region_fields[1]},
        {"region__parent__pk", region_fields},
        {"", NULL},
        {"titles", NULL},
        {"title__x", NULL},
        {"region__", NULL},
        {"__region", NULL},
        {"region__nothing", NULL},
        {"tags", NULL},
        {"pk__pk", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(query_name(&home_model, text_of(rows[i].name)) == rows[i].field, "%s", rows[i].name);
}

static enum status sum_beds(void *row, struct arena *arena, void *context)
{
    const struct home *home = row;
    int64_t *sum = context;
    assert_non_null(arena);
    if (home->id == 4)
        return INVALID;
    *sum += home->id;
    return OK;
}

static void test_each_ends_with_the_first_refusal(void **state)
{
    int64_t sum = 0;
    (void)state;
    const struct query rising = {.model = &home_model, .order = NAMES("pk")};
    assert_status(query_each(db, &rising, sum_beds, &sum), INVALID);
    assert_int_equal(sum, 6);
    struct home *home;
    assert_status(query_first(db, *state, &rising, &home), OK); /* the statement was let go */
}

/* More kinds of statements than a connection keeps, and one within another's rows. */
static void test_many_statements(void **state)
{
    struct db_rows outer;
    db_query_built(db, &outer, TEXT("SELECT id FROM stay_home ORDER BY id"), NULL, 0);
    for (int64_t i = 0; db_next(&outer); i++) {
        struct db_rows inner;
        assert_int_equal(db_int_at(&outer, 0), i + 1);
        db_query_built(db, &inner, TEXT("SELECT id FROM stay_home ORDER BY id"), NULL, 0);
        assert_true(db_next(&inner));
        assert_int_equal(db_int_at(&inner, 0), 1);
        assert_status(db_finish(&inner), OK);
    }
    assert_status(db_finish(&outer), OK);
    for (int i = 0; i < 1000; i++) {
        struct db_rows rows;
        db_query_built(db, &rows, text_format(*state, "SELECT %d AS n", i), NULL, 0);
        assert_true(db_next(&rows));
        assert_int_equal(db_int(&rows, "n"), i);
        assert_status(db_finish(&rows), OK);
    }
    db_query_built(db, &outer, TEXT("SELECT no_such FROM stay_home"), NULL, 0);
    assert_status(db_finish(&outer), FAILED);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_conditions),
    CONNECTED_TEST(test_order_and_limits),
    CONNECTED_TEST(test_related_rows_come_along),
    CONNECTED_TEST(test_a_related_row_that_is_gone_hides_nothing),
    CONNECTED_TEST(test_first_and_find),
    CONNECTED_TEST(test_raw),
    CONNECTED_TEST(test_keys_alone),
    CONNECTED_TEST(test_counts_no_further_than_asked),
    CONNECTED_TEST(test_names),
    CONNECTED_TEST(test_each_ends_with_the_first_refusal),
    CONNECTED_TEST(test_many_statements),
};

UNIT_MAIN(tests)
