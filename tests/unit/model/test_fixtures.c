/* Only on SQLite: the rows that Django wrote are in SQL of SQLite's;
 * tests/commands/fixtures.test.mjs loads and dumps on both. */
/* Loading: what is taken, what is refused with which words, and that a refusal leaves nothing. */
#include "model/shop.h"

UNIT_CONNECTION(THINGS_SQL SAMPLES_SQL "INSERT INTO shop_owner VALUES (99, 'Linus');")

#define OWNER(key, name)                                                                           \
    "{\"model\": \"shop.owner\", \"pk\": " key ", \"fields\": {\"name\": " name "}}"
#define THING(key, title, balance, count, sold, seen, owner, keeper)                               \
    "{\"model\": \"shop.thing\", \"pk\": " key ", \"fields\": {\"title\": " title                  \
    ", \"balance\": " balance ", \"count\": " count ", \"sold\": " sold ", \"seen\": " seen        \
    ", \"owner\": " owner ", \"keeper\": " keeper "}}"

#define SAMPLE(code, more)                                                                         \
    "{\"model\": \"shop.sample\", \"fields\": {\"code\": \"" code "\", " more "}}"

static enum status load(const char *json, size_t *count)
{
    return load_with(db, (struct fixture_loading){0}, text_of(json), count);
}

static void check_loads(const char *json, size_t objects)
{
    size_t count = 0;
    check(load(json, &count) == OK, "%s: %s", json, status_failure()->message);
    assert_int_equal(count, objects);
}

static void check_answer(struct arena *arena, const char *sql, const char *expected)
{
    struct db_rows rows;
    db_query_built(db, &rows, text_of(sql), NULL, 0);
    check(db_next(&rows), "%s: %s", sql, status_failure()->message);
    struct text found = text_copy(arena, db_text_at(&rows, 0));
    assert_status(db_finish(&rows), OK);
    check_text(found, expected, "%s", sql);
}

static void test_loads_rows(void **state)
{
    /* a reference may stand before the row it points to */
    check_loads("[" THING("7", "\"gr\\u00fc\\u00df 'x'\"", "-5", "3", "true",
                          "\"2024-05-07T14:05:00.123Z\"", "1",
                          "2") "," OWNER("1",
                                         "\"Ada\"") "," OWNER("2",
                                                              "\" Grace \"") "," THING("8", "\"\"",
                                                                                       "2147483647",
                                                                                       "0", "false",
                                                                                       "null", "2",
                                                                                       "null") "]",
                4);
    check_answer(*state,
                 "SELECT title || balance || count || sold || seen || owner_id || keeper_id"
                 " FROM shop_thing WHERE id = 7",
                 "gr\xC3\xBC\xC3\x9F 'x'-5312024-05-07 14:05:00.12300012");
    check_answer(*state,
                 "SELECT title || balance || count || sold || quote(seen) ||"
                 " quote(keeper_id) FROM shop_thing WHERE id = 8",
                 "214748364700NULLNULL");
    check_answer(*state, "SELECT name FROM shop_owner WHERE id = 2", " Grace ");
}

