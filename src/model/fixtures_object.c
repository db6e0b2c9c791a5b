/* One object of a fixture: checked, its references found, and saved. */
#include <string.h>

#include "base/arena.h"
#include "model/fixtures_internal.h"
#include "model/query.h"

/* Faults */

/* "shop.owner 7" */
static struct text object_name(const struct object *object)
{
    const char *label = json_string_value(json_object_get(object->json, "model"));
    const json_t *key = json_object_get(object->json, "pk");
    struct text excerpt =
        key && !json_is_null(key) ? fixture_excerpt(key, object->arena) : TEXT_NONE;
    return text_format(object->arena, "%s%s%.*s", label ? label : "", excerpt.length ? " " : "",
                       TEXT_ARG(excerpt));
}

enum status object_refuse(const struct object *object, enum status status)
{
    struct text name = object_name(object);
    struct text why = text_copy(object->arena, text_of(status_failure()->message));
    return fail_as(status, "%s: object %zu, line %zu%s%.*s%s: %.*s",
                   object->loader->sources[object->origin.source].name, object->origin.number,
                   object->origin.line, name.length ? " (" : "", TEXT_ARG(name),
                   name.length ? ")" : "", TEXT_ARG(why));
}

static enum status refuse_value(const struct object *object, const struct field *field,
                                const json_t *value, struct text why)
{
    struct text excerpt = fixture_excerpt(value, object->arena);
    return fail_as(INVALID, "the field \"%s\" cannot be %.*s: %.*s", field->name, TEXT_ARG(excerpt),
                   TEXT_ARG(why));
}

/* Statements */

static void put_columns(struct buffer *sql, const struct model *model, const char *form)
{
    const char *between = "";
    size_t count = 0;
    for (size_t i = 0; i < model->field_count; i++) {
        if (!model->fields[i].column)
            continue;
        buffer_text(sql, text_of(between));
        if (form[0] == '$')
            buffer_format(sql, "$%zu", ++count);
        else
            buffer_format(sql, "\"%s\"", model->fields[i].column);
        between = ", ";
    }
}

static void put_conflict(struct buffer *sql, const struct model *model)
{
    const char *between = " DO UPDATE SET ";
    buffer_format(sql, " ON CONFLICT (\"%s\")", model_key(model)->column);
    for (size_t i = 1; i < model->field_count; i++) {
        const char *column = model->fields[i].column;
        if (!column)
            continue;
        buffer_format(sql, "%s\"%s\" = excluded.\"%s\"", between, column, column);
        between = ", ";
    }
    if (between[0] == ' ')
        buffer_text(sql, TEXT(" DO NOTHING"));
}

static struct text replace_sql(const struct loader *loader, const struct model *model)
{
    struct buffer sql = {.arena = loader->arena};
    buffer_format(&sql, "INSERT INTO \"%s\" (", model_table(model));
    put_columns(&sql, model, "name");
    buffer_text(&sql, TEXT(") VALUES ("));
    put_columns(&sql, model, "$");
    buffer_text(&sql, TEXT(")"));
    if (!loader->options->only_new)
        put_conflict(&sql, model);
    return buffer_contents(&sql);
}

static struct plan *plan_of(struct loader *loader, const struct model *model)
{
    struct plan *plan = loader->plans;
    while (plan->model != model)
        plan++;
    if (!plan->used)
        plan->replace = replace_sql(loader, model);
    plan->used = true;
    return plan;
}

/* Values */

/* A reference that leads to nothing yet. */
static enum status leave_open(struct object *object, const struct field *field, const json_t *value)
{
    if (object->loader->last)
        return refuse_value(object, field, value, TEXT("there is no such row"));
    object->incomplete = true;
    if (!field->null && field->column)
        object->must_wait = true;
    for (const char *const *name = object->plan->model->natural_key; name && *name; name++)
        if (strcmp(*name, field->name) == 0)
            object->must_wait = true;
    return OK;
}

