#include "model/statement.h"

struct statement statement_start(struct arena *arena)
{
    return (struct statement){.arena = arena, .sql = {.arena = arena}};
}

void statement_bind(struct statement *statement, struct db_parameter value)
{
    *LIST_PUSH(statement->arena, &statement->parameters) = value;
    buffer_char(&statement->sql, '$');
    buffer_int(&statement->sql, (int64_t)statement->parameters.count);
}

void statement_name(struct statement *statement, const char *name)
{
    buffer_char(&statement->sql, '"');
    buffer_text(&statement->sql, text_of(name));
    buffer_char(&statement->sql, '"');
}

void statement_query(struct db *db, const struct statement *statement, struct db_rows *rows)
{
    db_query_built(db, rows, buffer_contents(&statement->sql), statement->parameters.items,
                   statement->parameters.count);
}

enum status statement_run(struct db *db, const struct statement *statement, int64_t *first)
{
    struct db_rows rows;
    statement_query(db, statement, &rows);
    bool found = db_next(&rows);
    if (found && first)
        *first = db_int_at(&rows, 0);
    while (found && db_next(&rows))
        ;
    enum status status = db_finish(&rows);
    return status == OK && !found ? NOT_FOUND : status;
}
