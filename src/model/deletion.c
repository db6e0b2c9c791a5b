#include "model/deletion.h"

#include "base/arena.h"
#include "db/db.h"
#include "model/query.h"
#include "model/statement.h"

#define KEYS_AT_ONCE 500 /* parameters of one statement */

/* Keys of one model, to look one up: a hash table of a power of two of places. */
struct key_set {
    const struct model *model;
    int64_t *places;
    bool *used;
    size_t capacity;
    size_t count;
};

struct collection {
    struct db *db;
    struct deletion *deletion;
    LIST(struct key_set) sets;
};

static size_t place_of(const struct key_set *set, int64_t key)
{
    size_t at = (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> 32) & (set->capacity - 1);
    while (set->used[at] && set->places[at] != key)
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static void put(struct key_set *set, int64_t key)
{
    size_t at = place_of(set, key);
    set->count += !set->used[at];
    set->used[at] = true;
    set->places[at] = key;
}

static void grow(struct key_set *set, struct arena *arena)
{
    struct key_set old = *set;
    set->capacity = old.capacity ? 2 * old.capacity : 16;
    set->places = ARENA_ARRAY(arena, int64_t, set->capacity);
    set->used = ARENA_ARRAY(arena, bool, set->capacity);
    set->count = 0;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.used[i])
            put(set, old.places[i]);
}

/* False: it was there. */
static bool remember(struct collection *collection, const struct model *model, int64_t key)
{
    struct arena *arena = collection->deletion->arena;
    struct key_set *set = NULL;
    for (size_t i = 0; i < collection->sets.count; i++)
        if (collection->sets.items[i].model == model)
            set = &collection->sets.items[i];
    if (!set) {
        set = LIST_PUSH(arena, &collection->sets);
        set->model = model;
    }
    if (2 * set->count >= set->capacity)
        grow(set, arena);
    size_t before = set->count;
    put(set, key);
    return set->count > before;
}

static void add_key(struct arena *arena, deletion_groups *groups, const struct model *model,
                    const struct field *reference, int64_t key)
{
    struct deletion_group *group = NULL;
    for (size_t i = 0; i < groups->count; i++)
        if (groups->items[i].model == model && groups->items[i].reference == reference)
            group = &groups->items[i];
    if (!group) {
        group = LIST_PUSH(arena, groups);
        group->model = model;
        group->reference = reference;
    }
    *LIST_PUSH(arena, &group->keys) = key;
}

/* Collecting */

static void sort_in(struct collection *collection, const struct model *model,
                    const struct field *reference, int64_t key)
{
    struct deletion *deletion = collection->deletion;
    bool goes = !reference || (reference->on_delete != SET_NULL && reference->on_delete != PROTECT);
    if (!goes && reference->on_delete == SET_NULL)
        add_key(deletion->arena, &deletion->unlinked, model, reference, key);
    else if (!goes)
        add_key(deletion->arena, &deletion->protectors, model, reference, key);
    else if (remember(collection, model, key))
        add_key(deletion->arena, &deletion->deleted, model, reference, key);
}

/* Rows of `model` whose `reference` leads to one of the keys; or (NULL) that have one. */
static enum status follow_keys(struct collection *collection, const struct model *model,
                               const struct field *reference, const int64_t *keys, size_t count)
{
    struct arena *arena = arena_new(8192);
    struct statement statement = statement_start(arena);
    struct db_rows rows;
    const char *key = model_key(model)->column;
    const char *column = reference ? reference->column : key;
    buffer_format(&statement.sql, "SELECT \"%s\" FROM \"%s\" WHERE \"%s\" IN (", key,
                  model_table(model), column);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_text(&statement.sql, TEXT(", "));
        statement_bind(&statement, DB_INT(keys[i]));
    }
    buffer_format(&statement.sql, ") ORDER BY \"%s\"", key);
    statement_query(collection->db, &statement, &rows);
    while (db_next(&rows))
        sort_in(collection, model, reference, db_int_at(&rows, 0));
    enum status status = db_finish(&rows);
    arena_free(arena);
    return status;
}

/* The keys of a group from `from` on, some at a time; what is found may make the list of groups
 * move. */
static enum status follow_reference(struct collection *collection, size_t index, size_t from,
                                    size_t to, const struct model *model,
                                    const struct field *reference)
{
    enum status status = OK;
    for (; from < to && status == OK; from += KEYS_AT_ONCE) {
        const struct deletion_group *group = &collection->deletion->deleted.items[index];
        status = follow_keys(collection, model, reference, group->keys.items + from,
                             to - from < KEYS_AT_ONCE ? to - from : KEYS_AT_ONCE);
    }
    return status;
}

static enum status follow_group(struct collection *collection, size_t index)
{
    struct deletion_group *group = &collection->deletion->deleted.items[index];
    const struct model *followed = group->model;
    size_t from = group->followed;
    size_t to = group->keys.count;
    enum status status = OK;
    group->followed = to;
    for (const struct model *const *model = collection->deletion->models; *model; model++)
        for (size_t i = 0; i < (*model)->field_count && status == OK; i++) {
            const struct field *field = &(*model)->fields[i];
            if (field->type->is_reference && field->to == followed)
                status = follow_reference(collection, index, from, to, *model, field);
        }
    return status;
}

static bool find_unfollowed(const struct deletion *deletion, size_t *index)
{
    for (*index = 0; *index < deletion->deleted.count; ++*index)
        if (deletion->deleted.items[*index].followed < deletion->deleted.items[*index].keys.count)
            return true;
    return false;
}

enum status deletion_collect_rows(struct db *db, struct arena *arena,
                                  const struct model *const *models, const struct model *model,
                                  const int64_t *keys, size_t count, struct deletion *out)
{
    size_t index;
    *out = (struct deletion){.arena = arena, .models = models};
    struct collection collection = {.db = db, .deletion = out};
    enum status status = OK;
    for (size_t from = 0; from < count && status == OK; from += KEYS_AT_ONCE)
        status = follow_keys(&collection, model, NULL, keys + from,
                             count - from < KEYS_AT_ONCE ? count - from : KEYS_AT_ONCE);
    while (status == OK && find_unfollowed(out, &index))
        status = follow_group(&collection, index);
    return status;
}

enum status deletion_collect(struct db *db, struct arena *arena, const struct model *const *models,
                             const struct model *model, int64_t key, struct deletion *out)
{
    enum status status = deletion_collect_rows(db, arena, models, model, &key, 1, out);
    return status == OK && out->deleted.count == 0 ? NOT_FOUND : status;
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
        struct text plural = model_verbose_name_plural(group->model, deletion->arena);
        return fail_as(CONFLICT, "%zu %.*s refer to it and protect it", group->keys.count,
                       TEXT_ARG(plural));
    }
    enum status status = OK;
    for (size_t i = 0; i < deletion->unlinked.count && status == OK; i++)
        status = unlink_rows(db, deletion, &deletion->unlinked.items[i]);
    for (size_t i = deletion->deleted.count; i-- > 0 && status == OK;)
        status = delete_rows(db, deletion, &deletion->deleted.items[i]);
    return status;
}