static const struct {
    const char *json;
    size_t objects;
    const char *sql;
    const char *answer;
} taken[] = {
    {"[]", 0, "SELECT COUNT(*) FROM shop_owner", "1"},
    {" \n[ ]\r\n\t", 0, "SELECT COUNT(*) FROM shop_owner", "1"},
    /* keys */
    {"[" OWNER("99", "\"Tux\"") "]", 1, "SELECT group_concat(name) FROM shop_owner", "Tux"},
    {"[" OWNER("null", "\"Ada\"") "]", 1, "SELECT name FROM shop_owner WHERE id = 100", "Ada"},
    {"[{\"model\": \"shop.owner\", \"fields\": {\"name\": \"Linus\"}}]", 1,
     "SELECT group_concat(id) FROM shop_owner", "99"},
    {"[{\"model\": \"shop.Owner\", \"fields\": {}}]", 1,
     "SELECT group_concat(id || name) FROM shop_owner", "99Linus,100"},
    {"[" OWNER("-3", "\"a\"") "]", 1, "SELECT MIN(id) FROM shop_owner", "-3"},
    {"[" OWNER("1", "\"a\"") "," OWNER("1", "\"b\"") "]", 2,
     "SELECT group_concat(name) FROM shop_owner", "b,Linus"},
    /* defaults */
    {"[" SAMPLE("a", "\"owner\": 99") "]", 1,
     "SELECT id || words || size || big_natural || open || quote(price) FROM shop_sample",
     "1m11NULL"},
    /* a row that is replaced has the defaults of what is not given, as in Django */
    {"[" SAMPLE("a",
                "\"owner\": 99, \"words\": \"w\", \"size\": \"s\"") "," SAMPLE("a",
                                                                               "\"owner\": 99") "]",
     2, "SELECT count(*) || id || words || size FROM shop_sample", "11m"},
    /* values: what Django takes though its forms would not */
    {"[" SAMPLE("a", "\"owner\": 99, \"size\": \"too long\", \"price\": 12.5, \"real\": 3") "]", 1,
     "SELECT size || price || real FROM shop_sample", "too long12.53.0"},
    {"[" SAMPLE("a", "\"owner\": 99, \"moment\": \"2024-05-07T14:05:00+02:00\"") "]", 1,
     "SELECT moment FROM shop_sample", "2024-05-07 12:05:00"},
    {"[" SAMPLE("a",
                "\"owner\": 99, \"extra\": {\"z\": [1, 0.1, \"\\u00fc\", null], \"a\": {}}") "]",
     1, "SELECT extra FROM shop_sample", "{\"z\": [1, 0.1, \"\\u00fc\", null], \"a\": {}}"},
    /* natural keys */
    {"[" SAMPLE("a", "\"owner\": [\"Linus\"]") "]", 1, "SELECT owner_id FROM shop_sample", "99"},
    {"[" SAMPLE("a", "\"owner\": [\"Linus\"]") "," SAMPLE(
         "b", "\"owner\": 99, \"twin\": [\"a\", \"Linus\"]") "]",
     2, "SELECT twin_id FROM shop_sample WHERE code = 'b'", "1"},
    /* of rows that come later */
    {"[" SAMPLE("a", "\"owner\": [\"Ada\"]") "," OWNER("5", "\"Ada\"") "]", 2,
     "SELECT owner_id FROM shop_sample", "5"},
    {"[" SAMPLE("a", "\"owner\": 99, \"rival\": [\"b\", \"Linus\"]") "," SAMPLE(
         "b", "\"owner\": 99, \"rival\": [\"a\", \"Linus\"]") "]",
     2, "SELECT group_concat(code || rival_id) FROM shop_sample", "a2,b1"},
    {"[" SAMPLE("a", "\"owner\": 99, \"rival\": [\"a\", \"Linus\"]") "]", 1,
     "SELECT id - rival_id FROM shop_sample", "0"},
    {"[" SAMPLE("a", "\"owner\": [\"C\"], \"rival\": [\"b\", \"B\"]") "," SAMPLE(
         "b",
         "\"owner\": [\"B\"], \"rival\": [\"a\", \"C\"]") "," OWNER("3",
                                                                    "\"B\"") "," OWNER("4",
                                                                                       "\"C\"") "]",
     4,
     "SELECT group_concat(code || owner_id) FROM shop_sample s JOIN (SELECT id AS i, rival_id AS r"
     " FROM shop_sample) ON r = s.id AND s.rival_id = i",
     "a4,b3"},
    /* many to many */
    {"[" SAMPLE("a", "\"owner\": 99, \"friends\": [99, [\"Ada\"], 5, 5]") "," OWNER("5",
                                                                                    "\"Ada\"") "]",
     2, "SELECT group_concat(sample_id || '-' || owner_id) FROM shop_sample_friends", "1-99,1-5"},
    {"[" SAMPLE("a", "\"owner\": 99, \"friends\": [99]") "," SAMPLE("a", "\"owner\": 99") "]", 2,
     "SELECT COUNT(*) FROM shop_sample_friends", "1"},
    {"[" SAMPLE("a", "\"owner\": 99, \"friends\": [99]") "," SAMPLE(
         "a", "\"owner\": 99, \"friends\": []") "]",
     2, "SELECT COUNT(*) FROM shop_sample_friends", "0"},
};

