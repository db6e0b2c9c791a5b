/* Only on SQLite: the tables are SQLite's, and remade as SQLite must;
 * tests/commands/migrate.test.mjs migrates both. */
#include "model/migration.h"

#include "db/dialect.h"

static const struct migration good[] = {
    MIGRATION("shop", "0001_initial",
              TEXT("CREATE TABLE shop_thing (id {pk}, sold {bool} NOT NULL, seen {datetime} NULL);"
                   "CREATE TABLE shop_owner (id {pk}, name text NOT NULL);")),
    MIGRATION("shop", "0002_rows", TEXT("INSERT INTO shop_owner (name) VALUES ('{other}')")),
    MIGRATION("till", "0001_initial", TEXT("-- nothing to do")),
};

#define FIRST(number) ((struct migration_list){good, (number)})

UNIT_CONNECTION("")

static void test_applies_each_once(void **state)
{
    size_t applied = 99;
    (void)state;
    assert_status(migrations_apply(db, FIRST(2), &applied), OK);
    assert_int_equal(applied, 2);
    assert_status(migrations_apply(db, FIRST(2), &applied), OK);
    assert_int_equal(applied, 0);
    assert_status(migrations_apply(db, FIRST(3), &applied), OK);
    assert_int_equal(applied, 1);
    assert_integer(db, 3, RECORDED);
    assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner");
}

static void test_none_to_apply(void **state)
{
    size_t applied = 99;
    (void)state;
    assert_status(migrations_apply(db, FIRST(0), &applied), OK);
    assert_int_equal(applied, 0);
    assert_integer(db, 0, RECORDED);
    assert_status(migrations_check(db, FIRST(0)), OK);
}

static void test_placeholders(void **state)
{
    static const char *const columns[][2] = {{"sold", "bool"},
                                             {"seen", "datetime"},
                                             {"id", "INTEGER"}};
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, FIRST(2), &applied), OK);
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct db_rows rows;
        db_query(db, &rows, "SELECT type FROM pragma_table_info('shop_thing') WHERE name = $1",
                 DB_TEXT(text_of(columns[i][0])));
        assert_true(db_next(&rows));
        check(text_equal_nocase(db_text(&rows, "type"), text_of(columns[i][1])), "%s",
              columns[i][0]);
        assert_status(db_finish(&rows), OK);
    }
    assert_integer(db, 1, "SELECT pk FROM pragma_table_info('shop_thing') WHERE name = 'id'");
    assert_integer(db, 1, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'");
    /* an unknown word is left as it is */
    assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner WHERE name = '{other}'");
}

static void test_record_is_as_django_writes_it(void **state)
{
    struct db_rows rows;
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, FIRST(1), &applied), OK);
    db_query(db, &rows,
             "SELECT app, name, applied, length(applied) AS length,"
             " datetime(applied) IS NOT NULL AS valid FROM django_migrations");
    assert_true(db_next(&rows));
    assert_text_equal(db_text(&rows, "app"), "shop");
    assert_text_equal(db_text(&rows, "name"), "0001_initial");
    assert_int_equal(db_int(&rows, "length"), strlen("2024-05-07 14:05:00.000000"));
    assert_int_equal(db_text(&rows, "applied").at[10], ' ');
    assert_true(db_bool(&rows, "valid"));
    assert_status(db_finish(&rows), OK);
}

static void test_what_django_applied_counts(void **state)
{
    size_t applied;
    (void)state;
    assert_status(db_script(db,
                            "CREATE TABLE django_migrations (id integer NOT NULL PRIMARY KEY"
                            " AUTOINCREMENT, app varchar(255) NOT NULL, name varchar(255) NOT NULL,"
                            " applied datetime NOT NULL);"
                            "INSERT INTO django_migrations (app, name, applied) VALUES"
                            " ('shop', '0001_initial', '2023-01-01 00:00:00'),"
                            " ('other', '0002_rows', '2023-01-01 00:00:00');"
                            "CREATE TABLE shop_owner (id integer PRIMARY KEY, name text);"),
                  OK);
    assert_status(migrations_check(db, FIRST(1)), OK);
    assert_status(migrations_apply(db, FIRST(2), &applied), OK);
    assert_int_equal(applied, 1); /* 0002_rows of "other" is another */
    assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'shop_thing'");
}

