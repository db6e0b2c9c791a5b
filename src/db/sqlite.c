/* SQLite behind db.h (sqlite.org/c3ref). */
#include <ctype.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/engine.h"
#include "db/sqlite_files.h"
#include "db/sqlite_internal.h"
#include "db/sqlite_stamp.h"

#define PREFIX          "sqlite:///"
#define RETRY_AFTER_MS  5
#define LOOKASIDE_SIZE  1200
#define LOOKASIDE_COUNT 100

#define STEPS_BETWEEN 1000 /* of SQLite's virtual machine, some 20 us: looks at the clock */

struct connection {
    sqlite3 *handle;
    int64_t deadline;
    struct sqlite_files files;
    struct sqlite_stamp stamp;
    sqlite3_stmt *begin_reads; /* NULL: not prepared yet */
    sqlite3_stmt *commit;
};

static sqlite3 *handle_of(void *connection)
{
    return ((struct connection *)connection)->handle;
}

/* "%41" at the beginning of `text`. */
static bool unescape(char *out, struct text text)
{
    char digits[3] = "";
    if (text.length < 3)
        return false;
    memcpy(digits, text.at + 1, 2);
    *out = (char)strtol(digits, NULL, 16);
    return isxdigit((unsigned char)digits[0]) && isxdigit((unsigned char)digits[1]) && *out;
}

/* The path in the URL, as Python's urlsplit() and unquote() find it for Django. */
static enum status path_of(char path[PATH_MAX], struct text url)
{
    struct text encoded = text_from(url, strlen(PREFIX));
    encoded = text_part(encoded, 0, text_find_char(encoded, '#'));
    encoded = text_part(encoded, 0, text_find_char(encoded, '?'));
    if (!text_starts(url, TEXT(PREFIX)) || encoded.length == 0)
        return fail_as(INVALID, "name a file: sqlite:///site.sqlite3 (relative) or "
                                "sqlite:////var/lib/site.sqlite3 (absolute)");
    if (encoded.length >= PATH_MAX)
        return fail_as(INVALID, "its path is longer than a file's can be");
    for (; encoded.length; path++) {
        bool escaped = encoded.at[0] == '%';
        *path = encoded.at[0];
        if (escaped && !unescape(path, encoded))
            return fail_as(INVALID, "a %% in it must begin an escape, as %%20 for a space");
        encoded = text_from(encoded, escaped ? 3 : 1);
    }
    *path = '\0';
    return OK;
}

static enum status check_url(struct text url)
{
    char path[PATH_MAX];
    enum status status = path_of(path, url);
    if (status == OK && strstr(path, ":memory:"))
        return fail_as(INVALID, "a database in memory is lost with each process: name a file");
    return status;
}

enum status sqlite_status(sqlite3 *handle, int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE: return OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail_as(BUSY, "the database is busy: %s", sqlite3_errmsg(handle));
    case SQLITE_INTERRUPT: return fail_as(TIMEOUT, "the database needs longer than it may take");
    case SQLITE_CONSTRAINT: return fail_as(CONFLICT, "%s", sqlite3_errmsg(handle));
    default: return fail("database: %s", sqlite3_errmsg(handle));
    }
}

static enum status run_one(sqlite3 *handle, const char *sql, const char **next, const char **at)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, sql, -1, &statement, next);
    if (code != SQLITE_OK) {
        int offset = sqlite3_error_offset(handle);
        *at = sql + (offset > 0 ? offset : 0);
        return sqlite_status(handle, code);
    }
    do
        code = statement ? sqlite3_step(statement) : SQLITE_DONE;
    while (code == SQLITE_ROW);
    enum status status = sqlite_status(handle, code);
    sqlite3_finalize(statement);
    return status;
}

static enum status run(sqlite3 *handle, const char *sql, const char **at)
{
    enum status status = OK;
    for (*at = dialect_statement(sql); **at && status == OK;) {
        const char *next;
        status = run_one(handle, *at, &next, at);
        if (status == OK)
            *at = dialect_statement(next);
    }
    return status;
}

static enum status script(void *connection, const char *sql, const char **at)
{
    return run(handle_of(connection), sql, at);
}

enum status sqlite_run(sqlite3 *handle, const char *sql)
{
    const char *at;
    return run(handle, sql, &at);
}

