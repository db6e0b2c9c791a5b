#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "db/engine.h"

#define CACHE_SIZE 256 /* statements a connection can know; a power of two */

struct db_statement {
    struct db *db;
    const char *sql;
    void *handle;
    int column_count;
    char *columns[];
};

struct db {
    const struct db_engine *engine;
    void *connection;
    int64_t busy_timeout;
    bool writes;
    struct db_statement *cache[CACHE_SIZE];
    size_t cached;
};

static const struct db_engine *const engines[] = {&db_sqlite};

/* NULL: none takes this URL, and `status` says why. */
static const struct db_engine *engine_for(struct text url, enum status *status)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        if (!text_starts(url, text_of(engines[i]->scheme)))
            continue;
        *status = engines[i]->check_url(url);
        return *status == OK ? engines[i] : NULL;
    }
    *status = fail_as(INVALID, "a database URL begins with sqlite:/// (as sqlite:///site.sqlite3)");
    return NULL;
}

enum status db_check_url(struct text url)
{
    enum status status;
    engine_for(url, &status);
    return status;
}

enum status db_open(struct db **out, const struct db_options *options)
{
    enum status status;
    const struct db_engine *engine = engine_for(options->url, &status);
    if (!engine)
        return status;
    void *connection;
    status = engine->open(&connection, options);
    if (status != OK)
        return status;
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        abort();
    db->engine = engine;
    db->connection = connection;
    db->busy_timeout = options->busy_timeout;
    db->writes = options->writes;
    *out = db;
    return OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        if (!db->cache[i])
            continue;
        db->engine->discard(db->cache[i]->handle);
        for (int k = 0; k < db->cache[i]->column_count; k++)
            free(db->cache[i]->columns[k]);
        free(db->cache[i]);
    }
    db->engine->close(db->connection);
    free(db);
}

enum status db_allow_writes(struct db *db, bool allowed)
{
    if (db->writes == allowed)
        return OK;
    enum status status = db->engine->allow_writes(db->connection, allowed);
    if (status == OK)
        db->writes = allowed;
    return status;
}

bool db_reads_block(const struct db *db)
{
    return db->engine->reads_block(db->connection);
}

enum status db_set_up(struct db *db)
{
    return db->engine->set_up(db->connection, db->busy_timeout);
}

/* Where the statement is, or where it belongs. */
static struct db_statement **cache_place(struct db *db, const char *sql)
{
    size_t at = ((uintptr_t)sql * 0x9E3779B97F4A7C15u >> 32) % CACHE_SIZE;
    while (db->cache[at] && db->cache[at]->sql != sql)
        at = (at + 1) % CACHE_SIZE;
    return &db->cache[at];
}

/* The engine's own go away when it prepares the statement again after a change of the schema. */
static char *column_copy(const char *name)
{
    char *copy = strdup(name ? name : "");
    if (!copy)
        abort();
    return copy;
}

/* NULL: it failed, and `status` says how. */
static struct db_statement *statement_new(struct db *db, const char *sql, enum status *status)
{
    void *handle;
    *status = db->engine->prepare(db->connection, &handle, sql);
    if (*status != OK)
        return NULL;
    int columns = db->engine->column_count(handle);
    struct db_statement *statement =
        malloc(sizeof *statement + (size_t)columns * sizeof *statement->columns);
    if (!statement)
        abort();
    *statement =
        (struct db_statement){.db = db, .sql = sql, .handle = handle, .column_count = columns};
    for (int i = 0; i < columns; i++)
        statement->columns[i] = column_copy(db->engine->column_name(handle, i));
    db->cached++;
    return statement;
}

static struct db_statement *statement_of(struct db *db, const char *sql, enum status *status)
{
    struct db_statement **place = cache_place(db, sql);
    *status = OK;
    if (*place)
        return *place;
    if (db->cached == CACHE_SIZE - 1) {
        *status = fail("a connection knows at most %d statements", CACHE_SIZE - 1);
        return NULL;
    }
    *place = statement_new(db, sql, status);
    return *place;
}