/* NOT_FOUND: it names a row that is not there. */
static enum status find_referred(const struct object *object, const struct field *field,
                                 const json_t *value, int64_t *out)
{
    if (json_is_array(value))
        return natural_key_find(object->loader->db, object->arena, field->to, value, out);
    *out = json_integer_value(value);
    if (json_is_integer(value) && *out != FIELD_NULL)
        return OK;
    return fail_as(INVALID, "%s is needed",
                   field->to->natural_key ? "a key or a natural key" : "a key");
}

static enum status take_reference(struct object *object, const struct field *field,
                                  const json_t *value)
{
    enum status status = find_referred(object, field, value, field_member(field, object->row));
    if (status == NOT_FOUND) {
        field_set_null(field, object->row);
        return leave_open(object, field, value);
    }
    if (status == INVALID)
        return refuse_value(object, field, value,
                            text_copy(object->arena, text_of(status_failure()->message)));
    return status;
}

static enum status take_value(struct object *object, const struct field *field, const json_t *value)
{
    if (field->type->is_reference && !json_is_null(value))
        return take_reference(object, field, value);
    struct text why = fixture_take(field, object->row, value, object->arena);
    return why.length ? refuse_value(object, field, value, why) : OK;
}

/* As Django, which knows no default of these but for texts. */
static enum status take_default(struct object *object, const struct field *field)
{
    bool is_text = field->type == &field_TEXT || field->type == &field_LONG_TEXT;
    if (field->null || (field->default_to && field->default_to[0]))
        return OK;
    if (!is_text)
        return fail_as(INVALID, "the field \"%s\" is missing and has no default", field->name);
    *(struct text *)field_member(field, object->row) = TEXT("");
    return OK;
}

static enum status take_key(struct object *object)
{
    const struct field *key = model_key(object->plan->model);
    const json_t *value = json_object_get(object->json, "pk");
    if (!value || json_is_null(value))
        return key->type == &field_ROWID
                   ? OK
                   : fail_as(INVALID, "it has no \"pk\", and its key is not a number");
    struct text why = fixture_take(key, object->row, value, object->arena);
    if (!why.length)
        return OK;
    struct text excerpt = fixture_excerpt(value, object->arena);
    return fail_as(INVALID, "its \"pk\" cannot be %.*s: %.*s", TEXT_ARG(excerpt), TEXT_ARG(why));
}

static const struct field *field_named(const struct model *model, const char *name)
{
    for (size_t i = 1; i < model->field_count; i++)
        if (strcmp(model->fields[i].name, name) == 0)
            return &model->fields[i];
    return NULL;
}

static enum status check_names(const struct object *object)
{
    for (void *at = json_object_iter(object->fields); at;
         at = json_object_iter_next(object->fields, at))
        if (!field_named(object->plan->model, json_object_iter_key(at)))
            return fail_as(INVALID,
                           "%s.%s has no field \"%s\" (--ignorenonexistent passes over such)",
                           object->plan->model->app_label, object->plan->model->name,
                           json_object_iter_key(at));
    return OK;
}

static enum status take_fields(struct object *object)
{
    const struct model *model = object->plan->model;
    enum status status = OK;
    size_t found = 0;
    for (size_t i = 1; i < model->field_count && status == OK; i++) {
        const struct field *field = &model->fields[i];
        const json_t *value = json_object_get(object->fields, field->name);
        found += value != NULL;
        if (field->column)
            status = value ? take_value(object, field, value) : take_default(object, field);
    }
    if (status == OK && !object->loader->options->ignore_nonexistent
        && found < json_object_size(object->fields))
        status = check_names(object);
    return status;
}

/* Writing */

static enum status find_key(struct object *object)
{
    const struct model *model = object->plan->model;
    const struct field *key = model_key(model);
    if (!field_is_null(key, object->row) || !model->natural_key || object->must_wait
        || object->loader->options->only_new)
        return OK;
    enum status status = natural_key_find_row(object->loader->db, object->arena, model, object->row,
                                              field_member(key, object->row));
    if (status == NOT_FOUND)
        field_set_null(key, object->row);
    return status == NOT_FOUND ? OK : status;
}

