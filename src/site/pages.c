#include "site/pages.h"

#include <inttypes.h>

#include "base/arena.h"
#include "http/request.h"
#include "model/model.h"

struct page {
    page_rows rows; /* in rising order */
    bool has_previous;
    bool has_next;
};

static int64_t key_of(const struct model *model, const void *row)
{
    return *(const int64_t *)(const void *)((const char *)row + model->fields[0].offset);
}

static void reverse(page_rows *rows)
{
    for (size_t i = 0, k = rows->count; i + 1 < k; i++) {
        const void *row = rows->items[--k];
        rows->items[k] = rows->items[i];
        rows->items[i] = row;
    }
}

/* One row more than a page is read: it tells whether the list goes on. */
static enum status read_forward(const struct request *request, page_fetch *fetch, int64_t after,
                                struct page *page)
{
    const struct page_query query = {.key = after, .limit = PAGE_SIZE + 1};
    enum status status = fetch(request->db, request->arena, &query, &page->rows);
    page->has_next = page->rows.count > PAGE_SIZE;
    if (page->has_next)
        page->rows.count = PAGE_SIZE;
    return status;
}

/* A page that reaches the beginning stays short: filled up, it would repeat rows of the one the
 * visitor comes from. */
static enum status read_backward(const struct request *request, page_fetch *fetch, int64_t before,
                                 struct page *page)
{
    const struct page_query query = {.backward = true, .key = before, .limit = PAGE_SIZE + 1};
    enum status status = fetch(request->db, request->arena, &query, &page->rows);
    if (status != OK)
        return status;
    if (page->rows.count == 0)
        return read_forward(request, fetch, INT64_MIN, page);
    page->has_previous = page->rows.count > PAGE_SIZE;
    if (page->has_previous)
        page->rows.count = PAGE_SIZE;
    page->has_next = before != INT64_MAX;
    reverse(&page->rows);
    return OK;
}

static enum status read_page(const struct request *request, page_fetch *fetch, struct page *page)
{
    struct text text;
    int64_t key;
    if (request_query(request, "last", &text))
        return read_backward(request, fetch, INT64_MAX, page);
    if (request_query(request, "before", &text))
        return text_to_int64(&key, text) ? read_backward(request, fetch, key, page) : NOT_FOUND;
    if (!request_query(request, "after", &text))
        return read_forward(request, fetch, INT64_MIN, page);
    page->has_previous = true;
    enum status status =
        text_to_int64(&key, text) ? read_forward(request, fetch, key, page) : NOT_FOUND;
    return status == OK && page->rows.count == 0 ? NOT_FOUND : status;
}

static void add_links(const struct request *request, struct value_map *context,
                      const struct model *model, const struct page *page)
{
    struct arena *arena = request->arena;
    struct value_map *links = value_map_new(arena);
    if (page->has_previous && page->rows.count) {
        int64_t first = key_of(model, page->rows.items[0]);
        value_map_set(links, TEXT("first"), value_text(request->path));
        value_map_set(links, TEXT("previous"),
                      value_text(text_format(arena, "?before=%" PRId64, first)));
    }
    if (page->has_next) {
        int64_t last = key_of(model, page->rows.items[page->rows.count - 1]);
        value_map_set(links, TEXT("next"), value_text(text_format(arena, "?after=%" PRId64, last)));
        value_map_set(links, TEXT("last"), value_string("?last=1"));
    }
    value_map_set(context, TEXT("page"), value_map(links));
}

enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct model *model, page_fetch *fetch)
{
    struct arena *arena = request->arena;
    struct page page = {0};
    enum status status = read_page(request, fetch, &page);
    if (status != OK)
        return status;
    struct value *items = ARENA_ARRAY(arena, struct value, page.rows.count);
    for (size_t i = 0; i < page.rows.count; i++)
        items[i] = model_value(model, page.rows.items[i], arena);
    value_map_set(context, text_of(name), value_list(arena, items, page.rows.count));
    add_links(request, context, model, &page);
    return OK;
}
