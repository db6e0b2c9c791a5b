/* Only on SQLite: it is about the file and its folder. */
#include "database.h"

#include <pthread.h>
#include <sys/stat.h>

static void test_urls(void **state)
{
    static const char *const taken[] = {
        "sqlite:///a",
        "sqlite:///oc-lettings-site.sqlite3",
        "sqlite:////var/lib/site.sqlite3",
        "sqlite:///folder/site.sqlite3?timeout=20",
        "sqlite:///our%20site.sqlite3",
        "sqlite:///a?b=%",
    };
    static const char *const refused[] = {
        "",
        "sqlite",
        "sqlite:",
        "sqlite:site.sqlite3",
        "sqlite://",
        "sqlite://site.sqlite3",
        "sqlite:///",
        "sqlite:///?mode=rwc",
        "sqlite:///#a",
        "sqlite:///:memory:",
        "sqlite:///%3Amemory%3a",
        "sqlite://:memory:",
        "SQLITE:///a",
        " sqlite:///a",
        "site.sqlite3",
        "/var/lib/site.sqlite3",
        "mysql://user@host/name",
        "http://localhost/",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++)
        check(db_check_url(text_of(taken[i])) == OK, "\"%s\"", taken[i]);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct db *db = NULL;
        struct db_options options = {.url = text_of(refused[i]), .writes = true, .create = true};
        check(db_check_url(text_of(refused[i])) == INVALID, "\"%s\"", refused[i]);
        assert_failure_says(strstr(refused[i], "memory") ? "name a file" : "sqlite:///");
        check(db_open(&db, &options) == INVALID, "\"%s\"", refused[i]);
        assert_null(db);
    }
}

static void test_absent_database_is_not_found(void **state)
{
    struct db *db = NULL;
    struct db_options options = unit_database_options();
    options.create = false;
    assert_status(db_open(&db, &options), NOT_FOUND);
    assert_failure_says(UNIT_DATABASE_FILE);
    assert_int_equal(access(unit_path(*state, UNIT_DATABASE_FILE), F_OK), -1);

    db_close(unit_database());
    assert_int_equal(access(unit_path(*state, UNIT_DATABASE_FILE), F_OK), 0);
    db_close(unit_database_with(options));
    db_close(NULL);
}

static void test_where_the_file_is(void **state)
{
    const char *absolute = unit_path(*state, UNIT_DATABASE_FILE);
    struct db_options options = unit_database_options();
    options.url = text_format(*state, "sqlite:///%s?timeout=20", absolute);
    options.directory = TEXT("/nowhere");
    struct db *db = unit_database_with(options);
    assert_status(db_script(db, "CREATE TABLE t (a); INSERT INTO t VALUES (7)"), OK);
    db_close(db);

    db = unit_database();
    assert_integer(db, 7, "SELECT a FROM t");
    db_close(db);

    options = unit_database_options();
    options.directory = TEXT_NONE;
    assert_int_equal(chdir(unit_directory()), 0);
    db = unit_database_with(options);
    assert_integer(db, 7, "SELECT a FROM t");
    db_close(db);
}

static void test_escapes_in_the_path(void **state)
{
    static const char *const names[][2] = {
        {"our%20site", "our site"},
        {"f%2Fb", "f/b"},
        {"%61%2a%2A", "a**"},
        {"gr%C3%BC%C3%9F", "gr\xC3\xBC\xC3\x9F"},
        {"a+b", "a+b"},
        {"100%25", "100%"},
        {"a%3Fb", "a?b"},
        {"%2541", "%41"},
        {"a?b=c", "a"},
        {"a#b?c", "a"},
        {"a%23b", "a#b"},
        {"a?b#c", "a"},
    };
    static const char *const refused[] = {"%", "a%2", "%zz", "%2g", "% 1", "%-1", "%0x41", "a%00b"};
    struct db_options options = unit_database_options();
    assert_int_equal(mkdir(unit_path(*state, "x"), 0700), 0);
    assert_int_equal(mkdir(unit_path(*state, "x/f"), 0700), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        options.url = text_format(*state, "sqlite:///x/%s", names[i][0]);
        const char *path = unit_path(*state, text_format(*state, "x/%s", names[i][1]).at);
        db_close(unit_database_with(options));
        check(unlink(path) == 0, "\"%s\" is not \"%s\"", names[i][0], path);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct text url = text_format(*state, "sqlite:///%s", refused[i]);
        check(db_check_url(url) == INVALID, "\"%s\"", refused[i]);
        assert_failure_says("%20");
    }
    assert_status(db_check_url(text_format(*state, "sqlite:///%05000d", 1)), INVALID);
    assert_failure_says("longer");
}

static void test_what_cannot_be_opened(void **state)
{
    struct db *db = NULL;
    struct db_options options = unit_database_options();
    options.directory = TEXT("/nowhere/at/all");
    assert_status(db_open(&db, &options), FAILED);
    assert_failure_says("/nowhere/at/all");

    assert_int_equal(mkdir(unit_path(*state, "folder"), 0700), 0);
    options = unit_database_options();
    options.url = TEXT("sqlite:///folder");
    options.create = false;
    assert_status(db_open(&db, &options), FAILED);
    assert_null(db);
}

