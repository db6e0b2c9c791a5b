/* Transactions of PostgreSQL, and scripts. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "db/postgres.h"

#define READ_ONLY "BEGIN READ ONLY"
#define WRITING   "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" /* of a session that reads */
#define SNAPSHOT  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

/* What stands alone has a transaction of its own: where the session's are others than it needs, or
 * are without its limits, one that says which. */
static bool needs_wrapping(const struct postgres *own)
{
    return own->transaction == POSTGRES_ALONE && (own->pooled || own->writes == own->reads_session);
}

bool postgres_begins_writing(const struct postgres *own)
{
    return own->writes
           && (needs_wrapping(own) || (own->transaction == POSTGRES_PENDING && !own->only_reads));
}

/* Where a pooler gives each transaction to another session, and where remaking tables may take as
 * long as it needs. */
static enum status queue_limits(struct postgres *own)
{
    char sql[128];
    if (!own->pooled && !own->is_schema)
        return OK;
    long long limit = own->is_schema ? 0 : own->options.statement_timeout;
    snprintf(sql, sizeof sql, "SET LOCAL statement_timeout = %lld", limit);
    enum status status = postgres_queue(own, sql);
    if (status != OK || !own->pooled)
        return status;
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout = %lld",
             (long long)own->options.busy_timeout);
    status = postgres_queue(own, sql);
    return status == OK ? postgres_queue(own, "SET LOCAL random_page_cost = " POSTGRES_PAGE_COST)
                        : status;
}

/* Behind others that make tables, however long they need: these alone hold this lock, so that
 * nobody else waits behind us meanwhile. */
static enum status queue_turn(struct postgres *own)
{
    char sql[64];
    enum status status = postgres_queue(own, "SET LOCAL lock_timeout = 0");
    if (status == OK)
        status = postgres_queue(own, "SELECT pg_advisory_xact_lock(" POSTGRES_TURN ")");
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout = %lld",
             (long long)own->options.busy_timeout);
    return status == OK ? postgres_queue(own, sql) : status;
}

static enum status queue_pending(struct postgres *own)
{
    bool writes = own->writes && !own->only_reads;
    const char *begin = own->only_reads ? SNAPSHOT : writes ? "BEGIN" : READ_ONLY;
    if (own->reads_session)
        begin = writes ? WRITING : "BEGIN";
    enum status status = postgres_queue(own, begin);
    if (status == OK && writes && own->options.create)
        status = queue_turn(own);
    if (status == OK)
        status = queue_limits(own);
    if (status == OK && writes)
        status = postgres_queue(own, own->claim);
    own->transaction = POSTGRES_OPEN;
    return status;
}

static enum status queue_limited(struct postgres *own, const char *begin)
{
    enum status status = postgres_queue(own, begin);
    return status == OK ? queue_limits(own) : status;
}

enum status postgres_queue_look(struct postgres *own)
{
    return queue_limited(own, READ_ONLY);
}

enum status postgres_queue_begin(struct postgres *own)
{
    if (own->transaction == POSTGRES_PENDING)
        return queue_pending(own);
    if (!needs_wrapping(own))
        return OK;
    const char *writing = own->reads_session ? WRITING : "BEGIN";
    return queue_limited(own, own->writes ? writing : READ_ONLY);
}

enum status postgres_queue_end(struct postgres *own)
{
    return needs_wrapping(own) ? postgres_queue(own, "COMMIT") : OK;
}

static enum status run(struct postgres *own, const char *sql, PGresult **out)
{
    postgres_settle(own);
    if (!own->handle)
        return fail_as(BUSY, "the connection to the database is lost");
    enum status status = postgres_queue(own, sql);
    if (status == OK)
        status = postgres_send(own);
    return status == OK ? postgres_answers(own, 0, out) : status;
}

enum status postgres_leave_reads_session(struct postgres *own)
{
    enum status status = run(own,
                             "SET SESSION CHARACTERISTICS AS TRANSACTION"
                             " ISOLATION LEVEL READ COMMITTED, READ WRITE",
                             NULL);
    own->reads_session = own->reads_session && status != OK;
    return status;
}

void postgres_leave(struct postgres *own)
{
    bool reads_on = own->transaction == POSTGRES_OPEN && own->only_reads;
    if (own->transaction == POSTGRES_OPEN && !reads_on)
        return;
    if (PQtransactionStatus(own->handle) != PQTRANS_IDLE && run(own, "ROLLBACK", NULL) != OK)
        postgres_drop(own);
    if (reads_on)
        own->transaction = POSTGRES_PENDING;
}

static enum status begin(struct postgres *own, bool only_reads)
{
    own->transaction = POSTGRES_PENDING;
    own->only_reads = only_reads;
    own->is_schema = false;
    return OK;
}

enum status postgres_begin(void *connection)
{
    return begin(connection, false);
}

enum status postgres_begin_reads(void *connection)
{
    return begin(connection, true);
}

enum status postgres_begin_schema(void *connection)
{
    struct postgres *own = connection;
    enum status status = begin(own, false);
    own->is_schema = true;
    return status;
}

/* References are looked at when a transaction ends: now. */
enum status postgres_check_schema(void *connection)
{
    struct postgres *own = connection;
    return own->transaction == POSTGRES_OPEN ? run(own, "SET CONSTRAINTS ALL IMMEDIATE", NULL) : OK;
}

enum status postgres_end_schema(void *connection)
{
    ((struct postgres *)connection)->is_schema = false;
    return OK;
}

/* Nobody waits for the end of what only read. */
static void commit_reads(struct postgres *own)
{
    own->transaction = POSTGRES_ALONE;
    if (own->handle && postgres_queue(own, "COMMIT") == OK)
        postgres_send(own);
}

