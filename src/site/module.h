/* The module contract: a feature is one folder, and this struct is its front door. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/settings.h"
#include "base/status.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "model/model.h"

struct arena;
struct command;
struct demo_random;
struct model_admin;
struct admin_route;
struct difference_list;
struct template_library;
struct value_map;

struct nav_item {
    const char *label; /* N_("Lettings"): shown in the visitor's language */
    const char *route; /* "lettings:index" */
};

struct route_list {
    struct route *items;
    size_t count;
    size_t capacity;
};

/* Steps around every view: those of the modules in their order, behind the core's (middleware.c).
 * They run only where a view will be called, and request->db is open unless the route needs none.
 */
struct middleware {
    /* Before the view; false: the response is there already. */
    bool (*before)(struct request *request, struct response *response);
    /* After it, also when the answer is an error, in reverse order. */
    void (*after)(struct request *request, struct response *response);
};

/* Work off the request, run by the clerk. */
struct job {
    const char *name;
    int64_t interval; /* seconds between the ends of one run and the start of the next */
    enum status (*run)(struct db *db);
    bool waits; /* for the first run too, rather than beginning at the start */
};

/* A number for who watches the site, at /metrics. */
struct gauge {
    const char *name;   /* "oc_mails" */
    const char *labels; /* of several of one name: `state="waiting"`; "": none */
    const char *help;   /* a sentence */
    /* Asked by the clerk every 10 seconds, where all tables are there. */
    enum status (*read)(struct db *db, int64_t *out);
};

/* Something that a module shows on others' pages, wherever they have the place for it. */
struct panel {
    const char *place;    /* "city": subject is a city's name; "home", and "header" of
                             every page: none */
    const char *template; /* of its own; sees what it adds beside what every page sees */
    /* What the template needs; NOT_FOUND: nothing to show. */
    enum status (*fill)(const struct request *request, struct text subject,
                        struct value_map *context);
};

/* The public pages that its rows have, for search engines. */
struct sitemap {
    const char *name; /* of its files: lower case, no hyphen */
    const struct model *model;
    const char *const *related; /* to read along */
    /* The path of a row's page; NOT_FOUND: it has none. */
    enum status (*path)(const void *row, struct arena *arena, struct text *out);
};

/* Made-up rows: the option `--<module> COUNT` of `oc-lettings demo`. */
struct demo {
    const struct model *const *models; /* one row of each is made; the first is what is counted */
    /* Inserts so many, the first under `key` in each table, the next under those behind it
     * (site/demo.h). */
    enum status (*insert)(struct db *db, struct arena *arena, struct demo_random *random,
                          int64_t key, size_t count);
};

struct module {
    const char *name;           /* Django's app label: tables, template and static folder */
    const char *namespace;      /* of its URL names; NULL: none */
    const char *verbose_name;   /* what people call it; NULL: its name with a capital */
    const char *mount;          /* "lettings/"; "" is the root */
    const char *derived_tables; /* how tables are called that its triggers fill from others */
    /* Whose rows its public pages and panels show: a server's database tells of their changes, so
     * that pages are sent again unread. Pages of other tables are read anew each time there. */
    const struct model *const *shown;
    const char *const *needs; /* names of modules that must be installed before it */
    const struct model *const *models;
    struct {
        const struct route *rows;
        size_t count;
    } routes;
    /* Adds routes behind those rows, made of what the installed modules declare; they and all they
     * point to live in the arena. */
    void (*make_routes)(struct arena *arena, struct route_list *out);
    /* Its tables that are edited in the admin (site/admin.h). */
    struct {
        const struct model_admin *rows;
        size_t count;
    } admin;
    /* Its own pages there. */
    struct {
        const struct admin_route *rows;
        size_t count;
    } admin_routes;
    struct {
        const struct nav_item *rows;
        size_t count;
    } nav;
    struct {
        const struct job *rows;
        size_t count;
    } jobs;
    struct {
        const struct gauge *rows;
        size_t count;
    } gauges;
    struct {
        const struct panel *rows;
        size_t count;
    } panels;
    struct {
        const struct sitemap *rows;
        size_t count;
    } sitemaps;
    /* What {% load %} finds: tags and filters of its own (template/library.h). */
    const struct template_library *const *libraries;
    const struct setting *settings;
    struct {
        const struct middleware *rows;
        size_t count;
    } middleware;
    struct {
        const struct command *rows; /* site/commands.h */
        size_t count;
    } commands;
    /* Adds what its templates and others' may see on every page. */
    void (*context)(const struct request *request, struct value_map *context);
    /* For /readyz: not OK when it cannot work, with the reason. */
    enum status (*health)(struct db *db);
    /* After `migrate`, when all tables are as the models say: writes what must be there of itself.
     */
    enum status (*migrated)(struct db *db);
    /* For `check`: adds what is not as it should be. */
    enum status (*check)(struct db *db, struct arena *arena, struct difference_list *out);
    struct demo demo;
    /* Keeps an event in Sentry's form (develop.sentry.dev, "event payloads"), which the clerk
     * offers once its tables are there: `type` is that of its envelope's item, "event" or
     * "sessions", or "transactions" of an object that has a list of these; what has an `event_id`
     * is kept once, however often it is offered. An event or transaction may stand for equal ones
     * that were only counted: `extra.equal_events_before` says how many. Not OK: it is offered
     * again later. */
    enum status (*keep_event)(struct db *db, const char *type, const json_t *payload);
};

/* Lists of a module, as they stand in its struct. */
#define MODULE_LIST(type, ...)                                                                     \
    {                                                                                              \
        (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type)            \
    }
#define ROUTES(...)     MODULE_LIST(struct route, __VA_ARGS__)
#define NAV(...)        MODULE_LIST(struct nav_item, __VA_ARGS__)
#define JOBS(...)       MODULE_LIST(struct job, __VA_ARGS__)
#define GAUGES(...)     MODULE_LIST(struct gauge, __VA_ARGS__)
#define PANELS(...)     MODULE_LIST(struct panel, __VA_ARGS__)
#define SITEMAPS(...)   MODULE_LIST(struct sitemap, __VA_ARGS__)
#define MIDDLEWARE(...) MODULE_LIST(struct middleware, __VA_ARGS__)
#define COMMANDS(...)   MODULE_LIST(struct command, __VA_ARGS__)
#define NEEDS(...)      ((const char *const[]){__VA_ARGS__, NULL})
#define MODELS(...)     ((const struct model *const[]){__VA_ARGS__, NULL})
#define LIBRARIES(...)  ((const struct template_library *const[]){__VA_ARGS__, NULL})

/* The list, in order, with NULL behind the last: modules/installed.c. */
extern const struct module *const installed_modules[];
