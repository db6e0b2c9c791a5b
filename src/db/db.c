#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "db/engine.h"
#include "db/reads.h"
#include "db/statements.h"

static const struct db_engine *const engines[] = {&db_sqlite, &db_postgres};

static bool has_scheme(struct text url, const struct db_engine *engine)
{
    for (const char *const *scheme = engine->schemes; *scheme; scheme++)
        if (text_starts(url, text_of(*scheme)))
            return true;
    return false;
}

const struct db_engine *db_engine_for(struct text url, enum status *status)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        if (!has_scheme(url, engines[i]))
            continue;
        *status = engines[i]->check_url(url);
        return *status == OK ? engines[i] : NULL;
    }
    *status = fail_as(INVALID, "a database URL begins with sqlite:/// (as sqlite:///site.sqlite3) "
                               "or with postgres:// (as postgres://user:password@host/name)");
    return NULL;
}

enum status db_check_url(struct text url)
{
    enum status status;
    db_engine_for(url, &status);
    return status;
}

const struct db_dialect *db_url_dialect(struct text url)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(url, &status);
    return engine ? engine->dialect : NULL;
}

bool db_url_is_server(struct text url)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(url, &status);
    return engine && engine->is_server;
}

const struct db_dialect *db_dialect(const struct db *db)
{
    return db->engine->dialect;
}

enum status db_open(struct db **out, const struct db_options *options)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(options->url, &status);
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
    metric_add(METRIC_DATABASE_CONNECTIONS, 1);
    *out = db;
    return OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    statements_free(db);
    db->engine->close(db->connection);
    metric_add(METRIC_DATABASE_CONNECTIONS, -1);
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

int64_t db_limit(struct db *db, int64_t deadline)
{
    int64_t before = db->deadline;
    db->deadline = deadline;
    if (deadline != before)
        db->engine->limit(db->connection, deadline);
    return before;
}

void db_mark(struct db *db)
{
    struct db_fate *fate = db->engine->fate ? db->engine->fate(db->connection) : NULL;
    if (fate)
        *fate = (struct db_fate){0};
}

bool db_gave_up(const struct db *db)
{
    const struct db_fate *fate = db->engine->fate ? db->engine->fate(db->connection) : NULL;
    return fate && fate->gave_up && !fate->may_have_written;
}

bool db_reads_block(const struct db *db)
{
    return db->engine->reads_block(db->connection);
}

enum db_place db_place(struct db *db, bool writes)
{
    return db->engine->place(db->connection, writes);
}

bool db_leaves_log(struct db *db)
{
    return db->engine->leaves_log(db->connection);
}

bool db_state(struct db *db, struct db_state *out)
{
    return db->engine->state(db->connection, out);
}

enum status db_set_up(struct db *db)
{
    return db->engine->set_up(db->connection, db->busy_timeout);
}

enum status db_backup(const struct db_options *options, const char *path,
                      const struct db_copying *copying)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(options->url, &status);
    return engine ? engine->backup(options, path, copying) : status;
}

enum status db_restore(const struct db_options *options, const char *path,
                       const struct db_copying *copying)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(options->url, &status);
    return engine ? engine->restore(options, path, copying) : status;
}

static void begin_rows(struct db_rows *rows, struct db_statement *statement,
                       const struct db_parameter *parameters, size_t count)
{
    struct db *db = statement->db;
    int64_t time = db->deadline ? db->deadline - clock_monotonic() : 0;
    if (db->deadline && statement->column_count && time <= 0) {
        rows->status = fail_as(TIMEOUT, "the time for the database is over");
        return;
    }
    rows->status =
        db->engine->bind(db->connection, statement->handle, parameters, count, statement->ordered);
    if (rows->status != OK)
        return;
    statement->in_use = true;
    statement->used = ++db->count;
    rows->statement = statement;
    reads_begin(statement, parameters, count, time);
}

/* `statement` NULL: it could not be prepared, and `rows` says why. */
static void begin_traced(struct db *db, struct db_rows *rows, struct db_statement *statement,
                         const struct db_parameter *parameters, size_t count)
{
    if (statement) {
        statement->span = trace_query(statement->sql);
        begin_rows(rows, statement, parameters, count);
    }
    if (!rows->statement)
        reads_fail(db);
}

void db_query_with(struct db *db, struct db_rows *rows, const char *sql,
                   const struct db_parameter *parameters, size_t count)
{
    *rows = (struct db_rows){0};
    guard_hold();
    struct db_statement *statement = statement_literal(db, sql, &rows->status);
    begin_traced(db, rows, statement, parameters, count);
    guard_release();
}

