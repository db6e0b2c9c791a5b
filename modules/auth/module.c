/* Users, groups and permissions, shared with the Django site. */
#include "site/module.h"
#include "auth/auth.h"

const struct module auth_module = {
    .name = "auth",
    .mount = "accounts/",
    .needs = NEEDS("contenttypes"),
    .models = MODELS(&permission_model, &group_model, &user_model),
};