static void test_taken(void **state)
{
    for (size_t i = 0; i < COUNT(taken); i++) {
        assert_status(db_script(db, "DELETE FROM shop_sample_friends; DELETE FROM shop_sample;"
                                    "DELETE FROM shop_owner; DELETE FROM sqlite_sequence;"
                                    "INSERT INTO shop_owner VALUES (99, 'Linus')"),
                      OK);
        check_loads(taken[i].json, taken[i].objects);
        check_answer(*state, taken[i].sql, taken[i].answer);
    }
}

#define GOOD OWNER("1", "\"Ada\"")
/* The second of two objects, with one value that is not acceptable. */
#define SECOND(object)   "[" GOOD ",\n" object "]"
#define BAD_SAMPLE(more) SECOND(SAMPLE("a", "\"owner\": 99, " more))
#define AT               "x.json: object 2, line 2 "

static const struct {
    const char *json;
    enum status status;
    const char *words;
} refused[] = {
    /* the list */
    {"", INVALID, "x.json: line 1: the list does not end"},
    {"[", INVALID, "line 1: the list does not end"},
    {"\n[\n", INVALID, "line 3: the list does not end"},
    {"[" GOOD, INVALID, "the list does not end"},
    {"[" GOOD ",", INVALID, "the list does not end"},
    {"[\n" GOOD ",\n]", INVALID, "line 3: an object is missing"},
    {"[" GOOD " " GOOD "]", INVALID, "comma"},
    {"[" GOOD "}", INVALID, "comma"},
    {"[,]", INVALID, "object 1 does not begin with {"},
    {"[" GOOD "] x", INVALID, "more behind the list"},
    {"[][]", INVALID, "more behind the list"},
    {"{}", INVALID, "begins with ["},
    {"\"text\"", INVALID, "begins with ["},
    {"\xEF\xBB\xBF[]", INVALID, "begins with ["},
    /* the object */
    {SECOND("1"), INVALID, "line 2: object 2 does not begin with {"},
    {SECOND("null"), INVALID, "object 2 does not begin with {"},
    {SECOND("[]"), INVALID, "object 2 does not begin with {"},
    {SECOND("{"), INVALID, "object 2, line 2: its } is missing"},
    {SECOND("{\"a\": \"}"), INVALID, "its } is missing"},
    {SECOND("{\"a\": \"\\\"}"), INVALID, "its } is missing"},
    {SECOND("{\"a\"\n\n 1}"), INVALID, "object 2, line 4: "},
    {SECOND("{\"a\": 1, \"a\": 2}"), INVALID, "duplicate"},
    {SECOND("{\"a\": \"\\ud800\"}"), INVALID, "object 2, line 2: "},
    {SECOND("{\"a\": \"\xFF\"}"), INVALID, "object 2, line 2: "},
    {SECOND("{\"a\": NaN}"), INVALID, "object 2, line 2: "},
    {SECOND("{}"), INVALID, "x.json: object 2, line 2: it has no \"model\""},
    {SECOND("{\"model\": 7}"), INVALID, "no \"model\""},
    {SECOND("{\"model\": \"shop.absent\", \"pk\": 1}"), INVALID,
     AT "(shop.absent 1): there is no model \"shop.absent\""},
    {SECOND("{\"model\": \"owner\", \"pk\": 1}"), INVALID, "no model \"owner\""},
    {SECOND("{\"model\": \"shop\", \"pk\": 1}"), INVALID, "no model \"shop\""},
    {SECOND("{\"model\": \"Shop.Owner\", \"pk\": 1}"), INVALID, "no model \"Shop.Owner\""},
    {SECOND("{\"model\": \"shop.owner\", \"pk\": 2}"), INVALID,
     AT "(shop.owner 2): its \"fields\" are no object"},
    {SECOND("{\"model\": \"shop.owner\", \"pk\": 2, \"fields\": []}"), INVALID, "\"fields\""},
    {SECOND("{\"model\": \"shop.thing\", \"pk\": 7, \"fields\": {\"title\": \"a\"}}"), INVALID,
     AT "(shop.thing 7): the field \"balance\" is missing"},
    {BAD_SAMPLE("\"owner_id\": 1"), INVALID, "shop.sample has no field \"owner_id\""},
    {BAD_SAMPLE("\"id\": 1"), INVALID, "no field \"id\""},
    {BAD_SAMPLE("\"pk\": 1"), INVALID, "no field \"pk\""},
    {BAD_SAMPLE("\"\": 1"), INVALID, "no field \"\""},
    /* keys */
    {SECOND(OWNER("\"2\"", "\"a\"")), INVALID,
     AT "(shop.owner \"2\"): its \"pk\" cannot be \"2\": a whole number"},
    {SECOND(OWNER("2.5", "\"a\"")), INVALID, "\"pk\" cannot be 2.5"},
    {SECOND(OWNER("true", "\"a\"")), INVALID, "\"pk\" cannot be true"},
    {SECOND(OWNER("[1]", "\"a\"")), INVALID, "\"pk\" cannot be [1]"},
    {SECOND(OWNER("99999999999999999999", "\"a\"")), INVALID, "object 2, line 2: "},
    /* values */
    {SECOND(OWNER("2", "null")), INVALID, AT "(shop.owner 2): the field \"name\" cannot be null"},
    {SECOND(OWNER("2", "7")), INVALID, "the field \"name\" cannot be 7: a text is needed"},
    {SECOND(OWNER("2", "[\"a\"]")), INVALID, "\"name\" cannot be [\"a\"]"},
    {SECOND(OWNER("2", "\"a\\u0000b\"")), INVALID, "a NUL character"},
    {BAD_SAMPLE("\"whole\": \"1\""), INVALID, "\"whole\" cannot be \"1\": a whole number"},
    {BAD_SAMPLE("\"whole\": 1.0"), INVALID, "\"whole\""},
    {BAD_SAMPLE("\"whole\": true"), INVALID, "\"whole\""},
    {BAD_SAMPLE("\"whole\": 2147483648"), INVALID, "from -2147483648 to 2147483647"},
    {BAD_SAMPLE("\"natural\": -1"), INVALID, "from 0 to 2147483647"},
    {BAD_SAMPLE("\"small\": 32768"), INVALID, "\"small\""},
    {BAD_SAMPLE("\"small_natural\": -1"), INVALID, "\"small_natural\""},
    {BAD_SAMPLE("\"big\": \"1\""), INVALID, "\"big\""},
    {BAD_SAMPLE("\"big_natural\": null"), INVALID, "\"big_natural\" cannot be null"},
    {BAD_SAMPLE("\"open\": 1"), INVALID, "\"open\" cannot be 1: true or false"},
    {BAD_SAMPLE("\"open\": null"), INVALID, "\"open\""},
    {BAD_SAMPLE("\"day\": \"2024-02-30\""), INVALID, "\"day\""},
    {BAD_SAMPLE("\"day\": \"\""), INVALID, "\"day\""},
    {BAD_SAMPLE("\"day\": \"now\""), INVALID, "\"day\""},
    {BAD_SAMPLE("\"day\": \"2024-05-07T00:00:00\""), INVALID, "\"day\""},
    {BAD_SAMPLE("\"hour\": \"24:00\""), INVALID, "\"hour\""},
    {BAD_SAMPLE("\"hour\": 12"), INVALID, "\"hour\" cannot be 12: a text"},
    {BAD_SAMPLE("\"moment\": \"yesterday\""), INVALID, "\"moment\""},
    {BAD_SAMPLE("\"moment\": 1715090700"), INVALID, "\"moment\""},
    {BAD_SAMPLE("\"price\": \"1.234\""), INVALID, "\"price\""},
    {BAD_SAMPLE("\"price\": \"NaN\""), INVALID, "\"price\""},
    {BAD_SAMPLE("\"price\": 123456789.5"), INVALID, "\"price\""},
    {BAD_SAMPLE("\"price\": true"), INVALID, "\"price\""},
    {BAD_SAMPLE("\"real\": \"1.5\""), INVALID, "\"real\" cannot be \"1.5\": a number"},
    {BAD_SAMPLE("\"real\": 1e999"), INVALID, "object 2, line 2: "},
    {BAD_SAMPLE("\"token\": \"f81d4fae\""), INVALID, "\"token\""},
    {BAD_SAMPLE("\"extra\": 1e999"), INVALID, "object 2, line 2: "},
    /* references */
    {SECOND(SAMPLE("a", "\"owner\": null")), INVALID, "\"owner\" cannot be null"},
    {SECOND(SAMPLE("a", "\"owner\": \"Ada\"")), INVALID, "a key or a natural key is needed"},
    {SECOND(SAMPLE("a", "\"owner\": 0")), CONFLICT, "refers to shop.owner 0, which is not there"},
    {SECOND(SAMPLE("a", "\"owner\": {}")), INVALID, "\"owner\" cannot be {}"},
    {SECOND(SAMPLE("a", "\"owner\": []")), INVALID, "a value is missing"},
    {SECOND(SAMPLE("a", "\"owner\": [1]")), INVALID,
     "in the natural key of shop.owner, \"name\": a text"},
    {SECOND(SAMPLE("a", "\"owner\": [\"Ada\", \"Ada\"]")), INVALID, "has 1 values"},
    {SECOND(SAMPLE("a", "\"owner\": [\"Grace\"]")), INVALID,
     AT "(shop.sample): the field \"owner\" cannot be [\"Grace\"]: there is no such row"},
    {BAD_SAMPLE("\"rival\": [\"a\"]"), INVALID, "a value is missing"},
    {BAD_SAMPLE("\"rival\": [\"b\", \"Linus\"]"), INVALID,
     AT "(shop.sample 1): the field \"rival\" cannot be [\"b\", \"Linus\"]: there is no such row"},
    {BAD_SAMPLE("\"friends\": null"), INVALID, "\"friends\" cannot be null: a list"},
    {BAD_SAMPLE("\"friends\": 1"), INVALID, "\"friends\" cannot be 1: a list"},
    {BAD_SAMPLE("\"friends\": [\"Ada\"]"), INVALID, "\"friends\" cannot be \"Ada\""},
    {BAD_SAMPLE("\"friends\": [[\"Grace\"]]"), INVALID, "\"friends\" cannot be [\"Grace\"]"},
    {BAD_SAMPLE("\"friends\": [55]"), CONFLICT,
     "shop.sample 1: the field \"friends\" refers to shop.owner 55, which is not there"},
    {BAD_SAMPLE("\"rival\": 55"), CONFLICT,
     "shop.sample 1: the field \"rival\" refers to shop.sample 55, which is not there"},
    {SECOND(THING("7", "\"a\"", "1", "1", "true", "null", "55", "null")), CONFLICT,
     "shop.thing 7: the field \"owner\" refers to shop.owner 55, which is not there"},
    /* what the database refuses */
    {SECOND(OWNER("2", "\"Ada\"")), CONFLICT, AT "(shop.owner 2): UNIQUE"},
};

