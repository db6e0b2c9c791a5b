/* A temporary database for a test: `site.sqlite3` in its folder, or, where OC_POSTGRES has the URL
 * of one, a schema of PostgreSQL's. A file of tests that runs on both says "Also on PostgreSQL". */
#pragma once

#include "unit.h"

#include "base/buffer.h"
#include "db/db.h"
#include "db/dialect.h"

#define UNIT_DATABASE_FILE "site.sqlite3"

UNIT bool unit_is_postgres(void)
{
    return getenv("OC_POSTGRES") != NULL;
}

UNIT struct text unit_database_url(void)
{
    static char url[512];
    const char *base = getenv("OC_POSTGRES");
    if (!base)
        return TEXT("sqlite:///" UNIT_DATABASE_FILE);
    int length = snprintf(url, sizeof url, "%s%coptions=-csearch_path%%3Dunit_%d", base,
                          strchr(base, '?') ? '&' : '?', getpid());
    return (struct text){url, (size_t)length};
}

UNIT void unit_schema_remake(void)
{
    char sql[256];
    const struct db_options options = {.url = text_of(getenv("OC_POSTGRES")), .writes = true};
    struct db *db = NULL;
    snprintf(sql, sizeof sql,
             "DROP SCHEMA IF EXISTS unit_%d CASCADE; CREATE SCHEMA unit_%d;"
             " CREATE FUNCTION unit_%d.json_valid(jsonb) RETURNS bool LANGUAGE sql RETURN TRUE",
             getpid(), getpid(), getpid());
    assert_status(db_open(&db, &options), OK);
    assert_status(db_script(db, sql), OK);
    db_close(db);
}

UNIT void unit_database_remove(void)
{
    if (unit_is_postgres()) {
        unit_schema_remake();
        return;
    }
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
        .url = unit_database_url(),
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

UNIT const struct db_word *unit_word_at(struct db *db, const char *sql)
{
    /* A key that SQLite gives again when its row is gone. */
    static const struct db_word keys[] = {{"{key}", "integer PRIMARY KEY"},
                                          {"{key}", "serial PRIMARY KEY"}};
    if (strncmp(sql, "{key}", 5) == 0)
        return &keys[unit_is_postgres()];
    for (const struct db_word *word = db_dialect(db)->words; word->placeholder; word++)
        if (strncmp(sql, word->placeholder, strlen(word->placeholder)) == 0)
            return word;
    return NULL;
}

/* Runs SQL with {key} and the placeholders of migrations ({pk} …). The keys that the database gives
 * follow those in it. */
UNIT enum status unit_script(struct db *db, const char *sql)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct buffer out = {.arena = arena};
    while (*sql) {
        const struct db_word *word = unit_word_at(db, sql);
        buffer_text(&out, word ? text_of(word->sql) : (struct text){sql, 1});
        sql += word ? strlen(word->placeholder) : 1;
    }
    enum status status = db_script(db, text_string(arena, buffer_contents(&out)));
    if (status == OK && unit_is_postgres())
        status = db_script(
            db, "DO $$ DECLARE t record; BEGIN FOR t IN SELECT table_name AS name,"
                " pg_get_serial_sequence(table_name, column_name) AS keys FROM"
                " information_schema.columns WHERE table_schema = current_schema() AND"
                " column_default LIKE 'nextval%' LOOP EXECUTE format('SELECT setval(%L, max(id))"
                " FROM %I HAVING max(id) > 0', t.keys, t.name); END LOOP; END $$");
    arena_free(arena);
    return status;
}

/* Of a test, or a part of one, that is of SQLite alone: leaves it. */
#define ONLY_ON_SQLITE(reason)                                                                     \
    do {                                                                                           \
        if (unit_is_postgres()) {                                                                  \
            print_message("# of SQLite alone: %s\n", (reason));                                    \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* SQL that leaves rows which refer to nothing. */
#define WITHOUT_REFERENCES(sql)                                                                    \
    (unit_is_postgres() ? "SET session_replication_role = replica; " sql                           \
                          "; RESET session_replication_role"                                       \
                        : "PRAGMA foreign_keys = OFF; " sql)

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
        assert_status(unit_script(db, (sql)), OK);                                                 \
        return 0;                                                                                  \
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
