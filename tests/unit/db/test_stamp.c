/* Only on SQLite: PostgreSQL tells of changes to who listens (tests/http/changes.test.mjs). */
/* What was written to the tables that tell of it. */
#include "database.h"

#include <stdlib.h>
#include <string.h>

UNIT_CONNECTION("CREATE TABLE told (id integer PRIMARY KEY, title text);"
                "CREATE TABLE \"also told\" (id integer PRIMARY KEY);"
                "CREATE TABLE other (id integer PRIMARY KEY, title text);"
                "INSERT INTO told VALUES (1, 'lamp');"
                "INSERT INTO other VALUES (1, 'lamp')")

static const struct db_listening listening = {
    .told = (const char *const[]){"told", "also told", NULL},
    .untold = (const char *const[]){"other", NULL},
};

static enum status tell(struct db *connection, void *context)
{
    (void)context;
    enum status status = OK;
    for (const char *const *table = listening.told; *table && status == OK; table++)
        status = db_tell_changes(connection, text_of(*table));
    return status;
}

static void tell_changes(void)
{
    static struct db_options options;
    options = unit_database_options();
    assert_status(db_listen(&options, &listening), OK);
    assert_status(db_set_up(db), OK);
    assert_status(db_transaction(db, tell, NULL), OK);
}

static void write_as_other(const char *sql)
{
    struct db *other = unit_database();
    assert_status(db_script(other, sql), OK);
    db_close(other);
}

static struct db_stamp stamp_now(void)
{
    struct db_stamp stamp;
    assert_true(db_stamp(db, &stamp));
    return stamp;
}

static bool is_same(const struct db_stamp *before)
{
    struct db_stamp now = stamp_now();
    return memcmp(before, &now, sizeof now) == 0;
}

static void test_it_changes_with_the_told_tables(void **state)
{
    static const struct {
        const char *sql;
        bool changes;
    } rows[] = {
        {"SELECT * FROM told", false},
        {"UPDATE other SET title = 'desk'", false},
        {"INSERT INTO other VALUES (2, '')", false},
        {"PRAGMA wal_checkpoint(TRUNCATE)", false},
        {"BEGIN; UPDATE told SET title = 'x'; ROLLBACK", false},
        {"BEGIN; SAVEPOINT a; DELETE FROM told; ROLLBACK TO a; COMMIT", false},
        {"UPDATE told SET title = 'desk' WHERE id = 99", false},
        {"UPDATE told SET title = 'desk'", true},
        {"INSERT OR IGNORE INTO told VALUES (1, 'x')", false},
        {"INSERT OR IGNORE INTO told VALUES (3, 'x')", true},
        {"UPDATE OR FAIL told SET title = 'y' WHERE id = 3", true},
        {"INSERT INTO told VALUES (3, 'z') ON CONFLICT (id) DO UPDATE SET title = excluded.title",
         true},
        {"INSERT INTO told VALUES (2, '')", true},
        {"REPLACE INTO told VALUES (2, 'b')", true},
        {"INSERT INTO \"also told\" VALUES (7)", true},
        {"DELETE FROM told", true},
        {"CREATE TABLE passing (id integer)", true},
        {"DROP TABLE passing", true},
    };
    (void)state;
    tell_changes();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_stamp before = stamp_now();
        write_as_other(rows[i].sql);
        check(is_same(&before) != rows[i].changes, "%s", rows[i].sql);
    }
}

static void test_it_is_never_had_twice(void **state)
{
    (void)state;
    tell_changes();
    struct db_stamp before = stamp_now();
    write_as_other("UPDATE told SET title = 'desk'");
    write_as_other("UPDATE told SET title = 'lamp'");
    assert_false(is_same(&before));
}

static void copy_file(const char *from, const char *to)
{
    char bytes[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    if (!in || !out)
        abort();
    for (size_t length; (length = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, length, out), length);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* As those are that were loaded from one dump, and one of them changed in the dump. */
static void test_each_file_has_its_own(void **state)
{
    struct arena *arena = *state;
    struct db_options options = unit_database_options();
    tell_changes();
    write_as_other("PRAGMA wal_checkpoint(TRUNCATE)");
    struct db_stamp before = stamp_now();
    copy_file(text_format(arena, "%s/" UNIT_DATABASE_FILE, unit_directory()).at,
              text_format(arena, "%s/copy", unit_directory()).at);
    options.url = TEXT("sqlite:///copy");
    struct db *copy = unit_database_with(options);
    struct db_stamp other;
    assert_true(db_stamp(copy, &other));
    assert_int_equal(other.schema, before.schema);
    assert_memory_equal(other.words, before.words, sizeof other.words);
    assert_memory_not_equal(&other, &before, sizeof other);
    db_close(copy);
}

/* As Django's migrations do it. */
static const char remake[] = "CREATE TABLE \"new told\" (id integer PRIMARY KEY, title text);"
                             "INSERT INTO \"new told\" SELECT * FROM told;"
                             "DROP TABLE told;"
                             "ALTER TABLE \"new told\" RENAME TO told";

static const char narrow[] =
    "DROP TRIGGER told_told_UPDATE; CREATE TRIGGER told_told_UPDATE AFTER UPDATE OF id ON told"
    " BEGIN UPDATE oc_lettings_changed SET stamp = randomblob(16); END";

static void test_there_is_none_past_the_triggers(void **state)
{
    static const char *const rows[] = {
        remake,
        "DROP TRIGGER told_told_INSERT",
        "DROP TRIGGER \"also told_told_DELETE\"",
        "DROP TABLE \"also told\"; CREATE TABLE \"also told\" (id integer PRIMARY KEY)",
        "DELETE FROM oc_lettings_changed",
        "UPDATE oc_lettings_changed SET stamp = 'short'",
        "DROP TABLE oc_lettings_changed",
        narrow,
    };
    (void)state;
    tell_changes();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct db_stamp stamp;
        struct db_stamp before = stamp_now();
        write_as_other(rows[i]);
        check(!db_stamp(db, &stamp), "%s", rows[i]);
        assert_status(db_transaction(db, tell, NULL), OK);
        check(!is_same(&before), "%s", rows[i]);
    }
}

static void test_there_is_none_before_it_is_told(void **state)
{
    (void)state;
    struct db_stamp stamp;
    struct db_options options = unit_database_options();
    assert_false(db_stamp(db, &stamp));
    assert_status(db_listen(&options, &listening), OK);
    assert_false(db_stamp(db, &stamp));
    bool told;
    assert_status(db_tells_changes(db, TEXT("told"), &told), OK);
    assert_false(told);
    assert_status(db_transaction(db, tell, NULL), OK);
    assert_status(db_tells_changes(db, TEXT("told"), &told), OK);
    assert_true(told);
    assert_false(db_stamp(db, &stamp)); /* without a log */
    assert_status(db_set_up(db), OK);
    stamp_now();
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_there_is_none_before_it_is_told),
    CONNECTED_TEST(test_it_changes_with_the_told_tables),
    CONNECTED_TEST(test_it_is_never_had_twice),
    CONNECTED_TEST(test_each_file_has_its_own),
    CONNECTED_TEST(test_there_is_none_past_the_triggers),
};

UNIT_MAIN(tests)
