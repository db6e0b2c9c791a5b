/* Only on SQLite: the types and the transactions that change them are SQLite's. */
/* What migrations and checks need of an engine. */
#include "database.h"

#include "db/dialect.h"

UNIT_CONNECTION("CREATE TABLE owner (id integer PRIMARY KEY);"
                "CREATE TABLE thing (id integer NOT NULL PRIMARY KEY, title varchar(20) NOT NULL,"
                " price real NULL DEFAULT 1, owner_id integer REFERENCES owner (id));"
                "INSERT INTO owner VALUES (1); INSERT INTO thing VALUES (5, 'lamp', 2, 1)")

static void test_columns_of_a_table(void **state)
{
    static const struct {
        const char *name, *type;
        bool not_null, has_default, is_key;
    } expected[] = {
        {"id", "INTEGER", true, false, true},
        {"title", "varchar(20)", true, false, false},
        {"price", "REAL", false, true, false},
        {"owner_id", "INTEGER", false, false, false},
    };
    struct db_table table;
    assert_status(db_table_read(db, *state, TEXT("thing"), &table), OK);
    assert_int_equal(table.columns.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct db_table_column *column = &table.columns.items[i];
        check_text(column->name, expected[i].name, "row %zu", i);
        check(text_equal_nocase(column->type, text_of(expected[i].type)), "row %zu", i);
        check(column->not_null == expected[i].not_null, "row %zu", i);
        check(column->has_default == expected[i].has_default, "row %zu", i);
        check(column->is_key == expected[i].is_key, "row %zu", i);
    }
}

static void test_no_such_table_has_no_columns(void **state)
{
    static const char *const names[] = {"absent", "", "thing; DROP TABLE thing", "\"thing\""};
    struct db_table table;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_status(db_table_read(db, *state, text_of(names[i]), &table), OK);
        check(table.columns.count == 0, "%s", names[i]);
    }
}

static void test_place_of_a_failure(void **state)
{
    static const struct {
        const char *sql;
        const char *at; /* how the rest begins; NULL: it does not fail */
    } rows[] = {
        {"", NULL},
        {" -- a note", NULL},
        {"; ;", NULL},
        {"SELECT 1; SELECT 2", NULL},
        {"SELECT 1;\n-- a note\n  INSERT INTO thing VALUES (5, 'x', 1, 1);", "INSERT"},
        {"SELECT 1; SELECT absent FROM thing", "absent"},
        {"SELECT 1; /* a note */ nonsense", "nonsense"},
        {"SELECT 'a;b'; DROP TABLE absent", "DROP"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = NULL;
        enum status status = db_script_at(db, rows[i].sql, &at);
        check((status == OK) == !rows[i].at, "row %zu", i);
        if (rows[i].at)
            check(text_starts(text_of(at), text_of(rows[i].at)), "row %zu: %s", i, at);
    }
}

static enum status run(struct db *connection, void *context)
{
    return db_script(connection, context);
}

#define REMAKE                                                                                     \
    "CREATE TABLE new_owner (id integer PRIMARY KEY); INSERT INTO new_owner SELECT * FROM owner;"  \
    "DROP TABLE owner; ALTER TABLE new_owner RENAME TO owner;"

static void test_schema_transactions(void **state)
{
    static const struct {
        const char *sql;
        enum status status;
        const char *says;
    } rows[] = {
        {REMAKE, OK, ""},
        {REMAKE "DELETE FROM owner", CONFLICT, "thing (rowid 5) refers to a row of owner"},
        {"INSERT INTO thing VALUES (6, 'x', 1, 99)", CONFLICT, "thing (rowid 6)"},
        {"DROP TABLE owner", CONFLICT, "owner"},
        {REMAKE "nonsense", FAILED, "nonsense"},
        {REMAKE "INSERT INTO owner VALUES (1)", CONFLICT, "UNIQUE"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        unit_disconnect(state);
        unit_connect(state);
        check(db_schema_transaction(db, run, (void *)(uintptr_t)rows[i].sql) == rows[i].status,
              "row %zu: %s", i, status_failure()->message);
        if (rows[i].status != OK)
            assert_failure_says(rows[i].says);
        assert_integer(db, 1, "SELECT COUNT(*) FROM thing JOIN owner ON owner.id = owner_id");
        assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'new_owner'");
        /* afterwards references are watched over again, and there is no open transaction */
        assert_status(db_run(db, "INSERT INTO thing VALUES (7, 'x', 1, 99)"), CONFLICT);
        assert_status(db_script(db, "BEGIN; COMMIT"), OK);
    }
}

static void test_schema_transaction_of_a_reader(void **state)
{
    struct db_options options = unit_database_options();
    (void)state;
    options.writes = false;
    struct db *reader = unit_database_with(options);
    assert_status(db_schema_transaction(reader, run, (void *)(uintptr_t) "DROP TABLE thing"),
                  FAILED);
    db_close(reader);
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing");
}

static void test_schema_transaction_waits_no_longer_than_told(void **state)
{
    struct db *other = unit_database();
    (void)state;
    assert_status(db_script(other, "BEGIN IMMEDIATE"), OK);
    assert_status(db_schema_transaction(db, run, (void *)(uintptr_t) "DROP TABLE thing"), BUSY);
    assert_status(db_script(other, "ROLLBACK"), OK);
    db_close(other);
    assert_int_not_equal(db_run(db, "INSERT INTO thing VALUES (7, 'x', 1, 99)"), OK);
}

static void test_dialects(void **state)
{
    (void)state;
    assert_ptr_equal(db_dialect(db), &db_dialect_sqlite);
    assert_ptr_equal(db_url_dialect(TEXT("sqlite:///x.sqlite3")), &db_dialect_sqlite);
    assert_null(db_url_dialect(TEXT("mysql://x")));
    assert_ptr_equal(db_dialect_named(TEXT("postgresql")), &db_dialect_postgresql);
    assert_null(db_dialect_named(TEXT("postgres")));
    assert_null(db_dialect_named(TEXT("")));
    for (size_t i = 0; db_dialect_sqlite.words[i].placeholder; i++)
        assert_string_equal(db_dialect_sqlite.words[i].placeholder,
                            db_dialect_postgresql.words[i].placeholder);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_columns_of_a_table),
    CONNECTED_TEST(test_no_such_table_has_no_columns),
    CONNECTED_TEST(test_place_of_a_failure),
    CONNECTED_TEST(test_schema_transactions),
    CONNECTED_TEST(test_schema_transaction_of_a_reader),
    CONNECTED_TEST(test_schema_transaction_waits_no_longer_than_told),
    CONNECTED_TEST(test_dialects),
};

UNIT_MAIN(tests)
