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

struct demo_loading {
    struct db *db;
    struct arena *arena;
    size_t rows;
};

static enum status load_module(const struct module *module, void *context)
{
    struct demo_loading *loading = context;
    const struct asset *asset =
        asset_find(text_format(loading->arena, "fixtures/%s/demo.json", module->name));
    if (!asset)
        return OK;
    size_t rows;
    enum status status =
        fixture_load(loading->db, loading->arena, asset->plain, module->models, &rows);
    if (status != OK)
        return fail_as(status, "%s: %s", asset->path, status_failure()->message);
    loading->rows += rows;
    return OK;
}

enum status site_demo_load(struct db *db, struct arena *arena, size_t *rows)
{
    struct demo_loading loading = {.db = db, .arena = arena};
    enum status status = site_each_module(load_module, &loading);
    *rows = loading.rows;
    return status;
}
