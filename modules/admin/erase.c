/* Deleting a row, with all that goes with it: asked first. */
#include "admin/views.h"

#include <string.h>

#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/tree.h"
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

struct erasing {
    struct request *request;
    const struct model_admin *admin;
    void *row;
    struct deletion deletion;
    struct value missing; /* tables of which rows would go that the visitor may not delete */
};

static enum status look(struct erasing *erasing)
{
    const struct model *model = erasing->admin->model;
    struct arena *arena = erasing->request->arena;
    enum status status =
        deletion_collect(erasing->request->db, arena, site_models(arena), model,
                         *(const int64_t *)field_at(model_key(model), erasing->row),
                         &erasing->deletion);
    return status == OK ? tree_find_missing(erasing->request, &erasing->deletion, &erasing->missing)
                        : status;
}

static enum status show(const struct erasing *erasing, struct response *response)
{
    struct request *request = erasing->request;
    struct arena *arena = request->arena;
    const struct model *model = erasing->admin->model;
    struct text name = model_print(model, erasing->row, arena);
    struct text key = key_of(arena, model, erasing->row);
    struct text url = registry_url(arena, erasing->admin, "change", key);
    struct text kept = page_kept(request);
    struct text change = text_format(arena, "%.*s%.*s", TEXT_ARG(url), TEXT_ARG(kept));
    struct text verbose = model_verbose_name(model);
    struct text title = text_format(arena, translate("Delete %.*s"), TEXT_ARG(verbose));
    struct value_map *context = page_context(request, title, erasing->admin);
    bool may_view;
    enum status status = registry_may(request, erasing->admin, ADMIN_VIEW, erasing->row, &may_view);
    if (status != OK)
        return status;
    if (may_view)
        page_crumb(context, name, change);
    page_crumb(context, text_of(translate("Delete")), TEXT(""));
    page_text(context, "object", name);
    page_text(context, "back_url", may_view ? change : page_list_url(request, erasing->admin));
    value_map_set(context, TEXT("missing"), erasing->missing);
    status = tree_add_context(request, &erasing->deletion, context);
    return status == OK ? page_show(request, response, "admin/delete.html", context) : status;
}

/* What goes, and who may, is asked within the transaction. CONFLICT: something keeps it, as the
 * collection says. */
static enum status erase(struct db *db, void *context)
{
    struct erasing *erasing = context;
    enum status status = look(erasing);
    if (status == OK && (erasing->missing.list->count || erasing->deletion.protectors.count))
        return fail_as(CONFLICT, "something keeps it");
    if (status == OK)
        status = entry_write(erasing->request, erasing->admin->model, erasing->row, ENTRY_DELETED,
                             NULL, 0);
    return status == OK ? deletion_run(db, &erasing->deletion) : status;
}

static enum status tell(const struct erasing *erasing, struct response *response)
{
    struct request *request = erasing->request;
    const struct model *model = erasing->admin->model;
    struct text verbose = model_verbose_name(model);
    struct text label = model_print(model, erasing->row, request->arena);
    message_add(request, MESSAGE_SUCCESS,
                text_format(request->arena, translate("The %.*s “%.*s” was deleted successfully."),
                            TEXT_ARG(verbose), TEXT_ARG(label)));
    return page_go(response, page_list_url(request, erasing->admin));
}

static enum status finish(struct erasing *erasing, struct response *response)
{
    const struct text path =
        model_path(erasing->admin->model, erasing->row, erasing->request->arena);
    enum status status = db_transaction_on(erasing->request->db, &path, 1, erase, erasing);
    if (status == OK)
        return tell(erasing, response);
    if (status != CONFLICT)
        return status;
    if (erasing->missing.list->count)
        return page_forbidden(erasing->request, response);
    return erasing->deletion.protectors.count ? show(erasing, response) : status;
}

static enum status ask(struct erasing *erasing, struct response *response)
{
    enum status status = look(erasing);
    return status == OK ? show(erasing, response) : status;
}

static enum status answer(struct erasing *erasing, struct response *response)
{
    struct request *request = erasing->request;
    struct text key = request_text(request, "object_id");
    bool may;
    enum status status = registry_row(request, erasing->admin->model, key, &erasing->row);
    if (status == OK)
        status = registry_may(request, erasing->admin, ADMIN_DELETE, erasing->row, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK && request->method == HTTP_POST)
        status = finish(erasing, response);
    else if (status == OK)
        status = ask(erasing, response);
    return status == NOT_FOUND ? page_missing(request, response, erasing->admin, key) : status;
}

enum status admin_delete(struct request *request, struct response *response)
{
    struct erasing *erasing = ARENA_NEW(request->arena, struct erasing);
    bool may;
    *erasing = (struct erasing){request, .admin = registry_of(request)};
    enum status status = registry_may(request, erasing->admin, ADMIN_DELETE, NULL, &may);
    if (status != OK)
        return status;
    return may ? answer(erasing, response) : page_forbidden(request, response);
}
