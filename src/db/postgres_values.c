/* What is read from PostgreSQL, in the forms that values have in SQLite's databases, as Django
 * writes them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/postgres.h"

#define DIGITS 6 /* of a second */

bool postgres_is_null(void *handle, int column)
{
    const struct postgres_statement *statement = handle;
    return PQgetisnull(statement->result, statement->row, column);
}

static const char *value_of(const struct postgres_statement *statement, int column)
{
    return PQgetvalue(statement->result, statement->row, column);
}

int64_t postgres_integer(void *handle, int column)
{
    const struct postgres_statement *statement = handle;
    const char *value = value_of(statement, column);
    if (PQftype(statement->result, column) == TYPE_BOOL)
        return *value == 't';
    return strtoll(value, NULL, 10);
}

void postgres_put_row(void *handle, int columns, struct buffer *out)
{
    const struct postgres_statement *statement = handle;
    for (int i = 0; i < columns; i++) {
        int length = PQgetisnull(statement->result, statement->row, i)
                         ? -1
                         : PQgetlength(statement->result, statement->row, i);
        buffer_append(out, &length, sizeof length);
        buffer_append(out, value_of(statement, i), length > 0 ? (size_t)length : 0);
    }
}

double postgres_real(void *handle, int column)
{
    return strtod(value_of(handle, column), NULL);
}

/* "2026-11-22 11:35:45.97968+00" becomes "2026-11-22 11:35:45.979680": the session's zone is UTC.
 * A time without a fraction has none. */
static struct text moment(struct postgres_statement *statement, struct text value)
{
    if (text_ends(value, TEXT(" BC")))
        return value; /* no moment of ours, and no other */
    size_t point = text_find_char(value, '.');
    size_t end = value.length;
    size_t plus = text_find_char(value, '+');
    if (plus != TEXT_NOT_FOUND)
        end = plus;
    if (point == TEXT_NOT_FOUND)
        return text_part(value, 0, end);
    if (!statement->forms)
        statement->forms = arena_new(256);
    char *out = arena_alloc(statement->forms, point + 1 + DIGITS);
    memset(out, '0', point + 1 + DIGITS);
    memcpy(out, value.at, end < point + 1 + DIGITS ? end : point + 1 + DIGITS);
    return (struct text){out, point + 1 + DIGITS};
}

struct text postgres_text(void *handle, int column)
{
    struct postgres_statement *statement = handle;
    if (postgres_is_null(handle, column))
        return TEXT_NONE;
    struct text value = {value_of(statement, column),
                         (size_t)PQgetlength(statement->result, statement->row, column)};
    switch (PQftype(statement->result, column)) {
    case TYPE_BOOL: return *value.at == 't' ? TEXT("1") : TEXT("0");
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: return moment(statement, value);
    default: return value;
    }
}
