/* A further page of a row, which its table brings along (site/admin.h). */
#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "model/query.h"
#include "site/messages.h"
#include "template/language.h"

struct changing {
    struct request *request;
    const struct model_admin *admin;
    struct text key;
    struct admin_change change;
    bool may;
};

/* The row may have become another since the page was made of it. */
static enum status run(struct db *db, void *context)
{
    struct changing *changing = context;
    const struct model *model = changing->admin->model;
    const struct text label = text_of(changing->change.label);
    const struct entry_part part = {.action = ENTRY_CHANGED, .fields = &label, .field_count = 1};
    void *row;
    enum status status = registry_row(changing->request, model, changing->key, &row);
    if (status == OK)
        status =
            registry_may(changing->request, changing->admin, ADMIN_CHANGE, row, &changing->may);
    if (status == OK && !changing->may)
        return fail_as(CONFLICT, "the row was changed in the meantime");
    if (status == OK)
        status = changing->change.run(db, changing->change.context);
    return status == OK ? entry_write(changing->request, model, row, ENTRY_CHANGED, &part, 1)
                        : status;
}

static enum status run_on_row(struct changing *changing, const void *row)
{
    struct request *request = changing->request;
    const struct text path = model_path(changing->admin->model, row, request->arena);
    return db_transaction_on(request->db, &path, 1, run, changing);
}

static enum status finish(struct request *request, struct response *response,
                          const struct model_admin *admin, const void *row)
{
    struct text verbose = model_verbose_name(admin->model);
    struct text label = model_print(admin->model, row, request->arena);
    message_add(request, MESSAGE_SUCCESS,
                text_format(request->arena, translate("The %.*s “%.*s” was changed successfully."),
                            TEXT_ARG(verbose), TEXT_ARG(label)));
    return page_go(response, registry_url(request->arena, admin, "change",
                                          key_of(request->arena, admin->model, row)));
}

enum status admin_further(struct request *request, struct response *response)
{
    const struct model_admin *admin = registry_of(request);
    struct changing changing = {request, admin, .key = request_text(request, "object_id")};
    void *row;
    enum status status = registry_may(request, admin, ADMIN_CHANGE, NULL, &changing.may);
    if (status == OK && changing.may)
        status = registry_row(request, admin->model, changing.key, &row);
    if (status == OK && changing.may)
        status = registry_may(request, admin, ADMIN_CHANGE, row, &changing.may);
    if (status == OK && changing.may)
        status = registry_page(request)->view(request, response, row, &changing.change);
    if (status == OK && changing.may && changing.change.run)
        status = run_on_row(&changing, row);
    if (status == NOT_FOUND)
        return page_missing(request, response, admin, changing.key);
    if ((status == OK || status == CONFLICT) && !changing.may)
        return page_forbidden(request, response);
    return status == OK && changing.change.run ? finish(request, response, admin, row) : status;
}
