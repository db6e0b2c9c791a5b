/* Taking down what is read, so that it can be read again. Of db.c alone. */
#pragma once

#include "db/statements.h"

/* `time`: what is left until the connection's deadline. */
void reads_begin(const struct db_statement *statement, const struct db_parameter *parameters,
                 size_t count, int64_t time);
/* A step that gave a row, or did not. */
void reads_step(const struct db_statement *statement, enum status status);
void reads_end(const struct db_statement *statement);
/* A query failed before its first step. */
void reads_fail(struct db *db);

/* By the literal; or where that is NULL, by the key, and where no statement has it, by the SQL. */
struct reads_again {
    const char *literal;
    struct text key;
    struct text sql;
};
void db_query_again(struct db *db, struct db_rows *rows, const struct reads_again *again,
                    const struct db_parameter *parameters, size_t count);
