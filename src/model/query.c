#include "model/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "model/statement.h"

/* Another table of the statement, reached by a reference. */
struct join {
    const struct model *model;
    const struct field *reference;
    size_t parent; /* its number among the joins; 0 is the query's own table */
    bool nullable;
    bool selected;
};

struct builder {
    struct arena *arena;
    const struct query *query;
    LIST(struct join) joins;
    struct statement statement;
};

static void builder_start(struct builder *builder, struct arena *arena, const struct query *query)
{
    *builder =
        (struct builder){.arena = arena, .query = query, .statement = statement_start(arena)};
    *LIST_PUSH(arena, &builder->joins) = (struct join){.model = query->model, .selected = true};
}

/* Names */

static bool next_step(struct text *rest, struct text *step)
{
    if (rest->length == 0)
        return false;
    size_t end = text_find(*rest, TEXT("__"));
    *step = text_part(*rest, 0, end);
    *rest = end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(*rest, end + 2);
    return true;
}

const struct field *query_name(const struct model *model, struct text name)
{
    const struct field *field = NULL;
    struct text step;
    if (text_ends(name, TEXT("__")))
        return NULL;
    while (next_step(&name, &step)) {
        const struct model *of = field ? field->to : model;
        field = of && (!field || field->type->is_reference) ? model_field(of, step) : NULL;
        if (!field || !field->column)
            return NULL;
    }
    return field;
}

static size_t join_of(struct builder *builder, size_t parent, const struct field *reference)
{
    for (size_t i = 1; i < builder->joins.count; i++)
        if (builder->joins.items[i].parent == parent
            && builder->joins.items[i].reference == reference)
            return i;
    bool nullable = reference->null || builder->joins.items[parent].nullable;
    *LIST_PUSH(builder->arena, &builder->joins) = (struct join){.model = reference->to,
                                                                .reference = reference,
                                                                .parent = parent,
                                                                .nullable = nullable};
    return builder->joins.count - 1;
}

struct place {
    size_t table;
    const struct field *field;
};

static _Noreturn void refuse_name(const struct builder *builder, const char *name)
{
    log_error("no such field", LOG_STRING("model", builder->query->model->name),
              LOG_STRING("name", name));
    abort();
}

static struct place place_of(struct builder *builder, const char *name)
{
    size_t table = 0;
    const struct field *field = NULL;
    struct text rest = text_of(name);
    struct text step;
    if (!query_name(builder->query->model, rest))
        refuse_name(builder, name);
    while (next_step(&rest, &step)) {
        if (field)
            table = join_of(builder, table, field);
        field = model_field(builder->joins.items[table].model, step);
    }
    if (!field)
        refuse_name(builder, name);
    return (struct place){table, field};
}

/* `t1."city"`. Written for every request: buffer_format() would be felt. */
static void put_name(struct builder *builder, size_t table, const char *column)
{
    buffer_char(&builder->statement.sql, 't');
    buffer_int(&builder->statement.sql, (int64_t)table);
    buffer_char(&builder->statement.sql, '.');
    statement_name(&builder->statement, column);
}

static void put_column(struct builder *builder, struct place place)
{
    put_name(builder, place.table, place.field->column);
}

/* Conditions */

/* Text that LIKE matches as it is, with what stands before and after. */
static struct db_parameter pattern(struct builder *builder, const char *before, struct text text,
                                   const char *after)
{
    struct buffer out = {.arena = builder->arena};
    buffer_text(&out, text_of(before));
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '\\')
            buffer_char(&out, '\\');
        buffer_char(&out, text.at[i]);
    }
    buffer_text(&out, text_of(after));
    return DB_TEXT(buffer_contents(&out));
}

static void put_like(struct builder *builder, const struct condition *condition)
{
    bool open_start = condition->lookup == LOOKUP_ICONTAINS;
    bool open_end = open_start || condition->lookup == LOOKUP_ISTARTSWITH;
    buffer_text(&builder->statement.sql, TEXT(" LIKE "));
    statement_bind(&builder->statement, pattern(builder, open_start ? "%" : "",
                                                condition->value.text, open_end ? "%" : ""));
    buffer_text(&builder->statement.sql, TEXT(" ESCAPE '\\'"));
}

static void put_values(struct builder *builder, const struct condition *condition)
{
    buffer_text(&builder->statement.sql, TEXT(" IN ("));
    for (size_t i = 0; i < condition->value_count; i++) {
        if (i)
            buffer_text(&builder->statement.sql, TEXT(", "));
        statement_bind(&builder->statement, condition->values[i]);
    }
    buffer_char(&builder->statement.sql, ')');
}

