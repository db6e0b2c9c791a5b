/* The change list. */
#include "admin/list.h"

#include <string.h>

#include "admin/actions.h"
#include "admin/cell.h"
#include "admin/list_edit.h"
#include "admin/page.h"
#include "admin/popup.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "template/language.h"
#include "template/value.h"

struct shown {
    struct list list;
    struct list_rows found;
    struct list_edit edit;
    bool may[ADMIN_DELETE + 1];
};

/* Columns */

static const struct list_sort *sort_of(const struct list *list, size_t column)
{
    for (size_t i = 0; i < list->sorts.count; i++)
        if (list->sorts.items[i].column == column)
            return &list->sorts.items[i];
    return NULL;
}

static struct value header_value(const struct list *list, size_t column)
{
    struct value_map *map = value_map_new(list->arena);
    const struct list_sort *sort = sort_of(list, column);
    bool falls_next = sort && !sort->falling && list->sorts.items[0].column == column;
    page_text(map, "label",
              page_titled(list->arena,
                          cell_label(list->arena, list->admin, list->display[column - 1])));
    if (list_sort_field(list, column)) {
        const struct list_parameter order = {TEXT("o"), text_format(list->arena, "%s%zu",
                                                                    falls_next ? "-" : "", column)};
        page_text(map, "url", list_link(list, &order, 1));
    }
    if (sort)
        page_text(map, "sorted", sort->falling ? TEXT("descending") : TEXT("ascending"));
    return value_map(map);
}

static struct value headers_value(const struct list *list)
{
    struct value *items = ARENA_ARRAY(list->arena, struct value, list->columns);
    for (size_t i = 0; i < list->columns; i++)
        items[i] = header_value(list, i + 1);
    return value_list(list->arena, items, list->columns);
}

/* Rows */

static bool is_link(const struct list *list, size_t column)
{
    const char *const *links = list->admin->list_display_links;
    for (const char *const *each = links; each && *each; each++)
        if (strcmp(*each, list->display[column]) == 0)
            return true;
    return !links && column == 0;
}

/* What the row's page needs to lead back to this list as it is. */
static struct text kept_filters(const struct list *list)
{
    struct text query = list->request->query;
    struct buffer out = {.arena = list->arena};
    if (!query.length)
        return TEXT("");
    buffer_char(&out, '?');
    page_put_kept(&out, query);
    buffer_text(&out, popup_kept(list->request, query));
    return buffer_contents(&out);
}

static enum status row_value(const struct shown *shown, size_t index, struct text kept,
                             struct value *out)
{
    const void *row = shown->found.rows.items[index];
    const struct list *list = &shown->list;
    struct arena *arena = list->arena;
    struct value *cells = ARENA_ARRAY(arena, struct value, list->columns);
    struct text key = key_of(arena, list->admin->model, row);
    struct text change = registry_url(arena, list->admin, "change", key);
    struct text url = text_format(arena, "%.*s%.*s", TEXT_ARG(change), TEXT_ARG(kept));
    enum status status = OK;
    for (size_t i = 0; i < list->columns && status == OK; i++) {
        struct value_map *cell = cell_value(arena, list->admin, list->display[i], row);
        if (is_link(list, i))
            page_text(cell, "url", url);
        status = list_edit_set_cell(&shown->edit, index, list->display[i], cell);
        cells[i] = value_map(cell);
    }
    struct value_map *map = value_map_new(arena);
    list_edit_set_row(&shown->edit, index, map);
    page_text(map, "key", key);
    value_map_set(map, TEXT("ticked"), value_bool(actions_has_ticked(list, key)));
    page_text(map, "name", model_print(list->admin->model, row, arena));
    value_map_set(map, TEXT("cells"), value_list(arena, cells, list->columns));
    *out = value_map(map);
    return status;
}

static enum status rows_value(const struct shown *shown, struct value *out)
{
    struct arena *arena = shown->list.arena;
    struct text kept = kept_filters(&shown->list);
    struct value *items = ARENA_ARRAY(arena, struct value, shown->found.rows.count);
    enum status status = OK;
    for (size_t i = 0; i < shown->found.rows.count && status == OK; i++)
        status = row_value(shown, i, kept, &items[i]);
    *out = value_list(arena, items, shown->found.rows.count);
    return status;
}

