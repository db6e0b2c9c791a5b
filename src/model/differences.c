#include "model/differences.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "model/model.h"
#include "model/query.h"

struct comparison {
    struct arena *arena;
    const struct model *model;
    struct text table;
    struct db_table found;
    struct difference_list *out;
};

#define ADD(comparison, ...)                                                                       \
    (*LIST_PUSH((comparison)->arena, &(comparison)->out->items) =                                  \
         text_format((comparison)->arena, __VA_ARGS__))

static enum status start(struct comparison *comparison, struct db *db, struct text table)
{
    comparison->table = table;
    enum status status = db_table_read(db, comparison->arena, table, &comparison->found);
    if (status == OK && comparison->found.columns.count == 0)
        ADD(comparison, "there is no table %.*s", TEXT_ARG(table));
    return status;
}

static const struct db_table_column *find_column(const struct comparison *comparison,
                                                 struct text name)
{
    for (size_t i = 0; i < comparison->found.columns.count; i++)
        if (text_equal(comparison->found.columns.items[i].name, name))
            return &comparison->found.columns.items[i];
    return NULL;
}

static const struct db_table_column *need_column(const struct comparison *comparison,
                                                 struct text name)
{
    const struct db_table_column *column = find_column(comparison, name);
    if (!column)
        ADD(comparison, "the table %.*s has no column %.*s", TEXT_ARG(comparison->table),
            TEXT_ARG(name));
    return column;
}

/* Types */

static const char *const integer_words[] = {"integer", "int", "bigint", "smallint", NULL};

/* The words with which the type of a column may be declared, in any engine. */
static const char *const *type_words(const struct field_type *type)
{
    static const struct {
        const struct field_type *type;
        const char *words[5];
    } kinds[] = {
        {&field_TEXT, {"varchar", "character", "char", "text"}},
        {&field_LONG_TEXT, {"text", "varchar", "character", "char"}},
        {&field_BOOLEAN, {"bool", "boolean"}},
        {&field_DATETIME, {"datetime", "timestamp"}},
        {&field_DATE, {"date"}},
        {&field_TIME, {"time"}},
        {&field_DECIMAL, {"decimal", "numeric"}},
        {&field_FLOAT, {"real", "double", "float"}},
        {&field_UUID, {"char", "uuid"}},
        {&field_JSON, {"text", "json", "jsonb"}},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == type)
            return kinds[i].words;
    return integer_words;
}

/* "varchar" of "varchar(30)", "integer" of "integer unsigned". */
static struct text type_word(struct text type)
{
    size_t end = text_find_char(type, '(');
    struct text word = text_trim(text_part(type, 0, end));
    return text_part(word, 0, text_find_char(word, ' '));
}

static bool is_of_kind(struct text type, const struct field *field)
{
    const struct field_type *kind =
        field->type->is_reference ? model_key(field->to)->type : field->type;
    for (const char *const *word = type_words(kind); *word; word++)
        if (text_equal_nocase(type_word(type), text_of(*word)))
            return true;
    return false;
}

/* 30 of "varchar(30)"; 0: as long as one likes. */
static int64_t type_length(struct text type)
{
    int64_t length = 0;
    size_t open = text_find_char(type, '(');
    size_t close = text_find_char(type, ')');
    if (open == TEXT_NOT_FOUND || !text_to_int64(&length, text_part(type, open + 1, close)))
        return 0;
    return length;
}

/* Indexes */

static bool index_has(const struct db_table_index *index, const char *column)
{
    for (size_t i = 0; i < index->columns.count; i++)
        if (text_is(index->columns.items[i], column))
            return true;
    return false;
}

static bool is_indexed(const struct comparison *comparison, const char *column)
{
    for (size_t i = 0; i < comparison->found.indexes.count; i++)
        if (text_is(comparison->found.indexes.items[i].columns.items[0], column))
            return true;
    return false;
}

/* Whether no two rows have the same in all of these, in whatever order. */
static bool is_unique(const struct comparison *comparison, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < comparison->found.indexes.count; i++) {
        const struct db_table_index *index = &comparison->found.indexes.items[i];
        bool same = index->is_unique && index->columns.count == count;
        for (size_t k = 0; k < count && same; k++)
            same = index_has(index, columns[k]);
        if (same)
            return true;
    }
    return false;
}

static void compare_set(const struct comparison *comparison, const char *const *names)
{
    const struct model *model = comparison->model;
    const char **columns = ARENA_ARRAY(comparison->arena, const char *, model->field_count);
    struct buffer all = {.arena = comparison->arena};
    size_t count = 0;
    for (; *names; names++) {
        columns[count] = model_field(model, text_of(*names))->column;
        buffer_format(&all, "%s%s", count ? ", " : "", columns[count]);
        count++;
    }
    if (!is_unique(comparison, columns, count)) {
        struct text names_all = buffer_contents(&all);
        ADD(comparison, "the table %.*s may have the same %.*s twice, but they are unique together",
            TEXT_ARG(comparison->table), TEXT_ARG(names_all));
    }
}

