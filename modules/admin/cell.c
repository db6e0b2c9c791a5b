#include "admin/cell.h"

#include "admin/page.h"
#include "base/arena.h"
#include "model/query.h"
#include "site/admin.h"
#include "template/language.h"

#define NOTHING TEXT("-")

struct text cell_label(struct arena *arena, const struct model_admin *admin, const char *name)
{
    struct text text = text_of(name);
    const struct admin_column *made = model_admin_column(admin, text);
    const struct field *field = query_name(admin->model, text);
    if (!field)
        field = model_field(admin->model, text);
    if (text_is(text, "__str__"))
        return model_verbose_name(admin->model);
    if (made || field)
        return text_of(translate(made ? made->label : field->label));
    char *words = text_string(arena, text);
    for (size_t i = 0; i < text.length; i++)
        if (words[i] == '_')
            words[i] = ' ';
    return (struct text){words, text.length};
}

/* The row that a name's last field is in, and the field; NULL: a reference on the way is empty. */
static const void *follow(const struct model *model, struct text name, const void *row,
                          const struct field **field)
{
    size_t end;
    while (row && (end = text_find(name, TEXT("__"))) != TEXT_NOT_FOUND) {
        const struct field *reference = model_field(model, text_part(name, 0, end));
        row = *(const void *const *)((const char *)row + reference->offset + sizeof(int64_t));
        model = reference->to;
        name = text_from(name, end + 2);
    }
    *field = row ? model_field(model, name) : NULL;
    return row;
}

static void set_value(struct value_map *map, struct value value)
{
    bool is_boolean = value.kind == VALUE_BOOL;
    value_map_set(map, TEXT("is_boolean"), value_bool(is_boolean));
    if (is_boolean)
        value_map_set(map, TEXT("yes"), value);
    else if (value.kind == VALUE_NONE || (value_is_text(value) && value_as_text(value).length == 0))
        value_map_set(map, TEXT("value"), value_text(NOTHING));
    else
        value_map_set(map, TEXT("value"), value);
}

static void set_field(struct value_map *map, const struct field *field, const void *row,
                      struct arena *arena)
{
    struct value value = field_value(field, row, arena);
    if (field->type->is_reference && !field_is_null(field, row)) {
        const void *related =
            *(const void *const *)((const char *)row + field->offset + sizeof(int64_t));
        value = value_text(related ? model_print(field->to, related, arena)
                                   : field_print(field, row, arena));
    } else if (field->choices) {
        value = value_text(field_display(field, row, arena));
    }
    set_value(map, value);
}

struct value_map *cell_value(struct arena *arena, const struct model_admin *admin, const char *name,
                             const void *row)
{
    struct value_map *map = value_map_new(arena);
    struct text text = text_of(name);
    const struct admin_column *made = model_admin_column(admin, text);
    const struct model_method *method = model_admin_method(admin, text);
    const struct field *field = NULL;
    if (text_is(text, "__str__"))
        set_value(map, value_text(model_print(admin->model, row, arena)));
    else if (made || method)
        set_value(map, made ? made->call(row, arena) : method->call(row, arena));
    else if ((row = follow(admin->model, text, row, &field)))
        set_field(map, field, row, arena);
    else
        set_value(map, VALUE_NULL);
    return map;
}
