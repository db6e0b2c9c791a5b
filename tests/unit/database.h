/* A temporary SQLite database for a test: `site.sqlite3` in its folder. */
#pragma once

#include "unit.h"

#include "db/db.h"

#define UNIT_DATABASE_FILE "site.sqlite3"

UNIT void unit_database_remove(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT(endings); i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/" UNIT_DATABASE_FILE "%s", unit_directory(), endings[i]);
        unlink(path);
    }
}

UNIT struct db_options unit_database_options(void)
{
    return (struct db_options){
        .url = TEXT("sqlite:///" UNIT_DATABASE_FILE),
        .directory = text_of(unit_directory()),
        .writes = true,
        .create = true,
        .busy_timeout = 10,
    };
}

UNIT struct db *unit_database_with(struct db_options options)
{
    struct db *db = NULL;
    assert_status(db_open(&db, &options), OK);
    return db;
}

/* One more connection to it, which may write. */
UNIT struct db *unit_database(void)
{
    return unit_database_with(unit_database_options());
}

UNIT int unit_database_start(void **state)
{
    unit_database_remove();
    return unit_arena(state);
}

/* A test that begins with no database. */
#define DATABASE_TEST(function)                                                                    \
    cmocka_unit_test_setup_teardown(function, unit_database_start, unit_arena_end)

/* A connection `db` to a database made with `sql`, for each CONNECTED_TEST of a file. */
#define UNIT_CONNECTION(sql)                                                                       \
    static struct db *db;                                                                          \
    static int unit_connect(void **state)                                                          \
    {                                                                                              \
        unit_database_start(state);                                                                \
        db = unit_database();                                                                      \
        return db_script(db, (sql));                                                               \
    }                                                                                              \
    static int unit_disconnect(void **state)                                                       \
    {                                                                                              \
        db_close(db); /* before the arena, which holds its statements */                           \
        return unit_arena_end(state);                                                              \
    }

#define CONNECTED_TEST(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, unit_connect, unit_disconnect)

#define assert_integer(db, expected, sql)                                                          \
    do {                                                                                           \
        int64_t found_;                                                                            \
        assert_status(db_integer((db), &found_, -1, sql), OK);                                     \
        assert_int_equal(found_, (expected));                                                      \
    } while (0)
