/* The front page. The smallest module: a route, a view, a template. */
#include "site/module.h"
#include "site/site.h"

static enum status home_index(struct request *request, struct response *response)
{
    struct value_map *context = site_context(request);
    site_panels(request, context, "home", TEXT(""));
    return site_render(request, response, "home/index.html", context);
}

const struct module home_module = {
    .name = "home",
    .mount = "",
    .routes = ROUTES({"", home_index, .name = "index", .access = ACCESS_PUBLIC}),
    .nav = NAV({N_("Home"), "index"}),
};
