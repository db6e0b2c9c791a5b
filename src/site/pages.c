#include "site/pages.h"

#include <inttypes.h>

#include "base/arena.h"
#include "http/request.h"
#include "model/query.h"

struct page {
    const struct request *request;
    const struct query *query;
    struct row_list rows; /* in rising order */
    bool has_previous;
    bool has_next;
};

static int64_t key_of(const struct page *page, size_t index)
{
    return *(const int64_t *)field_at(model_key(page->query->model), page->rows.items[index]);
}

static void reverse(struct row_list *rows)
{
    for (size_t i = 0, k = rows->count; i + 1 < k; i++) {
        void *row = rows->items[--k];
        rows->items[k] = rows->items[i];
        rows->items[i] = row;
    }
}

/* One row more than a page is read: it tells whether the list goes on. */
static enum status read_rows(struct page *page, enum lookup side, int64_t key, bool *goes_on)
{
    struct arena *arena = page->request->arena;
    struct query query = *page->query;
    struct condition *where = ARENA_ARRAY(arena, struct condition, query.where.count + 1);
    for (size_t i = 0; i < query.where.count; i++)
        where[i] = query.where.items[i];
    where[query.where.count] =
        (struct condition){.name = "pk", .lookup = side, .value = DB_INT(key)};
    query.where = (struct conditions){where, query.where.count + 1};
    query.order = side == LOOKUP_GT ? NAMES("pk") : NAMES("-pk");
    query.limit = PAGE_SIZE + 1;
    enum status status = query_rows(page->request->db, arena, &query, &page->rows);
    *goes_on = page->rows.count > PAGE_SIZE;
    if (*goes_on)
        page->rows.count = PAGE_SIZE;
    return status;
}

static enum status read_forward(struct page *page, int64_t after)
{
    return read_rows(page, LOOKUP_GT, after, &page->has_next);
}

/* A page that reaches the beginning stays short: filled up, it would repeat rows of the one the
 * visitor comes from. */
static enum status read_backward(struct page *page, int64_t before)
{
    enum status status = read_rows(page, LOOKUP_LT, before, &page->has_previous);
    if (status != OK)
        return status;
    if (page->rows.count == 0)
        return read_forward(page, INT64_MIN);
    page->has_next = before != INT64_MAX;
    reverse(&page->rows);
    return OK;
}

static enum status read_page(struct page *page)
{
    struct text text;
    int64_t key;
    if (request_query(page->request, "last", &text))
        return read_backward(page, INT64_MAX);
    if (request_query(page->request, "before", &text))
        return text_to_int64(&key, text) ? read_backward(page, key) : NOT_FOUND;
    if (!request_query(page->request, "after", &text))
        return read_forward(page, INT64_MIN);
    page->has_previous = true;
    enum status status = text_to_int64(&key, text) ? read_forward(page, key) : NOT_FOUND;
    return status == OK && page->rows.count == 0 ? NOT_FOUND : status;
}

static struct value_map *links_of(const struct page *page)
{
    struct arena *arena = page->request->arena;
    struct value_map *links = value_map_new(arena);
    if (page->has_previous && page->rows.count) {
        value_map_set(links, TEXT("first"), value_text(page->request->path));
        value_map_set(links, TEXT("previous"),
                      value_text(text_format(arena, "?before=%" PRId64, key_of(page, 0))));
    }
    if (page->has_next) {
        int64_t last = key_of(page, page->rows.count - 1);
        value_map_set(links, TEXT("next"), value_text(text_format(arena, "?after=%" PRId64, last)));
        value_map_set(links, TEXT("last"), value_string("?last=1"));
    }
    return links;
}

enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct query *query)
{
    struct arena *arena = request->arena;
    struct page page = {.request = request, .query = query};
    enum status status = read_page(&page);
    if (status != OK)
        return status;
    struct value *items = ARENA_ARRAY(arena, struct value, page.rows.count);
    for (size_t i = 0; i < page.rows.count; i++)
        items[i] = model_value(query->model, page.rows.items[i], arena);
    value_map_set(context, text_of(name), value_list(arena, items, page.rows.count));
    value_map_set(context, TEXT("page"), value_map(links_of(&page)));
    return OK;
}
