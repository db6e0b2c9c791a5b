#include "database.h"

#include "model/migrations.h"

static const struct migration good[] = {
    {"shop", TEXT("0001_initial"),
     TEXT("CREATE TABLE shop_thing (id {pk}, sold {bool} NOT NULL, seen {datetime} NULL);"
          "CREATE TABLE shop_owner (id {pk}, name text NOT NULL);")},
    {"shop", TEXT("0002_rows"), TEXT("INSERT INTO shop_owner (name) VALUES ('{other}')")},
    {"till", TEXT("0001_initial"), TEXT("-- nothing to do")},
};

UNIT_CONNECTION("")

#define RECORDED "SELECT COUNT(*) FROM django_migrations"

static void test_applies_each_once(void **state)
{
    size_t applied = 99;
    (void)state;
    assert_status(migrations_apply(db, good, 2, &applied), OK);
    assert_int_equal(applied, 2);
    assert_status(migrations_apply(db, good, 2, &applied), OK);
    assert_int_equal(applied, 0);
    assert_status(migrations_apply(db, good, 3, &applied), OK);
    assert_int_equal(applied, 1);
    assert_integer(db, 3, RECORDED);
    assert_integer(db, 1, "SELECT COUNT(*) FROM shop_owner");
}

static void test_none_to_apply(void **state)
{
    size_t applied = 99;
    (void)state;
    assert_status(migrations_apply(db, NULL, 0, &applied), OK);
    assert_int_equal(applied, 0);
    assert_integer(db, 0, RECORDED);
    assert_status(migrations_check(db, NULL, 0), OK);
}

static void test_placeholders(void **state)
{
    static const char *const columns[][2] = {{"sold", "bool"},
                                             {"seen", "datetime"},
                                             {"id", "INTEGER"}};
    size_t applied;
    (void)state;
    assert_status(migrations_apply(db, good, 2, &applied), OK);
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
    assert_status(migrations_apply(db, good, 1, &applied), OK);
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
    assert_status(migrations_check(db, good, 1), OK);
    assert_status(migrations_apply(db, good, 2, &applied), OK);
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
        struct migration list[] = {good[0], {"shop", TEXT("0002_broken"), broken[i]}, good[2]};
        size_t applied = 99;
        check(migrations_apply(db, list, 3, &applied) != OK, "row %zu", i);
        assert_failure_says("shop.0002_broken");
        check(applied == (i == 0), "row %zu", i);
        assert_integer(db, 1, RECORDED); /* the one before stays, the one behind was not tried */
        assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'shop_extra'");
        assert_integer(db, 0, "SELECT COUNT(*) FROM shop_owner");
    }
    size_t applied;
    assert_status(migrations_apply(db, good, 3, &applied), OK);
    assert_int_equal(applied, 2);
    (void)state;
}

static void test_check_names_the_first_that_is_missing(void **state)
{
    size_t applied;
    (void)state;
    assert_status(migrations_check(db, good, 3), INVALID); /* not even a record of them */
    assert_failure_says("migrate");
    assert_status(migrations_apply(db, good, 1, &applied), OK);
    assert_status(migrations_check(db, good, 1), OK);
    assert_status(migrations_check(db, good, 3), INVALID);
    assert_failure_says("shop.0002_rows");
    assert_failure_says("migrate");
    assert_status(migrations_apply(db, good, 3, &applied), OK);
    assert_status(migrations_check(db, good, 3), OK);
}

static void test_reading_connection_cannot_migrate(void **state)
{
    struct db_options options = unit_database_options();
    size_t applied = 99;
    (void)state;
    options.writes = false;
    struct db *reader = unit_database_with(options);
    assert_status(migrations_apply(reader, good, 1, &applied), FAILED);
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
    CONNECTED_TEST(test_check_names_the_first_that_is_missing),
    CONNECTED_TEST(test_reading_connection_cannot_migrate),
};

UNIT_MAIN(tests)
