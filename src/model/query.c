#include "model/query.h"

#include <string.h>

#include "base/arena.h"
#include "model/query_sql.h"

static void start(struct db *db, struct arena *arena, const struct query *query,
                  enum query_kind kind, struct db_rows *rows)
{
    struct query_building building = {arena, query, db_dialect(db)};
    struct parameter_list list;
    struct raw raw = query->raw;
    if (!raw.sql) {
        query_parameters(arena, query, kind, &list);
        raw.parameters = list.items;
        raw.count = list.count;
    }
    static db_builder *const builders[] = {
        [QUERY_SELECT] = query_build_select,
        [QUERY_COUNT] = query_build_count,
        [QUERY_KEYS] = query_build_keys,
    };
    db_query_keyed(db, rows, query_key(arena, query, kind), builders[kind], &building,
                   raw.parameters, raw.count);
}

/* Of the columns from `column` on; NULL where the key is, as a join gives that finds nothing. */
static void *read_table(const struct model *model, const struct db_rows *rows, int column,
                        struct arena *arena)
{
    const struct field *end = model->fields + model->field_count;
    if (db_is_null_at(rows, column))
        return NULL;
    void *row = arena_zero(arena, 1, model->row_size);
    for (const struct field *field = model->fields; field < end; field++) {
        if (!field->column)
            continue;
        if (field->null && db_is_null_at(rows, column))
            field_set_null(field, row);
        else
            field->type->read(field, field_member(field, row), rows, column, arena);
        column++;
    }
    return row;
}

static int column_count(const struct model *model)
{
    int count = 0;
    for (size_t i = 0; i < model->field_count; i++)
        count += model->fields[i].column != NULL;
    return count;
}

/* The query's row, with the rows it was asked to bring along hung into it. */
static void *read_row(const struct query_plan *plan, const struct db_rows *rows,
                      struct arena *arena, void **tables)
{
    int column = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct query_table *table = &plan->tables[i];
        bool is_there = i == 0 || tables[table->parent];
        tables[i] = is_there ? read_table(table->model, rows, column, arena) : NULL;
        if (i && tables[i])
            *field_related(table->reference, tables[table->parent]) = tables[i];
        column += column_count(table->model);
    }
    return tables[0];
}

enum status query_rows(struct db *db, struct arena *arena, const struct query *query,
                       struct row_list *out)
{
    struct db_rows rows;
    *out = (struct row_list){0};
    start(db, arena, query, QUERY_SELECT, &rows);
    const struct query_plan *plan = db_plan(&rows);
    void **tables = ARENA_ARRAY(arena, void *, plan ? plan->count : 0);
    while (db_next(&rows)) {
        void *row = read_row(plan, &rows, arena, tables);
        *LIST_PUSH(arena, out) = row;
    }
    return db_finish(&rows);
}

enum status query_keys(struct db *db, struct arena *arena, const struct query *query,
                       struct db_parameter **out, size_t *count)
{
    LIST(struct db_parameter) keys = {0};
    const struct field *key = model_key(query->model);
    struct db_rows rows;
    start(db, arena, query, QUERY_KEYS, &rows);
    while (db_next(&rows)) {
        void *row = arena_zero(arena, 1, query->model->row_size);
        key->type->read(key, field_member(key, row), &rows, 0, arena);
        *LIST_PUSH(arena, &keys) = field_bind(key, row, arena);
    }
    *out = keys.items;
    *count = keys.count;
    return db_finish(&rows);
}

enum status query_first(struct db *db, struct arena *arena, const struct query *query, void *out)
{
    struct query first = *query;
    struct row_list rows;
    first.limit = 1;
    enum status status = query_rows(db, arena, &first, &rows);
    if (status == OK && rows.count == 0)
        return NOT_FOUND;
    if (status == OK)
        memcpy(out, rows.items, sizeof *rows.items);
    return status;
}

enum status model_find(struct db *db, struct arena *arena, const struct model *model,
                       struct db_parameter key, void *out)
{
    struct query query = {model, .where = WHERE({"pk", .value = key}), .order = NAMES("pk")};
    return query_first(db, arena, &query, out);
}

enum status query_count(struct db *db, const struct query *query, int64_t *out)
{
    struct db_rows rows;
    struct arena *arena = arena_new(2048);
    start(db, arena, query, QUERY_COUNT, &rows);
    if (db_next(&rows))
        *out = db_int_at(&rows, 0);
    enum status status = db_finish(&rows);
    arena_free(arena);
    return status;
}

enum status query_each(struct db *db, const struct query *query,
                       enum status (*visit)(void *row, struct arena *arena, void *context),
                       void *context)
{
    struct db_rows rows;
    struct arena *arena = arena_new(2048);
    struct arena *row_arena = arena_new((size_t)16 * 1024);
    enum status visited = OK;
    start(db, arena, query, QUERY_SELECT, &rows);
    const struct query_plan *plan = db_plan(&rows);
    void **tables = ARENA_ARRAY(arena, void *, plan ? plan->count : 0);
    db_expect_many(&rows);
    while (visited == OK && db_next(&rows)) {
        visited = visit(read_row(plan, &rows, row_arena, tables), row_arena, context);
        arena_reset(row_arena);
    }
    enum status status = db_finish(&rows);
    arena_free(row_arena);
    arena_free(arena);
    return visited == OK ? status : visited;
}
