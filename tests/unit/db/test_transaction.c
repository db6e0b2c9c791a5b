/* Also on PostgreSQL. */
#include "database.h"

#include "base/clock.h"

static struct db *db;

static int start(void **state)
{
    unit_database_start(state);
    db = unit_database();
    return unit_script(db,
                       "CREATE TABLE one (id {pk});"
                       "CREATE TABLE many (one_id integer REFERENCES one (id) DEFERRABLE INITIALLY "
                       "DEFERRED)");
}

static int end(void **state)
{
    db_close(db);
    return unit_arena_end(state);
}

#define TRANSACTION_TEST(function) cmocka_unit_test_setup_teardown(function, start, end)

static enum status insert(struct db *connection)
{
    return db_run(connection, "INSERT INTO one DEFAULT VALUES");
}

/* Inserts, then ends as it is told to. */
static enum status insert_and_end(struct db *connection, void *context)
{
    const enum status *status = context;
    assert_status(insert(connection), OK);
    return *status == OK ? OK : fail_as(*status, "as it was told to");
}

static void test_ok_commits(void **state)
{
    enum status status = OK;
    (void)state;
    assert_status(db_transaction(db, insert_and_end, &status), OK);
    struct db *other = unit_database();
    assert_integer(other, 1, "SELECT COUNT(*) FROM one");
    db_close(other);
}

#define MORE_THAN_ARE_KEPT 300

static enum status ask_anew(struct db *connection, void *context)
{
    struct db_rows rows;
    char sql[32];
    snprintf(sql, sizeof sql, "SELECT %d FROM one", *(const int *)context);
    db_query_built(connection, &rows, text_of(sql), NULL, 0);
    while (db_next(&rows))
        ;
    return db_finish(&rows);
}

static void test_statements_make_room_for_others(void **state)
{
    (void)state;
    for (int i = 0; i < MORE_THAN_ARE_KEPT; i++)
        assert_status(db_snapshot(db, ask_anew, &i), OK);
    for (int i = 0; i < MORE_THAN_ARE_KEPT; i++)
        assert_status(db_transaction(db, ask_anew, &i), OK);
}

static void test_anything_else_rolls_back(void **state)
{
    static enum status failures[] = {NOT_FOUND, INVALID, CONFLICT, BUSY, FAILED};
    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        assert_int_equal(db_transaction(db, insert_and_end, &failures[i]), failures[i]);
        assert_failure_says("as it was told to");
        assert_integer(db, 0, "SELECT COUNT(*) FROM one");
    }
    enum status status = OK;
    assert_status(db_transaction(db, insert_and_end, &status), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM one");
}

static enum status insert_orphan(struct db *connection, void *context)
{
    (void)context;
    return db_run(connection, "INSERT INTO many VALUES (77)");
}

static void test_commit_that_is_refused_rolls_back(void **state)
{
    enum status status = OK;
    (void)state;
    assert_status(db_transaction(db, insert_orphan, NULL), CONFLICT);
    assert_failure_says(unit_is_postgres() ? "foreign key" : "FOREIGN KEY");
    assert_integer(db, 0, "SELECT COUNT(*) FROM many");
    assert_status(db_transaction(db, insert_and_end, &status), OK);
}

static enum status fail_inside(struct db *connection, void *context)
{
    (void)context;
    assert_status(insert(connection), OK);
    assert_status(db_run(connection, "INSERT INTO one (id) VALUES (1)"), CONFLICT);
    return insert(connection); /* a refused statement does not end the transaction */
}

static void test_transaction_goes_on_after_a_conflict(void **state)
{
    ONLY_ON_SQLITE("a refused statement ends a transaction of PostgreSQL's");
    (void)state;
    assert_status(db_transaction(db, fail_inside, NULL), OK);
    assert_integer(db, 2, "SELECT COUNT(*) FROM one");
}

