#include "model/model.h"

#include <string.h>

#include "base/arena.h"

static const void *member(const void *row, size_t offset)
{
    return (const char *)row + offset;
}

static bool is_reference(const struct field *field)
{
    return field->kind == FIELD_FOREIGN_KEY || field->kind == FIELD_ONE_TO_ONE;
}

/* NULL was read as a text without place. */
static struct value text_value(struct text text)
{
    return text.at ? value_text(text) : VALUE_NULL;
}

static struct value field_value(const struct field *field, const void *row, struct arena *arena)
{
    const void *at = member(row, field->offset);
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_DATETIME: return text_value(*(const struct text *)at);
    case FIELD_BOOLEAN: return value_bool(*(const bool *)at);
    case FIELD_FOREIGN_KEY:
    case FIELD_ONE_TO_ONE: {
        const void *related = *(const void *const *)member(row, field->row_offset);
        return related ? model_value(field->to, related, arena) : VALUE_NULL;
    }
    default: return value_integer(*(const int64_t *)at);
    }
}

bool model_get(const struct model *model, const void *row, struct text name, struct arena *arena,
               struct value *out)
{
    if (text_is(name, "pk"))
        name = text_of(model->fields[0].name);
    for (size_t i = 0; i < model->field_count; i++) {
        const struct field *field = &model->fields[i];
        if (text_is(name, field->name)) {
            *out = field_value(field, row, arena);
            return true;
        }
        if (is_reference(field) && text_is(name, field->column)) {
            *out = value_integer(*(const int64_t *)member(row, field->offset));
            return true;
        }
    }
    return false;
}

struct value model_value(const struct model *model, const void *row, struct arena *arena)
{
    return value_object(arena, &model->class, row);
}

void model_reader_start(struct model_reader *reader, const struct model *model,
                        const struct db_rows *rows, const char *prefix, struct arena *arena)
{
    *reader = (struct model_reader){
        .model = model,
        .rows = rows,
        .arena = arena,
        .columns = ARENA_ARRAY(arena, int, model->field_count),
    };
    for (size_t i = 0; i < model->field_count; i++) {
        struct text name = text_format(arena, "%s%s", prefix, model->fields[i].column);
        reader->columns[i] = db_column(rows, name.at);
    }
}

static void read_field(const struct model_reader *reader, size_t index, char *row)
{
    const struct field *field = &reader->model->fields[index];
    void *at = row + field->offset;
    int column = reader->columns[index];
    if (column < 0 || db_is_null_at(reader->rows, column))
        return;
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_DATETIME:
        *(struct text *)at = text_copy(reader->arena, db_text_at(reader->rows, column));
        break;
    case FIELD_BOOLEAN: *(bool *)at = db_int_at(reader->rows, column) != 0; break;
    default: *(int64_t *)at = db_int_at(reader->rows, column); break;
    }
}

void *model_read(const struct model_reader *reader)
{
    char *row = arena_zero(reader->arena, 1, reader->model->row_size);
    for (size_t i = 0; i < reader->model->field_count; i++)
        read_field(reader, i, row);
    return row;
}