/* Reading it makes SQLite look for the log. */
static bool is_wal(sqlite3 *handle)
{
    sqlite3_stmt *statement = NULL;
    bool wal = false;
    if (sqlite3_prepare_v2(handle, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW)
        wal = strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    return wal;
}

/* The switch raises a lock that it holds: there SQLite gives up at once, so that two that do so
 * do not wait for each other (sqlite.org/c3ref/busy_handler.html). */
static enum status set_up(void *connection, int64_t busy_timeout)
{
    struct connection *own = connection;
    int64_t deadline = clock_monotonic() + busy_timeout * 1000;
    for (;;) {
        enum status status = sqlite_run(own->handle, "PRAGMA journal_mode = WAL");
        if (!own->files.wal && status == OK && is_wal(own->handle)) {
            sqlite_run(own->handle, "PRAGMA schema_version"); /* a read: it opens the log */
            sqlite_files_use_log(&own->files, own->handle);
        }
        if (status != BUSY || clock_monotonic() >= deadline)
            return status;
        sqlite3_sleep(RETRY_AFTER_MS);
    }
}

/* Who writes fires triggers, which reach FTS5's tables, and functions in a CHECK only where the
 * schema is trusted (sqlite.org/pragma.html#pragma_trusted_schema). */
static enum status set_writing(sqlite3 *handle, bool allowed)
{
    return sqlite_run(handle, allowed ? "PRAGMA query_only = OFF; PRAGMA trusted_schema = ON"
                                      : "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF");
}

static enum status allow_writes(void *connection, bool allowed)
{
    return set_writing(handle_of(connection), allowed);
}

static int is_late(void *connection)
{
    return clock_monotonic() >= ((const struct connection *)connection)->deadline;
}

static void limit(void *connection, int64_t deadline)
{
    struct connection *own = connection;
    own->deadline = deadline;
    sqlite3_progress_handler(own->handle, STEPS_BETWEEN, deadline ? is_late : NULL, own);
}

/* What statements need while they run comes from slots of the connection: no malloc(), no lock
 * (sqlite.org/malloc.html#lookaside). Nobody asks SQLite how much memory it uses. */
static void configure_memory(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, LOOKASIDE_SIZE, LOOKASIDE_COUNT);
}

/* Blocks of the cache lie among others, so that the heap does not shrink by itself. */
static void trim(void *connection)
{
    sqlite3_db_release_memory(handle_of(connection));
    malloc_trim(0);
}

static enum status configure(sqlite3 *handle, const struct db_options *options)
{
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, (int)options->busy_timeout);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    enum status status = sqlite_run(handle, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
    return status == OK ? set_writing(handle, options->writes) : status;
}

enum status sqlite_open(sqlite3 **handle, const char *path, const struct db_options *options)
{
    if (!options->create && access(path, F_OK) != 0)
        return fail_as(NOT_FOUND, "there is no database %s: `oc-lettings migrate` makes it", path);
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    pthread_once(&configured, configure_memory);
    if (options->create)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, handle, flags, NULL) != SQLITE_OK)
        return fail("cannot open the database %s: %s", path,
                    *handle ? sqlite3_errmsg(*handle) : "out of memory");
    return configure(*handle, options);
}

static enum status connect(struct connection *connection, const char *path,
                           const struct db_options *options)
{
    struct stat found;
    bool is_there = stat(path, &found) == 0; /* before it is opened: what comes later is another */
    enum status status = sqlite_open(&connection->handle, path, options);
    if (status != OK)
        return status;
    sqlite_files_open(&connection->files, connection->handle, is_there ? &found : NULL,
                      is_wal(connection->handle));
    return OK;
}

static enum db_place place(void *connection, bool writes)
{
    struct connection *own = connection;
    return sqlite_files_place(&own->files, own->handle, writes);
}

static bool leaves_log(void *connection)
{
    const struct connection *own = connection;
    return sqlite_files_leave_log(&own->files, own->handle);
}

static void close_connection(void *connection)
{
    struct connection *own = connection;
    sqlite_files_close(&own->files, own->handle);
    sqlite_stamp_close(&own->stamp);
    sqlite3_finalize(own->begin_reads);
    sqlite3_finalize(own->commit);
    sqlite3_close(own->handle);
    free(own);
}

enum status sqlite_path(struct arena *arena, const struct db_options *options, const char **out)
{
    char path[PATH_MAX] = "";
    enum status status = path_of(path, options->url);
    bool below = path[0] != '/' && options->directory.length;
    struct text directory = below ? options->directory : TEXT("");
    *out = text_format(arena, "%.*s%s%s", TEXT_ARG(directory), below ? "/" : "", path).at;
    return status;
}

static enum status open_connection(void **out, const struct db_options *options)
{
    struct arena *arena = arena_new(PATH_MAX);
    struct connection *connection = calloc(1, sizeof *connection);
    const char *path;
    if (!connection)
        abort();
    enum status status = sqlite_path(arena, options, &path);
    if (status == OK)
        status = connect(connection, path, options);
    arena_free(arena);
    if (status == OK)
        *out = connection;
    else
        close_connection(connection);
    return status;
}

static bool state(void *connection, struct db_state *out)
{
    const struct connection *own = connection;
    return sqlite_files_state(&own->files, own->handle, out);
}