static void test_refusals_leave_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        size_t count = 99;
        enum status status = load(refused[i].json, &count);
        check(status == refused[i].status, "status %d (%s) for %s", status,
              status_failure()->message, refused[i].json);
        assert_failure_says(refused[i].words);
        assert_int_equal(count, 0);
        assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_sample_friends");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_sample");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_thing");
    }
    check_loads("[" GOOD "]", 1);
}

static void test_several_sources_are_one_transaction(void **state)
{
    const struct fixture_loading options = {.models = shop_models};
    struct fixture_source sources[] = {
        {.name = "a.json", .text = TEXT("[" SAMPLE("a", "\"owner\": [\"Ada\"]") "]")},
        {.name = "b.json", .text = TEXT("[" OWNER("1", "\"Ada\"") "]")},
        {.name = "c.json", .text = TEXT("[" OWNER("2", "7") "]")},
    };
    size_t count = 99;
    (void)state;
    assert_status(fixtures_load(db, sources, 3, &options, &count), INVALID);
    assert_failure_says("c.json: object 1, line 1 (shop.owner 2)");
    assert_int_equal(count, 0);
    assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner");
    assert_status(fixtures_load(db, sources, 1, &options, &count), INVALID);
    assert_failure_says("a.json: object 1, line 1");
    assert_status(fixtures_load(db, sources, 2, &options, &count), OK);
    assert_int_equal(count, 2);
}

