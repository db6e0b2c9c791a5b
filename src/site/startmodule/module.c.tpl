/* Gizmos: a list of them, and a page for each. */
#include "gizmos/models.h"

#include "model/query.h"
#include "site/admin.h"
#include "site/module.h"
#include "site/pages.h"
#include "site/site.h"

static enum status list_page(struct request *request, struct response *response)
{
    struct value_map *context = site_context(request);
    const struct query query = {.model = &gizmo_model};
    enum status status = page_add(request, context, "gizmos_list", &query);
    if (status != OK)
        return status;
    return site_render(request, response, "gizmos/index.html", context);
}

static enum status detail_page(struct request *request, struct response *response)
{
    const struct gizmo *row;
    const struct query query = {
        .model = &gizmo_model,
        .where = WHERE({"pk", .value = DB_INT(request_int(request, "id"))}),
    };
    enum status status = query_first(request->db, request->arena, &query, &row);
    if (status != OK)
        return status;
    struct value_map *context = site_context(request);
    struct value value = model_value(&gizmo_model, row, request->arena);
    value_map_set(context, TEXT("gizmo"), value);
    return site_render(request, response, "gizmos/detail.html", context);
}

const struct module gizmos_module = {
    .name = "gizmos",
    .namespace = "gizmos",
    .mount = "gizmos/",
    .models = MODELS(&gizmo_model),
    .admin = ADMINS({.model = &gizmo_model}), /* edited at /admin/ */
    .routes = ROUTES({"", list_page, .name = "index", .access = ACCESS_PUBLIC},
                     {"<int:id>/", detail_page, .name = "detail", .access = ACCESS_PUBLIC}),
    .nav = NAV({N_("Gizmos"), "gizmos:index"}),
};
