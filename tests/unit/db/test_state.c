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

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_commits_of_others_change_it),
    CONNECTED_TEST(test_no_state_comes_back),
    CONNECTED_TEST(test_none_without_a_log),
    CONNECTED_TEST(test_another_file),
};

UNIT_MAIN(tests)
