/* Only on SQLite: it is about the log that lies beside the file. */
/* How a database's states are told apart. */
#include "database.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

UNIT_CONNECTION("CREATE TABLE thing (id integer PRIMARY KEY, title text);"
                "INSERT INTO thing VALUES (1, 'lamp')")

static struct db_state state_now(void)
{
    struct db_state state;
    assert_true(db_state(db, &state));
    return state;
}

/* From the first connection on that finds it so. */
static void use_log(void)
{
    assert_status(db_set_up(db), OK);
    db_close(db);
    db = unit_database();
}

static bool is_changed_by(const char *sql)
{
    struct db_state before = state_now();
    struct db *other = unit_database();
    assert_status(db_script(other, sql), OK);
    db_close(other);
    struct db_state after = state_now();
    return memcmp(&before, &after, sizeof before) != 0;
}

static void test_commits_of_others_change_it(void **state)
{
    static const struct {
        const char *sql;
        bool changes;
    } rows[] = {
        {"SELECT * FROM thing", false},
        {"BEGIN; UPDATE thing SET title = 'x'; ROLLBACK", false},
        {"UPDATE thing SET title = 'desk' WHERE id = 99", false},
        {"UPDATE thing SET title = 'desk'", true},
        {"UPDATE thing SET title = 'lamp'", true},
        {"BEGIN; INSERT INTO thing VALUES (2, ''); DELETE FROM thing WHERE id = 2; COMMIT", true},
        {"CREATE TABLE more (id integer)", true},
        {"DROP TABLE more", true},
        {"VACUUM", true},
    };
    (void)state;
    use_log();
    for (size_t i = 0; i < COUNT(rows); i++)
        check(is_changed_by(rows[i].sql) == rows[i].changes, "%s", rows[i].sql);
}

static void test_no_state_comes_back(void **state)
{
    enum { WRITES = 50 };
    struct db_state *seen = ARENA_ARRAY(*state, struct db_state, WRITES);
    use_log();
    for (size_t i = 0; i < WRITES; i++) {
        struct db *other = unit_database();
        assert_status(db_script(other, "UPDATE thing SET title = title || 'x'"), OK);
        assert_status(db_script(other, i % 2 ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                             : "PRAGMA wal_checkpoint(RESTART)"),
                      OK);
        db_close(other);
        seen[i] = state_now();
        for (size_t k = 0; k < i; k++)
            check(memcmp(&seen[i], &seen[k], sizeof *seen) != 0, "%zu is as %zu", i, k);
    }
}

static void test_none_without_a_log(void **state)
{
    struct db_state found;
    (void)state;
    assert_false(db_state(db, &found));
    use_log();
    assert_true(db_state(db, &found));
}

static void test_another_file(void **state)
{
    char from[512], to[512];
    (void)state;
    snprintf(from, sizeof from, "%s/" UNIT_DATABASE_FILE, unit_directory());
    snprintf(to, sizeof to, "%s/other.sqlite3", unit_directory());
    assert_int_equal(db_place(db, false), DB_AT_ITS_PATH);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(db_place(db, false), DB_AT_ITS_PATH); /* not yet */
    struct db *other = unit_database();
    assert_int_equal(db_place(db, false), DB_REPLACED);
    assert_int_equal(db_place(other, false), DB_AT_ITS_PATH);
    db_close(other);
    unlink(to);
}

static void path_of(char path[512], const char *ending)
{
    snprintf(path, 512, "%s/" UNIT_DATABASE_FILE "%s", unit_directory(), ending);
}

/* Another database of one row in the place of ours. */
static void replace_database(const char *title)
{
    char path[512];
    char other[512];
    path_of(path, "");
    path_of(other, ".other");
    struct db *made = unit_database();
    assert_status(db_run(made, "UPDATE thing SET title = $1", DB_TEXT(text_of(title))), OK);
    assert_status(db_run(made, "VACUUM INTO $1", DB_TEXT(text_of(other))), OK);
    db_close(made);
    assert_int_equal(rename(other, path), 0);
}

static void remove_log(void)
{
    char path[512];
    path_of(path, "-wal");
    unlink(path);
    path_of(path, "-shm");
    unlink(path);
}

static void test_log_beside_another_file(void **state)
{
    (void)state;
    use_log();
    assert_false(db_leaves_log(db));
    replace_database("desk");
    assert_int_equal(db_place(db, false), DB_REPLACED);
    assert_true(db_leaves_log(db));
    remove_log();
    assert_false(db_leaves_log(db));
}

static void test_log_of_another_file_is_let_be(void **state)
{
    struct db_state found;
    (void)state;
    use_log();
    replace_database("desk");
    remove_log();
    struct db *other = unit_database();
    assert_status(db_set_up(other), OK);
    assert_false(db_leaves_log(db));
    assert_status(db_run(other, "UPDATE thing SET title = 'chair'"), OK);
    db_close(db);
    db = unit_database();
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing WHERE title = 'chair'");
    assert_status(db_run(db, "UPDATE thing SET title = 'sofa'"), OK);
    assert_integer(other, 1, "SELECT COUNT(*) FROM thing WHERE title = 'sofa'");
    assert_true(db_state(db, &found));
    db_close(other);
}

static FILE *opened(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file)
        abort();
    return file;
}

struct backup {
    char bytes[64 * 1024];
    size_t length;
};

