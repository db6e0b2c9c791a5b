/* The whole site edited from /admin/, made of what the modules declare (site/admin.h); and the log
 * of what was changed by hand, shared with the Django site. */
#include "site/module.h"
#include "admin/list.h"
#include "admin/models.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "http/request.h"
#include "site/settings.h"

/* The way to the admin, for who may go it. */
static enum status fill_header(const struct request *request, struct text subject,
                               struct value_map *context)
{
    (void)subject;
    (void)context;
    return request->access >= ACCESS_STAFF ? OK : NOT_FOUND;
}

static const struct setting settings[] = {
    {"ADMIN_TIME_LIMIT", "1000",
     "milliseconds for a list of the admin to be searched and sorted; 0: no limit",
     .integer = &list_time_limit, .max = 600000},
    {0},
};

const struct module admin_module = {
    .name = "admin",
    .namespace = "admin",
    .mount = "admin/",
    .needs = NEEDS("contenttypes", "auth", "uploads"),
    .models = MODELS(&logentry_model),
    .settings = settings,
    .routes = ROUTES({"", admin_index, .name = "index", .access = ACCESS_STAFF},
                     {"login/", admin_login, .name = "login", .access = ACCESS_STAFF},
                     {"autocomplete/", admin_autocomplete, .name = "autocomplete",
                      .access = ACCESS_STAFF, .work = WORK_BLOCKS}),
    .make_routes = registry_make_routes,
    .panels = PANELS({"header", "admin/panel_header.html", fill_header}),
};