/* What a file gives in pieces is no different. */
static void test_from_a_file(void **state)
{
    const struct fixture_loading options = {.models = shop_models};
    struct buffer json = {.arena = *state};
    size_t count = 0;
    buffer_char(&json, '[');
    for (int i = 1; i <= 3000; i++)
        buffer_format(&json,
                      "%s{\"model\": \"shop.owner\", \"pk\": %d, \"fields\": {\"name\": "
                      "\"%d } \\\" \xC3\xBC\"}}",
                      i > 1 ? ",\n" : "", i, i);
    buffer_char(&json, ']');
    const struct fixture_source source = {.name =
                                              unit_file(*state, "x.json", buffer_contents(&json)),
                                          .kind = FIXTURE_FILE};
    assert_status(fixtures_load(db, &source, 1, &options, &count), OK);
    assert_int_equal(count, 3000);
    check_answer(*state, "SELECT name FROM shop_owner WHERE id = 2999", "2999 } \" \xC3\xBC");
}

static void test_file_that_is_not_there(void **state)
{
    const struct fixture_loading options = {.models = shop_models};
    const struct fixture_source source = {.name = "nowhere.json", .kind = FIXTURE_FILE};
    size_t count = 0;
    (void)state;
    assert_status(fixtures_load(db, &source, 1, &options, &count), NOT_FOUND);
    assert_failure_says("nowhere.json cannot be read");
}