/* Of the database as it is; it then goes on, and all is in its file. */
static void back_up(struct backup *out)
{
    char other[512];
    path_of(other, ".other");
    assert_status(db_run(db, "VACUUM INTO $1", DB_TEXT(text_of(other))), OK);
    FILE *from = opened(other, "r");
    out->length = fread(out->bytes, 1, sizeof out->bytes, from);
    fclose(from);
    unlink(other);
    assert_status(db_script(db, "UPDATE thing SET title = 'now'; PRAGMA wal_checkpoint(FULL)"), OK);
    assert_int_equal(db_place(db, false), DB_AT_ITS_PATH);
}

/* Into our very file, later than the clock tick that files have their times of. */
static void copy_back(const struct backup *backup)
{
    char path[512];
    usleep(20 * 1000);
    path_of(path, "");
    FILE *to = opened(path, "r+");
    assert_int_equal(fwrite(backup->bytes, 1, backup->length, to), backup->length);
    fclose(to);
}

static void test_copy_in_place_cuts_off(void **state)
{
    struct backup backup;
    (void)state;
    use_log();
    back_up(&backup);
    remove_log();
    copy_back(&backup);
    assert_int_equal(db_place(db, false), DB_CUT_OFF);
    struct db *later = unit_database();
    assert_int_equal(db_place(later, false), DB_CUT_OFF);
    db_close(later);
}

static void test_copy_in_place_beside_the_log(void **state)
{
    struct backup backup;
    (void)state;
    use_log();
    back_up(&backup);
    struct db_state before = state_now();
    copy_back(&backup);
    assert_int_equal(db_place(db, false), DB_OVERWRITTEN);
    struct db_state after = state_now();
    assert_memory_not_equal(&before, &after, sizeof before);
    assert_false(db_leaves_log(db));
    db_close(db);
    db = unit_database();
    assert_int_equal(db_place(db, false), DB_AT_ITS_PATH);
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing WHERE title = 'lamp'");
}

static void test_copy_in_place_under_the_log(void **state)
{
    struct backup backup;
    (void)state;
    use_log();
    back_up(&backup);
    assert_status(db_run(db, "UPDATE thing SET title = 'only in the log'"), OK);
    assert_int_equal(db_place(db, true), DB_AT_ITS_PATH);
    copy_back(&backup);
    assert_int_equal(db_place(db, false), DB_OVERWRITTEN);
    assert_true(db_leaves_log(db));
}

static void test_checkpoints_do_not_overwrite(void **state)
{
    static const char *const modes[] = {"PASSIVE", "FULL", "RESTART"};
    char sql[128];
    (void)state;
    use_log();
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct db *other = unit_database();
        snprintf(sql, sizeof sql, "UPDATE thing SET title = '%s'; PRAGMA wal_checkpoint(%s)",
                 modes[i], modes[i]);
        assert_status(db_script(other, sql), OK);
        check(db_place(db, false) == DB_AT_ITS_PATH, "%s", modes[i]);
        db_close(other);
    }
}

static void *write_much(void *stop)
{
    struct db *other = unit_database();
    while (!*(_Atomic bool *)stop)
        assert_status(db_script(other,
                                "BEGIN IMMEDIATE; UPDATE thing SET title = hex(randomblob(400));"
                                "COMMIT; PRAGMA wal_checkpoint(PASSIVE)"),
                      OK);
    db_close(other);
    return NULL;
}

static void test_no_moment_of_a_checkpoint_overwrites(void **state)
{
    pthread_t writer;
    _Atomic bool stop = false;
    int64_t end = clock_monotonic() + INT64_C(700000);
    (void)state;
    use_log();
    assert_status(db_script(db, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n"
                                " WHERE i < 300) INSERT INTO thing SELECT i, 'many' FROM n"),
                  OK);
    assert_int_equal(pthread_create(&writer, NULL, write_much, &stop), 0);
    enum db_place place = DB_AT_ITS_PATH;
    while (place == DB_AT_ITS_PATH && clock_monotonic() < end)
        place = db_place(db, false);
    stop = true;
    pthread_join(writer, NULL);
    assert_int_equal(place, DB_AT_ITS_PATH);
}

static void test_log_taken_away_is_seen_before_a_write(void **state)
{
    (void)state;
    use_log();
    assert_int_equal(db_place(db, false), DB_AT_ITS_PATH);
    remove_log();
    assert_int_equal(db_place(db, true), DB_CUT_OFF);
}

static void test_log_that_was_cut_off_is_not_copied_back(void **state)
{
    (void)state;
    use_log();
    assert_status(db_script(db, "PRAGMA wal_checkpoint(TRUNCATE)"), OK);
    assert_status(db_run(db, "UPDATE thing SET title = 'lost'"), OK);
    remove_log();
    db_close(db);
    db = unit_database();
    assert_integer(db, 0, "SELECT COUNT(*) FROM thing WHERE title = 'lost'");
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_commits_of_others_change_it),
    CONNECTED_TEST(test_no_state_comes_back),
    CONNECTED_TEST(test_none_without_a_log),
    CONNECTED_TEST(test_another_file),
    CONNECTED_TEST(test_log_beside_another_file),
    CONNECTED_TEST(test_log_of_another_file_is_let_be),
    CONNECTED_TEST(test_copy_in_place_cuts_off),
    CONNECTED_TEST(test_copy_in_place_beside_the_log),
    CONNECTED_TEST(test_copy_in_place_under_the_log),
    CONNECTED_TEST(test_checkpoints_do_not_overwrite),
    CONNECTED_TEST(test_no_moment_of_a_checkpoint_overwrites),
    CONNECTED_TEST(test_log_taken_away_is_seen_before_a_write),
    CONNECTED_TEST(test_log_that_was_cut_off_is_not_copied_back),
};

UNIT_MAIN(tests)
