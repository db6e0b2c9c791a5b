/* The list of models that permissions and the admin's log refer to. */
#include "site/module.h"
#include "contenttypes/contenttypes.h"

const struct module contenttypes_module = {
    .name = "contenttypes",
    .mount = "",
    .models = MODELS(&contenttype_model),
};
