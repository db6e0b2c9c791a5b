/* Migrations and demo data of the installed modules, as embedded. */
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "db/db.h"
#include "http/assets.h"
#include "model/differences.h"
#include "model/fixtures.h"
#include "model/migrations.h"
#include "site/site.h"

struct collection {
    struct arena *arena;
    LIST(struct migration) list;
};

static bool refers_to(const struct model *model, const char *app_label)
{
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].to && strcmp(model->fields[i].to->app_label, app_label) == 0)
            return true;
    return false;
}

/* Those of its .needs that its tables refer to. */
static const char *const *needs_of(struct arena *arena, const struct module *module)
{
    LIST(const char *) needs = {0};
    for (const char *const *need = module->needs; need && *need; need++)
        for (size_t i = 0; module->models && module->models[i]; i++)
            if (refers_to(module->models[i], *need)) {
                *LIST_PUSH(arena, &needs) = *need;
                break;
            }
    *LIST_PUSH(arena, &needs) = NULL;
    return needs.items;
}

/* Assets are sorted by name, so a module's migrations are in their order. */
static enum status collect(const struct module *module, void *context)
{
    struct collection *collection = context;
    struct text folder = text_format(collection->arena, "migrations/%s/", module->name);
    const char *const *needs = needs_of(collection->arena, module);
    for (size_t i = 0; i < asset_count; i++) {
        struct text name = text_of(assets[i].name);
        if (!text_starts(name, folder) || !text_ends(name, TEXT(".sql")))
            continue;
        *LIST_PUSH(collection->arena, &collection->list) = (struct migration){
            .app_label = module->name,
            .name = text_part(name, folder.length, name.length - strlen(".sql")),
            .sql = assets[i].plain,
            .path = assets[i].path,
            .needs = needs,
        };
    }
    return OK;
}

struct migration_list site_migrations(struct arena *arena)
{
    struct collection collection = {.arena = arena};
    site_each_module(collect, &collection);
    return (struct migration_list){collection.list.items, collection.list.count};
}

enum status site_migrations_apply(struct db *db, size_t *applied)
{
    struct arena *arena = arena_new(4096);
    struct migration_list list = site_migrations(arena);
    size_t repaired;
    enum status status = migrations_apply(db, list, applied);
    if (status == OK)
        status = migrations_repair(db, list, &repaired);
    if (status == OK)
        status = site_migrated(db);
    arena_free(arena);
    return status;
}

static enum status after_migrating(const struct module *module, void *context)
{
    return module->migrated ? module->migrated(context) : OK;
}

static enum status tell_modules(struct db *db, void *context)
{
    (void)context;
    enum status status = site_tell_changes(db);
    return status == OK ? site_each_module(after_migrating, db) : status;
}

enum status site_migrated(struct db *db)
{
    struct arena *arena = arena_new(4096);
    struct migration_list list = site_migrations(arena);
    bool *applied = ARENA_ARRAY(arena, bool, list.count);
    enum status status = migrations_applied(db, list, applied);
    bool all = true;
    for (size_t i = 0; i < list.count; i++)
        all = all && applied[i];
    if (status == OK && all)
        status = db_transaction(db, tell_modules, NULL);
    arena_free(arena);
    return status;
}

enum status site_migrations_check(struct db *db)
{
    struct arena *arena = arena_new(4096);
    enum status status = migrations_check(db, site_migrations(arena));
    arena_free(arena);
    return status;
}

/* Faults of the database */

struct comparing {
    struct db *db;
    struct arena *arena;
    struct migration_list list;
    bool *applied;
    struct difference_list *out;
};

/* A module that is to be migrated first differs of course. */
static bool is_up_to_date(const struct comparing *comparing, const struct module *module)
{
    for (size_t i = 0; i < comparing->list.count; i++)
        if (!comparing->applied[i] && strcmp(comparing->list.items[i].app_label, module->name) == 0)
            return false;
    return true;
}

