/* Statements of PostgreSQL: prepared, bound and run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/postgres.h"

/* Preparing */

static enum status describe_once(struct postgres *own, const char *sql, int count, const Oid *types,
                                 PGresult **out)
{
    bool looks = own->pooled && own->transaction != POSTGRES_OPEN;
    enum status status = looks ? postgres_queue_look(own) : OK;
    if (status == OK)
        status = postgres_queued(own, PQsendPrepare(own->handle, "", sql, count, types));
    unsigned place = own->queued;
    if (status == OK)
        status = postgres_queued(own, PQsendDescribePrepared(own->handle, ""));
    if (status == OK && looks)
        status = postgres_queue(own, "COMMIT");
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        status = postgres_answers(own, place, out);
    if (status != OK && looks && own->handle)
        postgres_leave(own);
    return status;
}

/* What PostgreSQL makes of a statement: its columns and its parameters' types. Where the connection
 * turns out to be lost, in a new one. */
static enum status describe(struct postgres *own, const char *sql, int count, const Oid *types,
                            PGresult **out)
{
    enum status status = postgres_ready(own);
    if (status == OK)
        status = describe_once(own, sql, count, types, out);
    if (own->handle || own->transaction == POSTGRES_OPEN)
        return status;
    PQclear(*out);
    *out = NULL;
    status = postgres_ready(own);
    return status == OK ? describe_once(own, sql, count, types, out) : status;
}

/* Where it takes a parameter for an integer of 32 or 16 bits, one of 64 will do as well, and a
 * number beyond the range finds nothing, instead of being a failure. */
static bool widen(Oid *types, const PGresult *description)
{
    bool any = false;
    for (int i = 0; i < PQnparams(description); i++) {
        types[i] = PQparamtype(description, i);
        if (types[i] == TYPE_INT4 || types[i] == TYPE_INT2) {
            types[i] = TYPE_INT8;
            any = true;
        }
    }
    return any;
}

static void keep_types(struct postgres_statement *statement, const PGresult *description)
{
    for (int i = 0; i < statement->parameter_count; i++)
        statement->types[i] = PQparamtype(description, i);
}

static void allocate_parameters(struct postgres_statement *statement, int count)
{
    size_t room = (size_t)(count ? count : 1);
    statement->parameter_count = count;
    statement->types = calloc(room, sizeof *statement->types);
    statement->values = calloc(room, sizeof *statement->values);
    statement->lengths = calloc(room, sizeof *statement->lengths);
    statement->formats = calloc(room, sizeof *statement->formats);
    statement->numbers = calloc(room, sizeof *statement->numbers);
    if (!statement->types || !statement->values || !statement->lengths || !statement->formats
        || !statement->numbers)
        abort();
}

static enum status find_types(struct postgres *own, struct postgres_statement *statement)
{
    PGresult *described = NULL;
    enum status status = describe(own, statement->sql, 0, NULL, &described);
    if (status != OK)
        return status;
    allocate_parameters(statement, PQnparams(described));
    statement->description = described;
    /* A function may have no form for 64 bits; within a transaction there is no second try. */
    if (!widen(statement->types, described))
        return OK;
    described = NULL;
    status =
        describe(own, statement->sql, statement->parameter_count, statement->types, &described);
    if (status == FAILED && own->transaction != POSTGRES_OPEN) {
        keep_types(statement, statement->description);
        return OK;
    }
    if (status == OK) {
        PQclear(statement->description);
        statement->description = described;
    }
    return status;
}

enum status postgres_prepare(void *connection, void **out, struct text sql)
{
    struct postgres *own = connection;
    struct postgres_statement *statement = calloc(1, sizeof *statement + sql.length + 1);
    if (!statement)
        abort();
    memcpy(statement->sql, sql.at, sql.length);
    statement->connection = own;
    statement->name = ++own->last_name;
    enum status status = find_types(own, statement);
    if (status != OK && own->handle)
        postgres_leave(own);
    if (status != OK)
        postgres_forget(statement);
    else
        *out = statement;
    return status;
}

