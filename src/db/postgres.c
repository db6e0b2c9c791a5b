/* PostgreSQL behind db.h: the engine. */
#include "db/postgres.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/arena.h"

static enum status open_connection(void **out, const struct db_options *options)
{
    struct postgres *own = calloc(1, sizeof *own);
    if (!own)
        abort();
    own->options = *options;
    own->writes = options->writes;
    if (options->statement_timeout)
        own->patience = options->statement_timeout * 1000 + POSTGRES_GRACE;
    enum status status = postgres_target_read(&own->target, options);
    if (status == OK)
        status = postgres_connect(own);
    if (status == OK) {
        *out = own;
        return OK;
    }
    postgres_target_free(&own->target);
    free(own);
    return status;
}

static void close_connection(void *connection)
{
    struct postgres *own = connection;
    postgres_drop(own);
    while (own->gone) {
        struct postgres_statement *statement = own->gone;
        own->gone = statement->next;
        postgres_forget(statement);
    }
    postgres_target_free(&own->target);
    if (own->claims)
        arena_free(own->claims);
    free(own);
}

static enum status allow_writes(void *connection, bool allowed)
{
    ((struct postgres *)connection)->writes = allowed;
    return OK;
}

static void limit(void *connection, int64_t deadline)
{
    ((struct postgres *)connection)->deadline = deadline;
}

static struct db_fate *fate(void *connection)
{
    return &((struct postgres *)connection)->fate;
}

static void trim(void *connection)
{
    (void)connection;
    malloc_trim(0);
}

static bool reads_block(void *connection)
{
    (void)connection;
    return true;
}

static enum db_place place(void *connection, bool writes)
{
    (void)connection;
    (void)writes;
    return DB_AT_ITS_PATH;
}

static bool leaves_log(void *connection)
{
    (void)connection;
    return false;
}

/* What a page reads has to come from the server that is listened to. */
static bool state(void *connection, struct db_state *out)
{
    const struct postgres *own = connection;
    return own->handle && own->server && postgres_heard(out) && out->header[0] == own->server;
}

static enum status set_up(void *connection, int64_t busy_timeout)
{
    (void)connection;
    (void)busy_timeout;
    return OK;
}

static const char columns_sql[] =
    "SELECT a.attname AS name, replace(format_type(a.atttypid, a.atttypmod), '\"', '') AS type,"
    " a.attnotnull AS not_null, a.atthasdef OR a.attidentity <> '' AS has_default,"
    " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary"
    "  AND a.attnum = ANY (i.indkey)) AS is_key,"
    " (SELECT c.relname FROM pg_constraint f JOIN pg_class c ON c.oid = f.confrelid"
    "  WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1)"
    "  AS refers_to"
    " FROM pg_attribute a WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0"
    " AND NOT a.attisdropped ORDER BY a.attnum";

static const char indexes_sql[] =
    "SELECT i.indisunique AS is_unique, k.place = 1 AS is_first, a.attname AS name"
    " FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, place)"
    " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number"
    "  AND k.number <> 0"
    " WHERE i.indrelid = to_regclass(quote_ident($1)) AND i.indpred IS NULL"
    " AND NOT i.indisprimary AND k.place <= i.indnkeyatts ORDER BY i.indexrelid, k.place";

static const char tables_sql[] =
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p'"
    " AND relnamespace = current_schema()::regnamespace ORDER BY relname COLLATE \"C\"";

/* NULL in that view: none was given yet. */
static const char sequence_sql[] =
    "SELECT COALESCE(max(last_value), 0) FROM pg_sequences WHERE"
    " CAST(format('%I.%I', schemaname, sequencename) AS regclass)"
    " = CAST(pg_get_serial_sequence(quote_ident($1), 'id') AS regclass)";
static const char *const set_sequence_sql[] = {
    "SELECT setval(CAST(pg_get_serial_sequence(quote_ident($1), 'id') AS regclass),"
    " CAST($2 AS bigint))",
    NULL,
};

static const char object_sql[] =
    "SELECT '' WHERE to_regclass(quote_ident($1)) IS NOT NULL UNION ALL"
    " SELECT '' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE t.tgname = CAST($1 AS text) AND pg_table_is_visible(c.oid)";

const struct db_engine db_postgres = {
    .schemes = postgres_schemes,
    .is_server = true,
    .dialect = &db_dialect_postgresql,
    .check_url = postgres_check_url,
    .open = open_connection,
    .close = close_connection,
    .allow_writes = allow_writes,
    .limit = limit,
    .fate = fate,
    .trim = trim,
    .reads_block = reads_block,
    .place = place,
    .leaves_log = leaves_log,
    .state = state,
    .set_up = set_up,
    .backup = postgres_backup,
    .restore = postgres_restore,
    .script = postgres_script,
    .columns_sql = columns_sql,
    .indexes_sql = indexes_sql,
    .tables_sql = tables_sql,
    .sequence_sql = sequence_sql,
    .set_sequence_sql = set_sequence_sql,
    .listen = postgres_listen,
    .heard = postgres_heard,
    .told_sql = postgres_told_sql,
    .put_tell_sql = postgres_put_tell_sql,
    .object_sql = object_sql,
    .prepare = postgres_prepare,
    .discard = postgres_discard,
    .column_count = postgres_column_count,
    .column_name = postgres_column_name,
    .is_ordered = postgres_is_ordered,
    .bind = postgres_bind,
    .expect_many = postgres_expect_many,
    .step = postgres_step,
    .run_all = postgres_run_all,
    .reset = postgres_reset,
    .is_null = postgres_is_null,
    .integer = postgres_integer,
    .real = postgres_real,
    .text = postgres_text,
    .put_row = postgres_put_row,
    .claim = postgres_claim,
    .begin_reads = postgres_begin_reads,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .begin_schema = postgres_begin_schema,
    .check_schema = postgres_check_schema,
    .end_schema = postgres_end_schema,
};
