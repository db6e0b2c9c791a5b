/* Natural keys: the values that tell a row apart, instead of its number. */
#include "base/arena.h"
#include "base/list.h"
#include "model/fixtures_internal.h"
#include "model/query.h"

#define DEEPEST 8 /* references that a natural key may lead through */

bool natural_key_continues(const struct field *field)
{
    return field->type->is_reference && field->to->natural_key;
}

/* Rows in which the columns of the natural key are those of `row`. */
static enum status find_by(struct db *db, struct arena *arena, const struct model *model,
                           const void *row, int64_t *out)
{
    struct buffer sql = {.arena = arena};
    struct db_rows rows;
    LIST(struct db_parameter) parameters = {0};
    buffer_format(&sql, "SELECT \"%s\" FROM \"%s\" WHERE", model_key(model)->column,
                  model_table(model));
    for (const char *const *name = model->natural_key; *name; name++) {
        const struct field *field = model_field(model, text_of(*name));
        *LIST_PUSH(arena, &parameters) = field_bind(field, row, arena);
        buffer_format(&sql, "%s \"%s\" = $%zu", parameters.count > 1 ? " AND" : "", field->column,
                      parameters.count);
    }
    buffer_text(&sql, TEXT(" LIMIT 2"));
    db_query_built(db, &rows, buffer_contents(&sql), parameters.items, parameters.count);
    bool found = db_next(&rows);
    *out = found ? db_int_at(&rows, 0) : 0;
    bool more = found && db_next(&rows);
    enum status status = db_finish(&rows);
    if (status == OK && more)
        return fail_as(INVALID, "several rows of %s.%s have this natural key", model->app_label,
                       model->name);
    return status == OK && !found ? NOT_FOUND : status;
}

enum status natural_key_find_row(struct db *db, struct arena *arena, const struct model *model,
                                 const void *row, int64_t *out)
{
    return find_by(db, arena, model, row, out);
}

/* A walk through the values of a list. */
struct values {
    struct db *db;
    struct arena *arena;
    const json_t *list;
    size_t next;
};

static enum status find_next(struct values *values, const struct model *model, int depth,
                             int64_t *out);

static enum status take_next(struct values *values, const struct model *model,
                             const struct field *field, void *row, int depth)
{
    if (natural_key_continues(field))
        return find_next(values, field->to, depth + 1, field_member(field, row));
    const json_t *value = json_array_get(values->list, values->next++);
    struct text why =
        value ? fixture_take(field, row, value, values->arena) : TEXT("a value is missing");
    if (!why.length)
        return OK;
    return fail_as(INVALID, "in the natural key of %s.%s, \"%s\": %.*s", model->app_label,
                   model->name, field->name, TEXT_ARG(why));
}

static enum status find_next(struct values *values, const struct model *model, int depth,
                             int64_t *out)
{
    void *row = model_empty(model, values->arena);
    enum status status = OK;
    if (depth > DEEPEST)
        return fail_as(INVALID, "the natural key of %s.%s leads back to itself", model->app_label,
                       model->name);
    for (const char *const *name = model->natural_key; *name && status == OK; name++)
        status = take_next(values, model, model_field(model, text_of(*name)), row, depth);
    return status == OK ? find_by(values->db, values->arena, model, row, out) : status;
}

enum status natural_key_find(struct db *db, struct arena *arena, const struct model *model,
                             const json_t *list, int64_t *out)
{
    struct values values = {.db = db, .arena = arena, .list = list};
    if (!model->natural_key)
        return fail_as(INVALID, "%s.%s has no natural key: give its key", model->app_label,
                       model->name);
    enum status status = find_next(&values, model, 0, out);
    if (status == OK && values.next != json_array_size(list))
        return fail_as(INVALID, "the natural key of %s.%s has %zu values", model->app_label,
                       model->name, values.next);
    return status;
}

static enum status put_values(struct buffer *out, struct json_style style, int depth,
                              const struct model *model, const void *row, struct arena *arena,
                              bool *first)
{
    enum status status = OK;
    for (const char *const *name = model->natural_key; *name && status == OK; name++) {
        const struct field *field = model_field(model, text_of(*name));
        if (natural_key_continues(field) && !field_is_null(field, row)) {
            const void *related = *field_related(field, (void *)(uintptr_t)row);
            if (!related)
                return fail_as(INVALID, "\"%s\" refers to a row that is not there", field->name);
            status = put_values(out, style, depth, field->to, related, arena, first);
            continue;
        }
        (*first ? json_put_first : json_put_next)(out, style, depth);
        *first = false;
        status = fixture_put(out, style, depth + 1, field, row, arena);
    }
    return status;
}

enum status natural_key_put(struct buffer *out, struct json_style style, int depth,
                            const struct model *model, const void *row, struct arena *arena)
{
    bool first = true;
    buffer_char(out, '[');
    enum status status = put_values(out, style, depth, model, row, arena, &first);
    json_put_end(out, style, depth);
    buffer_char(out, ']');
    return status;
}
