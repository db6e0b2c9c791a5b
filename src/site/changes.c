/* What the database tells of changes: those of tables that public pages show. */
#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/db.h"
#include "model/differences.h"
#include "site/internal.h"
#include "site/settings.h"
#include "site/site.h"

struct tables {
    struct arena *arena;
    LIST(const char *) told;
    LIST(const char *) untold;
};

static enum status add_shown(const struct module *module, void *context)
{
    struct tables *tables = context;
    for (const struct model *const *model = module->shown; model && *model; model++)
        *LIST_PUSH(tables->arena, &tables->told) = (*model)->table;
    return OK;
}

static bool is_told(const struct tables *tables, const char *table)
{
    for (size_t i = 0; i < tables->told.count; i++)
        if (text_is(text_of(table), tables->told.items[i]))
            return true;
    return false;
}

static void find_tables(struct arena *arena, struct tables *out)
{
    *out = (struct tables){.arena = arena};
    site_each_module(add_shown, out);
    for (const struct model *const *model = site_models(arena); *model; model++)
        if (!is_told(out, (*model)->table))
            *LIST_PUSH(arena, &out->untold) = (*model)->table;
}

/* Each worker needs another connection to answer by, and the clerk one. */
static bool can_listen(void)
{
    return site_settings.database_max_connections - 1 >= 2 * site_settings.workers;
}

static bool proves_pages(void)
{
    return site_settings.page_cache_listen && site_settings.page_cache_size > 0
           && !site_settings.debug;
}

static bool should_listen(void)
{
    return proves_pages() && !site_settings.page_cache_reads && !site_settings.database_pooled
           && db_url_is_server(site_settings.database_url);
}

bool site_listens(void)
{
    return should_listen() && can_listen();
}

void site_listen(void)
{
    _Atomic int64_t *written = metric_shared(METRIC_CHANGES_WRITTEN);
    if (should_listen() && !can_listen())
        log_warning("pages are read anew",
                    LOG_STRING("reason", "DATABASE_MAX_CONNECTIONS leaves none to listen: it takes "
                                         "two for each worker, and one"));
    bool is_file = !db_url_is_server(site_settings.database_url);
    if (!(is_file ? proves_pages() : site_listens()) || !written)
        return;
    static struct arena *arena; /* as long as the process */
    arena = arena_new(4096);
    struct tables tables;
    find_tables(arena, &tables);
    *LIST_PUSH(arena, &tables.told) = NULL;
    *LIST_PUSH(arena, &tables.untold) = NULL;
    struct db_options *options = ARENA_NEW(arena, struct db_options);
    struct db_listening *listening = ARENA_NEW(arena, struct db_listening);
    *options = site_database_options(false);
    *listening = (struct db_listening){tables.told.items, tables.untold.items, written};
    if (db_listen(options, listening) != OK)
        log_warning("pages are read anew", LOG_STRING("reason", status_failure()->message));
}

enum status site_tell_changes(struct db *db)
{
    struct arena *arena = arena_new(4096);
    struct tables tables;
    enum status status = OK;
    find_tables(arena, &tables);
    for (size_t i = 0; i < tables.told.count && status == OK; i++)
        status = db_tell_changes(db, text_of(tables.told.items[i]));
    arena_free(arena);
    return status;
}

enum status site_untold_changes(struct db *db, struct arena *arena, struct difference_list *out)
{
    struct tables tables;
    enum status status = OK;
    find_tables(arena, &tables);
    for (size_t i = 0; i < tables.told.count && status == OK; i++) {
        bool told;
        status = db_tells_changes(db, text_of(tables.told.items[i]), &told);
        if (status == OK && !told)
            *LIST_PUSH(arena, &out->items) =
                text_format(arena,
                            "%s does not tell of its changes, so that its pages are read anew "
                            "each time: run `oc-lettings migrate`",
                            tables.told.items[i]);
    }
    return status;
}
