#include "model/model.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/query.h"
#include "template/language.h"

const struct field *model_key(const struct model *model)
{
    return &model->fields[0];
}

const struct field *model_field(const struct model *model, struct text name)
{
    if (text_is(name, "pk"))
        return model_key(model);
    const struct field *end = model->fields + model->field_count;
    for (const struct field *field = model->fields; field < end; field++)
        if (text_is(name, field->name) || (field->column && text_is(name, field->column)))
            return field;
    return NULL;
}

const char *model_table(const struct model *model)
{
    return model->db_table ? model->db_table : model->table;
}

const char *model_source_name(const struct model *model)
{
    return model->verbose_name ? model->verbose_name : model->name;
}

struct text model_verbose_name(const struct model *model)
{
    return text_of(translate(model_source_name(model)));
}

struct text model_verbose_name_plural(const struct model *model, struct arena *arena)
{
    if (model->verbose_name_plural)
        return text_of(translate(model->verbose_name_plural));
    struct text verbose = model_verbose_name(model);
    return text_format(arena, "%.*ss", TEXT_ARG(verbose));
}

void *model_empty(const struct model *model, struct arena *arena)
{
    const struct field *fields = model->fields;
    void *row = arena_zero(arena, 1, model->row_size);
    for (size_t i = 0; i < model->field_count; i++)
        if (fields[i].column)
            field_set_null(&fields[i], row);
    return row;
}

void *model_new(const struct model *model, struct arena *arena)
{
    const struct field *fields = model->fields;
    void *row = arena_zero(arena, 1, model->row_size);
    for (size_t i = 0; i < model->field_count; i++)
        field_set_default(&fields[i], row, arena);
    return row;
}

struct text model_print(const struct model *model, const void *row, struct arena *arena)
{
    if (model->print)
        return model->print(row, arena);
    struct text key = field_print(model_key(model), row, arena);
    return text_format(arena, "%s object (%.*s)", model_source_name(model), TEXT_ARG(key));
}

/* "get_status_display" */
static const struct field *displayed_field(const struct model *model, struct text name)
{
    struct text prefix = TEXT("get_");
    struct text suffix = TEXT("_display");
    if (!text_starts(name, prefix) || !text_ends(name, suffix)
        || name.length <= prefix.length + suffix.length)
        return NULL;
    const struct field *field =
        model_field(model, text_part(name, prefix.length, name.length - suffix.length));
    return field && field->choices ? field : NULL;
}

static const struct model_method *find_method(const struct model *model, struct text name)
{
    const struct model_method *method = model->methods;
    while (method && method->name && !text_is(name, method->name))
        method++;
    return method && method->name ? method : NULL;
}

bool model_method_get(const struct value_attribute *attribute, const void *row, struct arena *arena,
                      struct value *out)
{
    *out = ((const struct model_method *)attribute)->call(row, arena);
    return true;
}

const struct value_attribute *model_attribute(const struct model *model, struct text name)
{
    const struct field *field = model_field(model, name);
    const struct model_method *method = field ? NULL : find_method(model, name);
    if (method)
        return &method->attribute;
    bool by_name =
        field && field->column && (text_is(name, field->name) || !field->type->is_reference);
    return by_name ? &field->attribute : NULL;
}

bool model_get(const struct model *model, const void *row, struct text name, struct arena *arena,
               struct value *out)
{
    const struct field *field = model_field(model, name);
    const struct field *displayed = field ? NULL : displayed_field(model, name);
    const struct model_method *method = field || displayed ? NULL : find_method(model, name);
    bool by_key = field && field->type->is_reference && !text_is(name, field->name);
    if (field && !by_key && field_is_elsewhere(field, row))
        return false;
    if (displayed)
        *out = field_is_null(displayed, row) ? VALUE_NULL
                                             : value_text(field_display(displayed, row, arena));
    else if (by_key)
        *out = field_is_null(field, row) ? VALUE_NULL
                                         : field->type->value(field_at(field, row), arena);
    else if (field && field->column)
        *out = field_value(field, row, arena);
    else if (method)
        *out = method->call(row, arena);
    else
        return false;
    return true;
}

struct value model_value(const struct model *model, const void *row, struct arena *arena)
{
    return value_object(arena, &model->class, row);
}

/* What the compiler cannot see */

static const char *lack_of(const struct field *field)
{
    bool is_link = field->type == &field_MANY_TO_MANY;
    if (field->type == &field_TEXT && !field->max_length)
        return "needs .max_length";
    if (field->type == &field_DECIMAL
        && (field->max_digits < 1 || field->decimal_places > field->max_digits))
        return "needs .max_digits, and .decimal_places of at most as many";
    if ((field->type->is_reference || is_link) && !field->to)
        return "needs .to";
    if (field->type->is_reference && field->on_delete == ON_DELETE_UNSET)
        return "needs .on_delete: CASCADE, SET_NULL or PROTECT";
    if (field->on_delete == SET_NULL && !field->null)
        return "needs .null = true for SET_NULL";
    if (field->blank && !field->null && field->column && field->type != &field_TEXT
        && field->type != &field_LONG_TEXT && field->type != &field_BOOLEAN)
        return "needs .null = true for .blank, since it is no text";
    if (field->range && field->range->max < field->range->min)
        return "has a .range that ends before it begins";
    return NULL;
}

static enum status check_default(const struct model *model, const struct field *field)
{
    if (!field->default_to || !field->default_to[0])
        return OK;
    struct arena *arena = arena_new(1024);
    void *row = model_empty(model, arena);
    struct text why = field_parse(field, row, text_of(field->default_to), arena);
    enum status status = OK;
    if (why.length)
        status =
            fail_as(INVALID, "the field %s.%s.%s has the default \"%s\": %.*s", model->app_label,
                    model->name, field->name, field->default_to, TEXT_ARG(why));
    arena_free(arena);
    return status;
}

static enum status check_names(const struct model *model, const char *option,
                               const char *const *names)
{
    bool ordering = names == model->ordering;
    for (; names && *names; names++)
        if (ordering ? !query_name(model, text_of(*names + (**names == '-')))
                     : !model_field(model, text_of(*names)))
            return fail_as(INVALID, "%s of the model %s.%s names \"%s\", which is no field of it",
                           option, model->app_label, model->name, *names);
    return OK;
}

static enum status check_methods(const struct model *model)
{
    for (const struct model_method *method = model->methods; method && method->name; method++)
        if (model_field(model, text_of(method->name))
            || displayed_field(model, text_of(method->name)))
            return fail_as(INVALID, "the method %s.%s.%s has the name of a field", model->app_label,
                           model->name, method->name);
    return OK;
}

enum status model_check(const struct model *model)
{
    const struct field *fields = model->fields;
    enum status status = OK;
    if (!fields->column)
        return fail_as(INVALID, "the first field of the model %s.%s must be its key",
                       model->app_label, model->name);
    for (size_t i = 0; i < model->field_count && status == OK; i++) {
        const char *lack = lack_of(&fields[i]);
        if (lack)
            return fail_as(INVALID, "the field %s.%s.%s %s", model->app_label, model->name,
                           fields[i].name, lack);
        status = check_default(model, &fields[i]);
    }
    if (status == OK)
        status = check_names(model, ".ordering", model->ordering);
    for (const char *const *const *set = model->unique_together; set && *set && status == OK; set++)
        status = check_names(model, ".unique_together", *set);
    if (status == OK)
        status = check_names(model, ".natural_key", model->natural_key);
    if (status == OK)
        status = check_methods(model);
    return status;
}

/* Reading */
