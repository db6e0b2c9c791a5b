#include "database.h"

#include "db/dialect.h"
#include "model/migrations.h"

#define MIGRATION(label, number, text, ...)                                                        \
    {                                                                                              \
        .app_label = (label), .name = TEXT(number), .sql = text __VA_OPT__(, ) __VA_ARGS__         \
    }

static const struct migration good[] = {
    MIGRATION("shop", "0001_initial",
              TEXT("CREATE TABLE shop_thing (id {pk}, sold {bool} NOT NULL, seen {datetime} NULL);"
                   "CREATE TABLE shop_owner (id {pk}, name text NOT NULL);")),
    MIGRATION("shop", "0002_rows", TEXT("INSERT INTO shop_owner (name) VALUES ('{other}')")),
    MIGRATION("till", "0001_initial", TEXT("-- nothing to do")),
};

#define FIRST(number) ((struct migration_list){good, (number)})

UNIT_CONNECTION("")

#define RECORDED "SELECT COUNT(*) FROM django_migrations"

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

/* Plans */

#define BACK "\n-- backward:\n"

static const char *const on_shop[] = {"shop", NULL};
static const struct migration many[] = {
    MIGRATION("shop", "0001_initial", TEXT("CREATE TABLE s1 (id {pk});" BACK "DROP TABLE s1;")),
    MIGRATION("shop", "0002_two", TEXT("CREATE TABLE s2 (id {pk});" BACK "DROP TABLE s2;")),
    MIGRATION("shop", "0003_three", TEXT("CREATE TABLE s3 (id {pk});" BACK "DROP TABLE s3;")),
    MIGRATION("till", "0001_initial", TEXT("CREATE TABLE t1 (id {pk});" BACK "DROP TABLE t1;"),
              .needs = on_shop),
    MIGRATION("till", "0002_two",
              TEXT("-- needs: shop.0003_three\nCREATE TABLE t2 (id {pk});" BACK "DROP TABLE t2;")),
    MIGRATION("fair", "0001_initial", TEXT("CREATE TABLE f1 (id {pk});")),
    MIGRATION("fair", "0002_two", TEXT("CREATE TABLE f2 (id {pk});" BACK "DROP TABLE f2;")),
    MIGRATION("fair", "0002_twin", TEXT("" BACK)),
};
static const struct migration_list all_of_many = {many, COUNT(many)};

static struct migration_target target_of(const char *app_label, const char *name)
{
    return (struct migration_target){text_of(app_label), text_of(name)};
}

/* "+s1 -t2": the first letter of the app and the number of each step. */
static struct text steps_of(struct arena *arena, const struct migration_plan *plan)
{
    struct text words = TEXT("");
    for (size_t i = 0; i < plan->steps.count; i++)
        words = text_format(arena, "%.*s%s%c%c%c", TEXT_ARG(words), i ? " " : "",
                            plan->steps.items[i].backward ? '-' : '+',
                            plan->steps.items[i].migration->app_label[0],
                            plan->steps.items[i].migration->name.at[3]);
    return words;
}

static void go_to(struct arena *arena, const char *app_label, const char *name)
{
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_plan(arena, db, all_of_many, target_of(app_label, name), &plan), OK);
    assert_status(migrations_run(db, &plan, &done), OK);
    assert_int_equal(done, plan.steps.count);
}

