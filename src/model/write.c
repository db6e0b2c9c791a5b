/* Adding and changing rows, and the pairs of a MANY_TO_MANY. */
#include <string.h>

#include "base/arena.h"
#include "db/dialect.h"
#include "model/query.h"
#include "model/statement.h"

#define ROWS_AT_ONCE 64 /* of one statement */

struct db_parameter model_key_of(const struct model *model, const void *row, struct arena *arena)
{
    return field_bind(model_key(model), row, arena);
}

struct text model_path(const struct model *model, const void *row, struct arena *arena)
{
    struct db_parameter key = model_key_of(model, row, arena);
    if (key.kind == DB_KIND_TEXT)
        return text_format(arena, "%s/%.*s", model_table(model), TEXT_ARG(key.text));
    return text_format(arena, "%s/%lld", model_table(model), (long long)key.integer);
}

/* INSERT */

static bool is_inserted(const struct model *model, const struct field *field, const void *row)
{
    return field->column && !(field == model_key(model) && field_is_null(field, row));
}

static void put_columns(struct statement *statement, const struct model *model, const void *row)
{
    const char *between = "";
    buffer_format(&statement->sql, "INSERT INTO \"%s\" (", model_table(model));
    for (size_t i = 0; i < model->field_count; i++) {
        if (!is_inserted(model, &model->fields[i], row))
            continue;
        buffer_text(&statement->sql, text_of(between));
        statement_name(statement, model->fields[i].column);
        between = ", ";
    }
    buffer_text(&statement->sql, TEXT(") VALUES "));
}

/* The columns are those of `first`, as are the row's own where it is one of several. */
static void put_values(struct statement *statement, const struct model *model, const void *first,
                       const void *row)
{
    const char *between = "(";
    for (size_t i = 0; i < model->field_count; i++) {
        if (!is_inserted(model, &model->fields[i], first))
            continue;
        buffer_text(&statement->sql, text_of(between));
        statement_bind(statement, field_bind(&model->fields[i], row, statement->arena));
        between = ", ";
    }
    buffer_char(&statement->sql, ')');
}

enum status model_insert(struct db *db, const struct model *model, void *row)
{
    const struct field *key = model_key(model);
    bool is_new = key->type == &field_ROWID && field_is_null(key, row);
    struct arena *arena = arena_new(2048);
    struct statement statement = statement_start(arena);
    put_columns(&statement, model, row);
    put_values(&statement, model, row, row);
    buffer_format(&statement.sql, " RETURNING \"%s\"", key->column);
    enum status status = statement_run(db, &statement, is_new ? field_member(key, row) : NULL);
    arena_free(arena);
    return status;
}

static enum status insert_some(struct db *db, const struct model *model, void *const *rows,
                               size_t count)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct statement statement = statement_start(arena);
    put_columns(&statement, model, rows[0]);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_text(&statement.sql, TEXT(", "));
        put_values(&statement, model, rows[0], rows[i]);
    }
    enum status status = statement_run(db, &statement, NULL);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status; /* it gives no rows */
}

enum status model_insert_all(struct db *db, const struct model *model, void *const *rows,
                             size_t count)
{
    enum status status = OK;
    for (size_t from = 0; from < count && status == OK; from += ROWS_AT_ONCE) {
        size_t left = count - from;
        status = insert_some(db, model, rows + from, left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE);
    }
    return status;
}

enum status model_keys_follow(struct db *db, const struct model *model)
{
    const char *sql = db_dialect(db)->follow_keys;
    const char *key = model_key(model)->column;
    if (!sql || model_key(model)->type != &field_ROWID)
        return OK;
    struct arena *arena = arena_new(2048);
    struct statement statement = statement_start(arena);
    for (struct text rest = text_of(sql); rest.length;) {
        bool names_table = text_starts(rest, TEXT("{table}"));
        bool names_key = text_starts(rest, TEXT("{key}"));
        size_t length = names_table ? strlen("{table}") : names_key ? strlen("{key}") : 1;
        buffer_text(&statement.sql, names_table ? text_of(model_table(model))
                                    : names_key ? text_of(key)
                                                : text_part(rest, 0, 1));
        rest = text_from(rest, length);
    }
    enum status status = statement_run(db, &statement, NULL);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status;
}

/* UPDATE */

/* False: the rows do not differ. */
static bool put_update(struct statement *statement, const struct model *model, const void *before,
                       const void *row)
{
    buffer_format(&statement->sql, "UPDATE \"%s\" SET ", model_table(model));
    for (size_t i = 1; i < model->field_count; i++) {
        const struct field *field = &model->fields[i];
        if (!field->column || field_equal(field, before, row, statement->arena))
            continue;
        buffer_format(&statement->sql, "%s\"%s\" = ", statement->parameters.count ? ", " : "",
                      field->column);
        statement_bind(statement, field_bind(field, row, statement->arena));
    }
    return statement->parameters.count > 0;
}

