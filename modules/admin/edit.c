/* Adding and changing a row. */
#include "admin/views.h"

#include <string.h>

#include "admin/entries.h"
#include "admin/form.h"
#include "admin/inlines.h"
#include "admin/page.h"
#include "admin/popup.h"
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
    struct inlines inlines;
    bool may[ADMIN_DELETE + 1];
    bool as_new; /* another row is to be made of what is typed in this one's form */
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

static bool inlines_edit(const struct inlines *inlines)
{
    for (size_t i = 0; i < inlines->sets.count; i++) {
        const bool *may = inlines->sets.items[i].may;
        if (may[ADMIN_ADD] || may[ADMIN_CHANGE] || may[ADMIN_DELETE])
            return true;
    }
    return false;
}

static enum status add_forms(struct editing *editing, struct value_map *context)
{
    struct arena *arena = editing->request->arena;
    struct admin_form *form = &editing->form;
    struct admin_errors errors = {0};
    struct value sections;
    enum status status = admin_form_sections_value(form, &sections);
    if (status == OK)
        status = inlines_add_context(&editing->inlines, context);
    if (status != OK)
        return status;
    admin_errors_add(arena, &errors, &form->form, TEXT(""));
    inlines_add_errors(&editing->inlines, &errors);
    value_map_set(context, TEXT("sections"), sections);
    value_map_set(context, TEXT("errors"), admin_errors_value(arena, &errors));
    value_map_set(context, TEXT("theirs"),
                  value_bool(form->theirs || inlines_have_met(&editing->inlines)));
    page_text(context, "digest", form->digest);
    return OK;
}

static enum status show(struct editing *editing)
{
    struct request *request = editing->request;
    const struct model *model = editing->admin->model;
    const void *row = editing->form.before;
    bool saves = editing->form.form.count > 0 || inlines_edit(&editing->inlines);
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
    bool copies = editing->admin->save_as && (row || editing->as_new);
    value_map_set(context, TEXT("may_add"), value_bool(saves && editing->may[ADMIN_ADD]));
    value_map_set(context, TEXT("copies"), value_bool(copies));
    value_map_set(context, TEXT("as_new"), value_bool(editing->as_new));
    value_map_set(context, TEXT("may_continue"),
                  value_bool(saves && (editing->may[ADMIN_CHANGE] || editing->may[ADMIN_VIEW])));
    value_map_set(context, TEXT("edits"), value_bool(saves));
    enum status status = add_forms(editing, context);
    return status == OK ? page_show(request, editing->response, "admin/form.html", context)
                        : status;
}

/* Saving */

static enum status check_digests(struct editing *editing, struct db *db)
{
    enum status status = admin_form_check_digest(&editing->form, db);
    if (status != OK && status != CONFLICT)
        return status;
    enum status others = inlines_check_digests(&editing->inlines, db);
    return others == OK ? status : others;
}

/* The whole of what was done, as Django's log has it: the row itself first. */
static enum status log_parts(struct editing *editing, struct entry_part own)
{
    struct arena *arena = editing->request->arena;
    const struct inlines *inlines = &editing->inlines;
    LIST(struct entry_part) parts = {0};
    if (own.action == ENTRY_ADDED || own.field_count)
        *LIST_PUSH(arena, &parts) = own;
    for (size_t i = 0; i < inlines->parts.count; i++)
        *LIST_PUSH(arena, &parts) = inlines->parts.items[i];
    return entry_write(editing->request, editing->admin->model, editing->form.row, own.action,
                       parts.items, parts.count);
}