void db_query_keyed(struct db *db, struct db_rows *rows, struct text key, db_builder *build,
                    void *context, const struct db_parameter *parameters, size_t count)
{
    *rows = (struct db_rows){0};
    guard_hold();
    struct db_statement *statement = statement_built(db, key, build, context, &rows->status);
    begin_traced(db, rows, statement, parameters, count);
    guard_release();
}

void db_query_built(struct db *db, struct db_rows *rows, struct text sql,
                    const struct db_parameter *parameters, size_t count)
{
    db_query_keyed(db, rows, sql, NULL, NULL, parameters, count);
}

void db_query_again(struct db *db, struct db_rows *rows, const struct reads_again *again,
                    const struct db_parameter *parameters, size_t count)
{
    if (again->literal) {
        db_query_with(db, rows, again->literal, parameters, count);
        return;
    }
    *rows = (struct db_rows){0};
    guard_hold();
    struct db_statement *statement = statement_known(db, again->key);
    if (!statement)
        statement = statement_built(db, again->sql, NULL, NULL, &rows->status);
    begin_traced(db, rows, statement, parameters, count);
    guard_release();
}

void db_expect_many(struct db_rows *rows)
{
    if (rows->statement && rows->statement->db->engine->expect_many)
        rows->statement->db->engine->expect_many(rows->statement->handle);
}

const void *db_plan(const struct db_rows *rows)
{
    return rows->statement ? rows->statement->plan : NULL;
}

enum status db_finish(struct db_rows *rows)
{
    struct db_statement *statement = rows->statement;
    if (statement) {
        statement->in_use = false;
        statement->db->engine->reset(statement->handle);
        reads_end(statement);
        trace_close(statement->span);
        statement->span = 0;
    }
    rows->statement = NULL;
    return rows->status;
}

bool db_next(struct db_rows *rows)
{
    if (!rows->statement)
        return false;
    struct db *db = rows->statement->db;
    enum status status = db->engine->step(db->connection, rows->statement->handle);
    reads_step(rows->statement, status);
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
    *out = db_next(&rows) ? db_int_at(&rows, 0) : otherwise;
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
              LOG_TEXT("sql", rows->statement ? rows->statement->sql : TEXT_NONE));
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

enum status db_script_at(struct db *db, const char *sql, const char **at)
{
    return db->engine->script(db->connection, sql, at);
}

enum status db_script(struct db *db, const char *sql)
{
    const char *at;
    return db_script_at(db, sql, &at);
}

enum status db_snapshot(struct db *db, enum status (*body)(struct db *db, void *context),
                        void *context)
{
    enum status status = db->engine->begin_reads(db->connection);
    if (status != OK)
        return status;
    status = body(db, context);
    enum status ended = db->engine->commit(db->connection);
    if (ended != OK)
        db->engine->rollback(db->connection);
    return status == OK ? ended : status;
}

/* One of the engine's steps: a wait for another's lock, or for the disk. */
static enum status run_traced(struct db *db, enum status (*step)(void *connection), struct text sql)
{
    unsigned span = trace_query(sql);
    enum status status = step(db->connection);
    trace_close(span);
    return status;
}

static void claim(struct db *db, const struct text *paths, size_t count)
{
    if (db->engine->claim)
        db->engine->claim(db->connection, paths, count);
}

static const struct text everything = {"", 0};

enum status db_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                           void *context)
{
    return db_transaction_on(db, &everything, 1, body, context);
}

enum status db_transaction_on(struct db *db, const struct text *paths, size_t count,
                              enum status (*body)(struct db *db, void *context), void *context)
{
    claim(db, paths, count);
    enum status status = run_traced(db, db->engine->begin, TEXT("BEGIN"));
    if (status != OK)
        return status;
    status = body(db, context);
    if (status == OK)
        status = run_traced(db, db->engine->commit, TEXT("COMMIT"));
    if (status != OK)
        db->engine->rollback(db->connection);
    return status;
}

static enum status undo_attempt(struct db *db)
{
    enum status status = db_run(db, "ROLLBACK TO attempt");
    return status == OK ? db_run(db, "RELEASE attempt") : status;
}