static enum status replace(const struct object *object)
{
    const struct model *model = object->plan->model;
    struct db_parameter *parameters =
        ARENA_ARRAY(object->arena, struct db_parameter, model->field_count);
    struct db_rows rows;
    size_t count = 0;
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].column)
            parameters[count++] = field_bind(&model->fields[i], object->row, object->arena);
    db_query_built(object->loader->db, &rows, object->plan->replace, parameters, count);
    while (db_next(&rows))
        ;
    return db_finish(&rows);
}

static enum status take_link(struct object *object, const struct field *field, const json_t *value,
                             int64_t *out, bool *open)
{
    enum status status = find_referred(object, field, value, out);
    *open = *open || status == NOT_FOUND;
    if (status == NOT_FOUND)
        return leave_open(object, field, value);
    if (status == INVALID)
        return refuse_value(object, field, value,
                            text_copy(object->arena, text_of(status_failure()->message)));
    return status;
}

static enum status write_links(struct object *object, const struct field *field,
                               const json_t *values)
{
    const struct model *model = object->plan->model;
    size_t count = json_array_size(values);
    int64_t *others = ARENA_ARRAY(object->arena, int64_t, count);
    int64_t key = *(const int64_t *)field_at(model_key(model), object->row);
    enum status status = OK;
    bool open = false;
    if (!json_is_array(values))
        return refuse_value(object, field, values, TEXT("a list of keys is needed"));
    for (size_t i = 0; i < count && status == OK; i++)
        status = take_link(object, field, json_array_get(values, i), &others[i], &open);
    if (status != OK || open)
        return status;
    return links_write(object->loader->db, model, field, key, others, count);
}

static enum status write_all_links(struct object *object)
{
    const struct model *model = object->plan->model;
    enum status status = OK;
    for (size_t i = 1; i < model->field_count && status == OK; i++) {
        const json_t *values = json_object_get(object->fields, model->fields[i].name);
        if (!model->fields[i].column && values)
            status = write_links(object, &model->fields[i], values);
    }
    return status;
}

static enum status save(struct object *object)
{
    const struct model *model = object->plan->model;
    const struct field *key = model_key(model);
    enum status status = find_key(object);
    if (status == OK)
        status = field_is_null(key, object->row)
                     ? model_insert(object->loader->db, model, object->row)
                     : replace(object);
    return status == OK ? write_all_links(object) : status;
}

/* All of it */

/* NOT_FOUND: it is passed over. */
static enum status take_model(struct object *object)
{
    const struct fixture_loading *options = object->loader->options;
    const char *label = json_string_value(json_object_get(object->json, "model"));
    if (!label)
        return fail_as(INVALID, "it has no \"model\"");
    const struct model *model = label_model(options->models, text_of(label));
    if (!model && options->ignore_nonexistent)
        return NOT_FOUND;
    if (!model)
        return fail_as(INVALID, "there is no model \"%s\" (--ignorenonexistent passes over such)",
                       label);
    if (labels_have(options->excluded, model))
        return NOT_FOUND;
    object->fields = json_object_get(object->json, "fields");
    if (!json_is_object(object->fields))
        return fail_as(INVALID, "its \"fields\" are no object");
    object->plan = plan_of(object->loader, model);
    object->row = model_new(model, object->arena);
    return OK;
}

enum status object_load(struct object *object)
{
    enum status status = take_model(object);
    if (status == NOT_FOUND)
        return OK;
    if (status == OK)
        status = take_key(object);
    if (status == OK)
        status = take_fields(object);
    if (status == OK && !object->must_wait)
        status = save(object);
    object->saved = object->saved || (status == OK && !object->must_wait);
    return status;
}
