#include "admin/tree.h"

#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "model/deletion.h"
#include "template/value.h"

#define MOST_NAMED 100 /* rows of each table that are named; the rest are counted */

/* Rows that go, or that forbid it, by table: their names, and how many more. */
static enum status group_value(const struct request *request, const struct deletion_group *group,
                               struct value *out)
{
    struct arena *arena = request->arena;
    const struct model_admin *admin = registry_find(group->model);
    LIST(struct value) rows = {0};
    bool may = false;
    enum status status = admin ? registry_may(request, admin, ADMIN_VIEW, NULL, &may) : OK;
    for (size_t i = 0; i < group->keys.count && i < MOST_NAMED && status == OK; i++) {
        struct text key = text_format(arena, "%lld", (long long)group->keys.items[i]);
        struct value_map *map = value_map_new(arena);
        void *row;
        status = registry_row(request, group->model, key, &row);
        if (status == OK)
            page_text(map, "name", model_print(group->model, row, arena));
        if (may)
            page_text(map, "url", registry_url(arena, admin, "change", key));
        *LIST_PUSH(arena, &rows) = value_map(map);
    }
    struct value_map *map = value_map_new(arena);
    size_t more = group->keys.count - rows.count;
    page_text(map, "name", model_verbose_name(group->model));
    page_text(map, "plural", page_titled(arena, model_verbose_name_plural(group->model, arena)));
    value_map_set(map, TEXT("count"), value_integer((int64_t)group->keys.count));
    value_map_set(map, TEXT("rows"), value_list(arena, rows.items, rows.count));
    value_map_set(map, TEXT("more"), value_integer((int64_t)more));
    *out = value_map(map);
    return status;
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

enum status tree_find_missing(const struct request *request, const struct deletion *deletion,
                              struct value *out)
{
    struct arena *arena = request->arena;
    LIST(struct value) missing = {0};
    enum status status = OK;
    for (size_t i = 0; i < deletion->deleted.count && status == OK; i++) {
        const struct model *model = deletion->deleted.items[i].model;
        const struct model_admin *admin = registry_find(model);
        bool may = true;
        if (admin)
            status = registry_may(request, admin, ADMIN_DELETE, NULL, &may);
        if (!may)
            *LIST_PUSH(arena, &missing) = value_text(model_verbose_name_plural(model, arena));
    }
    *out = value_list(arena, missing.items, missing.count);
    return status;
}