void postgres_forget(struct postgres_statement *statement)
{
    postgres_reset(statement);
    PQclear(statement->description);
    free(statement->types);
    free(statement->values);
    free(statement->lengths);
    free(statement->formats);
    free(statement->numbers);
    free(statement);
}

/* One that the server has prepared is told to it with the next batch. */
void postgres_discard(void *handle)
{
    struct postgres_statement *statement = handle;
    struct postgres *own = statement->connection;
    if (!own->handle || statement->prepared != own->made) {
        postgres_forget(statement);
        return;
    }
    postgres_reset(statement);
    statement->next = own->gone;
    own->gone = statement;
}

int postgres_column_count(void *handle)
{
    return PQnfields(((const struct postgres_statement *)handle)->description);
}

const char *postgres_column_name(void *handle, int column)
{
    return PQfname(((const struct postgres_statement *)handle)->description, column);
}

/* Parameters are found by their numbers. */
bool postgres_is_ordered(void *statement)
{
    (void)statement;
    return true;
}

/* Binding */

static bool is_text_type(Oid type)
{
    return type == TYPE_TEXT || type == TYPE_VARCHAR || type == TYPE_BPCHAR;
}

/* As bytes where the type is a text, which needs no copy; else as PostgreSQL would read it. */
static enum status bind_text(struct postgres_statement *statement, int i, struct text text)
{
    bool raw = is_text_type(statement->types[i]);
    if (!raw && text_find_char(text, '\0') != TEXT_NOT_FOUND)
        return fail_as(INVALID, "a NUL character cannot be stored");
    if (!raw && !statement->texts)
        statement->texts = arena_new(256);
    statement->values[i] = raw ? (text.at ? text.at : "") : text_string(statement->texts, text);
    statement->lengths[i] = (int)text.length;
    statement->formats[i] = raw;
    return OK;
}

static void bind_number(struct postgres_statement *statement, int i,
                        const struct db_parameter *parameter)
{
    char *number = statement->numbers[i];
    if (parameter->kind == DB_KIND_REAL)
        snprintf(number, sizeof *statement->numbers, "%.17g", parameter->real);
    else
        snprintf(number, sizeof *statement->numbers, "%lld", (long long)parameter->integer);
    statement->values[i] = number;
    statement->formats[i] = 0;
}

enum status postgres_bind(void *connection, void *handle, const struct db_parameter *parameters,
                          size_t count, bool ordered)
{
    struct postgres_statement *statement = handle;
    (void)connection;
    (void)ordered;
    if (statement->result)
        return fail("rows are still being read from: %s", statement->sql);
    if ((size_t)statement->parameter_count != count)
        return fail("%zu parameters for: %s", count, statement->sql);
    enum status status = OK;
    for (int i = 0; i < statement->parameter_count && status == OK; i++) {
        if (parameters[i].kind == DB_KIND_NULL)
            statement->values[i] = NULL;
        else if (parameters[i].kind == DB_KIND_TEXT)
            status = bind_text(statement, i, parameters[i].text);
        else
            bind_number(statement, i, &parameters[i]);
    }
    return status;
}

/* Running */

static void name_of(const struct postgres_statement *statement, char out[16])
{
    snprintf(out, 16, "s%u", statement->name);
}

/* A transaction cannot begin behind them in their batch: a DEALLOCATE takes a snapshot. */
static enum status deallocate_forgotten(struct postgres *own)
{
    enum status status = OK;
    bool any = false;
    while (own->gone) {
        struct postgres_statement *statement = own->gone;
        char sql[32];
        own->gone = statement->next;
        snprintf(sql, sizeof sql, "DEALLOCATE s%u", statement->name);
        if (status == OK && own->handle && statement->prepared == own->made) {
            status = postgres_queue(own, sql);
            any = true;
        }
        postgres_forget(statement);
    }
    if (status == OK && any)
        status = postgres_send(own);
    return status == OK && any ? postgres_answers(own, 0, NULL) : status;
}

