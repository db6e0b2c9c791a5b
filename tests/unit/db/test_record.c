#include "database.h"

#include "base/buffer.h"

/* What reading it leaves: the same for the same rows. */
static struct text reads_of(struct db *db, struct arena *arena, const char *sql)
{
    struct buffer *reads = ARENA_NEW(arena, struct buffer);
    struct db_rows rows;
    *reads = (struct buffer){.arena = arena};
    db_record(db, reads);
    db_query_built(db, &rows, text_of(sql), NULL, 0);
    while (db_next(&rows)) {
        if (!db_is_null_at(&rows, 0))
            db_int_at(&rows, 0);
        db_text_at(&rows, 1);
        db_real_at(&rows, 2);
    }
    assert_status(db_finish(&rows), OK);
    db_record(db, NULL);
    return buffer_contents(reads);
}

static void test_reads_are_recorded(void **state)
{
    static const char *const statements[] = {
        "SELECT 1, 'a', 0.5",
        "SELECT 2, 'a', 0.5",
        "SELECT 1, 'b', 0.5",
        "SELECT 1, 'a', 0.25",
        "SELECT NULL, 'a', 0.5",
        "SELECT 1, 'a', 0.5 WHERE 1 = 0",
        "SELECT 1, 'a', 0.5 UNION ALL SELECT 1, 'a', 0.5",
        "SELECT 1, 'ab', 0.5 UNION ALL SELECT 1, '', 0.5",
        "SELECT 1, 'a', 0.5 UNION ALL SELECT 1, 'b', 0.5",
    };
    struct db *db = unit_database();
    for (size_t i = 0; i < COUNT(statements); i++) {
        struct text one = reads_of(db, *state, statements[i]);
        check(one.length > 0, "%s", statements[i]);
        for (size_t k = 0; k < COUNT(statements); k++)
            check(text_equal(one, reads_of(db, *state, statements[k])) == (i == k), "%s; %s",
                  statements[i], statements[k]);
    }
    db_close(db);
}

static void test_nothing_is_recorded_unasked(void **state)
{
    struct buffer reads = {.arena = *state};
    struct db *db = unit_database();
    int64_t value;
    db_record(db, &reads);
    assert_status(db_run(db, "BEGIN"), OK);
    assert_status(db_run(db, "COMMIT"), OK);
    assert_int_equal(reads.length, 0); /* no rows, no reads */
    db_record(db, NULL);
    assert_status(db_integer(db, &value, 0, "SELECT 1"), OK);
    assert_int_equal(reads.length, 0);
    db_close(db);
}

static const struct CMUnitTest tests[] = {
    TEST(test_reads_are_recorded),
    TEST(test_nothing_is_recorded_unasked),
};

UNIT_MAIN(tests)
