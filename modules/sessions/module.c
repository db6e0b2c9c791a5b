/* Who is signed in, shared with the Django site. */
#include "site/module.h"
#include "sessions/models.h"

const struct module sessions_module = {
    .name = "sessions",
    .mount = "",
    .models = MODELS(&session_model),
};
