#include "auth/auth.h"
#include "site/module.h"

const struct module auth_module = {
    .name = "auth",
    .mount = "accounts/",
    .models = MODELS(&user_model),
};
