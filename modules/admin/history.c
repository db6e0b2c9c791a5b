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

#define MOST_ENTRIES 200

enum status admin_history(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    const struct model_admin *admin = registry_of(request);
    struct text quoted = request_text(request, "object_id");
    struct value entries;
    void *row;
    bool may;
    enum status status = registry_may(request, admin, ADMIN_VIEW, NULL, &may);
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (status == OK)
        status = registry_row(request, admin->model, quoted, &row);
    if (status == NOT_FOUND)
        return page_missing(request, response, admin, quoted);
    struct text key = key_unquote(arena, quoted);
    if (status == OK)
        status = entry_list(request, admin->model, key, MOST_ENTRIES, &entries);
    if (status != OK)
        return status;
    struct text name = model_print(admin->model, row, arena);
    struct text title = text_format(arena, translate("Change history: %.*s"), TEXT_ARG(name));
    struct value_map *context = page_context(request, title, admin);
    page_crumb(context, name, registry_url(arena, admin, "change", key));
    page_crumb(context, text_of(translate("History")), TEXT(""));
    value_map_set(context, TEXT("entries"), entries);
    return page_show(request, response, "admin/history.html", context);
}
