/* The homes to let, and where each of them is. */
#include "site/module.h"
#include "lettings/models.h"
#include "model/query.h"
#include "site/pages.h"
#include "site/site.h"

static enum status lettings_index(struct request *request, struct response *response)
{
    struct value_map *context = site_context(request);
    const struct query query = {&letting_model, .related = NAMES("address")};
    enum status status = page_add(request, context, "lettings_list", &query);
    if (status != OK)
        return status;
    return site_render(request, response, "lettings/index.html", context);
}

static enum status letting_detail(struct request *request, struct response *response)
{
    const struct letting *letting;
    const struct query query = {
        &letting_model,
        .where = WHERE({"pk", .value = DB_INT(request_int(request, "letting_id"))}),
        .related = NAMES("address"),
    };
    enum status status = query_first(request->db, request->arena, &query, &letting);
    if (status != OK)
        return status;
    struct value_map *context = site_context(request);
    value_map_set(context, TEXT("letting"), model_value(&letting_model, letting, request->arena));
    return site_render(request, response, "lettings/letting.html", context);
}

const struct module lettings_module = {
    .name = "lettings",
    .namespace = "lettings",
    .mount = "lettings/",
    .models = MODELS(&address_model, &letting_model),
    .routes =
        ROUTES({"", lettings_index, .name = "index", .access = ACCESS_PUBLIC},
               {"<int:letting_id>/", letting_detail, .name = "letting", .access = ACCESS_PUBLIC}),
    .nav = NAV({N_("Lettings"), "lettings:index"}),
};