/* Pages */

static struct text page_link(const struct list *list, int64_t page)
{
    const struct list_parameter set[] = {
        {TEXT("p"), page > 1 ? text_format(list->arena, "%lld", (long long)page) : TEXT("")},
        {TEXT("all"), TEXT("")},
    };
    return list_link(list, set, 2);
}

static void set_pages(const struct shown *shown, struct value_map *context)
{
    const struct list *list = &shown->list;
    struct value_map *pages = value_map_new(list->arena);
    int64_t last = (shown->found.count + list->per_page - 1) / list->per_page;
    bool more = shown->found.is_more;
    bool full = (int64_t)shown->found.rows.count == list->per_page;
    value_map_set(context, TEXT("count"), value_integer(shown->found.count));
    value_map_set(context, TEXT("is_more"), value_bool(more));
    value_map_set(pages, TEXT("number"), value_integer(list->page));
    value_map_set(pages, TEXT("last"), value_integer(more ? 0 : last));
    if (list->page > 1 && !list->all) {
        page_text(pages, "first_url", page_link(list, 1));
        page_text(pages, "previous_url", page_link(list, list->page - 1));
    }
    if (!list->all && (more ? full : list->page < last))
        page_text(pages, "next_url", page_link(list, list->page + 1));
    if (!more && !list->all && list->page < last)
        page_text(pages, "last_url", page_link(list, last));
    if (!list->all && !more && last > 1 && shown->found.count <= list_most_at_once(list))
        page_text(pages, "all_url",
                  list_link(list, &(struct list_parameter){TEXT("all"), TEXT("1")}, 1));
    value_map_set(context, TEXT("pages"), value_map(pages));
}

/* The search form sends the other parameters along. */
static struct value others_value(const struct list *list)
{
    LIST(struct value) items = {0};
    for (size_t i = 0; i < list->parameters.count; i++) {
        const struct list_parameter *each = &list->parameters.items[i];
        if (text_is(each->name, "q") || text_is(each->name, "p") || text_is(each->name, "e"))
            continue;
        struct value_map *map = value_map_new(list->arena);
        page_text(map, "name", each->name);
        page_text(map, "value", each->value);
        *LIST_PUSH(list->arena, &items) = value_map(map);
    }
    return value_list(list->arena, items.items, items.count);
}

/* The list as it is, of all pages. */
static struct text export_url(const struct list *list, const char *format)
{
    const struct list_parameter set[] = {{TEXT("_format"), text_of(format)},
                                         {TEXT("all"), TEXT("")}};
    struct text path = registry_url(list->arena, list->admin, "export", TEXT_NONE);
    struct text query = list_link(list, set, 2);
    return text_format(list->arena, "%.*s%.*s", TEXT_ARG(path), TEXT_ARG(query));
}

