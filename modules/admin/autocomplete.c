/* Rows that a reference may lead to, for who types into its field: Django's AutocompleteJsonView,
 * /admin/autocomplete/?app_label=…&model_name=…&field_name=…&term=…&page=… */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/list.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"

#define PAGE_SIZE 20

static bool is_named(const struct model *model, struct text app, struct text name)
{
    return text_is(app, model->app_label) && text_is(name, model->name);
}

/* A table that is edited in the admin, be it as an inline; NULL: there is none of that name. */
static const struct model *source_of(const struct request *request)
{
    struct text app;
    struct text name;
    const struct model_admin *admin;
    if (!request_query(request, "app_label", &app) || !request_query(request, "model_name", &name)
        || !app.at || !name.at)
        return NULL;
    for (size_t i = 0; (admin = registry_at(i)); i++) {
        if (is_named(admin->model, app, name))
            return admin->model;
        for (const struct admin_inline *each = admin->inlines; each && each->admin.model; each++)
            if (is_named(each->admin.model, app, name))
                return each->admin.model;
    }
    return NULL;
}

/* The row of the table that the field leads to. */
static const struct model_admin *target_of(const struct request *request)
{
    struct text name;
    const struct model *source = source_of(request);
    if (!source || !request_query(request, "field_name", &name) || !name.at)
        return NULL;
    const struct field *field = model_field(source, name);
    return field && field->to ? registry_find(field->to) : NULL;
}

static json_t *row_json(struct arena *arena, const struct model *model, const void *row)
{
    struct text key = key_of(arena, model, row);
    struct text label = model_print(model, row, arena);
    return json_pack("{s: s%, s: s%}", "id", key.at, key.length, "text", label.at, label.length);
}

static void answer(struct response *response, const struct list *list,
                   const struct list_rows *found)
{
    json_t *results = json_array();
    bool more = found->is_more || list->page * PAGE_SIZE < found->count;
    for (size_t i = 0; i < found->rows.count; i++)
        json_array_append_new(results,
                              row_json(list->arena, list->admin->model, found->rows.items[i]));
    json_t *json = json_pack("{s: o, s: {s: b}}", "results", results, "pagination", "more", more);
    char *dumped = json ? json_dumps(json, 0) : NULL;
    if (!dumped)
        abort();
    buffer_text(&response->body, text_of(dumped));
    free(dumped);
    json_decref(json);
    response->content_type = "application/json";
    response_header(response, "Cache-Control", TEXT("private, no-store"));
}

enum status admin_autocomplete(struct request *request, struct response *response)
{
    const struct model_admin *target = target_of(request);
    struct list base = {.request = request, .arena = request->arena};
    struct list list;
    struct list_rows found;
    bool may = false;
    struct list_parameter set[] = {{.name = TEXT("q")}, {.name = TEXT("p")}};
    if (!target || !request_query(request, "term", &set[0].value))
        return page_forbidden(request, response);
    enum status status = registry_may(request, target, ADMIN_VIEW, NULL, &may);
    if (status == OK && !target->search_fields)
        return NOT_FOUND;
    if (status == OK && !may)
        return page_forbidden(request, response);
    if (!request_query(request, "page", &set[1].value))
        set[1].value = TEXT("");
    struct model_admin narrow = *target;
    narrow.list_per_page = PAGE_SIZE;
    narrow.list_display = NULL;
    base.admin = &narrow;
    list_read_changed(&list, &base, set, sizeof set / sizeof *set);
    if (status == OK && !list.mistaken)
        status = list_find_rows(&list, &found);
    if (status != OK || list.mistaken)
        return status == OK ? NOT_FOUND : status;
    if (found.is_late)
        return TIMEOUT;
    answer(response, &list, &found);
    return OK;
}
