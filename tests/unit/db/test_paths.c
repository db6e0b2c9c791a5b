/* Also on PostgreSQL: who may write beside whom. */
#include "database.h"

UNIT_CONNECTION("CREATE TABLE one (id INTEGER PRIMARY KEY)")

static enum status nothing(struct db *connection, void *context)
{
    (void)context;
    return db_run(connection, "DELETE FROM one");
}

struct beside {
    struct db *other;
    const char *path; /* NULL: on nothing; "": on all */
    enum status expected;
};

static enum status begin_beside(struct db *connection, void *context)
{
    const struct beside *beside = context;
    const struct text path = text_of(beside->path);
    assert_status(nothing(connection, NULL), OK);
    enum status expected = unit_is_postgres() ? beside->expected : BUSY;
    assert_status(db_transaction_on(beside->other, &path, beside->path ? 1 : 0, nothing, NULL),
                  expected);
    return OK;
}

/* As a worker has it: those that make tables wait for each other. */
static struct db *worker(void)
{
    struct db_options options = unit_database_options();
    options.create = false;
    return unit_database_with(options);
}

static void check_beside(const char *const *paths, size_t count, const char *path,
                         enum status expected)
{
    struct beside beside = {worker(), path, expected};
    struct text texts[8] = {0};
    for (size_t i = 0; i < count; i++)
        texts[i] = text_of(paths[i]);
    assert_status(db_transaction_on(db, texts, count, begin_beside, &beside), OK);
    const struct text after = text_of(path);
    assert_status(db_transaction_on(beside.other, &after, path ? 1 : 0, nothing, NULL), OK);
    db_close(beside.other);
}

#define CHECK_BESIDE(path, expected, ...)                                                          \
    check_beside((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})),  \
                 (path), (expected))

static void test_rows_are_apart(void **state)
{
    (void)state;
    CHECK_BESIDE("boat/2", OK, "boat/1");
    CHECK_BESIDE("quay/1", OK, "boat/1");
    CHECK_BESIDE("quay", OK, "boat/1");
    CHECK_BESIDE("boat/1", BUSY, "boat/1");
    CHECK_BESIDE("boat/1/2", OK, "boat/1");
}

static void test_a_table_is_above_its_rows(void **state)
{
    (void)state;
    CHECK_BESIDE("boat", BUSY, "boat/1");
    CHECK_BESIDE("boat/1", BUSY, "boat");
    CHECK_BESIDE("boat", BUSY, "boat");
    CHECK_BESIDE("quay", OK, "boat");
}

static void test_all_is_above_everything(void **state)
{
    (void)state;
    CHECK_BESIDE("", BUSY, "boat/1");
    CHECK_BESIDE("", BUSY, "");
    CHECK_BESIDE("boat/1", BUSY, "");
    CHECK_BESIDE(NULL, BUSY, "");
    CHECK_BESIDE(NULL, OK, "boat");
}

static void test_several_at_once(void **state)
{
    (void)state;
    CHECK_BESIDE("quay/4", BUSY, "boat/1", "quay/4", "boat/3");
    CHECK_BESIDE("quay/5", OK, "boat/1", "quay/4", "boat/3");
    CHECK_BESIDE("boat", BUSY, "quay/1", "boat/1", "boat");
    CHECK_BESIDE("boat/7", BUSY, "boat", "boat/1");
}

static void test_very_many_rows_are_the_table(void **state)
{
    struct beside beside = {worker(), "boat/1000", BUSY};
    struct text paths[500];
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(paths); i++)
        paths[i] = text_format(arena, "boat/%zu", i);
    assert_status(db_transaction_on(db, paths, COUNT(paths), begin_beside, &beside), OK);
    beside.path = "quay/1";
    beside.expected = OK;
    assert_status(db_transaction_on(db, paths, COUNT(paths), begin_beside, &beside), OK);
    db_close(beside.other);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_rows_are_apart),
    CONNECTED_TEST(test_a_table_is_above_its_rows),
    CONNECTED_TEST(test_all_is_above_everything),
    CONNECTED_TEST(test_several_at_once),
    CONNECTED_TEST(test_very_many_rows_are_the_table),
};

UNIT_MAIN(tests)
