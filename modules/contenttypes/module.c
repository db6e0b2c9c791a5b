/* The list of models that permissions and the admin's log refer to. */
#include "site/module.h"
#include "base/arena.h"
#include "contenttypes/contenttypes.h"
#include "db/db.h"
#include "site/site.h"

/* One for each model there is, as Django's post_migrate makes them. */
static enum status write_types(struct db *db)
{
    struct arena *arena = arena_new(4096);
    enum status status = OK;
    for (const struct model *const *model = site_models(arena); *model && status == OK; model++)
        status = db_run(db,
                        "INSERT INTO django_content_type (app_label, model)"
                        " SELECT CAST($1 AS varchar), CAST($2 AS varchar)"
                        " WHERE NOT EXISTS (SELECT 1 FROM django_content_type"
                        " WHERE app_label = $1 AND model = $2)",
                        DB_TEXT(text_of((*model)->app_label)), DB_TEXT(text_of((*model)->name)));
    arena_free(arena);
    return status;
}

const struct module contenttypes_module = {
    .name = "contenttypes",
    .mount = "",
    .models = MODELS(&contenttype_model),
    .migrated = write_types,
};
