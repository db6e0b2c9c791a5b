#include "admin/actions.h"

#include <string.h>

#include "admin/entries.h"
#include "admin/list.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/tree.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "http/url.h"
#include "model/deletion.h"
#include "model/query.h"
#include "site/messages.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_AT_ONCE 10000 /* rows */

/* The one that each table has; it has a way of its own. */
static const struct admin_bulk delete_selected = {"delete_selected", N_("Delete the selected rows"),
                                                  ADMIN_DELETE, NULL};

struct acting {
    struct list *list;
    struct request *request;
    struct response *response;
    const struct admin_bulk *action;
    LIST(int64_t) keys;
    struct deletion deletion;
    struct value missing; /* tables of which rows would go that the visitor may not delete */
    struct entries entries;
    int64_t done;
    bool refused; /* the list is shown again, with a message */
};

static enum status add_action(const struct list *list, const struct admin_bulk *action,
                              struct value_map *context, const struct value *before)
{
    bool may;
    struct arena *arena = list->arena;
    enum status status = registry_may(list->request, list->admin, action->needs, NULL, &may);
    if (status != OK || !may)
        return status;
    size_t count = before ? before->list->count : 0;
    struct value *items = ARENA_ARRAY(arena, struct value, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = before->list->items[i];
    struct value_map *map = value_map_new(arena);
    page_text(map, "value", text_of(action->name));
    page_text(map, "label", text_of(translate(action->label)));
    items[count] = value_map(map);
    value_map_set(context, TEXT("actions"), value_list(arena, items, count + 1));
    return OK;
}

static struct text sent_value(const struct list *list, const char *name)
{
    struct text value;
    return list->request->method == HTTP_POST && request_form(list->request, name, &value)
                   && value.at
               ? value
               : TEXT("");
}

enum status actions_add_context(const struct list *list, struct value_map *context)
{
    enum status status = add_action(list, &delete_selected, context, NULL);
    for (const struct admin_bulk *each = list->admin->actions; each && each->name; each++)
        if (status == OK)
            status = add_action(list, each, context,
                                value_map_find(context, value_text(TEXT("actions"))));
    page_text(context, "action", sent_value(list, "action"));
    value_map_set(context, TEXT("across"),
                  value_bool(text_is(sent_value(list, "select_across"), "1")));
    return status;
}

bool actions_has_ticked(const struct list *list, struct text key)
{
    size_t at = 0;
    struct text name;
    struct text value;
    while (list->request->method == HTTP_POST
           && request_form_next(list->request, &at, &name, &value))
        if (name.at && text_is(name, "_selected_action") && text_equal(value, key))
            return true;
    return false;
}

/* Which action, which rows */

static const struct admin_bulk *action_named(const struct list *list, struct text name)
{
    if (text_is(name, delete_selected.name))
        return &delete_selected;
    for (const struct admin_bulk *each = list->admin->actions; each && each->name; each++)
        if (text_is(name, each->name))
            return each;
    return NULL;
}

static enum status take_all(struct acting *acting)
{
    const struct list *list = acting->list;
    struct arena *arena = acting->request->arena;
    struct db_parameter *keys;
    size_t count;
    const struct query query = {.model = list->admin->model,
                                .where = {list->where.items, list->where.count},
                                .order = list->order.items,
                                .limit = MOST_AT_ONCE + 1};
    list_start_clock(list);
    enum status status = query_keys(acting->request->db, arena, &query, &keys, &count);
    list_stop_clock(list);
    for (size_t i = 0; i < count && status == OK; i++)
        *LIST_PUSH(arena, &acting->keys) = keys[i].integer;
    return status;
}

static enum status take_keys(struct acting *acting)
{
    struct text across;
    size_t at = 0;
    struct text name;
    struct text value;
    int64_t key;
    if (request_form(acting->request, "select_across", &across) && text_is(across, "1"))
        return take_all(acting);
    while (request_form_next(acting->request, &at, &name, &value))
        if (name.at && text_is(name, "_selected_action") && text_to_int64(&key, value))
            *LIST_PUSH(acting->request->arena, &acting->keys) = key;
    return OK;
}

static enum status go_back(struct acting *acting)
{
    return page_go(acting->response, list_own_url(acting->list));
}

static enum status refuse(struct acting *acting, const char *words)
{
    message_add(acting->request, MESSAGE_WARNING, text_of(words));
    acting->refused = true;
    return OK;
}

/* Doing it */

static enum status run_each(struct db *db, void *context)
{
    struct acting *acting = context;
    const struct model_admin *admin = acting->list->admin;
    struct request *request = acting->request;
    enum status status = OK;
    acting->done = 0;
    for (size_t i = 0; i < acting->keys.count && status == OK; i++) {
        void *row;
        struct text key = text_format(request->arena, "%lld", (long long)acting->keys.items[i]);
        status = registry_row(request, admin->model, key, &row);
        if (status == OK && admin->may && !admin->may(request, acting->action->needs, row))
            status =
                fail_as(CONFLICT, "%s", translate("You may not do that to all of these rows."));
        if (status == OK)
            status = acting->action->run(request, db, row);
        acting->done += status == OK;
        status = status == NOT_FOUND ? OK : status;
    }
    return status;
}

static enum status tell_done(struct acting *acting, const char *format)
{
    const struct model *model = acting->list->admin->model;
    struct arena *arena = acting->request->arena;
    struct text name =
        acting->done == 1 ? model_verbose_name(model) : model_verbose_name_plural(model, arena);
    message_add(acting->request, MESSAGE_SUCCESS,
                text_format(arena, format, (long long)acting->done, TEXT_ARG(name)));
    return go_back(acting);
}

/* In a transaction, alone with the rows. */
static enum status on_rows(struct acting *acting, enum status (*body)(struct db *db, void *context))
{
    struct arena *arena = acting->request->arena;
    struct text *paths = ARENA_ARRAY(arena, struct text, acting->keys.count);
    for (size_t i = 0; i < acting->keys.count; i++)
        paths[i] = text_format(arena, "%s/%lld", model_table(acting->list->admin->model),
                               (long long)acting->keys.items[i]);
    return db_transaction_on(acting->request->db, paths, acting->keys.count, body, acting);
}

static enum status run(struct acting *acting)
{
    enum status status = on_rows(acting, run_each);
    return status == OK ? tell_done(acting, translate("Done for %lld %.*s.")) : status;
}

/* Deleting */

static enum status look(struct acting *acting)
{
    struct arena *arena = acting->request->arena;
    enum status status = deletion_collect_rows(acting->request->db, arena, site_models(arena),
                                               acting->list->admin->model, acting->keys.items,
                                               acting->keys.count, &acting->deletion);
    return status == OK ? tree_find_missing(acting->request, &acting->deletion, &acting->missing)
                        : status;
}

static enum status log_deletion(const struct request *request, const void *row, void *context)
{
    struct acting *acting = context;
    (void)request;
    acting->done++;
    return entries_add(&acting->entries, row, ENTRY_DELETED, NULL, 0);
}

static enum status log_deletions(struct acting *acting)
{
    const struct request *request = acting->request;
    const struct model *model = acting->list->admin->model;
    acting->done = 0;
    enum status status = entries_start(&acting->entries, request, model);
    if (status == OK)
        status = tree_each_row(request, model, acting->keys.items, acting->keys.count, log_deletion,
                               acting);
    if (status == OK)
        status = entries_flush(&acting->entries);
    entries_end(&acting->entries);
    return status;
}

/* What goes, and who may, is asked within the transaction. CONFLICT: something keeps it, as the
 * collection says. */
static enum status erase_all(struct db *db, void *context)
{
    struct acting *acting = context;
    enum status status = look(acting);
    if (status == OK && (acting->missing.list->count || acting->deletion.protectors.count))
        return fail_as(CONFLICT, "something keeps them");
    if (status == OK)
        status = log_deletions(acting);
    return status == OK ? deletion_run(db, &acting->deletion) : status;
}

/* Asking before rows are deleted */

static struct value keys_value(const struct acting *acting)
{
    struct arena *arena = acting->request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, acting->keys.count);
    for (size_t i = 0; i < acting->keys.count; i++)
        items[i] = value_text(text_format(arena, "%lld", (long long)acting->keys.items[i]));
    return value_list(arena, items, acting->keys.count);
}

