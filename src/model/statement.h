/* SQL in the making, of declared names, and the values bound to it. For this folder alone. */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "db/db.h"

struct statement {
    struct arena *arena;
    struct buffer sql;
    LIST(struct db_parameter) parameters;
};

struct statement statement_start(struct arena *arena);

/* Writes "$1", "$2" … for a value. */
void statement_bind(struct statement *statement, struct db_parameter value);

/* Writes the name of a table or column, quoted. */
void statement_name(struct statement *statement, const char *name);

/* Begins its rows; to be finished. */
void statement_query(struct db *db, const struct statement *statement, struct db_rows *rows);

/* Runs it to its end; `first`, unless NULL, is the first integer it gives. NOT_FOUND: it gave no
 * row. */
enum status statement_run(struct db *db, const struct statement *statement, int64_t *first);