static void test_options(void **state)
{
    struct fixture_loading options = {.ignore_nonexistent = true};
    struct text json =
        TEXT("[{\"model\": \"gone.app\", \"fields\": {}}, {\"model\": \"shop.owner\","
             " \"pk\": 99, \"fields\": {\"name\": \"Tux\", \"gone\": [1]}}]");
    size_t count = 0;
    assert_status(load_with(db, (struct fixture_loading){.only_new = true},
                            TEXT("[" OWNER("99", "\"Tux\"") "]"), &count),
                  CONFLICT);
    assert_failure_says("shop_owner.id");
    assert_status(load_with(db, options, json, &count), OK);
    assert_int_equal(count, 1);
    check_answer(*state, "SELECT group_concat(name) FROM shop_owner", "Tux");
    options.excluded = NAMES("shop.OWNER");
    assert_status(load_with(db, options, json, &count), OK);
    assert_int_equal(count, 0);
    options.excluded = NAMES("shop", "absent");
    assert_status(load_with(db, options, json, &count), INVALID);
    assert_failure_says("absent");
}

static void count_calls(size_t objects, void *context)
{
    size_t *last = context;
    assert_true(objects > *last);
    *last = objects;
}

static void test_progress(void **state)
{
    size_t last = 0;
    struct buffer json = {.arena = *state};
    size_t count = 0;
    buffer_char(&json, '[');
    for (int i = 1; i <= 2000; i++)
        buffer_format(&json,
                      "%s{\"model\": \"shop.owner\", \"pk\": %d, \"fields\": {\"name\": "
                      "\"%d\"}}",
                      i > 1 ? "," : "", i, i);
    buffer_char(&json, ']');
    struct fixture_loading options = {.progress = {count_calls, &last}};
    assert_status(load_with(db, options, buffer_contents(&json), &count), OK);
    assert_true(last > 1000 && last <= 2000);
}

static void test_table_that_is_not_there(void **state)
{
    size_t count = 99;
    (void)state;
    assert_status(db_script(db, "DROP TABLE shop_sample_friends; DROP TABLE shop_sample;"
                                "DROP TABLE shop_thing; DROP TABLE shop_owner"),
                  OK);
    assert_status(load("[" GOOD "]", &count), FAILED);
    assert_failure_says("object 1");
    assert_int_equal(count, 0);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_loads_rows),
    CONNECTED_TEST(test_taken),
    CONNECTED_TEST(test_refusals_leave_nothing),
    CONNECTED_TEST(test_several_sources_are_one_transaction),
    CONNECTED_TEST(test_from_a_file),
    CONNECTED_TEST(test_file_that_is_not_there),
    CONNECTED_TEST(test_options),
    CONNECTED_TEST(test_progress),
    CONNECTED_TEST(test_table_that_is_not_there),
};

UNIT_MAIN(tests)
