#include "model/deletion.h"

#include "base/arena.h"
#include "db/db.h"
#include "model/query.h"
#include "model/statement.h"

#define KEYS_AT_ONCE 500 /* parameters of one statement */

static void add_key(struct deletion *deletion, deletion_groups *groups, const struct model *model,
                    const struct field *reference, int64_t key)
{
    struct deletion_group *group = NULL;
    for (size_t i = 0; i < groups->count; i++)
        if (groups->items[i].model == model && groups->items[i].reference == reference)
            group = &groups->items[i];
    if (!group) {
        group = LIST_PUSH(deletion->arena, groups);
        group->model = model;
        group->reference = reference;
    }
    *LIST_PUSH(deletion->arena, &group->keys) = key;
}

static bool is_deleted(const struct deletion *deletion, const struct model *model, int64_t key)
{
    for (size_t i = 0; i < deletion->deleted.count; i++) {
        const struct deletion_group *group = &deletion->deleted.items[i];
        for (size_t k = 0; group->model == model && k < group->keys.count; k++)
            if (group->keys.items[k] == key)
                return true;
    }
    return false;
}

/* Collecting */

static const struct deletion_group *group_at(const struct deletion *deletion, size_t index)
{
    return &deletion->deleted.items[index];
}

static enum status referring_rows(struct db *db, struct deletion *deletion,
                                  const struct model *model, const struct field *reference,
                                  const int64_t *keys, size_t count, struct row_list *out)
{
    struct db_parameter *values = ARENA_ARRAY(deletion->arena, struct db_parameter, count);
    for (size_t i = 0; i < count; i++)
        values[i] = DB_INT(keys[i]);
    const struct query query = {
        .model = model,
        .where = WHERE({.name = reference->column,
                        .lookup = LOOKUP_IN,
                        .values = values,
                        .value_count = count}),
        .order = NAMES("pk"),
    };
    return query_rows(db, deletion->arena, &query, out);
}

static void sort_in(struct deletion *deletion, const struct model *model,
                    const struct field *reference, int64_t key)
{
    if (reference->on_delete == SET_NULL)
        add_key(deletion, &deletion->unlinked, model, reference, key);
    else if (reference->on_delete == PROTECT)
        add_key(deletion, &deletion->protectors, model, reference, key);
    else if (!is_deleted(deletion, model, key))
        add_key(deletion, &deletion->deleted, model, reference, key);
}

static enum status follow_reference(struct db *db, struct deletion *deletion, size_t index,
                                    const struct model *model, const struct field *reference)
{
    enum status status = OK;
    for (size_t from = 0; from < group_at(deletion, index)->keys.count && status == OK;
         from += KEYS_AT_ONCE) {
        struct row_list rows;
        size_t left = group_at(deletion, index)->keys.count - from;
        status = referring_rows(db, deletion, model, reference,
                                group_at(deletion, index)->keys.items + from,
                                left < KEYS_AT_ONCE ? left : KEYS_AT_ONCE, &rows);
        for (size_t i = 0; status == OK && i < rows.count; i++)
            sort_in(deletion, model, reference,
                    *(const int64_t *)field_at(model_key(model), rows.items[i]));
    }
    return status;
}

static enum status follow_group(struct db *db, struct deletion *deletion, size_t index)
{
    enum status status = OK;
    for (const struct model *const *model = deletion->models; *model; model++)
        for (size_t i = 0; i < (*model)->field_count && status == OK; i++) {
            const struct field *field = &(*model)->fields[i];
            if (field->type->is_reference && field->to == group_at(deletion, index)->model)
                status = follow_reference(db, deletion, index, *model, field);
        }
    return status;
}

/* A group that grew while a later one was followed is followed again: rows of one model may refer
 * to each other. */