/* What it has told is asked before its end, and sent with that. */
static enum status commit_and_tell(struct postgres *own, PGresult **out)
{
    const char *told_sql = postgres_has_told_sql();
    PGresult *told = NULL;
    if (!told_sql)
        return run(own, "COMMIT", out);
    enum status status = postgres_queue(own, told_sql);
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        status = postgres_queue(own, "COMMIT");
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        postgres_answers(own, 0, &told);
    if (own->handle && status == OK)
        status = postgres_answers(own, 0, out);
    postgres_wrote(own->handle ? told : NULL);
    PQclear(told);
    return own->handle ? status : fail_as(BUSY, "the connection to the database is lost");
}

/* The server answers ROLLBACK where a statement has failed before. */
static enum status commit_writes(struct postgres *own)
{
    PGresult *result = NULL;
    if (!own->handle)
        return fail_as(BUSY, "the connection to the database is lost");
    own->is_ending = true;
    enum status status = commit_and_tell(own, &result);
    own->is_ending = false;
    bool is_done = status == OK && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    own->transaction = POSTGRES_ALONE;
    own->fate.may_have_written = own->fate.may_have_written || is_done || !own->handle;
    if (!own->handle)
        return fail("the connection to the database was lost at the end of a transaction: it is "
                    "not known whether what was written is there");
    if (status == OK && !is_done)
        return fail("a transaction goes on after a failure within it");
    return status;
}

enum status postgres_commit(void *connection)
{
    struct postgres *own = connection;
    if (own->transaction == POSTGRES_OPEN && !own->only_reads)
        return commit_writes(own);
    if (own->transaction == POSTGRES_OPEN)
        commit_reads(own);
    own->transaction = POSTGRES_ALONE;
    return OK;
}

void postgres_rollback(void *connection)
{
    struct postgres *own = connection;
    bool is_open = own->transaction == POSTGRES_OPEN;
    own->transaction = POSTGRES_ALONE;
    if (is_open && own->handle && run(own, "ROLLBACK", NULL) != OK)
        postgres_drop(own);
}

/* Scripts */

/* `$$` or `$tag$` at the beginning of `sql`: its length, else 0. */
static size_t dollar_quote(const char *sql)
{
    size_t length = 1;
    while ((sql[length] >= 'a' && sql[length] <= 'z') || (sql[length] >= 'A' && sql[length] <= 'Z')
           || sql[length] == '_')
        length++;
    return sql[0] == '$' && sql[length] == '$' ? length + 1 : 0;
}

/* Behind what begins at `sql`: a text, a name, a comment, or one character. */
static const char *skip(const char *sql)
{
    const char *end = NULL;
    size_t quote = dollar_quote(sql);
    if (*sql == '\'' || *sql == '"') {
        end = strchr(sql + 1, *sql);
        return end ? end + 1 : sql + strlen(sql);
    }
    if (strncmp(sql, "--", 2) == 0)
        return sql + strcspn(sql, "\n");
    if (strncmp(sql, "/*", 2) == 0) {
        end = strstr(sql + 2, "*/");
        return end ? end + 2 : sql + strlen(sql);
    }
    for (const char *at = sql + quote; quote && (at = strchr(at, '$')); at++)
        if (strncmp(at, sql, quote) == 0)
            return at + quote;
    return sql + 1;
}

static const char *statement_end(const char *sql)
{
    while (*sql && *sql != ';')
        sql = skip(sql);
    return sql;
}

/* PostgreSQL counts characters, from 1. */
static const char *fault_at(const char *sql, const PGresult *result)
{
    int64_t position = 0;
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    if (field)
        text_to_int64(&position, text_of(field));
    for (; position > 1 && *sql; position--)
        do
            sql++;
        while (((unsigned char)*sql & 0xC0) == 0x80);
    return sql;
}

static enum status run_one(struct postgres *own, const char *sql, size_t length, const char **at)
{
    struct arena *arena = arena_new(1024);
    enum status status = OK;
    bool sent = PQsendQuery(own->handle, text_string(arena, (struct text){sql, length}));
    arena_free(arena);
    if (!sent)
        postgres_drop(own);
    PGresult *result;
    while ((result = postgres_result(own))) {
        if (PQresultStatus(result) == PGRES_FATAL_ERROR && status == OK) {
            status = postgres_status(own, result);
            *at = fault_at(sql, result);
        }
        PQclear(result);
    }
    if (!own->handle)
        return fail_as(BUSY, "the connection to the database is lost");
    return status;
}

static enum status start_script(struct postgres *own)
{
    enum status status = postgres_ready(own);
    own->fate.may_have_written = true;
    if (status == OK && own->transaction == POSTGRES_ALONE && !own->writes)
        return fail("this connection to the database only reads");
    if (status == OK && own->transaction == POSTGRES_ALONE && own->reads_session)
        status = postgres_leave_reads_session(own);
    if (status == OK && own->transaction == POSTGRES_PENDING) {
        status = postgres_queue_begin(own);
        if (status == OK)
            status = postgres_send(own);
        if (status == OK)
            status = postgres_answers(own, 0, NULL);
    }
    if (status == OK && !PQexitPipelineMode(own->handle))
        return fail("database: %s", PQerrorMessage(own->handle));
    return status;
}

enum status postgres_script(void *connection, const char *sql, const char **at)
{
    struct postgres *own = connection;
    enum status status = start_script(own);
    for (*at = dialect_statement(sql); **at && status == OK;) {
        const char *end = statement_end(*at);
        status = run_one(own, *at, (size_t)(end - *at), at);
        if (status == OK)
            *at = dialect_statement(end);
    }
    if (own->handle)
        PQenterPipelineMode(own->handle);
    return status;
}