static void test_file_that_is_no_database(void **state)
{
    struct db *db = NULL;
    struct db_options options = unit_database_options();
    unit_file(*state, UNIT_DATABASE_FILE, TEXT("This is a letter to the tax office, long enough."));
    enum status status = db_open(&db, &options);
    if (status == OK) {
        int64_t value;
        status = db_integer(db, &value, 0, "SELECT COUNT(*) FROM sqlite_schema");
        db_close(db);
    }
    assert_int_equal(status, FAILED);
}

static void test_reading_connection_refuses_to_write(void **state)
{
    static const char *const writes[] = {
        "INSERT INTO t VALUES (2)", "UPDATE t SET a = 3", "DELETE FROM t", "DROP TABLE t",
        "CREATE TABLE u (a)",
    };
    (void)state;
    struct db *writer = unit_database();
    assert_status(db_script(writer, "CREATE TABLE t (a); INSERT INTO t VALUES (1)"), OK);
    struct db_options options = unit_database_options();
    options.writes = options.create = false;
    struct db *reader = unit_database_with(options);
    assert_integer(reader, 1, "SELECT a FROM t");
    for (size_t i = 0; i < COUNT(writes); i++) {
        check(db_script(reader, writes[i]) == FAILED, "%s", writes[i]);
        check(db_run_with(reader, writes[i], NULL, 0) == FAILED, "%s", writes[i]);
    }
    assert_integer(writer, 1, "SELECT SUM(a) FROM t");
    db_close(reader);
    db_close(writer);
}

static void test_writes_can_be_allowed_and_refused(void **state)
{
    static const char insert[] = "INSERT INTO t VALUES (1)";
    (void)state;
    struct db *db = unit_database();
    assert_status(db_script(db, "CREATE TABLE t (a)"), OK);
    for (int i = 0; i < 3; i++) {
        assert_status(db_allow_writes(db, true), OK);
        assert_status(db_run_with(db, insert, NULL, 0), OK);
        assert_integer(db, i + 1, "SELECT COUNT(*) FROM t");
        assert_status(db_allow_writes(db, false), OK);
        assert_status(db_run_with(db, insert, NULL, 0), FAILED);
        assert_failure_says("readonly");
        assert_integer(db, i + 1, "SELECT COUNT(*) FROM t");
    }
    db_close(db);
}

static void test_foreign_keys_are_on(void **state)
{
    (void)state;
    struct db *db = unit_database();
    assert_integer(db, 1, "PRAGMA foreign_keys");
    assert_integer(db, 2, "PRAGMA synchronous"); /* FULL */
    assert_status(db_script(db, "CREATE TABLE one (id INTEGER PRIMARY KEY);"
                                "CREATE TABLE many (one_id REFERENCES one (id))"),
                  OK);
    assert_status(db_run(db, "INSERT INTO many VALUES ($1)", DB_INT(7)), CONFLICT);
    assert_status(db_run(db, "INSERT INTO many VALUES ($1)", DB_NULL), OK);
    db_close(db);
}

static void test_set_up_lets_reads_go_on(void **state)
{
    (void)state;
    struct db *db = unit_database();
    assert_status(db_script(db, "CREATE TABLE t (a)"), OK);
    assert_true(db_reads_block(db));
    assert_status(db_set_up(db), OK);
    assert_false(db_reads_block(db));
    assert_status(db_set_up(db), OK); /* twice does no harm */
    db_close(db);

    struct db_options options = unit_database_options();
    options.writes = options.create = false;
    db = unit_database_with(options); /* it lasts */
    assert_false(db_reads_block(db));
    db_close(db);
}

static void *commit_soon(void *writer)
{
    usleep(50000);
    assert_status(db_script(writer, "COMMIT"), OK);
    return NULL;
}

static void test_set_up_waits_for_a_writer(void **state)
{
    struct db_options options = unit_database_options();
    pthread_t thread;
    (void)state;
    struct db *writer = unit_database();
    struct db *hasty = unit_database();
    options.busy_timeout = 5000;
    struct db *patient = unit_database_with(options);
    assert_status(db_script(writer, "CREATE TABLE t (a); BEGIN IMMEDIATE"), OK);
    assert_status(db_set_up(hasty), BUSY);
    assert_int_equal(pthread_create(&thread, NULL, commit_soon, writer), 0);
    assert_status(db_set_up(patient), OK);
    pthread_join(thread, NULL);
    assert_false(db_reads_block(patient));
    db_close(patient);
    db_close(hasty);
    db_close(writer);
}

static void test_schema_is_not_writable(void **state)
{
    (void)state;
    struct db *db = unit_database();
    assert_status(db_script(db, "CREATE TABLE t (a)"), OK);
    db_script(db, "PRAGMA writable_schema = ON");
    assert_status(db_script(db, "DELETE FROM sqlite_schema"), FAILED);
    db_close(db);
}

static const struct CMUnitTest tests[] = {
    DATABASE_TEST(test_urls),
    DATABASE_TEST(test_absent_database_is_not_found),
    DATABASE_TEST(test_where_the_file_is),
    DATABASE_TEST(test_escapes_in_the_path),
    DATABASE_TEST(test_what_cannot_be_opened),
    DATABASE_TEST(test_file_that_is_no_database),
    DATABASE_TEST(test_reading_connection_refuses_to_write),
    DATABASE_TEST(test_writes_can_be_allowed_and_refused),
    DATABASE_TEST(test_foreign_keys_are_on),
    DATABASE_TEST(test_set_up_lets_reads_go_on),
    DATABASE_TEST(test_set_up_waits_for_a_writer),
    DATABASE_TEST(test_schema_is_not_writable),
};

UNIT_MAIN(tests)