static enum status prepare_named(struct postgres *own, struct postgres_statement *statement)
{
    char name[16];
    if (own->pooled || statement->prepared == own->made || statement->expects_many)
        return OK;
    name_of(statement, name);
    enum status status =
        postgres_queued(own, PQsendPrepare(own->handle, name, statement->sql,
                                           statement->parameter_count, statement->types));
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        status = postgres_answers(own, 0, NULL);
    if (status == OK)
        statement->prepared = own->made;
    return status;
}

static enum status queue_statement(struct postgres *own, struct postgres_statement *statement)
{
    char name[16];
    if (statement->expects_many)
        return postgres_queue_cursor(own, statement);
    name_of(statement, name);
    int sent =
        own->pooled
            ? PQsendQueryParams(own->handle, statement->sql, statement->parameter_count,
                                statement->types, statement->values, statement->lengths,
                                statement->formats, 0)
            : PQsendQueryPrepared(own->handle, name, statement->parameter_count, statement->values,
                                  statement->lengths, statement->formats, 0);
    return postgres_queued(own, sent);
}

/* What is a transaction by itself, and may write, is asked for what it has told as well. */
static enum status queue_told(struct postgres *own, const struct postgres_statement *statement,
                              bool *asks)
{
    bool may_write = own->writes && own->transaction == POSTGRES_ALONE
                     && !text_starts(text_of(statement->sql), TEXT("SELECT"));
    const char *told_sql = may_write ? postgres_has_told_sql() : NULL;
    *asks = told_sql != NULL;
    return told_sql ? postgres_queue(own, told_sql) : OK;
}

/* The batch is sent: its answer, and to what it has told. */
static enum status take_answers(struct postgres *own, struct postgres_statement *statement,
                                unsigned place, bool asks)
{
    PGresult *results[2] = {0};
    enum status status = postgres_all_answers(own, place, asks ? 2 : 1, results);
    if (asks)
        postgres_wrote(own->handle ? results[1] : NULL);
    PQclear(results[1]);
    statement->result = results[0];
    return status;
}

static enum status run_once(struct postgres *own, struct postgres_statement *statement,
                            bool *was_sent)
{
    bool asks = false;
    *was_sent = false;
    PQclear(statement->result);
    statement->result = NULL;
    enum status status = prepare_named(own, statement);
    if (status == OK)
        status = deallocate_forgotten(own);
    if (status == OK)
        status = postgres_queue_begin(own);
    if (status == OK)
        status = queue_statement(own, statement);
    unsigned place = own->queued - 1;
    if (status == OK)
        status = queue_told(own, statement, &asks);
    if (status == OK)
        status = postgres_queue_end(own);
    *was_sent = status == OK;
    if (status == OK)
        status = postgres_send(own);
    return status == OK ? take_answers(own, statement, place, asks) : status;
}

/* Whether it can be run again though it may have been run: what a transaction does is undone with
 * the connection. */
static bool is_repeatable(const struct postgres *own, const struct postgres_statement *statement)
{
    return !own->writes || own->transaction == POSTGRES_PENDING
           || text_starts(text_of(statement->sql), TEXT("SELECT"));
}

/* After a try without a transaction around it. */
static void note_write(struct postgres *own, bool was_sent, enum status status)
{
    bool is_unknown = was_sent && !own->handle && !own->is_stale;
    if (status == OK || is_unknown)
        own->fate.may_have_written = true;
}

