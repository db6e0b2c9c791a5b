/* What was done to a row. */
#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "template/language.h"
#include "template/value.h"

#define PAGE_SIZE 100 /* entries */
#define MOST_PAGE 1000000

/* What is no page is the first. */
static int64_t page_number(const struct request *request)
{
    struct text value;
    int64_t number;
    bool is_page = request_query(request, "p", &value) && text_to_int64(&number, value)
                   && number >= 1 && number <= MOST_PAGE;
    return is_page ? number : 1;
}

static void set_pages(const struct entry_page *page, struct value_map *context)
{
    struct arena *arena = context->arena;
    if (page->number > 1)
        page_text(context, "newer_url", text_format(arena, "?p=%lld", (long long)page->number - 1));
    if (page->is_more)
        page_text(context, "older_url", text_format(arena, "?p=%lld", (long long)page->number + 1));
}

/* The row may be one of those that the table's own rule keeps from the visitor. */
static enum status find_row(const struct request *request, const struct model_admin *admin,
                            void **row, bool *may)
{
    enum status status = registry_may(request, admin, ADMIN_VIEW, NULL, may);
    if (status == OK && *may)
        status = registry_row(request, admin->model, request_text(request, "object_id"), row);
    if (status == OK && *may)
        status = registry_may(request, admin, ADMIN_VIEW, *row, may);
    return status;
}

enum status admin_history(struct request *request, struct response *response)
{
    const struct model_admin *admin = registry_of(request);
    struct text quoted = request_text(request, "object_id");
    struct entry_page page = {.size = PAGE_SIZE, .number = page_number(request)};
    struct value entries;
    void *row;
    bool may = false;
    enum status status = find_row(request, admin, &row, &may);
    if (status == NOT_FOUND)
        return page_missing(request, response, admin, quoted);
    if (status == OK && !may)
        return page_forbidden(request, response);
    struct text key = key_unquote(request->arena, quoted);
    if (status == OK)
        status = entry_list(request, admin->model, key, &page, &entries);
    if (status != OK)
        return status;
    struct text name = model_print(admin->model, row, request->arena);
    struct text title =
        text_format(request->arena, translate("Change history: %.*s"), TEXT_ARG(name));
    struct value_map *context = page_context(request, title, admin);
    page_crumb(context, name, registry_url(request->arena, admin, "change", key));
    page_crumb(context, text_of(translate("History")), TEXT(""));
    value_map_set(context, TEXT("entries"), entries);
    set_pages(&page, context);
    return page_show(request, response, "admin/history.html", context);
}
