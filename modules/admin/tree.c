#include "admin/tree.h"

#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "model/deletion.h"
#include "model/query.h"
#include "template/value.h"

#define MOST_NAMED   100 /* rows of each table that are named; the rest are counted */
#define ROWS_AT_ONCE 500

/* Rows that go, or that forbid it, by table: their names, and how many more. */
static enum status rows_value(const struct request *request, const struct deletion_group *group,
                              struct value *out, size_t *named)
{
    struct arena *arena = request->arena;
    const struct model_admin *admin = registry_find(group->model);
    struct row_list rows;
    bool may = false;
    enum status status = admin ? registry_may(request, admin, ADMIN_VIEW, NULL, &may) : OK;
    *named = group->keys.count < MOST_NAMED ? group->keys.count : MOST_NAMED;
    if (status == OK)
        status = registry_rows(request, arena, group->model, group->keys.items, *named, &rows);
    if (status != OK)
        return status;
    struct value *items = ARENA_ARRAY(arena, struct value, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        struct value_map *map = value_map_new(arena);
        page_text(map, "name", model_print(group->model, rows.items[i], arena));
        if (may)
            page_text(map, "url",
                      registry_url(arena, admin, "change",
                                   key_of(arena, group->model, rows.items[i])));
        items[i] = value_map(map);
    }
    *out = value_list(arena, items, rows.count);
    return OK;
}

static enum status group_value(const struct request *request, const struct deletion_group *group,
                               struct value *out)
{
    struct arena *arena = request->arena;
    struct value_map *map = value_map_new(arena);
    struct value rows;
    size_t named;
    enum status status = rows_value(request, group, &rows, &named);
    if (status != OK)
        return status;
    size_t more = group->keys.count - named;
    page_text(map, "name", model_verbose_name(group->model));
    page_text(map, "plural", page_titled(arena, model_verbose_name_plural(group->model, arena)));
    value_map_set(map, TEXT("count"), value_integer((int64_t)group->keys.count));
    value_map_set(map, TEXT("rows"), rows);
    value_map_set(map, TEXT("more"), value_integer((int64_t)more));
    *out = value_map(map);
    return OK;
}

static enum status set_groups(const struct request *request, const deletion_groups *groups,
                              const char *name, struct value_map *context)
{
    struct arena *arena = request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, groups->count);
    enum status status = OK;
    for (size_t i = 0; i < groups->count && status == OK; i++)
        status = group_value(request, &groups->items[i], &items[i]);
    value_map_set(context, text_of(name), value_list(arena, items, groups->count));
    return status;
}

enum status tree_add_context(const struct request *request, const struct deletion *deletion,
                             struct value_map *context)
{
    enum status status = set_groups(request, &deletion->deleted, "deleted", context);
    if (status == OK)
        status = set_groups(request, &deletion->unlinked, "unlinked", context);
    if (status == OK)
        status = set_groups(request, &deletion->protectors, "protectors", context);
    return status;
}

/* Rights */

enum status tree_each_row(const struct request *request, const struct model *model,
                          const int64_t *keys, size_t count,
                          enum status (*visit)(const struct request *request, const void *row,
                                               void *context),
                          void *context)
{
    struct arena *arena = arena_new((size_t)64 * 1024);
    enum status status = OK;
    for (size_t from = 0; from < count && status == OK; from += ROWS_AT_ONCE) {
        struct request own = *request;
        struct row_list rows;
        size_t left = count - from;
        own.arena = arena;
        status = registry_rows(&own, arena, model, keys + from,
                               left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE, &rows);
        for (size_t i = 0; status == OK && i < rows.count; i++)
            status = visit(&own, rows.items[i], context);
        arena_reset(arena);
    }
    arena_free(arena);
    return status;
}

/* CONFLICT: not that one. */
static enum status may_delete(const struct request *request, const void *row, void *context)
{
    const struct model_admin *admin = context;
    return admin->may(request, ADMIN_DELETE, row) ? OK : fail_as(CONFLICT, "it may not be deleted");
}

static enum status may_delete_all(const struct request *request, const struct deletion_group *group,
                                  bool *out)
{
    const struct model_admin *admin = registry_find(group->model);
    *out = true;
    enum status status = admin ? registry_may(request, admin, ADMIN_DELETE, NULL, out) : OK;
    if (status != OK || !*out || !admin || !admin->may)
        return status;
    status = tree_each_row(request, group->model, group->keys.items, group->keys.count, may_delete,
                           (void *)(uintptr_t)admin);
    *out = status == OK;
    return status == CONFLICT ? OK : status;
}

enum status tree_find_missing(const struct request *request, const struct deletion *deletion,
                              struct value *out)
{
    struct arena *arena = request->arena;
    LIST(struct value) missing = {0};
    enum status status = OK;
    for (size_t i = 0; i < deletion->deleted.count && status == OK; i++) {
        const struct deletion_group *group = &deletion->deleted.items[i];
        bool may;
        status = may_delete_all(request, group, &may);
        if (!may)
            *LIST_PUSH(arena, &missing) =
                value_text(model_verbose_name_plural(group->model, arena));
    }
    *out = value_list(arena, missing.items, missing.count);
    return status;
}
