/* Rows of PostgreSQL that come in parts, within a transaction
 * (postgresql.org/docs/15/sql-declare.html). */
#include <stdio.h>

#include "base/arena.h"
#include "db/postgres.h"

static enum status queue_fetch(struct postgres *own, const struct postgres_statement *statement)
{
    char sql[64];
    snprintf(sql, sizeof sql, "FETCH %d FROM c%u", POSTGRES_AT_ONCE, statement->cursor);
    return postgres_queue(own, sql);
}

enum status postgres_queue_cursor(struct postgres *own, struct postgres_statement *statement)
{
    struct arena *arena = arena_new(1024);
    statement->cursor = ++own->last_cursor;
    statement->cursor_made = own->made;
    struct text sql = text_format(arena, "DECLARE c%u NO SCROLL CURSOR FOR %s", statement->cursor,
                                  statement->sql);
    int sent = PQsendQueryParams(own->handle, sql.at, statement->parameter_count, statement->types,
                                 statement->values, statement->lengths, statement->formats, 0);
    arena_free(arena);
    enum status status = postgres_queued(own, sent);
    return status == OK ? queue_fetch(own, statement) : status;
}

/* Until its transaction ends. */
static bool has_cursor(const struct postgres *own, const struct postgres_statement *statement)
{
    return statement->cursor && own->handle && own->made == statement->cursor_made
           && own->transaction == POSTGRES_OPEN;
}

enum status postgres_fetch(struct postgres *own, struct postgres_statement *statement)
{
    if (!has_cursor(own, statement))
        return fail_as(BUSY, "the rows that were being read are gone with their transaction");
    PQclear(statement->result);
    statement->result = NULL;
    enum status status = postgres_ready(own);
    if (status == OK)
        status = queue_fetch(own, statement);
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        status = postgres_answers(own, 0, &statement->result);
    if (own->handle && status != OK)
        postgres_leave(own);
    statement->row = 0;
    return status;
}

void postgres_close_cursor(struct postgres *own, struct postgres_statement *statement)
{
    char sql[32];
    snprintf(sql, sizeof sql, "CLOSE c%u", statement->cursor);
    if (has_cursor(own, statement) && postgres_queue(own, sql) == OK)
        postgres_send(own);
    statement->cursor = 0;
}

void postgres_expect_many(void *handle)
{
    struct postgres_statement *statement = handle;
    statement->expects_many = statement->connection->transaction != POSTGRES_ALONE;
}
