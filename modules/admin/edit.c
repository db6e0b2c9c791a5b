/* Adding and changing a row. */
#include "admin/views.h"

#include <string.h>

#include "admin/entries.h"
#include "admin/form.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "model/query.h"
#include "site/messages.h"
#include "template/language.h"
#include "template/value.h"

struct editing {
    struct request *request;
    struct response *response;
    const struct model_admin *admin;
    struct admin_form form;
    bool may[ADMIN_DELETE + 1];
};

static enum status ask_rights(struct editing *editing, const void *row)
{
    enum status status = OK;
    for (int action = ADMIN_VIEW; action <= ADMIN_DELETE && status == OK; action++)
        status = registry_may(editing->request, editing->admin, (enum admin_action)action, row,
                              &editing->may[action]);
    return status;
}

/* Showing */

/* The links to the row's further pages. */
static void set_pages(const struct editing *editing, struct text key, struct value_map *context)
{
    struct arena *arena = editing->request->arena;
    LIST(struct value) pages = {0};
    for (const struct admin_page *each = editing->admin->pages;
         each && each->name && editing->may[ADMIN_CHANGE]; each++) {
        struct value_map *map = value_map_new(arena);
        page_text(map, "label", text_of(translate(each->label)));
        page_text(map, "url", registry_url(arena, editing->admin, each->name, key));
        *LIST_PUSH(arena, &pages) = value_map(map);
    }
    value_map_set(context, TEXT("further"), value_list(arena, pages.items, pages.count));
}

static void set_urls(const struct editing *editing, struct value_map *context)
{
    struct arena *arena = editing->request->arena;
    const void *row = editing->form.before;
    const struct model_admin *admin = editing->admin;
    struct text kept = page_kept(editing->request);
    struct text path;
    page_text(context, "close_url", page_list_url(editing->request, admin));
    if (!row)
        return;
    struct text key = key_of(arena, admin->model, row);
    struct text change = registry_url(arena, admin, "change", key);
    set_pages(editing, key, context);
    page_text(context, "history_url", registry_url(arena, admin, "history", key));
    page_text(context, "change_url",
              text_format(arena, "%.*s%.*s", TEXT_ARG(change), TEXT_ARG(kept)));
    if (editing->may[ADMIN_DELETE]) {
        struct text url = registry_url(arena, admin, "delete", key);
        page_text(context, "delete_url",
                  text_format(arena, "%.*s%.*s", TEXT_ARG(url), TEXT_ARG(kept)));
    }
    if (admin->path && admin->path(row, arena, &path) == OK)
        page_text(context, "site_url", path);
}

static enum status show(struct editing *editing)
{
    struct request *request = editing->request;
    const struct model *model = editing->admin->model;
    const void *row = editing->form.before;
    bool saves = editing->form.form.count > 0;
    const char *format = !row    ? translate("Add %.*s")
                         : saves ? translate("Change %.*s")
                                 : translate("View %.*s");
    struct text verbose = model_verbose_name(model);
    struct text title = text_format(request->arena, format, TEXT_ARG(verbose));
    struct value_map *context = page_context(request, title, editing->admin);
    struct text name = row ? model_print(model, row, request->arena) : title;
    page_crumb(context, name, TEXT(""));
    if (row)
        page_text(context, "object", name);
    set_urls(editing, context);
    value_map_set(context, TEXT("may_add"), value_bool(saves && editing->may[ADMIN_ADD]));
    value_map_set(context, TEXT("may_continue"),
                  value_bool(saves && (editing->may[ADMIN_CHANGE] || editing->may[ADMIN_VIEW])));
    enum status status = admin_form_add_context(&editing->form, context);
    return status == OK ? page_show(request, editing->response, "admin/form.html", context)
                        : status;
}

/* Saving */

static enum status save(struct db *db, void *context)
{
    struct editing *editing = context;
    struct admin_form *form = &editing->form;
    struct entry_part part = {.action = form->before ? ENTRY_CHANGED : ENTRY_ADDED};
    struct text *labels;
    enum status status = admin_form_check_digest(form, db);
    if (status == OK)
        status = admin_form_changes(form, &labels, &part.field_count);
    if (status != OK)
        return status;
    part.fields = labels;
    if (editing->admin->prepare)
        editing->admin->prepare(editing->request, form->before, form->row);
    status = form_save(&form->form, db, form->before, form->row);
    if (status != OK)
        return status;
    bool nothing = form->before && part.field_count == 0;
    return entry_write(editing->request, editing->admin->model, form->row, part.action, &part,
                       !nothing);
}

static bool was_pressed(const struct request *request, const char *button)
{
    struct text value;
    return request_form(request, button, &value);
}