static void test_plans(void **state)
{
    /* [where it is, where it goes, the steps]; NULL: nothing is applied */
    static const struct {
        const char *at_app, *at;
        const char *app, *name;
        const char *steps;
    } rows[] = {
        {NULL, "", "", "", "+s1 +s2 +s3 +t1 +t2 +f1 +f2 +f2"},
        {"", "", "", "", ""},
        {NULL, "", "shop", "", "+s1 +s2 +s3"},
        {NULL, "", "shop", "0001", "+s1"},
        {NULL, "", "till", "0001", "+s1 +t1"},
        {NULL, "", "till", "", "+s1 +s2 +s3 +t1 +t2"},
        {NULL, "", "shop", "zero", ""},
        {"shop", "0002", "till", "0002_two", "+s3 +t1 +t2"},
        {"", "", "fair", "0002_two", "-f2"},
        {"", "", "till", "0001", "-t2"},
        {"", "", "shop", "0003", ""},
        {"", "", "shop", "0002", "-t2 -s3"},
        {"", "", "shop", "zero", "-t2 -t1 -s3 -s2 -s1"},
        {"till", "0001", "shop", "0003", "+s2 +s3"},
        {"till", "0001", "shop", "zero", "-t1 -s1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration_plan plan;
        unit_disconnect(state);
        unit_connect(state);
        if (rows[i].at_app)
            go_to(*state, rows[i].at_app, rows[i].at);
        check(migrations_plan(*state, db, all_of_many, target_of(rows[i].app, rows[i].name), &plan)
                  == OK,
              "row %zu: %s", i, status_failure()->message);
        check_text(steps_of(*state, &plan), rows[i].steps, "row %zu", i);
    }
}

static void test_targets_that_are_none(void **state)
{
    static const struct {
        const char *app, *name;
        const char *says;
    } rows[] = {
        {"stall", "", "no module \"stall\" has migrations: there are shop, till, fair"},
        {"Shop", "", "\"Shop\""},
        {"sho", "0001", "\"sho\""},
        {"shop", "0009", "shop has no migration \"0009\": it has 0001_initial to 0003_three"},
        {"shop", "initial", "\"initial\""},
        {"shop", "0001_initialx", "\"0001_initialx\""},
        {"shop", "Zero", "\"Zero\""},
        {"shop", "000", "may be 0001_initial or 0002_two"},
        {"fair", "0002_tw", "may be 0002_two or 0002_twin"},
        {"fair", "zero", "fair.0001_initial cannot be taken back"},
    };
    go_to(*state, "", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration_plan plan;
        check(migrations_plan(*state, db, all_of_many, target_of(rows[i].app, rows[i].name), &plan)
                  == INVALID,
              "row %zu", i);
        assert_failure_says(rows[i].says);
    }
}

static void test_goes_back_and_forth(void **state)
{
    go_to(*state, "", "");
    go_to(*state, "shop", "0001");
    assert_integer(db, 2, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('s1', 't1')");
    assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('s2', 's3', 't2')");
    assert_status(migrations_check(db, all_of_many), INVALID);
    assert_failure_says("shop.0002_two");
    go_to(*state, "", "");
    assert_status(migrations_check(db, all_of_many), OK);
    assert_integer(db, 8, RECORDED);
}

static void test_failed_way_back_leaves_all(void **state)
{
    static const struct migration list[] = {
        MIGRATION("shop", "0001_initial",
                  TEXT("CREATE TABLE a (id {pk});\nCREATE TABLE b (id {pk});\n-- backward:\n"
                       "DROP TABLE a;\nDROP TABLE absent;"),
                  .path = "shop/1.sql")};
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_apply(db, (struct migration_list){list, 1}, &done), OK);
    assert_status(migrations_plan(*state, db, (struct migration_list){list, 1},
                                  target_of("shop", "zero"), &plan),
                  OK);
    assert_status(migrations_run(db, &plan, &done), FAILED);
    assert_failure_says("taking back shop.0001_initial: shop/1.sql:5: ");
    assert_int_equal(done, 0);
    assert_integer(db, 2, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('a', 'b')");
    assert_integer(db, 1, RECORDED);
}

static void test_plan_that_another_was_first_with(void **state)
{
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_plan(*state, NULL, all_of_many, target_of("", ""), &plan), OK);
    assert_int_equal(plan.steps.count, COUNT(many));
    go_to(*state, "till", "0001");
    assert_status(migrations_run(db, &plan, &done), OK);
    assert_int_equal(done, COUNT(many) - 2);
    assert_integer(db, 8, RECORDED);
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
    CONNECTED_TEST(test_plans),
    CONNECTED_TEST(test_targets_that_are_none),
    CONNECTED_TEST(test_goes_back_and_forth),
    CONNECTED_TEST(test_failed_way_back_leaves_all),
    CONNECTED_TEST(test_plan_that_another_was_first_with),
    CONNECTED_TEST(test_remake_keeps_what_refers_to_the_table),
    CONNECTED_TEST(test_row_that_refers_to_nothing_is_refused),
    CONNECTED_TEST(test_check_names_the_first_that_is_missing),
    CONNECTED_TEST(test_reading_connection_cannot_migrate),
};

UNIT_MAIN(tests)