static enum status save(struct db *db, void *context)
{
    struct editing *editing = context;
    struct admin_form *form = &editing->form;
    struct entry_part part = {.action = form->before ? ENTRY_CHANGED : ENTRY_ADDED};
    struct text *labels;
    editing->inlines.parts.count = 0;
    enum status status = check_digests(editing, db);
    if (status == OK)
        status = inlines_save_forward(&editing->inlines, db);
    if (status == OK)
        status = admin_form_changes(form, &labels, &part.field_count);
    if (status != OK)
        return status;
    part.fields = labels;
    if (editing->admin->prepare)
        editing->admin->prepare(editing->request, form->before, form->row);
    status = form_save(&form->form, db, form->before, form->row);
    if (status == OK)
        status = inlines_save(&editing->inlines, db);
    return status == OK ? log_parts(editing, part) : status;
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

static struct text escaped(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    buffer_escaped(&out, text);
    return buffer_contents(&out);
}

/* The row's name leads to it, for who may change it. */
static enum status tell(const struct editing *editing, const char *format, struct text url)
{
    struct arena *arena = editing->request->arena;
    const struct model *model = editing->admin->model;
    struct text name = escaped(arena, model_verbose_name(model));
    struct text object = escaped(arena, model_print(model, editing->form.row, arena));
    struct text href = escaped(arena, url);
    bool may = false;
    enum status status =
        registry_may(editing->request, editing->admin, ADMIN_CHANGE, editing->form.row, &may);
    if (may)
        object = text_format(arena, "<a href=\"%.*s\">%.*s</a>", TEXT_ARG(href), TEXT_ARG(object));
    message_add_html(editing->request, MESSAGE_SUCCESS,
                     text_format(arena, format, TEXT_ARG(name), TEXT_ARG(object), TEXT_ARG(name)));
    return status;
}

static enum status finish(struct editing *editing)
{
    struct request *request = editing->request;
    struct arena *arena = request->arena;
    const struct model *model = editing->admin->model;
    bool again = was_pressed(request, "_addanother") && editing->may[ADMIN_ADD];
    bool goes_on = editing->as_new ? editing->may[ADMIN_CHANGE]
                                   : was_pressed(request, "_continue") && editing->may[ADMIN_VIEW];
    if (popup_is(request))
        return popup_answer(request, editing->response, editing->form.before ? "change" : "add",
                            model, editing->form.row);
    struct text kept = page_kept(request);
    struct text change =
        registry_url(arena, editing->admin, "change", key_of(arena, model, editing->form.row));
    struct text url = text_format(arena, "%.*s%.*s", TEXT_ARG(change), TEXT_ARG(kept));
    enum status status = tell(editing, message_format(!editing->form.before, again, goes_on), url);
    if (status != OK)
        return status;
    if (goes_on)
        return page_go(editing->response, url);
    if (again) {
        struct text add = registry_url(arena, editing->admin, "add", TEXT_NONE);
        return page_go(editing->response,
                       text_format(arena, "%.*s%.*s", TEXT_ARG(add), TEXT_ARG(kept)));
    }
    return page_go(editing->response, page_list_url(request, editing->admin));
}

/* Somebody else has saved something of it since: the forms are then made of that, with what was
 * typed. */
static enum status meet(struct editing *editing)
{
    enum status status = editing->form.is_behind ? admin_form_meet(&editing->form) : OK;
    if (status == OK)
        status = inlines_meet(&editing->inlines);
    return status == OK ? show(editing) : status;
}

/* The row, and those of the inlines that are there already. */
static enum status save_rows(struct editing *editing)
{
    struct request *request = editing->request;
    struct arena *arena = request->arena;
    LIST(struct text) paths = {0};
    if (editing->form.before)
        *LIST_PUSH(arena, &paths) = model_path(editing->admin->model, editing->form.before, arena);
    for (size_t i = 0; i < editing->inlines.sets.count; i++) {
        const struct inline_set *set = &editing->inlines.sets.items[i];
        for (size_t k = 0; k < set->rows.count; k++)
            if (set->rows.items[k]->form.before)
                *LIST_PUSH(arena, &paths) =
                    model_path(set->nested->admin.model, set->rows.items[k]->form.before, arena);
    }
    return db_transaction_on(request->db, paths.items, paths.count, save, editing);
}

static enum status take(struct editing *editing)
{
    struct request *request = editing->request;
    enum status status = inlines_check(&editing->inlines);
    enum status others = status == INVALID ? check_digests(editing, request->db) : OK;
    if (status == OK)
        status = save_rows(editing);
    else if (others != OK)
        status = others; /* what is amiss may be somebody else's doing */
    if (status == CONFLICT && editing->form.before)
        status = meet(editing);
    else if (status == INVALID)
        status = show(editing);
    else if (status == OK)
        status = finish(editing);
    if (status == NOT_FOUND && editing->form.before)
        return page_missing(request, editing->response, editing->admin,
                            request_text(request, "object_id"));
    return status;
}

static enum status start_forms(struct editing *editing, const void *before, bool edits)
{
    struct request *request = editing->request;
    struct admin_form *form = &editing->form;
    *form = (struct admin_form){request, editing->admin, .before = before, .edits = edits};
    enum status status = admin_form_start(form);
    if (status == OK && request->method == HTTP_POST)
        admin_form_take(form);
    else if (status == OK && !before)
        admin_form_take_query(form, request->query);
    return status == OK ? inlines_start(&editing->inlines, request, form, editing->as_new) : status;
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
    if (popup_check(request, editing->admin->model) != OK)
        return INVALID;
    status = start_forms(editing, NULL, true);
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
    if (popup_check(request, editing->admin->model) != OK)
        return INVALID;
    editing->as_new = editing->admin->save_as && request->method == HTTP_POST
                      && was_pressed(request, "_saveasnew");
    if (editing->as_new && !editing->may[ADMIN_ADD])
        return page_forbidden(request, response);
    status = editing->as_new ? start_forms(editing, NULL, true)
                             : start_forms(editing, row, editing->may[ADMIN_CHANGE]);
    if (status != OK)
        return status;
    return request->method == HTTP_POST ? take(editing) : show(editing);
}

enum status admin_old_change(struct request *request, struct response *response)
{
    struct text key = key_unquote(request->arena, request_text(request, "object_id"));
    return page_go(response, registry_url(request->arena, registry_of(request), "change", key));
}