static void compare_sets(const struct comparison *comparison)
{
    const char *const *const *set = comparison->model->unique_together;
    for (; set && *set; set++)
        compare_set(comparison, *set);
}

/* Columns */

static void compare_constraints(const struct comparison *comparison, const struct field *field,
                                const struct db_table_column *column)
{
    int64_t length = type_length(column->type);
    if (field->type == &field_TEXT && length && (size_t)length < field->max_length)
        ADD(comparison, "the column %.*s.%s keeps %lld characters, but the field may have %zu",
            TEXT_ARG(comparison->table), field->column, (long long)length, field->max_length);
    bool unique = field->unique || field->type == &field_ONE_TO_ONE;
    if (unique && !is_unique(comparison, &field->column, 1))
        ADD(comparison, "the column %.*s.%s may have a value twice, but the field is unique",
            TEXT_ARG(comparison->table), field->column);
    else if ((field->index || field->type->is_reference) && !is_indexed(comparison, field->column))
        ADD(comparison, "the column %.*s.%s has no index", TEXT_ARG(comparison->table),
            field->column);
    if (field->type->is_reference && !text_is(column->refers_to, model_table(field->to)))
        ADD(comparison, "the column %.*s.%s has no reference to the table %s",
            TEXT_ARG(comparison->table), field->column, model_table(field->to));
}

static void compare_field(const struct comparison *comparison, const struct field *field)
{
    const struct db_table_column *column = need_column(comparison, text_of(field->column));
    if (!column)
        return;
    bool is_key = field == model_key(comparison->model);
    if (!is_of_kind(column->type, field))
        ADD(comparison, "the column %.*s.%s is \"%.*s\", which keeps no %s",
            TEXT_ARG(comparison->table), field->column, TEXT_ARG(column->type), field->type->name);
    if (column->is_key != is_key)
        ADD(comparison, "the column %.*s.%s is %s key", TEXT_ARG(comparison->table), field->column,
            is_key ? "not the" : "a");
    else if (!is_key && column->not_null == field->null)
        ADD(comparison, "the column %.*s.%s %s", TEXT_ARG(comparison->table), field->column,
            field->null ? "must not be NULL, but the field may be empty"
                        : "may be NULL, but the field must not");
    if (!is_key)
        compare_constraints(comparison, field, column);
}

static bool is_declared(const struct model *model, struct text column)
{
    for (size_t i = 0; i < model->field_count; i++) {
        const struct field *fields = model->fields;
        if (fields[i].column && text_is(column, fields[i].column))
            return true;
    }
    return false;
}

static void compare_columns(const struct comparison *comparison)
{
    const struct field *fields = comparison->model->fields;
    for (size_t i = 0; i < comparison->model->field_count; i++)
        if (fields[i].column)
            compare_field(comparison, &fields[i]);
    for (size_t i = 0; i < comparison->found.columns.count; i++) {
        const struct db_table_column *column = &comparison->found.columns.items[i];
        if (column->not_null && !column->has_default
            && !is_declared(comparison->model, column->name))
            ADD(comparison,
                "the column %.*s.%.*s must be filled, but the model has no field for it",
                TEXT_ARG(comparison->table), TEXT_ARG(column->name));
    }
}

/* A table of pairs has its key and the keys of both sides. */
static enum status compare_links(struct comparison *comparison, struct db *db,
                                 const struct field *field)
{
    struct link_table table = link_table_of(comparison->model, field, comparison->arena);
    enum status status = start(comparison, db, text_of(table.name));
    if (status != OK || comparison->found.columns.count == 0)
        return status;
    need_column(comparison, text_of(table.from));
    need_column(comparison, text_of(table.to));
    return OK;
}

enum status model_differences(struct db *db, struct arena *arena, const struct model *model,
                              struct difference_list *out)
{
    struct comparison comparison = {.arena = arena, .model = model, .out = out};
    const struct field *fields = model->fields;
    enum status status = start(&comparison, db, text_of(model_table(model)));
    if (status == OK && comparison.found.columns.count) {
        compare_columns(&comparison);
        compare_sets(&comparison);
    }
    for (size_t i = 0; i < model->field_count && status == OK; i++)
        if (fields[i].type == &field_MANY_TO_MANY)
            status = compare_links(&comparison, db, &fields[i]);
    return status;
}