static void test_failed_one_leaves_nothing(void **state)
{
    static const struct text broken[] = {
        TEXT("CREATE TABLE shop_extra (id {pk}); INSERT INTO absent VALUES (1)"),
        TEXT("CREATE TABLE shop_extra (id {pk}); CREATE TABLE shop_owner (id {pk})"),
        TEXT("CREATE TABLE shop_extra (id {pk}); INSERT INTO shop_owner (name) VALUES (NULL)"),
        TEXT("CREATE TABLE shop_extra (id {pk}); nonsense"),
        TEXT("CREATE TABLE shop_extra (id {unknown} ()"),
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct migration list[] = {good[0], MIGRATION("shop", "0002_broken", broken[i]), good[2]};
        size_t applied = 99;
        check(migrations_apply(db, (struct migration_list){list, 3}, &applied) != OK, "row %zu", i);
        assert_failure_says("shop.0002_broken");
        check(applied == (i == 0), "row %zu", i);
        assert_integer(db, 1, RECORDED); /* the one before stays, the one behind was not tried */
        assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'shop_extra'");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_owner");
    }
    size_t applied;
    assert_status(migrations_apply(db, FIRST(3), &applied), OK);
    assert_int_equal(applied, 2);
    (void)state;
}

/* Files */

static void test_parts_of_a_file(void **state)
{
    /* [file, dialect, forward, backward; NULL: no way back] */
    static const struct {
        const char *sql;
        const struct db_dialect *dialect;
        const char *forward;
        const char *backward;
    } rows[] = {
        {"", &db_dialect_sqlite, "\n", NULL},
        {"A;\nB;", &db_dialect_sqlite, "A;\nB;\n", NULL},
        {"A {bool};", &db_dialect_sqlite, "A bool;\n", NULL},
        {"A {bool};", &db_dialect_postgresql, "A boolean;\n", NULL},
        {"-- sqlite:\nA;\n-- postgresql:\nB;\n-- all:\nC;", &db_dialect_sqlite, "\nA;\n\n\n\nC;\n",
         NULL},
        {"-- sqlite:\nA;\n-- postgresql:\nB;\n-- all:\nC;", &db_dialect_postgresql,
         "\n\n\nB;\n\nC;\n", NULL},
        {"A;\n-- backward:\nB;", &db_dialect_sqlite, "A;\n\n\n", "\n\nB;\n"},
        {"-- backward:", &db_dialect_sqlite, "\n", "\n"},
        /* what goes back begins for all */
        {"-- postgresql:\nA;\n-- backward:\nB;\n-- postgresql:\nC;", &db_dialect_sqlite,
         "\n\n\n\n\n\n", "\n\n\nB;\n\n\n"},
        {"  -- sqlite:  \r\nA;", &db_dialect_postgresql, "\n\n", NULL},
        {"-- deferrable:\nA;", &db_dialect_sqlite, "\nA;\n", NULL},
        {"-- sqlite:\n-- deferrable:\nA;", &db_dialect_postgresql, "\n\n\n", NULL},
        {"-- needs: shop.0001_initial\nA;", &db_dialect_sqlite, "\nA;\n", NULL},
        /* notes are no marks */
        {"-- Note:\n-- a note:\n-- SQLite:\n--sqlite:\n-- sqlite: A", &db_dialect_sqlite,
         "-- Note:\n-- a note:\n-- SQLite:\n--sqlite:\n-- sqlite: A\n", NULL},
        {"A '-- sqlite:'", &db_dialect_postgresql, "A '-- sqlite:'\n", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration migration = {.app_label = "shop", .sql = text_of(rows[i].sql)};
        struct migration_sql sql;
        check(migration_read(*state, &migration, rows[i].dialect, &sql) == OK, "row %zu", i);
        check_text(sql.forward, rows[i].forward, "row %zu", i);
        check((sql.backward.at != NULL) == (rows[i].backward != NULL), "row %zu", i);
        check_text(sql.backward, rows[i].backward ? rows[i].backward : "", "row %zu", i);
    }
}

static void test_marks_that_mean_nothing(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {"-- sqlit:\nA;", "shop/2.sql:1: \"sqlit\""},
        {"A;\n\n -- postgres:\n", "shop/2.sql:3: \"postgres\""},
        {"-- mysql:\n", "\"mysql\""},
        {"-- backwards:\n", "\"backwards\""},
        {"-- backward:\n-- backward:\n", "shop/2.sql:2: \"backward\""},
        {"-- needs:\n", "shop/2.sql:1: \"needs\""},
        {"-- needs:shop.0001_initial\n", "shop/2.sql:1: \"-- needs:shop"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration list[] = {good[0], MIGRATION("shop", "0002_marks", text_of(rows[i].sql),
                                                      .path = "shop/2.sql")};
        size_t applied;
        check(migrations_verify((struct migration_list){list, 2}) == INVALID, "row %zu", i);
        assert_failure_says("shop.0002_marks");
        assert_failure_says(rows[i].says);
        check(migrations_apply(db, (struct migration_list){list, 2}, &applied) == INVALID,
              "row %zu", i);
        assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema");
    }
}

static void test_needs_must_stand_before(void **state)
{
    static const char *const refused[] = {
        "-- needs: shop.0009_absent",  "-- needs: 0001_initial",      "-- needs: shop",
        "-- needs: till.0001_initial", "-- needs: late.0001_initial", "-- needs: shop.0001",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct migration list[] = {good[0],
                                   MIGRATION("till", "0001_initial", text_of(refused[i]),
                                             .path = "till/1.sql"),
                                   MIGRATION("late", "0001_initial", TEXT(""))};
        check(migrations_verify((struct migration_list){list, 3}) == INVALID, "row %zu", i);
        assert_failure_says("till.0001_initial");
        assert_failure_says(refused[i] + strlen("-- needs: "));
    }
    assert_status(migrations_verify(FIRST(3)), OK);
}

static void test_failure_names_the_line(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {"nonsense;", "shop/2.sql:1: "},
        {"-- A note\n\nCREATE TABLE a (id {pk});\n\n-- another\nnonsense;", "shop/2.sql:6: "},
        {"CREATE TABLE a (\n    id {pk},\n    b text NOT NULL,,\n);", "shop/2.sql:3: "},
        {"CREATE TABLE a (id {pk});\nINSERT INTO shop_owner\n    (name)\n    VALUES (NULL);",
         "shop/2.sql:2: NOT NULL"},
        {"-- postgresql:\nA;\nB;\n-- sqlite:\nCREATE TABLE shop_owner (id {pk});",
         "shop/2.sql:5: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration list[] = {good[0], MIGRATION("shop", "0002_broken", text_of(rows[i].sql),
                                                      .path = "shop/2.sql")};
        size_t applied;
        check(migrations_apply(db, (struct migration_list){list, 2}, &applied) != OK, "row %zu", i);
        assert_failure_says("migration shop.0002_broken: ");
        assert_failure_says(rows[i].says);
        assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'a'");
    }
}