static void put_comparison(struct builder *builder, const struct condition *condition)
{
    static const char *const operators[] = {
        [LOOKUP_EXACT] = " = ", [LOOKUP_GT] = " > ",   [LOOKUP_GTE] = " >= ",
        [LOOKUP_LT] = " < ",    [LOOKUP_LTE] = " <= ",
    };
    put_column(builder, place_of(builder, condition->name));
    switch (condition->lookup) {
    case LOOKUP_IEXACT:
    case LOOKUP_ICONTAINS:
    case LOOKUP_ISTARTSWITH: put_like(builder, condition); break;
    case LOOKUP_IN: put_values(builder, condition); break;
    default:
        if (condition->value.kind == DB_KIND_NULL) {
            buffer_text(&builder->statement.sql, TEXT(" IS NULL"));
            break;
        }
        buffer_text(&builder->statement.sql, text_of(operators[condition->lookup]));
        statement_bind(&builder->statement, condition->value);
    }
}

static void put_conditions(struct builder *builder, struct conditions conditions,
                           const char *between);

static void put_condition(struct builder *builder, const struct condition *condition)
{
    if (condition->negated)
        buffer_text(&builder->statement.sql, TEXT("COALESCE(NOT ("));
    if (condition->any.count) {
        buffer_char(&builder->statement.sql, '(');
        put_conditions(builder, condition->any, " OR ");
        buffer_char(&builder->statement.sql, ')');
    } else {
        put_comparison(builder, condition);
    }
    if (condition->negated)
        buffer_text(&builder->statement.sql, TEXT("), TRUE)"));
}

static void put_conditions(struct builder *builder, struct conditions conditions,
                           const char *between)
{
    for (size_t i = 0; i < conditions.count; i++) {
        if (i)
            buffer_text(&builder->statement.sql, text_of(between));
        put_condition(builder, &conditions.items[i]);
    }
}

/* Statements. What follows FROM is written first, since it finds the joins. */

static struct text take_sql(struct builder *builder)
{
    struct text sql = buffer_contents(&builder->statement.sql);
    builder->statement.sql = (struct buffer){.arena = builder->arena};
    return sql;
}

static struct text where_part(struct builder *builder)
{
    if (builder->query->where.count) {
        buffer_text(&builder->statement.sql, TEXT(" WHERE "));
        put_conditions(builder, builder->query->where, " AND ");
    }
    return take_sql(builder);
}

static struct text order_part(struct builder *builder)
{
    const struct query *query = builder->query;
    const char *const *names = query->order ? query->order : query->model->ordering;
    bool has_key = false;
    for (; names && *names; names++) {
        bool falling = **names == '-';
        struct place place = place_of(builder, *names + falling);
        buffer_text(&builder->statement.sql,
                    builder->statement.sql.length ? TEXT(", ") : TEXT(" ORDER BY "));
        put_column(builder, place);
        if (falling)
            buffer_text(&builder->statement.sql, TEXT(" DESC"));
        has_key = has_key || (place.table == 0 && place.field == model_key(query->model));
    }
    if (!has_key) {
        buffer_text(&builder->statement.sql,
                    builder->statement.sql.length ? TEXT(", ") : TEXT(" ORDER BY "));
        put_column(builder, (struct place){0, model_key(query->model)});
    }
    return take_sql(builder);
}

static void select_related(struct builder *builder)
{
    for (const char *const *name = builder->query->related; name && *name; name++) {
        struct place place = place_of(builder, *name);
        for (size_t join = join_of(builder, place.table, place.field); join;
             join = builder->joins.items[join].parent)
            builder->joins.items[join].selected = true;
    }
}

static void put_columns(struct builder *builder)
{
    const char *between = "";
    for (size_t i = 0; i < builder->joins.count; i++) {
        const struct join *join = &builder->joins.items[i];
        for (size_t k = 0; join->selected && k < join->model->field_count; k++) {
            if (!join->model->fields[k].column)
                continue;
            buffer_text(&builder->statement.sql, text_of(between));
            put_column(builder, (struct place){i, &join->model->fields[k]});
            between = ", ";
        }
    }
}

