#include "model/things.h"

#include "model/fixtures.h"

static const struct model *const models[] = {&owner_model, &thing_model, NULL};

static struct db *db;

static int start(void **state)
{
    unit_database_start(state);
    db = unit_database();
    return db_script(db, THINGS_SQL "INSERT INTO shop_owner VALUES (99, 'Linus')");
}

static int end(void **state)
{
    db_close(db); /* before the arena, which holds its statements */
    return unit_arena_end(state);
}

#define FIXTURE_TEST(function) cmocka_unit_test_setup_teardown(function, start, end)

#define OWNER(key, name)                                                                           \
    "{\"model\": \"shop.owner\", \"pk\": " key ", \"fields\": {\"name\": " name "}}"
#define THING(key, title, balance, count, sold, seen, owner, keeper)                               \
    "{\"model\": \"shop.thing\", \"pk\": " key ", \"fields\": {\"title\": " title                  \
    ", \"balance\": " balance ", \"count\": " count ", \"sold\": " sold ", \"seen\": " seen        \
    ", \"owner\": " owner ", \"keeper\": " keeper "}}"

static enum status load(struct arena *arena, const char *json, size_t *count)
{
    return fixture_load(db, arena, text_of(json), models, count);
}

static void test_loads_rows(void **state)
{
    size_t count = 0;
    /* a reference may stand before the row it points to */
    assert_status(
        load(*state,
             "[" THING(
                 "7", "\"gr\\u00fc\\u00df 'x'\"", "-5", "3", "true", "\"2024-05-07T14:05:00.123Z\"",
                 "1",
                 "2") "," OWNER("1",
                                "\"Ada\"") "," OWNER("2",
                                                     "\"Grace\"") "," THING("8", "\"\"",
                                                                            "9223372036854775807",
                                                                            "0", "false", "null",
                                                                            "2", "null") "]",
             &count),
        OK);
    assert_int_equal(count, 4);
    struct db_rows rows;
    db_query(db, &rows, "SELECT *, typeof(seen) AS seen_kind FROM shop_thing ORDER BY id");
    assert_true(db_next(&rows));
    assert_int_equal(db_int(&rows, "id"), 7);
    assert_text_equal(db_text(&rows, "title"), "gr\xC3\xBC\xC3\x9F 'x'");
    assert_int_equal(db_int(&rows, "balance"), -5);
    assert_true(db_bool(&rows, "sold"));
    assert_text_equal(db_text(&rows, "seen"), "2024-05-07 14:05:00.123");
    assert_int_equal(db_int(&rows, "owner_id"), 1);
    assert_int_equal(db_int(&rows, "keeper_id"), 2);
    assert_true(db_next(&rows));
    assert_int_equal(db_int(&rows, "balance"), INT64_MAX);
    assert_false(db_bool(&rows, "sold"));
    assert_true(db_is_null(&rows, "seen"));
    assert_true(db_is_null(&rows, "keeper_id"));
    assert_status(db_finish(&rows), OK);
}

static void test_empty_list(void **state)
{
    size_t count = 99;
    assert_status(load(*state, "[]", &count), OK);
    assert_int_equal(count, 0);
}

static void test_several_fixtures_one_after_another(void **state)
{
    size_t count;
    assert_status(load(*state, "[" OWNER("1", "\"Ada\"") "]", &count), OK);
    assert_status(load(*state, "[" OWNER("2", "\"Grace\"") "]", &count), OK);
    assert_int_equal(count, 1);
    assert_integer(db, 3, "SELECT COUNT(*) FROM shop_owner");
}

#define GOOD OWNER("1", "\"Ada\"")
/* The second of two objects, with one value that is not acceptable. */
#define SECOND(object) "[" GOOD ", " object "]"
#define FIELDS         "\"title\": \"a\", \"balance\": 1, \"count\": 1, \"sold\": true"

