#include "model/row_digest.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "crypto/signing.h"
#include "model/query.h"
#include "model/statement.h"

#define SALT  TEXT("model.row_digest")
#define BYTES 16 /* of the HMAC */

struct digesting {
    struct db *db;
    struct arena *arena;
    const struct model *model;
    const char *const *names;
    struct buffer message;
};

static bool is_named(const struct digesting *digesting, const struct field *field)
{
    const char *const *name = digesting->names;
    while (name && *name && model_field(digesting->model, text_of(*name)) != field)
        name++;
    return !name || *name;
}

static void check_names(const struct model *model, const char *const *names)
{
    for (; names && *names; names++) {
        if (model_field(model, text_of(*names)))
            continue;
        log_error("no such field of a row's digest", LOG_STRING("name", *names));
        abort();
    }
}

/* Length first: no two rows give the same bytes. */
static void put(struct buffer *message, const void *bytes, size_t length)
{
    buffer_append(message, &length, sizeof length);
    buffer_append(message, bytes, length);
}

static void put_column(struct digesting *digesting, const struct field *field,
                       const struct db_rows *rows, int column)
{
    struct buffer *message = &digesting->message;
    bool null = db_is_null_at(rows, column);
    put(message, field->name, strlen(field->name));
    buffer_char(message, null ? '0' : '1');
    if (null)
        return;
    if (field->type == &field_FLOAT) {
        double real = db_real_at(rows, column);
        put(message, &real, sizeof real);
    } else {
        struct text text = db_text_at(rows, column);
        put(message, text.at, text.length);
    }
}

static void put_select(struct statement *statement, const struct digesting *digesting)
{
    const struct model *model = digesting->model;
    buffer_format(&statement->sql, "SELECT \"%s\"", model_key(model)->column);
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].column && is_named(digesting, &model->fields[i]))
            buffer_format(&statement->sql, ", \"%s\"", model->fields[i].column);
    buffer_format(&statement->sql, " FROM \"%s\" WHERE \"%s\" = ", model_table(model),
                  model_key(model)->column);
}

static void put_columns(struct digesting *digesting, const struct db_rows *rows)
{
    const struct model *model = digesting->model;
    int column = 0;
    put_column(digesting, model_key(model), rows, column++);
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].column && is_named(digesting, &model->fields[i]))
            put_column(digesting, &model->fields[i], rows, column++);
}

static enum status read_columns(struct digesting *digesting, struct db_parameter key)
{
    struct statement statement = statement_start(digesting->arena);
    struct db_rows rows;
    put_select(&statement, digesting);
    statement_bind(&statement, key);
    statement_query(digesting->db, &statement, &rows);
    bool found = db_next(&rows);
    if (found)
        put_columns(digesting, &rows);
    enum status status = db_finish(&rows);
    return status == OK && !found ? NOT_FOUND : status;
}

static enum status read_pairs(struct digesting *digesting, struct db_parameter key)
{
    const struct model *model = digesting->model;
    enum status status = OK;
    for (size_t i = 0; i < model->field_count && status == OK; i++) {
        const struct field *field = &model->fields[i];
        int64_t *others = NULL;
        size_t count = 0;
        if (field->column || !is_named(digesting, field))
            continue;
        status =
            links_read(digesting->db, digesting->arena, model, field, key.integer, &others, &count);
        put(&digesting->message, field->name, strlen(field->name));
        put(&digesting->message, others, count * sizeof *others);
    }
    return status;
}

enum status row_digest(struct db *db, struct arena *arena, const struct model *model,
                       struct db_parameter key, const char *const *names, struct text secret,
                       struct text *out)
{
    struct digesting digesting = {db, arena, model, names, {.arena = arena}};
    const char *table = model_table(model);
    check_names(model, names);
    put(&digesting.message, table, strlen(table));
    enum status status = read_columns(&digesting, key);
    if (status == OK)
        status = read_pairs(&digesting, key);
    struct text message = buffer_contents(&digesting.message);
    struct digest_value digest = salted_hmac(DIGEST_SHA256, SALT, message, secret);
    secret_wipe(digesting.message.at, digesting.message.length); /* it may have passwords' hashes */
    *out = hex_of(arena, text_part(digest_bytes(&digest), 0, BYTES));
    return status;
}