static void put_from(struct builder *builder)
{
    struct buffer *sql = &builder->statement.sql;
    buffer_text(sql, TEXT(" FROM "));
    statement_name(&builder->statement, model_table(builder->query->model));
    buffer_text(sql, TEXT(" t0"));
    for (size_t i = 1; i < builder->joins.count; i++) {
        const struct join *join = &builder->joins.items[i];
        buffer_text(sql,
                    join->nullable || join->selected ? TEXT(" LEFT JOIN ") : TEXT(" INNER JOIN "));
        statement_name(&builder->statement, model_table(join->model));
        buffer_text(sql, TEXT(" t"));
        buffer_int(sql, (int64_t)i);
        buffer_text(sql, TEXT(" ON "));
        put_name(builder, i, model_key(join->model)->column);
        buffer_text(sql, TEXT(" = "));
        put_name(builder, join->parent, join->reference->column);
    }
}

static void put_limit(struct builder *builder)
{
    if (builder->query->limit || builder->query->offset) {
        buffer_text(&builder->statement.sql, TEXT(" LIMIT "));
        statement_bind(&builder->statement,
                       DB_INT(builder->query->limit ? builder->query->limit : INT64_MAX));
    }
    if (builder->query->offset) {
        buffer_text(&builder->statement.sql, TEXT(" OFFSET "));
        statement_bind(&builder->statement, DB_INT(builder->query->offset));
    }
}

static void put_select(struct builder *builder)
{
    struct text where = where_part(builder);
    struct text order = order_part(builder);
    select_related(builder);
    buffer_text(&builder->statement.sql, TEXT("SELECT "));
    put_columns(builder);
    put_from(builder);
    buffer_text(&builder->statement.sql, where);
    buffer_text(&builder->statement.sql, order);
    put_limit(builder);
}

static void put_count(struct builder *builder)
{
    struct text where = where_part(builder);
    buffer_text(&builder->statement.sql, TEXT("SELECT COUNT(*)"));
    put_from(builder);
    buffer_text(&builder->statement.sql, where);
}

/* Rows */

static void *read_table(const struct model *model, const struct db_rows *rows, int *column,
                        struct arena *arena)
{
    void *row = model_empty(model, arena);
    for (size_t i = 0; i < model->field_count; i++) {
        const struct field *field = &model->fields[i];
        if (!field->column)
            continue;
        if (!db_is_null_at(rows, *column))
            field->type->read(field, field_member(field, row), rows, *column, arena);
        ++*column;
    }
    return row;
}

/* The query's row, with the rows it was asked to bring along hung into it. */
static void *read_row(const struct builder *builder, const struct db_rows *rows,
                      struct arena *arena)
{
    void **tables = arena_zero(arena, builder->joins.count, sizeof *tables);
    int column = 0;
    for (size_t i = 0; i < builder->joins.count; i++) {
        const struct join *join = &builder->joins.items[i];
        if (!join->selected)
            continue;
        tables[i] = read_table(join->model, rows, &column, arena);
        if (i && !field_is_null(model_key(join->model), tables[i]))
            *field_related(join->reference, tables[join->parent]) = tables[i];
    }
    return tables[0];
}

enum status query_rows(struct db *db, struct arena *arena, const struct query *query,
                       struct row_list *out)
{
    struct builder builder;
    struct db_rows rows;
    builder_start(&builder, arena, query);
    put_select(&builder);
    *out = (struct row_list){0};
    statement_query(db, &builder.statement, &rows);
    while (db_next(&rows)) {
        void *row = read_row(&builder, &rows, arena);
        *LIST_PUSH(arena, out) = row;
    }
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
    struct builder builder;
    struct arena *arena = arena_new(2048);
    builder_start(&builder, arena, query);
    put_count(&builder);
    enum status status = statement_run(db, &builder.statement, out);
    arena_free(arena);
    return status;
}

enum status query_each(struct db *db, const struct query *query,
                       enum status (*visit)(void *row, struct arena *arena, void *context),
                       void *context)
{
    struct builder builder;
    struct db_rows rows;
    struct arena *arena = arena_new(2048);
    struct arena *row_arena = arena_new((size_t)16 * 1024);
    builder_start(&builder, arena, query);
    put_select(&builder);
    enum status visited = OK;
    statement_query(db, &builder.statement, &rows);
    while (visited == OK && db_next(&rows)) {
        visited = visit(read_row(&builder, &rows, row_arena), row_arena, context);
        arena_reset(row_arena);
    }
    enum status status = db_finish(&rows);
    arena_free(row_arena);
    arena_free(arena);
    return visited == OK ? status : visited;
}
