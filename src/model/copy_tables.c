/* Which tables are copied, and in which order. */
#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "model/copy.h"

static bool has_name(const struct db_names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->items[i], name))
            return true;
    return false;
}

static bool is_number(struct text type)
{
    char lower[64] = "";
    for (size_t i = 0; i < type.length && i < sizeof lower - 1; i++)
        lower[i] = (char)(type.at[i] | 0x20);
    return strstr(lower, "int") || strstr(lower, "serial");
}

static void describe_key(const struct db_table *table, struct copy_table *out)
{
    const struct db_table_column *key = NULL;
    size_t keys = 0;
    for (size_t i = 0; i < table->columns.count; i++)
        if (table->columns.items[i].is_key) {
            key = &table->columns.items[i];
            keys++;
        }
    if (keys == 1 && is_number(key->type)) {
        out->key = key->name;
        out->has_sequence = !key->refers_to.length && text_is(key->name, "id");
    }
}

static bool has_column(const struct db_table *table, struct text name)
{
    for (size_t i = 0; i < table->columns.count; i++)
        if (text_equal(table->columns.items[i].name, name))
            return true;
    return false;
}

static enum status describe(struct db *from, struct db *to, struct arena *arena,
                            struct copy_table *out)
{
    struct db_table theirs;
    struct db_table ours;
    enum status status = db_table_read(from, arena, out->name, &theirs);
    if (status == OK)
        status = db_table_read(to, arena, out->name, &ours);
    if (status != OK)
        return status;
    describe_key(&ours, out);
    for (size_t i = 0; i < ours.columns.count; i++) {
        const struct db_table_column *column = &ours.columns.items[i];
        if (!has_column(&theirs, column->name))
            return fail_as(CONFLICT, "%.*s has no column %.*s there", TEXT_ARG(out->name),
                           TEXT_ARG(column->name));
        *LIST_PUSH(arena, &out->columns) = column->name;
        if (column->refers_to.length && !text_equal(column->refers_to, out->name))
            *LIST_PUSH(arena, &out->needs) = column->refers_to;
    }
    for (size_t i = 0; i < theirs.columns.count; i++)
        if (!has_column(&ours, theirs.columns.items[i].name))
            *LIST_PUSH(arena, &out->left_out) = theirs.columns.items[i].name;
    return OK;
}

static bool is_among(const struct copy_tables *tables, struct text name)
{
    for (size_t i = 0; i < tables->items.count; i++)
        if (text_equal(tables->items.items[i].name, name))
            return true;
    return false;
}

/* Whether all that it refers to, and that is to be copied, is there. */
static bool may_follow(const struct copy_table *table, const struct copy_tables *all,
                       const struct copy_tables *placed)
{
    for (size_t i = 0; i < table->needs.count; i++)
        if (is_among(all, table->needs.items[i]) && !is_among(placed, table->needs.items[i]))
            return false;
    return true;
}

static enum status put_in_order(struct arena *arena, const struct copy_tables *all,
                                struct copy_tables *out)
{
    for (size_t before = SIZE_MAX; before != out->items.count;) {
        before = out->items.count;
        for (size_t i = 0; i < all->items.count; i++)
            if (!is_among(out, all->items.items[i].name)
                && may_follow(&all->items.items[i], all, out))
                *LIST_PUSH(arena, &out->items) = all->items.items[i];
    }
    return out->items.count == all->items.count
               ? OK
               : fail("tables refer to each other in a circle, and cannot be copied");
}

enum status copy_tables_find(struct db *from, struct db *to, struct arena *arena,
                             bool (*is_wanted)(struct text table, void *context), void *context,
                             struct copy_tables *out)
{
    struct db_names theirs = {0};
    struct db_names ours = {0};
    struct copy_tables all = {0};
    enum status status = db_tables(from, arena, &theirs);
    if (status == OK)
        status = db_tables(to, arena, &ours);
    for (size_t i = 0; i < ours.count && status == OK; i++) {
        if (!has_name(&theirs, ours.items[i]) || !is_wanted(ours.items[i], context))
            continue;
        struct copy_table *table = LIST_PUSH(arena, &all.items);
        table->name = ours.items[i];
        status = describe(from, to, arena, table);
    }
    *out = (struct copy_tables){0};
    return status == OK ? put_in_order(arena, &all, out) : status;
}
