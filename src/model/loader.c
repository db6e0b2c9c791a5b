#include "model/loader.h"

#include <inttypes.h>

#include "base/arena.h"
#include "model/query.h"

static struct value_map *rows_of(struct value_source *source, const struct model *model)
{
    for (size_t i = 0; i < source->loaded.count; i++)
        if (source->loaded.items[i].model == model)
            return source->loaded.items[i].rows;
    struct loaded_model *loaded = LIST_PUSH(source->arena, &source->loaded);
    *loaded = (struct loaded_model){model, value_map_new(source->arena)};
    return loaded->rows;
}

static enum status read_row(struct value_source *source, const struct model *model, int64_t key,
                            struct value *out)
{
    const void *row;
    if (!source->db)
        return fail("the %s %" PRId64 " cannot be read: this page uses no database", model->name,
                    key);
    enum status status = model_find(source->db, source->arena, model, DB_INT(key), &row);
    *out = status == OK ? model_value(model, row, source->arena) : VALUE_NULL;
    return status == NOT_FOUND ? OK : status;
}

static enum status find_row(struct value_source *source, const struct model *model, int64_t key,
                            struct value *out)
{
    struct value_map *rows = rows_of(source, model);
    const struct value *known = value_map_find(rows, value_integer(key));
    enum status status = OK;
    if (known)
        *out = *known;
    else
        status = read_row(source, model, key, out);
    if (!known && status == OK)
        value_map_put(rows, value_integer(key), *out);
    return status == OK && out->kind == VALUE_NONE ? NOT_FOUND : status;
}

enum status model_load(const struct model *model, const void *row, struct text name,
                       struct value_source *source, struct arena *arena, struct value *out)
{
    const struct field *field = model_field(model, name);
    (void)arena;
    if (!source || !field || !field->type->is_reference || !text_is(name, field->name)
        || field_is_null(field, row))
        return NOT_FOUND;
    return find_row(source, field->to, *(const int64_t *)field_at(field, row), out);
}
