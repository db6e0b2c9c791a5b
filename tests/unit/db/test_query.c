/* Also on PostgreSQL. */
#include "database.h"

static struct db *db;

static int start(void **state)
{
    unit_database_start(state);
    db = unit_database();
    return db_script(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, size REAL);"
                         "INSERT INTO t VALUES (1, 'one', 1.5), (2, 'two', NULL), (3, NULL, -2)");
}

static int end(void **state)
{
    db_close(db);
    return unit_arena_end(state);
}

#define QUERY_TEST(function) cmocka_unit_test_setup_teardown(function, start, end)

static void test_columns_by_name(void **state)
{
    struct db_rows rows;
    (void)state;
    db_query(db, &rows, "SELECT size, id AS key, name FROM t ORDER BY id");
    assert_true(db_next(&rows));
    assert_int_equal(db_int(&rows, "key"), 1);
    assert_text_equal(db_text(&rows, "name"), "one");
    assert_true(db_real(&rows, "size") == 1.5);
    assert_true(db_bool(&rows, "key"));
    assert_true(db_next(&rows));
    assert_int_equal(db_int(&rows, "key"), 2);
    assert_true(db_is_null(&rows, "size"));
    assert_false(db_is_null(&rows, "name"));
    assert_true(db_next(&rows));
    assert_true(db_is_null(&rows, "name"));
    assert_int_equal(db_text(&rows, "name").length, 0);
    assert_false(db_next(&rows));
    assert_false(db_next(&rows));
    assert_status(db_finish(&rows), OK);
    assert_status(db_finish(&rows), OK);
}

static void test_columns_by_place(void **state)
{
    struct db_rows rows;
    (void)state;
    db_query(db, &rows, "SELECT id, name, size FROM t WHERE id = $1", DB_INT(1));
    int id = db_column(&rows, "id");
    int name = db_column(&rows, "name");
    int size = db_column(&rows, "size");
    assert_int_equal(db_column(&rows, "absent"), -1);
    assert_int_equal(db_column(&rows, "ID"), -1);
    assert_int_equal(db_column(&rows, ""), -1);
    assert_true(db_next(&rows));
    assert_int_equal(db_int_at(&rows, id), 1);
    assert_text_equal(db_text_at(&rows, name), "one");
    assert_true(db_real_at(&rows, size) == 1.5);
    assert_false(db_is_null_at(&rows, size));
    assert_status(db_finish(&rows), OK);
    assert_int_equal(db_column(&rows, "id"), -1);
}

static void read_absent_column(void *context)
{
    db_int(context, "absent");
}

static void test_absent_column_aborts(void **state)
{
    struct db_rows rows;
    (void)state;
    db_query(db, &rows, "SELECT id FROM t");
    assert_true(db_next(&rows));
    assert_true(unit_aborts(read_absent_column, &rows));
    assert_status(db_finish(&rows), OK);
}

