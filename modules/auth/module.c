#include "site/module.h"
#include "auth/auth.h"

const struct module auth_module = {
    .name = "auth",
    .mount = "accounts/",
    .models = MODELS(&user_model),
};
