/* A further page of a row, which its table brings along (site/admin.h). */
#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "site/messages.h"
#include "template/language.h"

struct noting {
    const struct request *request;
    const struct model *model;
    const void *row;
    struct text label;
};

static enum status note(struct db *db, void *context)
{
    const struct noting *noting = context;
    const struct entry_part part = {.action = ENTRY_CHANGED,
                                    .fields = &noting->label,
                                    .field_count = 1};
    (void)db;
    return entry_write(noting->request, noting->model, noting->row, ENTRY_CHANGED, &part, 1);
}

enum status admin_further(struct request *request, struct response *response)
{
    const struct model_admin *admin = registry_of(request);
    struct text key = request_text(request, "object_id");
    const char *changed = NULL;
    void *row;
    bool may;
    enum status status = registry_may(request, admin, ADMIN_CHANGE, NULL, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK)
        status = registry_row(request, admin->model, key, &row);
    if (status == NOT_FOUND)
        return page_missing(request, response, admin, key);
    if (status == OK)
        status = registry_may(request, admin, ADMIN_CHANGE, row, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK)
        status = registry_page(request)->view(request, response, row, &changed);
    if (status != OK || !changed)
        return status;
    struct noting noting = {request, admin->model, row, text_of(changed)};
    status = db_transaction(request->db, note, &noting);
    if (status != OK)
        return status;
    struct text verbose = model_verbose_name(admin->model);
    struct text label = model_print(admin->model, row, request->arena);
    message_add(request, MESSAGE_SUCCESS,
                text_format(request->arena, translate("The %.*s “%.*s” was changed successfully."),
                            TEXT_ARG(verbose), TEXT_ARG(label)));
    return page_go(response, registry_url(request->arena, admin, "change",
                                          key_of(request->arena, admin->model, row)));
}
