/* Deleting a row, with all that goes with it: asked first. */
#include "admin/views.h"

#include <string.h>

#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "model/deletion.h"
#include "model/query.h"
#include "site/messages.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_NAMED 100 /* rows of each table that are named; the rest are counted */

struct erasing {
    struct request *request;
    const struct model_admin *admin;
    void *row;
    struct deletion deletion;
};

/* Rows that go, or that forbid it, by table: their names, and how many more. */
static enum status group_value(const struct erasing *erasing, const struct deletion_group *group,
                               struct value *out)
{
    const struct request *request = erasing->request;
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

static enum status set_groups(const struct erasing *erasing, const deletion_groups *groups,
                              const char *name, struct value_map *context)
{
    struct arena *arena = erasing->request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, groups->count);
    enum status status = OK;
    for (size_t i = 0; i < groups->count && status == OK; i++)
        status = group_value(erasing, &groups->items[i], &items[i]);
    value_map_set(context, text_of(name), value_list(arena, items, groups->count));
    return status;
}

/* The tables of which the visitor may delete nothing. A table that is not in the admin asks for no
 * right of its own: its rows belong to the others'. */
static enum status find_missing(const struct erasing *erasing, struct value *out)
{
    struct arena *arena = erasing->request->arena;
    LIST(struct value) missing = {0};
    enum status status = OK;
    for (size_t i = 0; i < erasing->deletion.deleted.count && status == OK; i++) {
        const struct model *model = erasing->deletion.deleted.items[i].model;
        const struct model_admin *admin = registry_find(model);
        bool may = true;
        if (admin)
            status = registry_may(erasing->request, admin, ADMIN_DELETE, NULL, &may);
        if (!may)
            *LIST_PUSH(arena, &missing) = value_text(model_verbose_name_plural(model, arena));
    }
    *out = value_list(arena, missing.items, missing.count);
    return status;
}

static enum status collect(struct erasing *erasing)
{
    const struct model *model = erasing->admin->model;
    struct arena *arena = erasing->request->arena;
    return deletion_collect(erasing->request->db, arena, site_models(arena), model,
                            *(const int64_t *)field_at(model_key(model), erasing->row),
                            &erasing->deletion);
}

static enum status show(const struct erasing *erasing, struct value missing,
                        struct response *response)
{
    struct request *request = erasing->request;
    struct arena *arena = request->arena;
    const struct model *model = erasing->admin->model;
    struct text name = model_print(model, erasing->row, arena);
    struct text key = key_of(arena, model, erasing->row);
    struct text change =
        text_format(arena, "%.*s%.*s", TEXT_ARG(registry_url(arena, erasing->admin, "change", key)),
                    TEXT_ARG(page_kept(request)));
    struct text title =
        text_format(arena, translate("Delete %.*s"), TEXT_ARG(model_verbose_name(model)));
    struct value_map *context = page_context(request, title, erasing->admin);
    page_crumb(context, name, change);
    page_crumb(context, text_of(translate("Delete")), TEXT(""));
    page_text(context, "object", name);
    page_text(context, "back_url", change);
    value_map_set(context, TEXT("missing"), missing);
    enum status status = set_groups(erasing, &erasing->deletion.deleted, "deleted", context);
    if (status == OK)
        status = set_groups(erasing, &erasing->deletion.unlinked, "unlinked", context);
    if (status == OK)
        status = set_groups(erasing, &erasing->deletion.protectors, "protectors", context);
    return status == OK ? page_show(request, response, "admin/delete.html", context) : status;
}

/* What goes is collected again: it may be more by now. */
static enum status erase(struct db *db, void *context)
{
    struct erasing *erasing = context;
    enum status status = collect(erasing);
    if (status == OK)
        status = entry_write(erasing->request, erasing->admin->model, erasing->row, ENTRY_DELETED,
                             NULL, 0);
    return status == OK ? deletion_run(db, &erasing->deletion) : status;
}

static enum status finish(struct erasing *erasing, struct response *response)
{
    struct request *request = erasing->request;
    const struct model *model = erasing->admin->model;
    enum status status = db_transaction(request->db, erase, erasing);
    if (status != OK)
        return status;
    message_add(request, MESSAGE_SUCCESS,
                text_format(request->arena, translate("The %.*s “%.*s” was deleted successfully."),
                            TEXT_ARG(model_verbose_name(model)),
                            TEXT_ARG(model_print(model, erasing->row, request->arena))));
    return page_go(response, page_list_url(request, erasing->admin));
}

enum status admin_delete(struct request *request, struct response *response)
{
    struct erasing *erasing = ARENA_NEW(request->arena, struct erasing);
    struct text key = request_text(request, "object_id");
    struct value missing;
    bool may;
    *erasing = (struct erasing){request, .admin = registry_of(request)};
    enum status status = registry_may(request, erasing->admin, ADMIN_DELETE, NULL, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK)
        status = registry_row(request, erasing->admin->model, key, &erasing->row);
    if (status == NOT_FOUND)
        return page_missing(request, response, erasing->admin, key);
    if (status == OK)
        status = registry_may(request, erasing->admin, ADMIN_DELETE, erasing->row, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK)
        status = collect(erasing);
    if (status == OK)
        status = find_missing(erasing, &missing);
    if (status != OK)
        return status;
    if (request->method == HTTP_POST && missing.list->count)
        return page_forbidden(request, response);
    if (request->method == HTTP_POST && !erasing->deletion.protectors.count)
        return finish(erasing, response);
    return show(erasing, missing, response);
}