/* Remakes */

#define FAMILY                                                                                     \
    "CREATE TABLE parent (id {pk}, name varchar(3));"                                              \
    "CREATE TABLE child (id {pk}, parent_id integer NOT NULL REFERENCES parent (id)"               \
    " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);"                                           \
    "INSERT INTO parent VALUES (1, 'a'); INSERT INTO child VALUES (5, 1);"
#define REMAKE(rows)                                                                               \
    "CREATE TABLE new__parent (id {pk}, name varchar(9));"                                         \
    "INSERT INTO new__parent SELECT * FROM parent WHERE " rows ";"                                 \
    "DROP TABLE parent; ALTER TABLE new__parent RENAME TO parent"

static void test_remake_keeps_what_refers_to_the_table(void **state)
{
    static const struct migration list[] = {MIGRATION("shop", "0001_initial", TEXT(FAMILY)),
                                            MIGRATION("shop", "0002_remake", TEXT(REMAKE("true")))};
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, (struct migration_list){list, 2}, &applied), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM child WHERE parent_id = 1");
    assert_integer(db, 1,
                   "SELECT COUNT(*) FROM pragma_foreign_key_list('child') WHERE \"table\""
                   " = 'parent'");
    /* and references are watched over again */
    assert_int_not_equal(db_run(db, "INSERT INTO child VALUES (6, 99)"), OK);
}