static const struct {
    const char *json;
    enum status status;
    const char *words;
} refused[] = {
    {"", INVALID, "line"},
    {"[", INVALID, "line 1"},
    {"[\n" GOOD ",\n]", INVALID, "line 3"},
    {"[" GOOD "] x", INVALID, "line"},
    {"{}", INVALID, "list"},
    {"\"text\"", INVALID, "line"},
    {"[{\"a\": 1, \"a\": 2}]", INVALID, "duplicate"},
    {"[\"\\ud800\"]", INVALID, "line 1"},
    {"[\"\xFF\"]", INVALID, "line 1"},
    {SECOND("1"), INVALID, "object 2: there is no model"},
    {SECOND("null"), INVALID, "object 2: there is no model"},
    {SECOND("{}"), INVALID, "object 2: there is no model"},
    {SECOND("{\"model\": \"shop.absent\", \"pk\": 1}"), INVALID, "no model \"shop.absent\""},
    {SECOND("{\"model\": \"owner\", \"pk\": 1}"), INVALID, "no model \"owner\""},
    {SECOND("{\"model\": \"Shop.Owner\", \"pk\": 1}"), INVALID, "no model \"Shop.Owner\""},
    {SECOND("{\"model\": 7}"), INVALID, "no model"},
    {SECOND("{\"model\": \"shop.owner\", \"fields\": {\"name\": \"a\"}}"), INVALID,
     "\"id\" is missing"},
    {SECOND("{\"model\": \"shop.owner\", \"pk\": 2}"), INVALID, "\"name\" is missing"},
    {SECOND("{\"model\": \"shop.owner\", \"pk\": 2, \"fields\": []}"), INVALID,
     "\"name\" is missing"},
    {SECOND(OWNER("null", "\"a\"")), INVALID, "\"id\" has a value"},
    {SECOND(OWNER("\"2\"", "\"a\"")), INVALID, "\"id\" has a value"},
    {SECOND(OWNER("2.5", "\"a\"")), INVALID, "\"id\" has a value"},
    {SECOND(OWNER("true", "\"a\"")), INVALID, "\"id\" has a value"},
    {SECOND(OWNER("99999999999999999999", "\"a\"")), INVALID, "line 1"},
    {SECOND(OWNER("2", "null")), INVALID, "\"name\" has a value"},
    {SECOND(OWNER("2", "7")), INVALID, "\"name\" has a value"},
    {SECOND(OWNER("2", "[\"a\"]")), INVALID, "\"name\" has a value"},
    {SECOND(OWNER("2", "\"a\\u0000b\"")), INVALID, "line 1"},
    {SECOND(THING("7", "\"a\"", "\"1\"", "1", "true", "null", "1", "null")), INVALID,
     "\"balance\""},
    {SECOND(THING("7", "\"a\"", "1.0", "1", "true", "null", "1", "null")), INVALID, "\"balance\""},
    {SECOND(THING("7", "\"a\"", "1", "false", "true", "null", "1", "null")), INVALID, "\"count\""},
    {SECOND(THING("7", "\"a\"", "1", "1", "1", "null", "1", "null")), INVALID, "\"sold\""},
    {SECOND(THING("7", "\"a\"", "1", "1", "null", "null", "1", "null")), INVALID, "\"sold\""},
    {SECOND(THING("7", "\"a\"", "1", "1", "true", "1715090700", "1", "null")), INVALID, "\"seen\""},
    {SECOND(THING("7", "\"a\"", "1", "1", "true", "null", "null", "null")), INVALID, "\"owner\""},
    {SECOND(THING("7", "\"a\"", "1", "1", "true", "null", "\"Ada\"", "null")), INVALID,
     "\"owner\""},
    {SECOND("{\"model\": \"shop.thing\", \"pk\": 7, \"fields\": {" FIELDS ", \"owner_id\": 1}}"),
     INVALID, "no field \"owner_id\""},
    /* what the database refuses */
    {SECOND(THING("7", "\"a\"", "1", "-1", "true", "null", "1", "null")), CONFLICT, "object 2"},
    {SECOND(THING("7", "\"a\"", "1", "1", "true", "null", "55", "null")), CONFLICT, "FOREIGN KEY"},
    {SECOND(OWNER("1", "\"Grace\"")), CONFLICT, "object 2"},
    {SECOND(OWNER("2", "\"Ada\"")), CONFLICT, "shop_owner.name"},
    {SECOND(OWNER("99", "\"a\"")), CONFLICT, "shop_owner.id"},
};

static void test_refusals_leave_nothing(void **state)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        size_t count = 99;
        enum status status = load(*state, refused[i].json, &count);
        check(status == refused[i].status, "status %d (%s) for %s", status,
              status_failure()->message, refused[i].json);
        assert_failure_says(refused[i].words);
        check(count == 0 || status == INVALID, "row %zu", i);
        assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_thing");
    }
    size_t count;
    assert_status(load(*state, "[" GOOD "]", &count), OK);
}

static void test_table_that_is_not_there(void **state)
{
    size_t count = 99;
    assert_status(db_script(db, "DROP TABLE shop_thing; DROP TABLE shop_owner"), OK);
    assert_status(load(*state, "[" GOOD "]", &count), FAILED);
    assert_failure_says("object 1");
    assert_int_equal(count, 0);
}

static const struct CMUnitTest tests[] = {
    FIXTURE_TEST(test_loads_rows),
    FIXTURE_TEST(test_empty_list),
    FIXTURE_TEST(test_several_fixtures_one_after_another),
    FIXTURE_TEST(test_refusals_leave_nothing),
    FIXTURE_TEST(test_table_that_is_not_there),
};

UNIT_MAIN(tests)