static enum status begin_again(struct db *connection, void *context)
{
    enum status status = OK;
    (void)context;
    assert_status(insert(connection), OK);
    assert_status(db_transaction(connection, insert_and_end, &status), FAILED);
    return insert(connection);
}

static void test_transaction_within_another_is_refused(void **state)
{
    ONLY_ON_SQLITE("a refused statement ends a transaction of PostgreSQL's");
    (void)state;
    assert_status(db_transaction(db, begin_again, NULL), OK);
    assert_integer(db, 2, "SELECT COUNT(*) FROM one");
}

static enum status leave_rows_open(struct db *connection, void *context)
{
    struct db_rows *rows = context;
    assert_status(insert(connection), OK);
    db_query(connection, rows, "SELECT id FROM one");
    assert_true(db_next(rows));
    return fail("with rows open");
}

static void test_rolls_back_under_open_rows(void **state)
{
    struct db_rows rows;
    (void)state;
    assert_status(db_transaction(db, leave_rows_open, &rows), FAILED);
    db_finish(&rows);
    assert_integer(db, 0, "SELECT COUNT(*) FROM one");
}

static enum status write_from_another(struct db *connection, void *context)
{
    enum status status = OK;
    struct db *other = context;
    assert_status(insert(connection), OK);
    int64_t before = clock_monotonic();
    assert_status(db_transaction(other, insert_and_end, &status), BUSY);
    assert_true(clock_monotonic() - before < 5000000);
    assert_status(insert(other), BUSY);
    return OK;
}

static void test_second_writer_is_told_busy(void **state)
{
    ONLY_ON_SQLITE("what stands alone waits for no transaction of PostgreSQL's");
    enum status status = OK;
    (void)state;
    struct db *other = unit_database();
    assert_status(db_transaction(db, write_from_another, other), OK);
    assert_status(db_transaction(other, insert_and_end, &status), OK);
    assert_integer(other, 2, "SELECT COUNT(*) FROM one");
    db_close(other);
}

static enum status read_from_another(struct db *connection, void *context)
{
    assert_status(insert(connection), OK);
    assert_integer((struct db *)context, 0, "SELECT COUNT(*) FROM one");
    return OK;
}

static void test_reader_sees_what_was_committed(void **state)
{
    struct db_options options = unit_database_options();
    (void)state;
    options.writes = false;
    assert_status(db_set_up(db), OK);
    struct db *reader = unit_database_with(options);
    assert_status(db_transaction(db, read_from_another, reader), OK);
    assert_integer(reader, 1, "SELECT COUNT(*) FROM one");
    db_close(reader);
}

static enum status attempt_both(struct db *connection, void *context)
{
    enum status refused = INVALID;
    enum status accepted = OK;
    (void)context;
    assert_status(db_attempt(connection, insert_and_end, &refused), INVALID);
    assert_failure_says("as it was told to");
    assert_status(db_attempt(connection, insert_and_end, &accepted), OK);
    return OK;
}

static void test_attempt_undoes_itself_alone(void **state)
{
    (void)state;
    assert_status(db_transaction(db, attempt_both, NULL), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM one");
}

static const struct CMUnitTest tests[] = {
    TRANSACTION_TEST(test_ok_commits),
    TRANSACTION_TEST(test_statements_make_room_for_others),
    TRANSACTION_TEST(test_anything_else_rolls_back),
    TRANSACTION_TEST(test_commit_that_is_refused_rolls_back),
    TRANSACTION_TEST(test_transaction_goes_on_after_a_conflict),
    TRANSACTION_TEST(test_transaction_within_another_is_refused),
    TRANSACTION_TEST(test_rolls_back_under_open_rows),
    TRANSACTION_TEST(test_second_writer_is_told_busy),
    TRANSACTION_TEST(test_attempt_undoes_itself_alone),
    TRANSACTION_TEST(test_reader_sees_what_was_committed),
};

UNIT_MAIN(tests)
