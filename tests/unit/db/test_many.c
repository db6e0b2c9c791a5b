/* Also on PostgreSQL: rows that do not all come at once. */
#include "database.h"

UNIT_CONNECTION("CREATE TABLE one (id INTEGER PRIMARY KEY, words varchar(20))")

static enum status insert(struct db *connection, void *context)
{
    enum status status = OK;
    for (int64_t i = 1; i <= *(const int64_t *)context && status == OK; i++)
        status = db_run(connection, "INSERT INTO one (id, words) VALUES ($1, 'word')", DB_INT(i));
    return status;
}

struct reading {
    int64_t after;
    int64_t stop; /* after so many; 0: none */
    int64_t seen;
    bool writes;
};

static enum status read_all(struct db *connection, void *context)
{
    struct reading *reading = context;
    struct db_rows rows;
    db_query(connection, &rows, "SELECT id, words FROM one WHERE id > $1 ORDER BY id",
             DB_INT(reading->after));
    db_expect_many(&rows);
    while ((!reading->stop || reading->seen < reading->stop) && db_next(&rows)) {
        assert_int_equal(db_int(&rows, "id"), reading->after + ++reading->seen);
        assert_text_equal(db_text(&rows, "words"), "word");
        if (reading->seen % 500 == 0)
            assert_integer(connection, 7, "SELECT id FROM one WHERE id = 7");
        if (reading->writes && reading->seen % 700 == 0)
            assert_status(db_run(connection, "UPDATE one SET words = 'word' WHERE id = 9"), OK);
    }
    return db_finish(&rows);
}

static void fill(int64_t count)
{
    assert_status(db_transaction(db, insert, &count), OK);
}

static void test_all_of_any_number(void **state)
{
    static const int64_t numbers[] = {0, 1, 999, 1000, 1001, 2000, 2500};
    (void)state;
    fill(2500);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct reading reading = {.after = 2500 - numbers[i]};
        assert_status(db_snapshot(db, read_all, &reading), OK);
        assert_int_equal(reading.seen, numbers[i]);
    }
}

static void test_left_before_the_end(void **state)
{
    static const int64_t numbers[] = {1, 1000, 1500};
    (void)state;
    fill(2500);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct reading reading = {.stop = numbers[i]};
        assert_status(db_snapshot(db, read_all, &reading), OK);
        assert_int_equal(reading.seen, numbers[i]);
        assert_integer(db, 2500, "SELECT count(*) FROM one");
    }
}

static void test_in_a_transaction_and_in_none(void **state)
{
    (void)state;
    fill(1200);
    struct reading writing = {.writes = true};
    assert_status(db_transaction(db, read_all, &writing), OK);
    assert_int_equal(writing.seen, 1200);
    struct reading alone = {0};
    assert_status(read_all(db, &alone), OK);
    assert_int_equal(alone.seen, 1200);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_all_of_any_number),
    CONNECTED_TEST(test_left_before_the_end),
    CONNECTED_TEST(test_in_a_transaction_and_in_none),
};

UNIT_MAIN(tests)