enum status deletion_collect(struct db *db, struct arena *arena, const struct model *const *models,
                             const struct model *model, int64_t key, struct deletion *out)
{
    void *row;
    *out = (struct deletion){.arena = arena, .models = models};
    enum status status = model_find(db, arena, model, DB_INT(key), &row);
    if (status == OK)
        add_key(out, &out->deleted, model, NULL, key);
    for (size_t before = 0, after = 1; status == OK && before != after;) {
        before = after;
        after = 0;
        out->unlinked.count = 0;
        out->protectors.count = 0;
        for (size_t i = 0; status == OK && i < out->deleted.count; i++)
            status = follow_group(db, out, i);
        for (size_t i = 0; i < out->deleted.count; i++)
            after += out->deleted.items[i].keys.count;
    }
    return status;
}

/* Doing it */

/* `begin` … IN (keys). */
static enum status run_for_some(struct db *db, struct text begin, const int64_t *keys, size_t count)
{
    struct arena *arena = arena_new(8192);
    struct statement statement = statement_start(arena);
    buffer_format(&statement.sql, "%.*s IN (", TEXT_ARG(begin));
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_text(&statement.sql, TEXT(", "));
        statement_bind(&statement, DB_INT(keys[i]));
    }
    buffer_char(&statement.sql, ')');
    enum status status = statement_run(db, &statement, NULL);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status;
}

static enum status run_for_keys(struct db *db, const struct deletion_group *group,
                                struct text begin)
{
    enum status status = OK;
    for (size_t from = 0; from < group->keys.count && status == OK; from += KEYS_AT_ONCE) {
        size_t left = group->keys.count - from;
        status = run_for_some(db, begin, group->keys.items + from,
                              left < KEYS_AT_ONCE ? left : KEYS_AT_ONCE);
    }
    return status;
}

static enum status unlink_rows(struct db *db, const struct deletion *deletion,
                               const struct deletion_group *group)
{
    return run_for_keys(db, group,
                        text_format(deletion->arena, "UPDATE \"%s\" SET \"%s\" = NULL WHERE \"%s\"",
                                    model_table(group->model), group->reference->column,
                                    model_key(group->model)->column));
}

static enum status delete_links(struct db *db, const struct deletion *deletion,
                                const struct deletion_group *group, const struct model *model,
                                const struct field *field)
{
    struct link_table table = link_table_of(model, field, deletion->arena);
    enum status status = OK;
    if (model == group->model)
        status = run_for_keys(db, group,
                              text_format(deletion->arena, "DELETE FROM \"%s\" WHERE \"%s\"",
                                          table.name, table.from));
    if (status == OK && field->to == group->model)
        status = run_for_keys(db, group,
                              text_format(deletion->arena, "DELETE FROM \"%s\" WHERE \"%s\"",
                                          table.name, table.to));
    return status;
}

static enum status delete_rows(struct db *db, const struct deletion *deletion,
                               const struct deletion_group *group)
{
    enum status status = OK;
    for (const struct model *const *model = deletion->models; *model; model++)
        for (size_t i = 0; i < (*model)->field_count && status == OK; i++)
            if ((*model)->fields[i].type == &field_MANY_TO_MANY)
                status = delete_links(db, deletion, group, *model, &(*model)->fields[i]);
    if (status != OK)
        return status;
    return run_for_keys(db, group,
                        text_format(deletion->arena, "DELETE FROM \"%s\" WHERE \"%s\"",
                                    model_table(group->model), model_key(group->model)->column));
}

enum status deletion_run(struct db *db, const struct deletion *deletion)
{
    if (deletion->protectors.count) {
        const struct deletion_group *group = &deletion->protectors.items[0];
        return fail_as(CONFLICT, "%zu of \"%s\" refer to it and protect it", group->keys.count,
                       model_table(group->model));
    }
    enum status status = OK;
    for (size_t i = 0; i < deletion->unlinked.count && status == OK; i++)
        status = unlink_rows(db, deletion, &deletion->unlinked.items[i]);
    for (size_t i = deletion->deleted.count; i-- > 0 && status == OK;)
        status = delete_rows(db, deletion, &deletion->deleted.items[i]);
    return status;
}