static void test_parameters_of_every_kind(void **state)
{
    const char *sql = unit_is_postgres() ? "SELECT CAST($1 AS text) AS value"
                                         : "SELECT typeof($1) AS kind, $1 AS value";
    const struct {
        struct db_parameter parameter;
        const char *kind, *text;
    } rows[] = {
        {DB_NULL, "null", ""},
        {DB_INT(0), "integer", "0"},
        {DB_INT(INT64_MAX), "integer", "9223372036854775807"},
        {DB_INT(INT64_MIN), "integer", "-9223372036854775808"},
        {DB_BOOL(true), "integer", "1"},
        {DB_BOOL(false), "integer", "0"},
        {DB_BOOL(256), "integer", "1"},
        {DB_REAL(-0.25), "real", "-0.25"},
        {DB_TEXT(TEXT("")), "text", ""},
        {DB_TEXT(TEXT_NONE), "text", ""},
        {DB_TEXT(TEXT("1")), "text", "1"},
        {DB_TEXT(TEXT("'; DROP TABLE t; --")), "text", "'; DROP TABLE t; --"},
        {DB_TEXT(TEXT("gr\xC3\xBC\xC3\x9F \xF0\x9F\x8F\xA0")), "text",
         "gr\xC3\xBC\xC3\x9F \xF0\x9F\x8F\xA0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_rows found;
        db_query_with(db, &found, sql, &rows[i].parameter, 1);
        assert_true(db_next(&found));
        if (!unit_is_postgres())
            check_text(db_text(&found, "kind"), rows[i].kind, "row %zu", i);
        check_text(db_text(&found, "value"), rows[i].text, "row %zu", i);
        assert_status(db_finish(&found), OK);
    }
}

static void test_text_with_nul_comes_back_whole(void **state)
{
    struct db_rows rows;
    struct text text = TEXT("a\0b\0");
    (void)state;
    if (unit_is_postgres()) {
        assert_status(db_run(db, "INSERT INTO t VALUES (9, $1, 0)", DB_TEXT(text)), INVALID);
        return;
    }
    assert_status(db_run(db, "INSERT INTO t VALUES (9, $1, 0)", DB_TEXT(text)), OK);
    db_query(db, &rows, "SELECT name, length(CAST(name AS BLOB)) AS bytes FROM t WHERE name = $1",
             DB_TEXT(text));
    assert_true(db_next(&rows));
    assert_int_equal(db_int(&rows, "bytes"), 4);
    assert_true(text_equal(db_text(&rows, "name"), text));
    assert_status(db_finish(&rows), OK);
}

static void test_order_and_repetition_of_parameters(void **state)
{
    struct db_rows rows;
    (void)state;
    db_query(db, &rows, "SELECT $2 || $1 || $2 AS joined, $3 AS third", DB_TEXT(TEXT("a")),
             DB_TEXT(TEXT("b")), DB_INT(3));
    assert_true(db_next(&rows));
    assert_text_equal(db_text(&rows, "joined"), "bab");
    assert_int_equal(db_int(&rows, "third"), 3);
    assert_status(db_finish(&rows), OK);
}

static void test_refused_statements(void **state)
{
    static const struct {
        const char *sql;
        size_t count;
    } refused[] = {
        {"SELECT $1", 0},       {"SELECT $1", 2},     {"SELECT 1", 1},
        {"SELECT ?", 1},        {"SELECT :name", 1},  {"SELECT $2", 1},
        {"SELECT $1, $3", 2},   {"SELEC 1", 0},       {"SELECT absent FROM t", 0},
        {"SELECT * FROM u", 0}, {"INSERT INTO t", 0}, {"SELECT 'open", 0},
    };
    static const struct db_parameter parameters[] = {DB_INT(1), DB_INT(2)};
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct db_rows rows;
        db_query_with(db, &rows, refused[i].sql, parameters, refused[i].count);
        check(!db_next(&rows), "%s", refused[i].sql);
        check(db_finish(&rows) == FAILED, "%s", refused[i].sql);
        check(status_failure()->message[0] != '\0', "%s", refused[i].sql);
        check(db_run_with(db, refused[i].sql, parameters, refused[i].count) == FAILED, "%s",
              refused[i].sql);
    }
    assert_integer(db, 3, "SELECT COUNT(*) FROM t");
}

static void test_statement_is_prepared_once(void **state)
{
    static const char sql[] = "SELECT id FROM t WHERE id >= $1";
    static const char other[] = "SELECT id FROM t WHERE id <= $1";
    struct db_statement *first = NULL;
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct db_rows rows;
        db_query_with(db, &rows, sql, &DB_INT(i), 1);
        assert_true(first == NULL || first == rows.statement);
        first = rows.statement;
        assert_status(db_finish(&rows), OK);
        db_query_with(db, &rows, other, &DB_INT(3), 1);
        assert_ptr_not_equal(rows.statement, first);
        assert_status(db_finish(&rows), OK);
    }
}

static void test_rows_finished_early(void **state)
{
    static const char sql[] = "SELECT id FROM t ORDER BY id";
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct db_rows rows;
        db_query_with(db, &rows, sql, NULL, 0);
        assert_true(db_next(&rows));
        assert_int_equal(db_int(&rows, "id"), 1); /* from the beginning each time */
        assert_status(db_finish(&rows), OK);
        assert_false(db_next(&rows));
    }
    assert_status(db_script(db, "DROP TABLE t"), OK); /* nothing holds it */
}

static void test_two_statements_at_once(void **state)
{
    struct db_rows outer;
    struct db_rows inner;
    int64_t sum = 0;
    (void)state;
    db_query(db, &outer, "SELECT id FROM t ORDER BY id");
    while (db_next(&outer)) {
        db_query(db, &inner, "SELECT id FROM t WHERE id > $1", DB_INT(db_int(&outer, "id")));
        while (db_next(&inner))
            sum += db_int(&inner, "id");
        assert_status(db_finish(&inner), OK);
    }
    assert_status(db_finish(&outer), OK);
    assert_int_equal(sum, 2 + 3 + 3);
}

/* It has one place in its rows; a second reader would move the first one's. */
static void test_one_statement_twice_at_once_is_refused(void **state)
{
    static const char sql[] = "SELECT id FROM t ORDER BY id";
    struct db_rows outer;
    struct db_rows inner;
    int count = 0;
    (void)state;
    db_query_with(db, &outer, sql, NULL, 0);
    while (db_next(&outer)) {
        count++;
        db_query_with(db, &inner, sql, NULL, 0);
        assert_false(db_next(&inner));
        assert_status(db_finish(&inner), FAILED);
    }
    assert_status(db_finish(&outer), OK);
    assert_int_equal(count, 3);
}