/* A connection that is lost is made again, unless a transaction is open over it. */
static enum status run(struct postgres *own, struct postgres_statement *statement)
{
    bool was_sent;
    bool may_repeat = is_repeatable(own, statement);
    enum postgres_transaction before = own->transaction;
    enum status status = postgres_ready(own);
    if (status != OK)
        return status;
    status = run_once(own, statement, &was_sent);
    if (!may_repeat && before == POSTGRES_ALONE)
        note_write(own, was_sent, status);
    if (own->handle && status != OK)
        postgres_leave(own);
    if (own->handle || before == POSTGRES_OPEN)
        return status;
    if (was_sent && !may_repeat && !own->is_stale)
        return fail("the connection to the database was lost: it is not known whether what was "
                    "written is there");
    own->transaction = before;
    status = postgres_ready(own);
    if (status == OK)
        status = run_once(own, statement, &was_sent);
    if (!may_repeat)
        note_write(own, was_sent, status);
    if (own->handle && status != OK)
        postgres_leave(own);
    return status;
}

enum status postgres_step(void *connection, void *handle)
{
    struct postgres_statement *statement = handle;
    bool at_end = statement->result && statement->row + 1 == POSTGRES_AT_ONCE;
    if (at_end && statement->cursor) {
        enum status status = postgres_fetch(connection, statement);
        if (status != OK)
            return status;
    } else if (statement->result) {
        statement->row++;
    } else {
        enum status status = run(connection, statement);
        if (status != OK)
            return status;
        statement->row = 0;
    }
    if (statement->forms)
        arena_reset(statement->forms);
    return statement->row < PQntuples(statement->result) ? OK : NOT_FOUND;
}

/* Several at once: in one batch, which is one state of a session that reads. */

static enum status run_all_once(struct postgres *own, struct postgres_statement *const *statements,
                                size_t count, bool whole, PGresult **results)
{
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++)
        status = prepare_named(own, statements[i]);
    if (status == OK)
        status = deallocate_forgotten(own);
    if (status == OK && !(whole && own->reads_session && own->transaction == POSTGRES_PENDING))
        status = postgres_queue_begin(own);
    unsigned first = own->queued;
    for (size_t i = 0; i < count && status == OK; i++)
        status = queue_statement(own, statements[i]);
    if (status == OK)
        status = postgres_queue_end(own);
    if (status == OK)
        status = postgres_send(own);
    return status == OK ? postgres_all_answers(own, first, (unsigned)count, results) : status;
}

static enum status run_all(struct postgres *own, struct postgres_statement *const *statements,
                           size_t count, bool whole, PGresult **results)
{
    enum postgres_transaction before = own->transaction;
    enum status status = postgres_ready(own);
    if (status == OK)
        status = run_all_once(own, statements, count, whole, results);
    if (own->handle && status != OK)
        postgres_leave(own);
    if (own->handle || before == POSTGRES_OPEN || status == OK)
        return status;
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    memset(results, 0, count * sizeof(PGresult *));
    own->transaction = before;
    status = postgres_ready(own);
    if (status == OK)
        status = run_all_once(own, statements, count, whole, results);
    if (own->handle && status != OK)
        postgres_leave(own);
    return status;
}

enum status postgres_run_all(void *connection, void *const *handles, size_t count, bool whole)
{
    struct postgres_statement *statements[DB_MOST_AT_ONCE];
    PGresult *results[DB_MOST_AT_ONCE] = {0};
    for (size_t i = 0; i < count; i++)
        statements[i] = handles[i];
    enum status status = run_all(connection, statements, count, whole, results);
    for (size_t i = 0; i < count; i++) {
        statements[i]->result = results[i];
        statements[i]->row = -1;
    }
    return status;
}

void postgres_reset(void *handle)
{
    struct postgres_statement *statement = handle;
    if (statement->cursor)
        postgres_close_cursor(statement->connection, statement);
    statement->expects_many = false;
    PQclear(statement->result);
    statement->result = NULL;
    if (statement->texts)
        arena_free(statement->texts);
    if (statement->forms)
        arena_free(statement->forms);
    statement->texts = NULL;
    statement->forms = NULL;
}