static enum status show(struct shown *shown, struct response *response)
{
    struct list *list = &shown->list;
    struct arena *arena = list->arena;
    struct value filters;
    struct value rows;
    struct text plural = page_titled(arena, model_verbose_name_plural(list->admin->model, arena));
    struct value_map *context = page_context(list->request, plural, list->admin);
    enum status status = list_filters(list, &filters);
    if (status == OK)
        status = list_dates_add_context(list, context);
    if (status == OK)
        status = rows_value(shown, &rows);
    if (status != OK)
        return status;
    value_map_set(context, TEXT("filters"), filters);
    value_map_set(context, TEXT("facets"), value_bool(list->facets));
    page_text(context, "facets_url",
              list_link(list,
                        &(struct list_parameter){TEXT("_facets"),
                                                 list->facets ? TEXT("") : TEXT("True")},
                        1));
    value_map_set(context, TEXT("headers"), headers_value(list));
    value_map_set(context, TEXT("rows"), rows);
    list_edit_add_context(&shown->edit, context);
    value_map_set(context, TEXT("others"), others_value(list));
    value_map_set(context, TEXT("searchable"), value_bool(list->admin->search_fields != NULL));
    page_text(context, "search", list->search.at ? list->search : TEXT(""));
    value_map_set(context, TEXT("late"), value_bool(shown->found.is_late));
    value_map_set(context, TEXT("mistaken"), value_bool(list_value(list, TEXT("e")).at != NULL));
    if (list->filtered || list->search.length)
        page_text(context, "clear_url", TEXT("?"));
    if (shown->may[ADMIN_ADD] && shown->may[ADMIN_CHANGE])
        page_text(context, "import_url", registry_url(arena, list->admin, "import", TEXT_NONE));
    page_text(context, "csv_url", export_url(list, "csv"));
    page_text(context, "json_url", export_url(list, "json"));
    if (shown->may[ADMIN_ADD]) {
        struct text url = registry_url(arena, list->admin, "add", TEXT_NONE);
        struct text kept = kept_filters(list);
        page_text(context, "add_url",
                  text_format(arena, "%.*s%.*s", TEXT_ARG(url), TEXT_ARG(kept)));
    }
    set_pages(shown, context);
    if (!popup_is(list->request))
        status = actions_add_context(list, context);
    if (status != OK)
        return status;
    return page_show(list->request, response, "admin/list.html", context);
}

/* What was typed is shown again, on the rows that it was typed in, and so is what was ticked. */
static enum status show_again(struct shown *shown, const struct row_list *sent,
                              struct response *response)
{
    struct list *list = &shown->list;
    enum status status = list_find_rows(list, &shown->found);
    if (sent->count)
        shown->found.rows = *sent;
    else if (status == OK)
        status = list_edit_start(&shown->edit, list, &shown->found.rows);
    return status == OK ? show(shown, response) : status;
}

static enum status take(struct shown *shown, struct response *response)
{
    struct row_list sent = {0};
    struct list *list = &shown->list;
    bool saves = list_edit_was_sent(list);
    bool refused = false;
    if (saves && !shown->may[ADMIN_CHANGE])
        return page_forbidden(list->request, response);
    enum status status = saves ? list_edit_take(&shown->edit, list, &sent)
                               : list_edit_refuse_loss(&shown->edit, list, &sent);
    if (status == INVALID || status == CONFLICT)
        return show_again(shown, &sent, response);
    if (status != OK)
        return status;
    if (saves)
        return page_go(response, list_own_url(list));
    status = actions_take(list, response, &refused);
    return refused ? show_again(shown, &sent, response) : status;
}

enum status admin_list(struct request *request, struct response *response)
{
    struct shown *shown = ARENA_NEW(request->arena, struct shown);
    const struct model_admin *admin = registry_of(request);
    enum status status = OK;
    for (int action = ADMIN_VIEW; action <= ADMIN_DELETE && status == OK; action++)
        status = registry_may(request, admin, (enum admin_action)action, NULL, &shown->may[action]);
    if (status != OK)
        return status;
    if (!shown->may[ADMIN_VIEW])
        return page_forbidden(request, response);
    status = popup_check(request, admin->model);
    if (status != OK)
        return status;
    list_read(&shown->list, request, admin);
    if (shown->list.forbidden)
        return fail_as(INVALID, "%s", translate("The list cannot be filtered by that."));
    if (!shown->list.mistaken && request->method == HTTP_POST)
        return take(shown, response);
    if (!shown->list.mistaken)
        status = list_find_rows(&shown->list, &shown->found);
    if (status == OK && !popup_is(request))
        status = list_edit_start(&shown->edit, &shown->list, &shown->found.rows);
    if (status != OK)
        return status;
    if (shown->list.mistaken && list_value(&shown->list, TEXT("e")).at)
        return INVALID;
    if (shown->list.mistaken) {
        struct text url = registry_url(request->arena, admin, "changelist", TEXT_NONE);
        return page_go(response, text_format(request->arena, "%.*s?e=1", TEXT_ARG(url)));
    }
    return show(shown, response);
}