static const char *message_format(bool added, bool again, bool goes_on)
{
    if (added && goes_on)
        return translate("The %.*s “%.*s” was added successfully. You may edit it again below.");
    if (added && again)
        return translate("The %.*s “%.*s” was added successfully. You may add another %.*s below.");
    if (added)
        return translate("The %.*s “%.*s” was added successfully.");
    if (goes_on)
        return translate("The %.*s “%.*s” was changed successfully. You may edit it again below.");
    if (again)
        return translate(
            "The %.*s “%.*s” was changed successfully. You may add another %.*s below.");
    return translate("The %.*s “%.*s” was changed successfully.");
}

static enum status finish(struct editing *editing)
{
    struct request *request = editing->request;
    struct arena *arena = request->arena;
    const struct model *model = editing->admin->model;
    bool again = was_pressed(request, "_addanother") && editing->may[ADMIN_ADD];
    bool goes_on = was_pressed(request, "_continue");
    struct text name = model_verbose_name(model);
    struct text object = model_print(model, editing->form.row, arena);
    const char *format = message_format(!editing->form.before, again, goes_on);
    message_add(request, MESSAGE_SUCCESS,
                text_format(arena, format, TEXT_ARG(name), TEXT_ARG(object), TEXT_ARG(name)));
    struct text kept = page_kept(request);
    struct text key = key_of(arena, model, editing->form.row);
    if (goes_on) {
        struct text url = registry_url(arena, editing->admin, "change", key);
        return page_go(editing->response,
                       text_format(arena, "%.*s%.*s", TEXT_ARG(url), TEXT_ARG(kept)));
    }
    if (again) {
        struct text url = registry_url(arena, editing->admin, "add", TEXT_NONE);
        return page_go(editing->response,
                       text_format(arena, "%.*s%.*s", TEXT_ARG(url), TEXT_ARG(kept)));
    }
    return page_go(editing->response, page_list_url(request, editing->admin));
}

static enum status take(struct editing *editing)
{
    struct request *request = editing->request;
    admin_form_take(&editing->form);
    enum status status = form_check(&editing->form.form, request->db, editing->form.row);
    if (status == OK)
        status = db_transaction(request->db, save, editing);
    if (status == CONFLICT && editing->form.before) {
        status = admin_form_meet(&editing->form);
        if (status == OK)
            return show(editing);
    }
    if (status == NOT_FOUND && editing->form.before)
        return page_missing(request, editing->response, editing->admin,
                            request_text(request, "object_id"));
    if (status == INVALID)
        return show(editing);
    return status == OK ? finish(editing) : status;
}

enum status admin_add(struct request *request, struct response *response)
{
    struct editing *editing = ARENA_NEW(request->arena, struct editing);
    *editing = (struct editing){request, response, .admin = registry_of(request)};
    enum status status = ask_rights(editing, NULL);
    if (status != OK)
        return status;
    if (!editing->may[ADMIN_ADD])
        return page_forbidden(request, response);
    status = admin_form_start(&editing->form, request, editing->admin, NULL, true);
    if (status == OK && request->method != HTTP_POST)
        admin_form_take_query(&editing->form, request->query);
    if (status != OK)
        return status;
    return request->method == HTTP_POST ? take(editing) : show(editing);
}

enum status admin_change(struct request *request, struct response *response)
{
    struct editing *editing = ARENA_NEW(request->arena, struct editing);
    *editing = (struct editing){request, response, .admin = registry_of(request)};
    struct text key = request_text(request, "object_id");
    void *row;
    enum status status = ask_rights(editing, NULL);
    if (status == OK && !editing->may[ADMIN_VIEW])
        return page_forbidden(request, response);
    if (status == OK)
        status = registry_row(request, editing->admin->model, key, &row);
    if (status == NOT_FOUND)
        return page_missing(request, response, editing->admin, key);
    if (status == OK)
        status = ask_rights(editing, row);
    if (status != OK)
        return status;
    if (!editing->may[ADMIN_VIEW] || (request->method == HTTP_POST && !editing->may[ADMIN_CHANGE]))
        return page_forbidden(request, response);
    status =
        admin_form_start(&editing->form, request, editing->admin, row, editing->may[ADMIN_CHANGE]);
    if (status != OK)
        return status;
    return request->method == HTTP_POST ? take(editing) : show(editing);
}

enum status admin_old_change(struct request *request, struct response *response)
{
    struct text key = key_unquote(request->arena, request_text(request, "object_id"));
    return page_go(response, registry_url(request->arena, registry_of(request), "change", key));
}

/* A further page of the row */

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
