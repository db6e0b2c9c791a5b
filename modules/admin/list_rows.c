/* The rows of a change list: their keys first, so that far down a long list the rows before the
 * page are only counted off, and all within a time limit, since nothing has an index for
 * everything. */
#include "admin/list.h"

#include <string.h>

#include "admin/registry.h"
#include "base/arena.h"
#include "base/clock.h"
#include "http/request.h"

#define MILLISECOND 1000 /* of clock_monotonic() */

int64_t list_time_limit;

int64_t list_deadline(void)
{
    return list_time_limit ? clock_monotonic() + list_time_limit * MILLISECOND : 0;
}

void list_start_clock(const struct list *list)
{
    db_limit(list->request->db, list_deadline());
}

void list_stop_clock(const struct list *list)
{
    db_limit(list->request->db, 0);
}

int64_t list_most_at_once(const struct list *list)
{
    return list->admin->list_max_show_all ? (int64_t)list->admin->list_max_show_all : 200;
}

/* References that are to be read along: those that names lead through, and the row's own where
 * something made of it is shown. */
static const char *const *related_of(const struct list *list)
{
    LIST(const char *) names = {0};
    bool all = false;
    for (size_t i = 0; i < list->columns; i++) {
        struct text name = text_of(list->display[i]);
        const struct field *field = query_name(list->admin->model, name);
        all = all || !field;
        size_t end = name.length;
        while (field && end > 1 && !(name.at[end - 1] == '_' && name.at[end - 2] == '_'))
            end--;
        if (field && field->type->is_reference)
            *LIST_PUSH(list->arena, &names) = list->display[i];
        else if (field && end > 1)
            *LIST_PUSH(list->arena, &names) = text_string(list->arena, text_part(name, 0, end - 2));
    }
    if (all)
        return registry_related(list->arena, list->admin->model);
    *LIST_PUSH(list->arena, &names) = NULL;
    return names.items;
}

struct keys {
    struct db_parameter *items;
    size_t count;
};

static enum status find_keys(const struct list *list, int64_t limit, int64_t offset,
                             struct keys *out)
{
    const struct query query = {
        .model = list->admin->model,
        .where = {list->where.items, list->where.count},
        .order = list->order.items,
        .limit = limit,
        .offset = offset,
    };
    return query_keys(list->request->db, list->arena, &query, &out->items, &out->count);
}

/* Of all the list when that was asked for and is not too long, else of the page. */
static enum status find_page(struct list *list, struct keys *out)
{
    int64_t most = list_most_at_once(list);
    enum status status = list->all ? find_keys(list, most + 1, 0, out) : OK;
    if (status != OK || (list->all && (int64_t)out->count <= most))
        return status;
    list->all = false;
    return find_keys(list, list->per_page, (list->page - 1) * list->per_page, out);
}

/* A page that is not full says itself where the list ends. */
static enum status count_all(const struct list *list, size_t shown, struct list_rows *out)
{
    int64_t before = list->all ? 0 : (list->page - 1) * list->per_page;
    const struct query query = {
        .model = list->admin->model,
        .where = {list->where.items, list->where.count},
        .limit = LIST_COUNT_MOST + 1,
    };
    out->count = before + (int64_t)shown;
    if (list->all || (shown > 0 && (int64_t)shown < list->per_page) || (!shown && !before))
        return OK;
    enum status status = query_count(list->request->db, &query, &out->count);
    if (status == TIMEOUT)
        out->count = before + (int64_t)shown;
    else if (status == OK && out->count > LIST_COUNT_MOST)
        out->count =
            before + (int64_t)shown > LIST_COUNT_MOST ? before + (int64_t)shown : LIST_COUNT_MOST;
    else
        return status;
    out->is_more = true;
    return OK;
}

static enum status read_rows(const struct list *list, const struct keys *keys, struct row_list *out)
{
    const struct query query = {
        .model = list->admin->model,
        .where = WHERE({"pk", LOOKUP_IN, .values = keys->items, .value_count = keys->count}),
        .order = list->order.items,
        .related = related_of(list),
    };
    return keys->count ? query_rows(list->request->db, list->arena, &query, out) : OK;
}

static enum status find(struct list *list, struct keys *keys, struct list_rows *out)
{
    enum status status = find_page(list, keys);
    out->is_late = status == TIMEOUT;
    if (status == OK)
        status = count_all(list, keys->count, out);
    list_stop_clock(list);
    if (status == OK)
        status = read_rows(list, keys, &out->rows);
    return out->is_late ? OK : status;
}

enum status list_find_rows(struct list *list, struct list_rows *out)
{
    struct keys keys = {0};
    *out = (struct list_rows){0};
    list_start_clock(list);
    enum status status = find(list, &keys, out);
    list->mistaken = list->mistaken || (!keys.count && !out->is_late && list->page > 1);
    return status;
}