/* Without a log, a file that was written over is not told from one that SQLite has written to. */
static bool stamp(void *connection, struct db_stamp *out)
{
    struct connection *own = connection;
    out->file = sqlite_files_number(&own->files);
    return own->files.wal && sqlite_stamp_read(&own->stamp, own->handle, out);
}

static bool reads_block(void *connection)
{
    return !((const struct connection *)connection)->files.wal;
}

static enum status prepare(void *connection, void **statement, struct text sql)
{
    sqlite3_stmt *prepared = NULL;
    if (sql.length > INT_MAX)
        return fail("a statement of %zu bytes is too long", sql.length);
    int code = sqlite3_prepare_v3(handle_of(connection), sql.at, (int)sql.length,
                                  SQLITE_PREPARE_PERSISTENT, &prepared, NULL);
    *statement = prepared;
    return sqlite_status(handle_of(connection), code);
}

static void discard(void *statement)
{
    sqlite3_finalize(statement);
}

static int column_count(void *statement)
{
    return sqlite3_column_count(statement);
}

static const char *column_name(void *statement, int column)
{
    return sqlite3_column_name(statement, column);
}

static int bind_one(sqlite3_stmt *statement, int index, const struct db_parameter *parameter)
{
    switch (parameter->kind) {
    case DB_KIND_NULL: return sqlite3_bind_null(statement, index);
    case DB_KIND_INTEGER: return sqlite3_bind_int64(statement, index, parameter->integer);
    case DB_KIND_REAL: return sqlite3_bind_double(statement, index, parameter->real);
    case DB_KIND_TEXT:
        return sqlite3_bind_text64(statement, index, parameter->text.at ? parameter->text.at : "",
                                   parameter->text.length, SQLITE_STATIC, SQLITE_UTF8);
    }
    return SQLITE_MISUSE;
}

/* Of "$<number>". SQLite numbers names as they appear. */
static int index_of(sqlite3_stmt *statement, size_t number)
{
    char name[24] = "";
    struct buffer wanted = BUFFER_ON(name);
    buffer_char(&wanted, '$');
    buffer_int(&wanted, (int64_t)number);
    buffer_char(&wanted, '\0');
    return sqlite3_bind_parameter_index(statement, name);
}

static bool is_ordered(void *statement)
{
    int count = sqlite3_bind_parameter_count(statement);
    int ordered = 0;
    while (ordered < count && index_of(statement, (size_t)ordered + 1) == ordered + 1)
        ordered++;
    return ordered == count;
}

static enum status bind(void *connection, void *statement, const struct db_parameter *parameters,
                        size_t count, bool ordered)
{
    if (sqlite3_stmt_busy(statement))
        return fail("rows are still being read from: %s", sqlite3_sql(statement));
    if ((size_t)sqlite3_bind_parameter_count(statement) != count)
        return fail("%zu parameters for: %s", count, sqlite3_sql(statement));
    for (size_t i = 0; i < count; i++) {
        int index = ordered ? (int)i + 1 : index_of(statement, i + 1);
        int code = bind_one(statement, index, &parameters[i]);
        if (code != SQLITE_OK)
            return sqlite_status(handle_of(connection), code);
    }
    return OK;
}

static enum status step(void *connection, void *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return OK;
    return code == SQLITE_DONE ? NOT_FOUND : sqlite_status(handle_of(connection), code);
}

