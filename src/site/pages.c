#include "site/pages.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "site/links.h"

struct page {
    const struct request *request;
    const struct page_source *source;
    struct row_list rows; /* in rising order */
    bool has_previous;
    bool has_next;
    struct text own; /* the parameter of its canonical address, whichever way it was reached */
};

static int64_t key_of(const struct page *page, size_t index)
{
    return *(const int64_t *)field_at(model_key(page->source->model), page->rows.items[index]);
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
    const struct page_source *source = page->source;
    enum status status =
        source->read(page->request, source->context, side, key, PAGE_SIZE + 1, &page->rows);
    *goes_on = page->rows.count > PAGE_SIZE;
    if (*goes_on)
        page->rows.count = PAGE_SIZE;
    return status;
}

static enum status read_forward(struct page *page, int64_t after)
{
    return read_rows(page, LOOKUP_GT, after, &page->has_next);
}

/* What a visitor asks to see the rows before may be behind the end. */
static enum status look_behind(struct page *page, int64_t before)
{
    const struct page_source *source = page->source;
    struct row_list rows = {0};
    enum status status = OK;
    if (before != INT64_MAX)
        status = source->read(page->request, source->context, LOOKUP_GT, before - 1, 1, &rows);
    page->has_next = rows.count > 0;
    return status;
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
    if (page->has_previous) /* the row read beyond the page */
        page->own = text_format(page->request->arena, "after=%" PRId64, key_of(page, PAGE_SIZE));
    reverse(&page->rows);
    return look_behind(page, before);
}

static enum status read_page(struct page *page)
{
    struct text text;
    int64_t key;
    struct arena *arena = page->request->arena;
    if (request_query(page->request, "last", &text)) {
        return read_backward(page, INT64_MAX);
    }
    if (request_query(page->request, "before", &text)) {
        if (!text_to_int64(&key, text))
            return NOT_FOUND;
        return read_backward(page, key);
    }
    if (!request_query(page->request, "after", &text))
        return read_forward(page, INT64_MIN);
    if (!text_to_int64(&key, text))
        return NOT_FOUND;
    page->has_previous = true;
    page->own = text_format(arena, "after=%" PRId64, key);
    enum status status = read_forward(page, key);
    return status == OK && page->rows.count == 0 ? NOT_FOUND : status;
}

/* "?", the parameters that all links carry on, and `own`. */
static struct text query_of(const struct page *page, struct text own)
{
    struct arena *arena = page->request->arena;
    struct text parameters = page->source->parameters;
    if (own.length && parameters.length)
        own = text_format(arena, "%.*s&%.*s", TEXT_ARG(parameters), TEXT_ARG(own));
    return link_query(page->request, own.length ? own : parameters);
}

static void set_link(const struct page *page, struct value_map *links, struct text name,
                     struct text own)
{
    value_map_set(links, name, value_text(query_of(page, own)));
}

static struct value_map *links_of(const struct page *page)
{
    struct arena *arena = page->request->arena;
    struct value_map *links = value_map_new(arena);
    if (page->has_previous && page->rows.count) {
        struct text query = query_of(page, TEXT(""));
        struct text path = page->request->path;
        if (query.length)
            path = text_format(arena, "%.*s%.*s", TEXT_ARG(path), TEXT_ARG(query));
        value_map_set(links, TEXT("first"), value_text(path));
        set_link(page, links, TEXT("previous"),
                 text_format(arena, "before=%" PRId64, key_of(page, 0)));
    }
    if (page->has_next) {
        int64_t last = key_of(page, page->rows.count - 1);
        set_link(page, links, TEXT("next"), text_format(arena, "after=%" PRId64, last));
        set_link(page, links, TEXT("last"), TEXT("last=1"));
    }
    return links;
}

void page_set_rows(const struct request *request, struct value_map *context, const char *name,
                   const struct model *model, const struct row_list *rows)
{
    struct value *items = ARENA_ARRAY(request->arena, struct value, rows->count);
    for (size_t i = 0; i < rows->count; i++)
        items[i] = model_value(model, rows->items[i], request->arena);
    value_map_set(context, text_of(name), value_list(request->arena, items, rows->count));
}

enum status page_add_from(const struct request *request, struct value_map *context,
                          const char *name, const struct page_source *source)
{
    struct page page = {.request = request, .source = source};
    enum status status = read_page(&page);
    if (status != OK)
        return status;
    page_set_rows(request, context, name, source->model, &page.rows);
    value_map_set(context, TEXT("page"), value_map(links_of(&page)));
    value_map_set(context, TEXT("canonical"),
                  value_text(link_absolute(request, request->path, query_of(&page, page.own))));
    return OK;
}

static enum status read_query(const struct request *request, const void *context, enum lookup side,
                              int64_t key, int64_t limit, struct row_list *out)
{
    const struct query *whole = context;
    struct query query = *whole;
    size_t count = query.where.count;
    struct condition *where = ARENA_ARRAY(request->arena, struct condition, count + 1);
    for (size_t i = 0; i < count; i++)
        where[i] = query.where.items[i];
    where[count] = (struct condition){.name = "pk", .lookup = side, .value = DB_INT(key)};
    query.where = (struct conditions){where, count + 1};
    query.order = side == LOOKUP_GT ? NAMES("pk") : NAMES("-pk");
    query.limit = limit;
    return query_rows(request->db, request->arena, &query, out);
}

enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct query *query)
{
    const struct page_source source = {.model = query->model, .read = read_query, .context = query};
    return page_add_from(request, context, name, &source);
}
