/* How a database's states are told apart. */
#include "database.h"

#include <string.h>

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
    assert_false(db_is_replaced(db));
    assert_int_equal(rename(from, to), 0);
    assert_false(db_is_replaced(db)); /* not yet */
    struct db *other = unit_database();
    assert_true(db_is_replaced(db));
    assert_false(db_is_replaced(other));
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
    assert_true(db_is_replaced(db));
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

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_commits_of_others_change_it),
    CONNECTED_TEST(test_no_state_comes_back),
    CONNECTED_TEST(test_none_without_a_log),
    CONNECTED_TEST(test_another_file),
    CONNECTED_TEST(test_log_beside_another_file),
    CONNECTED_TEST(test_log_of_another_file_is_let_be),
};

UNIT_MAIN(tests)