static void reset(void *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static bool is_null(void *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

static int64_t integer(void *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

static double real(void *statement, int column)
{
    return sqlite3_column_double(statement, column);
}

/* By way of the value, which is read without a lock: a connection belongs to one thread
 * (sqlite.org/c3ref/value.html, "unprotected"). */
static struct text text(void *statement, int column)
{
    sqlite3_value *value = sqlite3_column_value(statement, column);
    const char *at = (const char *)sqlite3_value_text(value);
    return (struct text){at, (size_t)sqlite3_value_bytes(value)};
}

static void put_value(sqlite3_value *value, struct buffer *out)
{
    int type = sqlite3_value_type(value);
    buffer_char(out, (char)type);
    if (type == SQLITE_INTEGER) {
        int64_t integer = sqlite3_value_int64(value);
        buffer_append(out, &integer, sizeof integer);
    } else if (type == SQLITE_FLOAT) {
        double real = sqlite3_value_double(value);
        buffer_append(out, &real, sizeof real);
    } else if (type != SQLITE_NULL) {
        const void *at = sqlite3_value_blob(value);
        int length = sqlite3_value_bytes(value);
        buffer_append(out, &length, sizeof length);
        buffer_append(out, at, (size_t)length);
    }
}

static void put_row(void *statement, int columns, struct buffer *out)
{
    for (int i = 0; i < columns; i++)
        put_value(sqlite3_column_value(statement, i), out);
}

/* Prepared at its first use. */
static enum status run_kept(sqlite3 *handle, sqlite3_stmt **statement, const char *sql)
{
    int code = SQLITE_OK;
    if (!*statement)
        code = sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_step(*statement);
        code = sqlite3_reset(*statement);
    }
    return sqlite_status(handle, code);
}

static enum status begin_reads(void *connection)
{
    struct connection *own = connection;
    return run_kept(own->handle, &own->begin_reads, "BEGIN");
}

static enum status begin(void *connection)
{
    return sqlite_run(handle_of(connection), "BEGIN IMMEDIATE");
}

static enum status commit(void *connection)
{
    struct connection *own = connection;
    return run_kept(own->handle, &own->commit, "COMMIT");
}

static void rollback(void *connection)
{
    sqlite3 *handle = handle_of(connection);
    if (!sqlite3_get_autocommit(handle))
        sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
}

/* Within a transaction the switch does nothing (sqlite.org/pragma.html#pragma_foreign_keys). */
static enum status begin_schema(void *connection)
{
    enum status status = sqlite_run(handle_of(connection), "PRAGMA foreign_keys = OFF");
    return status == OK ? begin(connection) : status;
}

static enum status check_schema(void *connection)
{
    sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v2(handle_of(connection), "PRAGMA foreign_key_check", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum status status = OK;
    if (code == SQLITE_ROW)
        status = fail_as(CONFLICT,
                         "a row of %s (rowid %lld) refers to a row of %s that is not there: mend "
                         "it or delete it first",
                         sqlite3_column_text(statement, 0), sqlite3_column_int64(statement, 1),
                         sqlite3_column_text(statement, 2));
    else if (code != SQLITE_DONE)
        status = sqlite_status(handle_of(connection), code);
    sqlite3_finalize(statement);
    return status;
}

static enum status end_schema(void *connection)
{
    return sqlite_run(handle_of(connection), "PRAGMA foreign_keys = ON");
}

static const char columns_sql[] =
    "SELECT name, type, \"notnull\" AS not_null, dflt_value IS NOT NULL AS has_default,"
    " pk > 0 AS is_key, (SELECT r.\"table\" FROM pragma_foreign_key_list($1) AS r WHERE r.\"from\" "
    "= c.name)"
    "  AS refers_to"
    " FROM pragma_table_info($1) AS c ORDER BY cid";

static const char indexes_sql[] =
    "SELECT i.\"unique\" AS is_unique, k.seqno = 0 AS is_first, k.name AS name"
    " FROM pragma_index_list($1) AS i, pragma_index_info(i.name) AS k"
    " WHERE NOT i.partial AND i.origin <> 'pk' ORDER BY i.seq, k.seqno";
static const char tables_sql[] =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '" SQLITE_STAMP_TABLE "'"
    " ORDER BY name";
static const char sequence_sql[] = "SELECT seq FROM sqlite_sequence WHERE name = $1";
static const char *const set_sequence_sql[] = {
    "DELETE FROM sqlite_sequence WHERE name = $1 AND seq <> $2",
    "INSERT INTO sqlite_sequence (name, seq) SELECT $1, $2 WHERE NOT EXISTS"
    " (SELECT 1 FROM sqlite_sequence WHERE name = $1)",
    NULL,
};
static const char object_sql[] = "SELECT sql FROM sqlite_schema WHERE name = $1";

static const char *const schemes[] = {"sqlite://", NULL};

const struct db_engine db_sqlite = {
    .schemes = schemes,
    .dialect = &db_dialect_sqlite,
    .check_url = check_url,
    .open = open_connection,
    .close = close_connection,
    .allow_writes = allow_writes,
    .limit = limit,
    .trim = trim,
    .reads_block = reads_block,
    .place = place,
    .leaves_log = leaves_log,
    .state = state,
    .set_up = set_up,
    .backup = sqlite_backup,
    .restore = sqlite_restore,
    .script = script,
    .columns_sql = columns_sql,
    .indexes_sql = indexes_sql,
    .tables_sql = tables_sql,
    .listen = sqlite_stamp_listen,
    .stamp = stamp,
    .told_sql = sqlite_told_sql,
    .put_tell_sql = sqlite_put_tell_sql,
    .sequence_sql = sequence_sql,
    .set_sequence_sql = set_sequence_sql,
    .object_sql = object_sql,
    .prepare = prepare,
    .discard = discard,
    .column_count = column_count,
    .column_name = column_name,
    .is_ordered = is_ordered,
    .bind = bind,
    .step = step,
    .reset = reset,
    .is_null = is_null,
    .integer = integer,
    .real = real,
    .text = text,
    .put_row = put_row,
    .begin_reads = begin_reads,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .begin_schema = begin_schema,
    .check_schema = check_schema,
    .end_schema = end_schema,
};