static void test_integer(void **state)
{
    int64_t value;
    (void)state;
    assert_status(db_integer(db, &value, 5, "SELECT id FROM t WHERE name = $1",
                             DB_TEXT(TEXT("two"))),
                  OK);
    assert_int_equal(value, 2);
    assert_status(db_integer(db, &value, 5, "SELECT id FROM t WHERE id > 100"), OK);
    assert_int_equal(value, 5);
    assert_status(db_integer(db, &value, 5, "SELECT id FROM u"), FAILED);
    assert_int_equal(value, 5);
}

static void test_expected_failures_have_names(void **state)
{
    (void)state;
    assert_status(db_script(db, "CREATE TABLE c (a integer UNIQUE NOT NULL CHECK (a < 10))"), OK);
    assert_status(db_run(db, "INSERT INTO c VALUES ($1)", DB_INT(1)), OK);
    assert_status(db_run(db, "INSERT INTO c VALUES ($1)", DB_INT(1)), CONFLICT);
    assert_failure_says(unit_is_postgres() ? "c_a_key" : "c.a");
    assert_status(db_run(db, "INSERT INTO c VALUES ($1)", DB_NULL), CONFLICT);
    assert_status(db_run(db, "INSERT INTO c VALUES ($1)", DB_INT(10)), CONFLICT);
    assert_status(db_run(db, "INSERT INTO c VALUES ($1)", DB_INT(2)), OK);
    assert_integer(db, 2, "SELECT COUNT(*) FROM c");
    assert_status(db_script(db, "CREATE TABLE c (a)"), FAILED);
}

#define NAMES_SQL "SELECT name FROM c ORDER BY name"

static void widen(int length)
{
    struct db *other = unit_database();
    char sql[64];
    snprintf(sql, sizeof sql, "ALTER TABLE c ALTER name TYPE varchar(%d)", length);
    assert_status(db_script(other, sql), OK);
    db_close(other);
}

static enum status read_twice(struct db *connection, void *context)
{
    int64_t value;
    (void)context;
    assert_status(db_integer(connection, &value, -1, NAMES_SQL), OK);
    assert_int_equal(value, 7);
    return db_integer(connection, &value, -1, NAMES_SQL);
}

static enum status write_and_read(struct db *connection, void *context)
{
    int64_t value;
    (void)context;
    enum status status = db_run(connection, "INSERT INTO c VALUES ('8')");
    return status == OK ? db_integer(connection, &value, -1, NAMES_SQL) : status;
}

/* As a migration does it while the site serves: in each kind of transaction. */
static void test_a_column_becomes_another(void **state)
{
    (void)state;
    if (!unit_is_postgres())
        skip(); /* SQLite prepares its statements anew by itself */
    assert_status(db_script(db, "CREATE TABLE c (name varchar(9)); INSERT INTO c VALUES ('7')"),
                  OK);
    assert_status(read_twice(db, NULL), OK);
    widen(10);
    assert_status(read_twice(db, NULL), OK);
    widen(11);
    assert_status(db_snapshot(db, read_twice, NULL), OK);
    widen(12);
    assert_status(db_transaction(db, read_twice, NULL), OK);
    widen(13);
    assert_status(db_transaction(db, write_and_read, NULL), BUSY);
    assert_integer(db, 1, "SELECT COUNT(*) FROM c");
    assert_status(db_transaction(db, write_and_read, NULL), OK);
}

static void test_too_many_statements_are_refused(void **state)
{
    static char texts[300][32];
    size_t taken = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        snprintf(texts[i], sizeof texts[i], "SELECT %zu AS n", i);
        taken += db_run_with(db, texts[i], NULL, 0) == OK;
    }
    assert_int_equal(taken, 255);
    assert_failure_says("255");
    assert_status(db_run_with(db, texts[7], NULL, 0), OK); /* those it knows still work */
}

static const struct CMUnitTest tests[] = {
    QUERY_TEST(test_columns_by_name),
    QUERY_TEST(test_columns_by_place),
    QUERY_TEST(test_absent_column_aborts),
    QUERY_TEST(test_parameters_of_every_kind),
    QUERY_TEST(test_text_with_nul_comes_back_whole),
    QUERY_TEST(test_order_and_repetition_of_parameters),
    QUERY_TEST(test_refused_statements),
    QUERY_TEST(test_statement_is_prepared_once),
    QUERY_TEST(test_rows_finished_early),
    QUERY_TEST(test_two_statements_at_once),
    QUERY_TEST(test_one_statement_twice_at_once_is_refused),
    QUERY_TEST(test_integer),
    QUERY_TEST(test_expected_failures_have_names),
    QUERY_TEST(test_a_column_becomes_another),
    QUERY_TEST(test_too_many_statements_are_refused),
};

UNIT_MAIN(tests)
