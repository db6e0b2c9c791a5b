#include "model/query_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "db/dialect.h"
#include "model/query.h"
#include "model/statement.h"

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
    const struct db_dialect *dialect;
    LIST(struct join) joins;
    struct statement statement;
    size_t parameters;
};

static void builder_start(struct builder *builder, const struct query_building *building)
{
    *builder = (struct builder){.arena = building->arena,
                                .query = building->query,
                                .dialect = building->dialect,
                                .statement = statement_start(building->arena)};
    *LIST_PUSH(builder->arena, &builder->joins) =
        (struct join){.model = builder->query->model, .selected = true};
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

/* `$3`: the values are found by query_parameters(), in the same order. */
static void put_parameter(struct builder *builder)
{
    buffer_char(&builder->statement.sql, '$');
    buffer_int(&builder->statement.sql, (int64_t)++builder->parameters);
}

static void put_values(struct builder *builder, const struct condition *condition)
{
    buffer_text(&builder->statement.sql, TEXT(" IN ("));
    if (!condition->value_count)
        buffer_text(&builder->statement.sql, TEXT("NULL")); /* an empty list is SQLite's alone */
    for (size_t i = 0; i < condition->value_count; i++) {
        if (i)
            buffer_text(&builder->statement.sql, TEXT(", "));
        put_parameter(builder);
    }
    buffer_char(&builder->statement.sql, ')');
}

static bool is_match(enum lookup lookup)
{
    return lookup == LOOKUP_IEXACT || lookup == LOOKUP_ICONTAINS || lookup == LOOKUP_ISTARTSWITH;
}

static void put_match(struct builder *builder, struct place place)
{
    struct buffer *sql = &builder->statement.sql;
    bool is_text = place.field->type == &field_TEXT || place.field->type == &field_LONG_TEXT;
    buffer_text(sql, text_of(builder->dialect->fold));
    buffer_text(sql, is_text ? TEXT("") : TEXT("CAST("));
    put_column(builder, place);
    buffer_format(sql, "%s%s LIKE %s", is_text ? "" : " AS text)", builder->dialect->fold_end,
                  builder->dialect->fold);
    put_parameter(builder);
    buffer_format(sql, "%s ESCAPE '\\'", builder->dialect->fold_end);
}

static void put_comparison(struct builder *builder, const struct condition *condition)
{
    static const char *const operators[] = {
        [LOOKUP_EXACT] = " = ", [LOOKUP_GT] = " > ",   [LOOKUP_GTE] = " >= ",
        [LOOKUP_LT] = " < ",    [LOOKUP_LTE] = " <= ",
    };
    struct place place = place_of(builder, condition->name);
    if (is_match(condition->lookup)) {
        put_match(builder, place);
        return;
    }
    put_column(builder, place);
    switch (condition->lookup) {
    case LOOKUP_IN: put_values(builder, condition); break;
    default:
        if (condition->value.kind == DB_KIND_NULL) {
            buffer_text(&builder->statement.sql, TEXT(" IS NULL"));
            break;
        }
        buffer_text(&builder->statement.sql, text_of(operators[condition->lookup]));
        put_parameter(builder);
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

/* A number, not a parameter: PostgreSQL plans a statement anew for each value that would change how
 * many rows it expects. */
static void put_limit(struct builder *builder)
{
    const struct query *query = builder->query;
    if (query->limit || query->offset) {
        buffer_text(&builder->statement.sql, TEXT(" LIMIT "));
        buffer_int(&builder->statement.sql, query->limit ? query->limit : INT64_MAX);
    }
    if (query->offset) {
        buffer_text(&builder->statement.sql, TEXT(" OFFSET "));
        put_parameter(builder);
    }
}

static void put_raw_select(struct builder *builder)
{
    select_related(builder);
    buffer_text(&builder->statement.sql, TEXT("SELECT "));
    put_columns(builder);
    buffer_char(&builder->statement.sql, ' ');
    buffer_text(&builder->statement.sql, text_of(builder->query->raw.sql));
    put_limit(builder);
}

static void put_select(struct builder *builder, bool only_keys)
{
    struct text where = where_part(builder);
    struct text order = order_part(builder);
    if (!only_keys)
        select_related(builder);
    for (size_t i = 1; only_keys && i < builder->joins.count; i++)
        builder->joins.items[i].selected = true; /* as the rows' own query joins them */
    buffer_text(&builder->statement.sql, TEXT("SELECT "));
    if (only_keys)
        put_column(builder, (struct place){0, model_key(builder->query->model)});
    else
        put_columns(builder);
    put_from(builder);
    buffer_text(&builder->statement.sql, where);
    buffer_text(&builder->statement.sql, order);
    put_limit(builder);
}

static void put_count(struct builder *builder)
{
    struct text where = where_part(builder);
    bool bounded = builder->query->limit != 0;
    buffer_text(&builder->statement.sql,
                bounded ? TEXT("SELECT COUNT(*) FROM (SELECT 1") : TEXT("SELECT COUNT(*)"));
    put_from(builder);
    buffer_text(&builder->statement.sql, where);
    if (!bounded)
        return;
    put_limit(builder);
    buffer_text(&builder->statement.sql, TEXT(") counted"));
}

/* The joins that are read, in the order of their columns. */
static struct query_plan *plan_of(const struct builder *builder)
{
    size_t count = builder->joins.count;
    size_t *place = ARENA_ARRAY(builder->arena, size_t, count);
    struct query_plan *plan = malloc(sizeof *plan + count * sizeof *plan->tables);
    if (!plan)
        abort();
    plan->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct join *join = &builder->joins.items[i];
        if (!join->selected)
            continue;
        place[i] = plan->count;
        plan->tables[plan->count++] =
            (struct query_table){join->model, join->reference, i ? place[join->parent] : 0};
    }
    return plan;
}

void query_build_select(void *context, struct db_built *out)
{
    const struct query_building *building = context;
    struct builder builder;
    builder_start(&builder, building);
    if (building->query->raw.sql)
        put_raw_select(&builder);
    else
        put_select(&builder, false);
    *out = (struct db_built){buffer_contents(&builder.statement.sql), plan_of(&builder)};
}

void query_build_count(void *context, struct db_built *out)
{
    const struct query_building *building = context;
    struct builder builder;
    builder_start(&builder, building);
    put_count(&builder);
    *out = (struct db_built){.sql = buffer_contents(&builder.statement.sql)};
}

void query_build_keys(void *context, struct db_built *out)
{
    const struct query_building *building = context;
    struct builder builder;
    builder_start(&builder, building);
    put_select(&builder, true);
    *out = (struct db_built){.sql = buffer_contents(&builder.statement.sql)};
}

/* Keys */

static void put_word(struct buffer *key, const char *word)
{
    buffer_append(key, word, strlen(word) + 1);
}

static void put_words(struct buffer *key, const char *const *words)
{
    for (; words && *words; words++)
        put_word(key, *words);
    buffer_char(key, words ? ';' : '-');
}

static void put_conditions_key(struct buffer *key, struct conditions conditions)
{
    for (size_t i = 0; i < conditions.count; i++) {
        const struct condition *each = &conditions.items[i];
        buffer_char(key, (char)('A' + 2 * each->lookup + each->negated));
        if (each->any.count) {
            put_conditions_key(key, each->any);
            continue;
        }
        put_word(key, each->name);
        if (each->lookup == LOOKUP_IN)
            buffer_append(key, (const char *)&each->value_count, sizeof each->value_count);
        else
            buffer_char(key, each->value.kind == DB_KIND_NULL ? '0' : '1');
    }
    buffer_char(key, ';');
}

/* Begins with a byte that no SQL begins with. */
struct text query_key(struct arena *arena, const struct query *query, enum query_kind kind)
{
    struct buffer key = {.arena = arena};
    buffer_room(&key, 128);
    buffer_char(&key, (char)(kind + (query->raw.sql ? 4 : 1)));
    buffer_append(&key, (const char *)&query->model, sizeof query->model);
    if (query->raw.sql) {
        buffer_append(&key, (const char *)&query->raw.sql, sizeof query->raw.sql);
        put_words(&key, query->related);
        buffer_append(&key, (const char *)&query->limit, sizeof query->limit);
        return buffer_contents(&key);
    }
    put_conditions_key(&key, query->where);
    if (kind != QUERY_COUNT)
        put_words(&key, query->order);
    if (kind == QUERY_SELECT)
        put_words(&key, query->related);
    buffer_append(&key, (const char *)&query->limit, sizeof query->limit);
    buffer_char(&key, query->offset ? '1' : '0');
    return buffer_contents(&key);
}

/* Parameters */

/* Text that LIKE matches as it is, with what stands before and after. */
static struct db_parameter pattern(struct arena *arena, const char *before, struct text text,
                                   const char *after)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, text_of(before));
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '\\')
            buffer_char(&out, '\\');
        buffer_char(&out, text.at[i]);
    }
    buffer_text(&out, text_of(after));
    return DB_TEXT(buffer_contents(&out));
}