enum status db_attempt(struct db *db, enum status (*body)(struct db *db, void *context),
                       void *context)
{
    enum status status = db_run(db, "SAVEPOINT attempt");
    if (status != OK)
        return status;
    status = body(db, context);
    if (status == OK)
        return db_run(db, "RELEASE attempt");
    struct failure failure = *status_failure();
    enum status undone = undo_attempt(db);
    if (undone != OK)
        return undone;
    status_restore(&failure);
    return status;
}

/* `body`, then the check of all references. */
static enum status change_schema(struct db *db, enum status (*body)(struct db *db, void *context),
                                 void *context)
{
    enum status status = body(db, context);
    if (status == OK)
        status = db->engine->check_schema(db->connection);
    if (status == OK)
        status = db->engine->commit(db->connection);
    if (status != OK)
        db->engine->rollback(db->connection);
    return status;
}

enum status db_schema_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                                  void *context)
{
    claim(db, &everything, 1);
    enum status status = db->engine->begin_schema(db->connection);
    if (status == OK)
        status = change_schema(db, body, context);
    struct failure failure = *status_failure();
    enum status ended = db->engine->end_schema(db->connection);
    if (status == OK)
        return ended;
    status_restore(&failure);
    return status;
}

void db_trim(struct db *db)
{
    db->engine->trim(db->connection);
}

void db_abandon(struct db *db)
{
    statements_abandon(db);
    db->reads = NULL;
    db_limit(db, 0);
    db->engine->rollback(db->connection);
}

static enum status read_columns(struct db *db, struct arena *arena, struct text name,
                                struct db_table *out)
{
    struct db_rows rows;
    db_query_with(db, &rows, db->engine->columns_sql, DB_PARAMETERS(DB_TEXT(name)), 1);
    while (db_next(&rows))
        *LIST_PUSH(arena, &out->columns) = (struct db_table_column){
            .name = text_copy(arena, db_text(&rows, "name")),
            .type = text_copy(arena, db_text(&rows, "type")),
            .not_null = db_bool(&rows, "not_null"),
            .has_default = db_bool(&rows, "has_default"),
            .is_key = db_bool(&rows, "is_key"),
            .refers_to = text_copy(arena, db_text(&rows, "refers_to")),
        };
    return db_finish(&rows);
}

static enum status read_indexes(struct db *db, struct arena *arena, struct text name,
                                struct db_table *out)
{
    struct db_rows rows;
    struct db_table_index *index = NULL;
    db_query_with(db, &rows, db->engine->indexes_sql, DB_PARAMETERS(DB_TEXT(name)), 1);
    while (db_next(&rows)) {
        if (db_bool(&rows, "is_first")) {
            index = LIST_PUSH(arena, &out->indexes);
            *index = (struct db_table_index){.is_unique = db_bool(&rows, "is_unique")};
        }
        if (index)
            *LIST_PUSH(arena, &index->columns) = text_copy(arena, db_text(&rows, "name"));
    }
    return db_finish(&rows);
}

enum status db_table_read(struct db *db, struct arena *arena, struct text name,
                          struct db_table *out)
{
    *out = (struct db_table){0};
    enum status status = read_columns(db, arena, name, out);
    return status == OK ? read_indexes(db, arena, name, out) : status;
}

enum status db_tables(struct db *db, struct arena *arena, struct db_names *out)
{
    struct db_rows rows;
    db_query_with(db, &rows, db->engine->tables_sql, NULL, 0);
    while (db_next(&rows))
        *LIST_PUSH(arena, out) = text_copy(arena, db_text_at(&rows, 0));
    return db_finish(&rows);
}

enum status db_sequence(struct db *db, struct text table, int64_t *out)
{
    return db_integer_with(db, out, 0, db->engine->sequence_sql, DB_PARAMETERS(DB_TEXT(table)), 1);
}

enum status db_sequence_set(struct db *db, struct text table, int64_t value)
{
    enum status status = OK;
    for (const char *const *sql = db->engine->set_sequence_sql; *sql && status == OK; sql++) {
        int64_t unused;
        status =
            db_integer_with(db, &unused, 0, *sql, DB_PARAMETERS(DB_TEXT(table), DB_INT(value)), 2);
    }
    return status;
}

enum status db_object_sql(struct db *db, struct arena *arena, struct text name, struct text *out)
{
    struct db_rows rows;
    db_query_with(db, &rows, db->engine->object_sql, DB_PARAMETERS(DB_TEXT(name)), 1);
    bool found = db_next(&rows);
    *out = found ? text_copy(arena, db_text_at(&rows, 0)) : TEXT_NONE;
    enum status status = db_finish(&rows);
    return status == OK && !found ? NOT_FOUND : status;
}