enum status model_update(struct db *db, const struct model *model, const void *before,
                         const void *row)
{
    struct arena *arena = arena_new(2048);
    struct statement statement = statement_start(arena);
    enum status status = OK;
    if (put_update(&statement, model, before, row)) {
        buffer_format(&statement.sql, " WHERE \"%s\" = ", model_key(model)->column);
        statement_bind(&statement, model_key_of(model, before, arena));
        buffer_format(&statement.sql, " RETURNING 1");
        status = statement_run(db, &statement, NULL);
    }
    arena_free(arena);
    return status;
}

/* MANY_TO_MANY (docs.djangoproject.com/en/5.2/ref/models/fields/#manytomanyfield): the column is
 * named by the model it refers to; of a model with itself by the direction. */
struct link_table link_table_of(const struct model *model, const struct field *field,
                                struct arena *arena)
{
    bool itself = field->to == model;
    return (struct link_table){
        .name = text_format(arena, "%s_%s", model_table(model), field->name).at,
        .from = text_format(arena, "%s%s_id", itself ? "from_" : "", model->name).at,
        .to = text_format(arena, "%s%s_id", itself ? "to_" : "", field->to->name).at,
    };
}

static enum status read_keys(struct db *db, struct arena *arena, const struct statement *statement,
                             int64_t **out, size_t *count)
{
    LIST(int64_t) keys = {0};
    struct db_rows rows;
    statement_query(db, statement, &rows);
    while (db_next(&rows))
        *LIST_PUSH(arena, &keys) = db_int_at(&rows, 0);
    *out = keys.items;
    *count = keys.count;
    return db_finish(&rows);
}

enum status links_read(struct db *db, struct arena *arena, const struct model *model,
                       const struct field *field, int64_t key, int64_t **out, size_t *count)
{
    struct link_table table = link_table_of(model, field, arena);
    struct statement statement = statement_start(arena);
    buffer_format(&statement.sql, "SELECT \"%s\" FROM \"%s\" WHERE \"%s\" = ", table.to, table.name,
                  table.from);
    statement_bind(&statement, DB_INT(key));
    buffer_format(&statement.sql, " ORDER BY \"%s\"", table.to);
    return read_keys(db, arena, &statement, out, count);
}

static bool has_key(const int64_t *keys, size_t count, int64_t key)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i] == key)
            return true;
    return false;
}

static enum status link_add(struct db *db, const struct link_table *table, int64_t key,
                            int64_t other, struct arena *arena)
{
    struct statement statement = statement_start(arena);
    buffer_format(&statement.sql, "INSERT INTO \"%s\" (\"%s\", \"%s\") VALUES (", table->name,
                  table->from, table->to);
    statement_bind(&statement, DB_INT(key));
    buffer_text(&statement.sql, TEXT(", "));
    statement_bind(&statement, DB_INT(other));
    buffer_text(&statement.sql, TEXT(") RETURNING 1"));
    return statement_run(db, &statement, NULL);
}

static enum status link_remove(struct db *db, const struct link_table *table, int64_t key,
                               int64_t other, struct arena *arena)
{
    struct statement statement = statement_start(arena);
    buffer_format(&statement.sql, "DELETE FROM \"%s\" WHERE \"%s\" = ", table->name, table->from);
    statement_bind(&statement, DB_INT(key));
    buffer_format(&statement.sql, " AND \"%s\" = ", table->to);
    statement_bind(&statement, DB_INT(other));
    buffer_text(&statement.sql, TEXT(" RETURNING 1"));
    return statement_run(db, &statement, NULL);
}

enum status links_write(struct db *db, const struct model *model, const struct field *field,
                        int64_t key, const int64_t *others, size_t count)
{
    struct arena *arena = arena_new(2048);
    struct link_table table = link_table_of(model, field, arena);
    int64_t *present;
    size_t present_count;
    enum status status = links_read(db, arena, model, field, key, &present, &present_count);
    for (size_t i = 0; i < present_count && status == OK; i++)
        if (!has_key(others, count, present[i]))
            status = link_remove(db, &table, key, present[i], arena);
    for (size_t i = 0; i < count && status == OK; i++)
        if (!has_key(present, present_count, others[i]) && !has_key(others, i, others[i]))
            status = link_add(db, &table, key, others[i], arena);
    arena_free(arena);
    return status;
}
