/* The whole site edited from /admin/, made of what the modules declare (site/admin.h); and the log
 * of what was changed by hand, shared with the Django site. */
#include "site/module.h"
#include "admin/models.h"
#include "admin/registry.h"
#include "admin/views.h"

const struct module admin_module = {
    .name = "admin",
    .namespace = "admin",
    .mount = "admin/",
    .needs = NEEDS("contenttypes", "auth"),
    .models = MODELS(&logentry_model),
    .routes = ROUTES({"", admin_index, .name = "index", .access = ACCESS_STAFF},
                     {"login/", admin_login, .name = "login", .access = ACCESS_STAFF}),
    .make_routes = registry_make_routes,
};
