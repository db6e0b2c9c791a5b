#include "model/fixtures.h"

#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "model/model.h"

struct loading {
    struct arena *arena;
    const struct model *const *models;
    const json_t *root;
    const char **statements; /* INSERT by model; their addresses must not change (db.h) */
    size_t count;
};

static const char *insert_statement(struct arena *arena, const struct model *model)
{
    struct buffer sql = {.arena = arena};
    buffer_format(&sql, "INSERT INTO \"%s\" (", model_table(model));
    for (size_t i = 0; i < model->field_count; i++)
        buffer_format(&sql, "%s\"%s\"", i ? ", " : "", model->fields[i].column);
    buffer_text(&sql, TEXT(") VALUES ("));
    for (size_t i = 0; i < model->field_count; i++)
        buffer_format(&sql, "%s$%zu", i ? ", " : "", i + 1);
    buffer_text(&sql, TEXT(")"));
    buffer_char(&sql, '\0');
    return sql.at;
}

static enum status find_model(const struct loading *loading, const json_t *object, size_t *out)
{
    const char *wanted = json_string_value(json_object_get(object, "model"));
    for (size_t i = 0; wanted && loading->models[i]; i++) {
        const struct model *model = loading->models[i];
        if (text_is(text_format(loading->arena, "%s.%s", model->app_label, model->name), wanted)) {
            *out = i;
            return OK;
        }
    }
    return fail_as(INVALID, "there is no model \"%s\"", wanted ? wanted : "");
}

/* "2020-06-14T09:44:05.123Z" as the database keeps it: UTC, with a space and without zone. */
static struct text stored_datetime(struct arena *arena, struct text iso)
{
    struct text copy = text_copy(arena, iso);
    size_t separator = text_find_char(copy, 'T');
    if (separator != TEXT_NOT_FOUND)
        ((char *)(uintptr_t)copy.at)[separator] = ' ';
    return text_ends(copy, TEXT("Z")) ? text_part(copy, 0, copy.length - 1) : copy;
}

static bool is_text(const struct field *field)
{
    return field->type == &field_TEXT;
}

static enum status parameter_of(struct arena *arena, const struct field *field, const json_t *value,
                                struct db_parameter *out)
{
    if (!value)
        return fail_as(INVALID, "the field \"%s\" is missing", field->name);
    if (json_is_null(value) && field->null)
        *out = DB_NULL;
    else if (json_is_string(value) && is_text(field))
        *out = DB_TEXT(((struct text){json_string_value(value), json_string_length(value)}));
    else if (json_is_string(value) && field->type == &field_DATETIME)
        *out = DB_TEXT(stored_datetime(arena, text_of(json_string_value(value))));
    else if (json_is_boolean(value) && field->type == &field_BOOLEAN)
        *out = DB_BOOL(json_is_true(value));
    else if (json_is_integer(value) && field->type->json == FIELD_JSON_NUMBER)
        *out = DB_INT(json_integer_value(value));
    else
        return fail_as(INVALID, "the field \"%s\" has a value of the wrong kind", field->name);
    return OK;
}

static bool has_field(const struct model *model, const char *name)
{
    for (size_t i = 1; i < model->field_count; i++)
        if (strcmp(model->fields[i].name, name) == 0)
            return true;
    return false;
}

static enum status check_names(const struct model *model, json_t *fields)
{
    for (void *at = json_object_iter(fields); at; at = json_object_iter_next(fields, at))
        if (!has_field(model, json_object_iter_key(at)))
            return fail_as(INVALID, "the model has no field \"%s\"", json_object_iter_key(at));
    return OK;
}

static enum status load_object(struct db *db, struct loading *loading, const json_t *object)
{
    size_t index = 0;
    enum status status = find_model(loading, object, &index);
    if (status != OK)
        return status;
    const struct model *model = loading->models[index];
    if (!loading->statements[index])
        loading->statements[index] = insert_statement(loading->arena, model);
    struct db_parameter *parameters =
        ARENA_ARRAY(loading->arena, struct db_parameter, model->field_count);
    status = check_names(model, json_object_get(object, "fields"));
    for (size_t i = 0; i < model->field_count && status == OK; i++) {
        const json_t *value =
            i == 0 ? json_object_get(object, "pk")
                   : json_object_get(json_object_get(object, "fields"), model->fields[i].name);
        status = parameter_of(loading->arena, &model->fields[i], value, &parameters[i]);
    }
    if (status != OK)
        return status;
    return db_run_with(db, loading->statements[index], parameters, model->field_count);
}

static enum status load_all(struct db *db, void *context)
{
    struct loading *loading = context;
    size_t index;
    const json_t *object;
    json_array_foreach(loading->root, index, object)
    {
        enum status status = load_object(db, loading, object);
        if (status != OK)
            return fail_as(status, "object %zu: %s", index + 1, status_failure()->message);
        loading->count++;
    }
    return OK;
}

enum status fixture_load(struct db *db, struct arena *arena, struct text json,
                         const struct model *const *models, size_t *count)
{
    json_error_t error;
    json_t *root = json_loadb(json.at, json.length, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail_as(INVALID, "line %d: %s", error.line, error.text);
    if (!json_is_array(root)) {
        json_decref(root);
        return fail_as(INVALID, "a fixture is a JSON list of objects");
    }
    size_t model_count = 0;
    while (models[model_count])
        model_count++;
    struct loading loading = {.arena = arena,
                              .models = models,
                              .root = root,
                              .statements = ARENA_ARRAY(arena, const char *, model_count)};
    enum status status = db_transaction(db, load_all, &loading);
    *count = status == OK ? loading.count : 0;
    json_decref(root);
    return status;
}
