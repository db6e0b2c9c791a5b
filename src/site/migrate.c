/* Migrations and demo data of the installed modules, as embedded. */
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "http/assets.h"
#include "model/fixtures.h"
#include "model/migrations.h"
#include "site/site.h"

struct collection {
    struct arena *arena;
    LIST(struct migration) list;
};

/* Assets are sorted by name, so a module's migrations are in their order. */
static enum status collect(const struct module *module, void *context)
{
    struct collection *collection = context;
    struct text folder = text_format(collection->arena, "migrations/%s/", module->name);
    for (size_t i = 0; i < asset_count; i++) {
        struct text name = text_of(assets[i].name);
        if (!text_starts(name, folder) || !text_ends(name, TEXT(".sql")))
            continue;
        *LIST_PUSH(collection->arena, &collection->list) = (struct migration){
            .app_label = module->name,
            .name = text_part(name, folder.length, name.length - strlen(".sql")),
            .sql = assets[i].plain,
        };
    }
    return OK;
}

enum status site_migrations_apply(struct db *db, size_t *applied)
{
    struct collection collection = {.arena = arena_new(4096)};
    site_each_module(collect, &collection);
    enum status status =
        migrations_apply(db, collection.list.items, collection.list.count, applied);
    arena_free(collection.arena);
    return status;
}

enum status site_migrations_check(struct db *db)
{
    struct collection collection = {.arena = arena_new(4096)};
    site_each_module(collect, &collection);
    enum status status = migrations_check(db, collection.list.items, collection.list.count);
    arena_free(collection.arena);
    return status;
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
