#include "model/migration_safety.h"

#include "base/arena.h"

enum status migration_tables_read(struct db *db, struct arena *arena, struct migration_tables *out)
{
    struct db_names names = {0};
    enum status status = db_tables(db, arena, &names);
    for (size_t i = 0; i < names.count && status == OK; i++) {
        struct migration_table *table = LIST_PUSH(arena, &out->items);
        table->name = names.items[i];
        status = db_table_read(db, arena, table->name, &table->table);
    }
    return status;
}

static const struct db_table_column *find(const struct db_table *table, struct text name)
{
    for (size_t i = 0; i < table->columns.count; i++)
        if (text_equal(table->columns.items[i].name, name))
            return &table->columns.items[i];
    return NULL;
}

/* Types */

/* "varchar" of "varchar(30)", and 30; -1: none is said. */
static struct text split_type(struct text type, int64_t *length)
{
    size_t open = text_find_char(type, '(');
    struct text inner = text_from(type, open == TEXT_NOT_FOUND ? type.length : open + 1);
    *length = -1;
    text_to_int64(length, text_trim(text_part(inner, 0, text_find_char(inner, ')'))));
    return text_trim(text_part(type, 0, open));
}

/* Where among types, each of which takes what those before it take; 0: nowhere. */
static size_t rank_of(struct text type)
{
    static const struct {
        const char *name;
        size_t rank;
    } ranks[] = {
        {"smallint", 1}, {"smallint unsigned", 1}, {"integer", 2}, {"integer unsigned", 2},
        {"bigint", 3},   {"varchar", 11},          {"text", 12},   {"character varying", 11},
    };
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (text_equal_nocase(type, text_of(ranks[i].name)))
            return ranks[i].rank;
    return 0;
}

static bool takes_all_of(struct text after, struct text before)
{
    int64_t length_after;
    int64_t length_before;
    struct text wide = split_type(after, &length_after);
    struct text narrow = split_type(before, &length_before);
    if (text_equal_nocase(wide, narrow))
        return length_after < 0 || (length_before >= 0 && length_after >= length_before);
    size_t rank = rank_of(narrow);
    return rank && rank < rank_of(wide) && rank / 10 == rank_of(wide) / 10;
}

/* Columns and indexes */

static enum status check_column(struct text table, const struct db_table_column *before,
                                const struct db_table_column *after)
{
    if (!after)
        return fail_as(INVALID, "the column %.*s.%.*s is gone", TEXT_ARG(table),
                       TEXT_ARG(before->name));
    if (after->not_null && !before->not_null)
        return fail_as(INVALID, "the column %.*s.%.*s no longer takes NULL", TEXT_ARG(table),
                       TEXT_ARG(before->name));
    if (!takes_all_of(after->type, before->type))
        return fail_as(INVALID, "the column %.*s.%.*s was of the type %.*s, and is of %.*s",
                       TEXT_ARG(table), TEXT_ARG(before->name), TEXT_ARG(before->type),
                       TEXT_ARG(after->type));
    if (after->refers_to.length && !before->refers_to.length)
        return fail_as(INVALID, "the column %.*s.%.*s takes keys of %.*s alone", TEXT_ARG(table),
                       TEXT_ARG(before->name), TEXT_ARG(after->refers_to));
    return OK;
}

static enum status check_new_columns(struct text name, const struct db_table *before,
                                     const struct db_table *after)
{
    for (size_t i = 0; i < after->columns.count; i++) {
        const struct db_table_column *column = &after->columns.items[i];
        if (!find(before, column->name) && column->not_null && !column->has_default
            && !column->is_key)
            return fail_as(INVALID, "the new column %.*s.%.*s takes no NULL and has no default",
                           TEXT_ARG(name), TEXT_ARG(column->name));
    }
    return OK;
}

static bool same_columns(const struct db_table_index *a, const struct db_table_index *b)
{
    bool same = a->columns.count == b->columns.count;
    for (size_t i = 0; same && i < a->columns.count; i++)
        same = text_equal(a->columns.items[i], b->columns.items[i]);
    return same;
}

static bool was_unique(const struct db_table *before, const struct db_table_index *index)
{
    for (size_t i = 0; i < before->indexes.count; i++)
        if (before->indexes.items[i].is_unique && same_columns(&before->indexes.items[i], index))
            return true;
    return false;
}

/* Where one column of it is new, rows of before have NULL there, or its default. */
static enum status check_indexes(struct text name, const struct db_table *before,
                                 const struct db_table *after)
{
    for (size_t i = 0; i < after->indexes.count; i++) {
        const struct db_table_index *index = &after->indexes.items[i];
        if (index->is_unique && !was_unique(before, index))
            return fail_as(INVALID, "%.*s.%.*s must be unique", TEXT_ARG(name),
                           TEXT_ARG(index->columns.items[0]));
    }
    return OK;
}

static enum status check_table(const struct migration_table *before, const struct db_table *after)
{
    const struct db_table *table = &before->table;
    if (!after->columns.count)
        return fail_as(INVALID, "the table %.*s is gone", TEXT_ARG(before->name));
    enum status status = OK;
    for (size_t i = 0; i < table->columns.count && status == OK; i++)
        status = check_column(before->name, &table->columns.items[i],
                              find(after, table->columns.items[i].name));
    if (status == OK)
        status = check_new_columns(before->name, table, after);
    return status == OK ? check_indexes(before->name, table, after) : status;
}

enum status migration_tables_check(struct db *db, struct arena *arena,
                                   const struct migration_tables *before)
{
    enum status status = OK;
    for (size_t i = 0; i < before->items.count && status == OK; i++) {
        struct db_table after;
        status = db_table_read(db, arena, before->items.items[i].name, &after);
        if (status == OK)
            status = check_table(&before->items.items[i], &after);
    }
    return status;
}