static enum status compare_module(const struct module *module, void *context)
{
    struct comparing *comparing = context;
    enum status status = OK;
    if (!is_up_to_date(comparing, module))
        return OK;
    for (size_t i = 0; module->models && module->models[i] && status == OK; i++)
        status =
            model_differences(comparing->db, comparing->arena, module->models[i], comparing->out);
    return status;
}

static void add_missing(struct comparing *comparing)
{
    const struct migration_list *list = &comparing->list;
    bool any = list->count == 0;
    for (size_t i = 0; i < list->count; i++)
        any = any || comparing->applied[i];
    if (!any)
        *LIST_PUSH(comparing->arena, &comparing->out->items) =
            TEXT("no migration is applied yet: run `oc-lettings migrate`");
    for (size_t i = 0; i < list->count && any; i++)
        if (!comparing->applied[i])
            *LIST_PUSH(comparing->arena, &comparing->out->items) =
                text_format(comparing->arena,
                            "the migration %s.%.*s is not applied: run `oc-lettings migrate`",
                            list->items[i].app_label, TEXT_ARG(list->items[i].name));
}

enum status site_database_losses(struct db *db, struct arena *arena, struct difference_list *out)
{
    struct migration_losses losses;
    enum status status = migrations_losses(db, arena, site_migrations(arena), &losses);
    for (size_t i = 0; i < losses.items.count && status == OK; i++)
        *LIST_PUSH(arena, &out->items) =
            text_format(arena,
                        "%.*s, which the migration %s.%.*s made, %s: run `oc-lettings migrate`",
                        TEXT_ARG(losses.items.items[i].name),
                        losses.items.items[i].migration->app_label,
                        TEXT_ARG(losses.items.items[i].migration->name),
                        losses.items.items[i].is_changed ? "is another now" : "is gone");
    return status;
}

enum status site_database_faults(struct db *db, struct arena *arena, struct difference_list *out)
{
    struct comparing comparing = {.db = db,
                                  .arena = arena,
                                  .list = site_migrations(arena),
                                  .out = out};
    comparing.applied = ARENA_ARRAY(arena, bool, comparing.list.count);
    enum status status = migrations_verify(comparing.list);
    if (status == OK)
        status = migrations_applied(db, comparing.list, comparing.applied);
    if (status == OK) {
        add_missing(&comparing);
        status = site_database_losses(db, arena, out);
    }
    if (status == OK && !out->items.count)
        status = site_untold_changes(db, arena, out);
    return status == OK ? site_each_module(compare_module, &comparing) : status;
}

/* Fixtures */

struct model_collection {
    struct arena *arena;
    LIST(const struct model *) list;
};

static enum status collect_models(const struct module *module, void *context)
{
    struct model_collection *collection = context;
    for (size_t i = 0; module->models && module->models[i]; i++)
        *LIST_PUSH(collection->arena, &collection->list) = module->models[i];
    return OK;
}

const struct model *const *site_models(struct arena *arena)
{
    struct model_collection collection = {.arena = arena};
    site_each_module(collect_models, &collection);
    *LIST_PUSH(arena, &collection.list) = NULL;
    return collection.list.items;
}

struct fixture_collection {
    struct arena *arena;
    struct text name;
    struct fixture_sources *sources;
};

static enum status collect_fixture(const struct module *module, void *context)
{
    struct fixture_collection *collection = context;
    const struct asset *asset = asset_find(text_format(collection->arena, "fixtures/%s/%.*s.json",
                                                       module->name, TEXT_ARG(collection->name)));
    if (asset)
        *LIST_PUSH(collection->arena, collection->sources) =
            (struct fixture_source){.name = asset->path, .text = asset->plain};
    return OK;
}

void site_fixtures_find(struct arena *arena, struct text name, struct fixture_sources *out)
{
    struct fixture_collection collection = {arena, name, out};
    site_each_module(collect_fixture, &collection);
}

enum status site_demo_load(struct db *db, struct arena *arena, size_t *rows)
{
    struct fixture_sources sources = {0};
    const struct fixture_loading options = {.models = site_models(arena), .only_new = true};
    site_fixtures_find(arena, TEXT("demo"), &sources);
    return fixtures_load(db, sources.items, sources.count, &options, rows);
}