static void add_values(struct arena *arena, const struct condition *condition,
                       struct parameter_list *out)
{
    bool open_start = condition->lookup == LOOKUP_ICONTAINS;
    bool open_end = open_start || condition->lookup == LOOKUP_ISTARTSWITH;
    switch (condition->lookup) {
    case LOOKUP_IEXACT:
    case LOOKUP_ICONTAINS:
    case LOOKUP_ISTARTSWITH:
        *LIST_PUSH(arena, out) =
            pattern(arena, open_start ? "%" : "", condition->value.text, open_end ? "%" : "");
        break;
    case LOOKUP_IN:
        for (size_t i = 0; i < condition->value_count; i++)
            *LIST_PUSH(arena, out) = condition->values[i];
        break;
    default:
        if (condition->value.kind != DB_KIND_NULL)
            *LIST_PUSH(arena, out) = condition->value;
    }
}

static void add_conditions(struct arena *arena, struct conditions conditions,
                           struct parameter_list *out)
{
    for (size_t i = 0; i < conditions.count; i++) {
        const struct condition *each = &conditions.items[i];
        if (each->any.count)
            add_conditions(arena, each->any, out);
        else
            add_values(arena, each, out);
    }
}

void query_parameters(struct arena *arena, const struct query *query, enum query_kind kind,
                      struct parameter_list *out)
{
    *out = (struct parameter_list){0};
    add_conditions(arena, query->where, out);
    if (query->offset && kind != QUERY_COUNT)
        *LIST_PUSH(arena, out) = DB_INT(query->offset);
}