static enum status ask(struct acting *acting)
{
    struct request *request = acting->request;
    const struct model_admin *admin = acting->list->admin;
    struct text plural = model_verbose_name_plural(admin->model, request->arena);
    struct text title =
        text_format(request->arena, translate("Delete several %.*s"), TEXT_ARG(plural));
    struct value_map *context = page_context(request, title, admin);
    page_crumb(context, text_of(translate("Delete")), TEXT(""));
    value_map_set(context, TEXT("missing"), acting->missing);
    value_map_set(context, TEXT("keys"), keys_value(acting));
    value_map_set(context, TEXT("count"), value_integer((int64_t)acting->keys.count));
    page_text(context, "back_url", list_own_url(acting->list));
    enum status status = tree_add_context(request, &acting->deletion, context);
    return status == OK
               ? page_show(request, acting->response, "admin/delete_selected.html", context)
               : status;
}

static enum status erase(struct acting *acting)
{
    enum status status = on_rows(acting, erase_all);
    if (status == OK)
        return tell_done(acting, translate("Successfully deleted %lld %.*s."));
    if (status != CONFLICT)
        return status;
    if (acting->missing.list->count)
        return page_forbidden(acting->request, acting->response);
    return acting->deletion.protectors.count ? ask(acting) : status;
}

static enum status take_deletion(struct acting *acting)
{
    struct text post;
    if (request_form(acting->request, "post", &post) && text_is(post, "yes"))
        return erase(acting);
    enum status status = look(acting);
    return status == OK ? ask(acting) : status;
}

static enum status take_rows(struct acting *acting)
{
    enum status status = take_keys(acting);
    if (status == TIMEOUT)
        return refuse(acting, translate("Finding these rows takes longer than a list may take. "
                                        "No items have been changed."));
    if (status != OK)
        return status;
    if (!acting->keys.count)
        return refuse(acting, translate("Items must be selected in order to perform actions on "
                                        "them. No items have been changed."));
    if (acting->keys.count > MOST_AT_ONCE)
        return refuse(acting, translate("These are more rows than can be changed at once (10000). "
                                        "Filter the list first. No items have been changed."));
    return acting->action == &delete_selected ? take_deletion(acting) : run(acting);
}

static enum status take(struct acting *acting)
{
    struct text name = sent_value(acting->list, "action");
    bool may = false;
    if (!name.length)
        return refuse(acting, translate("No action selected."));
    acting->action = action_named(acting->list, name);
    enum status status = acting->action ? registry_may(acting->request, acting->list->admin,
                                                       acting->action->needs, NULL, &may)
                                        : OK;
    if (status == OK && !may)
        return page_forbidden(acting->request, acting->response);
    return status == OK ? take_rows(acting) : status;
}

enum status actions_take(struct list *list, struct response *response, bool *refused)
{
    struct acting acting = {.list = list, .request = list->request, .response = response};
    enum status status = take(&acting);
    *refused = acting.refused;
    return status;
}
