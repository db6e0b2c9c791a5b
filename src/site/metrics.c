#include "site/metrics.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "monitor/spool.h"
#include "site/contain.h"
#include "site/site.h"
#include "site/version.h"

#define LOOK_EVERY ((int64_t)10 * 1000 * 1000)

/* Requests, by route */

static struct arena *arena_of_names; /* as long as the process */
static uint32_t *route_places;       /* by request->route_number */

static void put_label(struct buffer *out, const char *name, struct text value)
{
    buffer_format(out, "%s=\"", name);
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\')
            buffer_char(out, '\\');
        buffer_char(out, value.at[i]);
    }
    buffer_char(out, '"');
}

static size_t name_route(struct arena *arena, struct text path)
{
    struct buffer labels = {.arena = arena};
    put_label(&labels, "route", path);
    buffer_char(&labels, '\0');
    return metrics_name(&(struct metric_name){"oc_http_request_duration_seconds", labels.at,
                                              METRIC_REQUESTS,
                                              "How long requests took, until their answer was "
                                              "there to be sent."});
}

static void name_routes(struct arena *arena)
{
    struct route_row row;
    size_t count = 0;
    while (router_row(site_router(), count, &row))
        count++;
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, count + 1);
    places[0] = (uint32_t)name_route(arena, TEXT("(none)"));
    for (size_t i = 0; router_row(site_router(), i, &row); i++)
        places[i + 1] = (uint32_t)name_route(arena, row.path);
    route_places = places;
}

static void name_build(void)
{
    metrics_add(metrics_name(&(struct metric_name){"oc_build_info",
                                                   "version=\"" PROGRAM_VERSION
                                                   "\",commit=\"" PROGRAM_COMMIT "\"",
                                                   METRIC_LARGEST, "Which program serves."}),
                1);
}

void metrics_begin(int fd)
{
    if (metrics_join(fd) != OK)
        log_warning("the instance's numbers cannot be shared: each process counts for itself",
                    LOG_STRING("reason", status_failure()->message));
    arena_of_names = arena_new((size_t)16 * 1024);
    name_build();
    name_routes(arena_of_names);
}

static void count_page(const struct request *request, const struct response *response)
{
    if (response->reread)
        metric_add(METRIC_PAGES_SAME, 1);
    else if (response->kept)
        metric_add(METRIC_PAGES_FRESH, 1);
    else if (request->page_key)
        metric_add(METRIC_PAGES_RENDERED, 1);
}

void metrics_answer(const struct request *request, const struct response *response,
                    int64_t microseconds)
{
    if (!route_places)
        return;
    metrics_request(route_places[request->route_number], response->status, microseconds);
    count_page(request, response);
}

/* The clerk's part */

static size_t place_of_gauge(const struct gauge *gauge)
{
    return metrics_name(
        &(struct metric_name){gauge->name, gauge->labels, METRIC_LARGEST, gauge->help});
}

static void set_gauge(const struct gauge *gauge, int64_t value)
{
    atomic_store(&metrics_own->values[place_of_gauge(gauge)], value);
}

static enum status look_at_module(const struct module *module, void *context)
{
    struct db *db = context;
    for (size_t i = 0; i < module->gauges.count; i++) {
        const struct gauge *gauge = &module->gauges.rows[i];
        int64_t value;
        if (gauge->read(db, &value) == OK)
            set_gauge(gauge, value);
    }
    return OK;
}

static void look_at_database(void)
{
    static const struct gauge up = {
        .name = "oc_database_up",
        .labels = "",
        .help = "1: the database answers, and has all that the site needs."};
    struct db *db;
    bool is_up = site_database(&db, false) == OK && site_migrations_check(db) == OK;
    set_gauge(&up, is_up);
    if (is_up)
        site_each_module(look_at_module, db);
}

static void look_at_spool(void)
{
#define WAITS_FOR(sink)                                                                            \
    {                                                                                              \
        .name = "oc_spool_files", .labels = "waits_for=\"" sink "\"",                              \
        .help = "Events that wait in the spool."                                                   \
    }
    static const struct gauge gauges[SPOOL_KINDS] = {
        [SPOOL_SITE] = WAITS_FOR("site"),
        [SPOOL_SENTRY] = WAITS_FOR("sentry"),
        [SPOOL_UNASSIGNED] = WAITS_FOR("nobody"),
        [SPOOL_SITE_TRACES] = WAITS_FOR("site_traces"),
        [SPOOL_SENTRY_TRACES] = WAITS_FOR("sentry_traces"),
    };
    struct spool *spool;
    const char *folder = contain_spool();
    if (!folder || spool_look(&spool, folder) != OK)
        return;
    struct arena *arena = arena_new((size_t)16 * 1024);
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        struct spool_names names = {0};
        spool_waiting(spool, arena, (int)i, &names);
        set_gauge(&gauges[i], (int64_t)names.count);
    }
    arena_free(arena);
    spool_close(spool);
}

void metrics_look(void)
{
    static int64_t looked;
    int64_t now = clock_monotonic();
    if (looked && now - looked < LOOK_EVERY)
        return;
    looked = now;
    look_at_database();
    look_at_spool();
}