void db_query_with(struct db *db, struct db_rows *rows, const char *sql,
                   const struct db_parameter *parameters, size_t count)
{
    *rows = (struct db_rows){0};
    struct db_statement *statement = statement_of(db, sql, &rows->status);
    if (!statement)
        return;
    rows->status = db->engine->bind(db->connection, statement->handle, parameters, count);
    if (rows->status == OK)
        rows->statement = statement;
}

enum status db_finish(struct db_rows *rows)
{
    if (rows->statement)
        rows->statement->db->engine->reset(rows->statement->handle);
    rows->statement = NULL;
    return rows->status;
}

bool db_next(struct db_rows *rows)
{
    if (!rows->statement)
        return false;
    struct db *db = rows->statement->db;
    enum status status = db->engine->step(db->connection, rows->statement->handle);
    if (status == OK)
        return true;
    rows->status = status == NOT_FOUND ? OK : status;
    db_finish(rows);
    return false;
}

enum status db_run_with(struct db *db, const char *sql, const struct db_parameter *parameters,
                        size_t count)
{
    struct db_rows rows;
    db_query_with(db, &rows, sql, parameters, count);
    while (db_next(&rows))
        ;
    return db_finish(&rows);
}

enum status db_integer_with(struct db *db, int64_t *out, int64_t otherwise, const char *sql,
                            const struct db_parameter *parameters, size_t count)
{
    struct db_rows rows;
    db_query_with(db, &rows, sql, parameters, count);
    *out = db_next(&rows) ? db->engine->integer(rows.statement->handle, 0) : otherwise;
    return db_finish(&rows);
}

int db_column(const struct db_rows *rows, const char *name)
{
    const struct db_statement *statement = rows->statement;
    for (int i = 0; statement && i < statement->column_count; i++)
        if (strcmp(statement->columns[i], name) == 0)
            return i;
    return -1;
}

static int column_of(const struct db_rows *rows, const char *name)
{
    int column = db_column(rows, name);
    if (column >= 0)
        return column;
    log_error("no such column", LOG_STRING("column", name),
              LOG_STRING("sql", rows->statement ? rows->statement->sql : ""));
    abort();
}

int64_t db_int_at(const struct db_rows *rows, int column)
{
    return rows->statement->db->engine->integer(rows->statement->handle, column);
}

double db_real_at(const struct db_rows *rows, int column)
{
    return rows->statement->db->engine->real(rows->statement->handle, column);
}

struct text db_text_at(const struct db_rows *rows, int column)
{
    return rows->statement->db->engine->text(rows->statement->handle, column);
}

bool db_is_null_at(const struct db_rows *rows, int column)
{
    return rows->statement->db->engine->is_null(rows->statement->handle, column);
}

int64_t db_int(const struct db_rows *rows, const char *column)
{
    return db_int_at(rows, column_of(rows, column));
}

bool db_bool(const struct db_rows *rows, const char *column)
{
    return db_int(rows, column) != 0;
}

double db_real(const struct db_rows *rows, const char *column)
{
    return db_real_at(rows, column_of(rows, column));
}

struct text db_text(const struct db_rows *rows, const char *column)
{
    return db_text_at(rows, column_of(rows, column));
}

bool db_is_null(const struct db_rows *rows, const char *column)
{
    return db_is_null_at(rows, column_of(rows, column));
}

enum status db_script(struct db *db, const char *sql)
{
    return db->engine->script(db->connection, sql);
}

enum status db_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                           void *context)
{
    enum status status = db->engine->begin(db->connection);
    if (status != OK)
        return status;
    status = body(db, context);
    if (status == OK)
        status = db->engine->commit(db->connection);
    if (status != OK)
        db->engine->rollback(db->connection);
    return status;
}
