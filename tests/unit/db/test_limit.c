/* Also on PostgreSQL. */
/* How long a statement may run, and how much memory it leaves filled. */
#include "database.h"

#include "base/clock.h"

UNIT_CONNECTION("CREATE TABLE thing (id integer PRIMARY KEY, title text);"
                "INSERT INTO thing VALUES (1, 'lamp')")

#define FOR_EVER                                                                                   \
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "                            \
    "SELECT COUNT(*) FROM n"

/* In microseconds; a server must have begun by then, also on a busy machine. */
static int64_t soon(void)
{
    return clock_monotonic() + (unit_is_postgres() ? 200000 : 20000);
}

static void test_read_ends_at_the_deadline(void **state)
{
    int64_t found;
    int64_t deadline = soon();
    (void)state;
    db_limit(db, deadline);
    assert_status(db_integer(db, &found, 0, FOR_EVER), TIMEOUT);
    assert_failure_says("longer than it may take");
    assert_true(clock_monotonic() >= deadline);
}

static void test_connection_goes_on(void **state)
{
    int64_t found;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        db_limit(db, soon());
        assert_status(db_integer(db, &found, 0, FOR_EVER), TIMEOUT);
        db_limit(db, 0);
        assert_integer(db, 1, "SELECT COUNT(*) FROM thing");
        assert_status(db_run(db, "UPDATE thing SET title = title || 'x'"), OK);
    }
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing WHERE title = 'lampxxx'");
}

static void test_read_behind_the_deadline_does_not_begin(void **state)
{
    int64_t found;
    (void)state;
    db_limit(db, clock_monotonic());
    assert_status(db_integer(db, &found, 0, "SELECT 1"), TIMEOUT);
    assert_failure_says("is over");
    db_limit(db, 0);
    assert_integer(db, 1, "SELECT 1");
}

static void test_connection_is_as_it_was_when_trimmed(void **state)
{
    struct db_rows rows;
    (void)state;
    assert_status(db_run(db, "INSERT INTO thing VALUES (2, 'chair')"), OK);
    db_query(db, &rows, "SELECT title FROM thing ORDER BY id");
    assert_true(db_next(&rows));
    db_trim(db);
    assert_true(db_next(&rows));
    assert_text_equal(db_text(&rows, "title"), "chair");
    assert_status(db_finish(&rows), OK);
    assert_integer(db, 2, "SELECT COUNT(*) FROM thing");
    assert_status(db_run(db, "DELETE FROM thing WHERE id = 2"), OK);
}

/* Rows that come one by one, each at little cost. */
static void test_reading_of_many_rows_ends(void **state)
{
    struct db_rows rows;
    (void)state;
    db_limit(db, soon());
    db_query(db, &rows,
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
    while (db_next(&rows))
        ;
    assert_status(db_finish(&rows), TIMEOUT);
}

static void test_what_is_in_time_is_answered(void **state)
{
    (void)state;
    db_limit(db, clock_monotonic() + INT64_C(600000000));
    assert_integer(
        db, 100000,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "SELECT COUNT(*) FROM n");
}

static void test_gives_the_deadline_before(void **state)
{
    int64_t far = clock_monotonic() + INT64_C(600000000);
    int64_t found;
    (void)state;
    assert_int_equal(db_limit(db, far), 0);
    int64_t outer = db_limit(db, soon());
    assert_int_equal(outer, far);
    assert_status(db_integer(db, &found, 0, FOR_EVER), TIMEOUT);
    db_limit(db, outer);
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing");
    assert_int_equal(db_limit(db, 0), far);
}

static enum status read_too_long(struct db *connection, void *context)
{
    int64_t found;
    (void)context;
    db_limit(connection, soon());
    enum status status = db_integer(connection, &found, 0, FOR_EVER);
    return status == TIMEOUT ? OK : status;
}

static void test_snapshot_ends_behind_the_deadline(void **state)
{
    (void)state;
    assert_status(db_snapshot(db, read_too_long, NULL), OK);
    db_limit(db, 0);
    assert_status(db_snapshot(db, read_too_long, NULL), OK);
}

static enum status write_too_long(struct db *connection, void *context)
{
    (void)context;
    assert_status(db_run(connection, "INSERT INTO thing VALUES (2, 'desk')"), OK);
    db_limit(connection, soon());
    return db_run(connection, "INSERT INTO thing WITH RECURSIVE n (i) AS (SELECT 3 UNION "
                              "ALL SELECT i + 1 FROM n) SELECT i, 'desk' FROM n");
}

static void test_write_that_is_late_leaves_nothing(void **state)
{
    (void)state;
    assert_status(db_transaction(db, write_too_long, NULL), TIMEOUT);
    db_limit(db, 0);
    assert_integer(db, 1, "SELECT COUNT(*) FROM thing");
    assert_status(db_run(db, "INSERT INTO thing VALUES (2, 'desk')"), OK);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_read_ends_at_the_deadline),
    CONNECTED_TEST(test_connection_goes_on),
    CONNECTED_TEST(test_connection_is_as_it_was_when_trimmed),
    CONNECTED_TEST(test_read_behind_the_deadline_does_not_begin),
    CONNECTED_TEST(test_reading_of_many_rows_ends),
    CONNECTED_TEST(test_what_is_in_time_is_answered),
    CONNECTED_TEST(test_gives_the_deadline_before),
    CONNECTED_TEST(test_snapshot_ends_behind_the_deadline),
    CONNECTED_TEST(test_write_that_is_late_leaves_nothing),
};

UNIT_MAIN(tests)