static void test_row_that_refers_to_nothing_is_refused(void **state)
{
    static const struct migration list[] = {MIGRATION("shop", "0001_initial", TEXT(FAMILY)),
                                            MIGRATION("shop", "0002_remake", TEXT(REMAKE("false")),
                                                      .path = "shop/2.sql")};
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, (struct migration_list){list, 2}, &applied), CONFLICT);
    assert_int_equal(applied, 1);
    assert_failure_says("migration shop.0002_remake: a row of child (rowid 5)");
    assert_failure_says("of parent");
    assert_integer(db, 1, "SELECT COUNT(*) FROM parent");
    assert_int_not_equal(db_run(db, "INSERT INTO child VALUES (6, 99)"), OK);
}

static void test_check_names_the_first_that_is_missing(void **state)
{
    size_t applied;
    (void)state;
    assert_status(migrations_check(db, FIRST(3)), INVALID); /* not even a record of them */
    assert_failure_says("migrate");
    assert_status(migrations_apply(db, FIRST(1), &applied), OK);
    assert_status(migrations_check(db, FIRST(1)), OK);
    assert_status(migrations_check(db, FIRST(3)), INVALID);
    assert_failure_says("shop.0002_rows");
    assert_failure_says("migrate");
    assert_status(migrations_apply(db, FIRST(3), &applied), OK);
    assert_status(migrations_check(db, FIRST(3)), OK);
}

static void test_check_asks_for_none_that_can_wait(void **state)
{
    static const struct migration list[] = {
        MIGRATION("shop", "0001_initial", TEXT("-- nothing to do")),
        MIGRATION("shop", "0002_wider", TEXT("-- It only widens.\n-- deferrable:\n")),
        MIGRATION("shop", "0003_new", TEXT("-- not -- deferrable:\n")),
    };
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, (struct migration_list){list, 1}, &applied), OK);
    assert_status(migrations_check(db, (struct migration_list){list, 2}), OK);
    assert_status(migrations_check(db, (struct migration_list){list, 3}), INVALID);
    assert_failure_says("shop.0003_new");
    assert_status(migrations_apply(db, (struct migration_list){list, 3}, &applied), OK);
    assert_int_equal(applied, 2);
}

static void test_reading_connection_cannot_migrate(void **state)
{
    struct db_options options = unit_database_options();
    size_t applied = 99;
    (void)state;
    options.writes = false;
    struct db *reader = unit_database_with(options);
    assert_status(migrations_apply(reader, FIRST(1), &applied), FAILED);
    assert_int_equal(applied, 0);
    db_close(reader);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_applies_each_once),
    CONNECTED_TEST(test_none_to_apply),
    CONNECTED_TEST(test_placeholders),
    CONNECTED_TEST(test_record_is_as_django_writes_it),
    CONNECTED_TEST(test_what_django_applied_counts),
    CONNECTED_TEST(test_failed_one_leaves_nothing),
    TEST(test_parts_of_a_file),
    CONNECTED_TEST(test_marks_that_mean_nothing),
    CONNECTED_TEST(test_needs_must_stand_before),
    CONNECTED_TEST(test_failure_names_the_line),
    CONNECTED_TEST(test_remake_keeps_what_refers_to_the_table),
    CONNECTED_TEST(test_row_that_refers_to_nothing_is_refused),
    CONNECTED_TEST(test_check_names_the_first_that_is_missing),
    CONNECTED_TEST(test_check_asks_for_none_that_can_wait),
    CONNECTED_TEST(test_reading_connection_cannot_migrate),
};

UNIT_MAIN(tests)
