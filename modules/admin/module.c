/* The log of what was changed by hand, shared with the Django site. */
#include "site/module.h"
#include "admin/models.h"

const struct module admin_module = {
    .name = "admin",
    .mount = "",
    .needs = NEEDS("contenttypes", "auth"),
    .models = MODELS(&logentry_model),
};
