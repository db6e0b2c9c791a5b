/* The module contract: a feature is one folder, and this struct is its front door. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "base/status.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "model/model.h"

struct value_map;

struct nav_item {
    const char *label; /* N_("Lettings"): shown in the visitor's language */
    const char *route; /* "lettings:index" */
};

/* Work off the request, run by the clerk. */
struct job {
    const char *name;
    int64_t interval; /* seconds between the ends of one run and the start of the next */
    enum status (*run)(struct db *db);
};

struct module {
    const char *name;         /* Django's app label: tables, template and static folder */
    const char *namespace;    /* of its URL names; NULL: none */
    const char *mount;        /* "lettings/"; "" is the root */
    const char *const *needs; /* names of modules that must be installed before it */
    const struct model *const *models;
    struct {
        const struct route *rows;
        size_t count;
    } routes;
    struct {
        const struct nav_item *rows;
        size_t count;
    } nav;
    struct {
        const struct job *rows;
        size_t count;
    } jobs;
    const struct setting *settings;
    /* Adds what its templates and others' may see on every page. */
    void (*context)(const struct request *request, struct value_map *context);
    /* For /readyz: not OK when it cannot work, with the reason. */
    enum status (*health)(struct db *db);
};

/* Lists of a module, as they stand in its struct. */
#define MODULE_LIST(type, ...)                                                                     \
    {                                                                                              \
        (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type)            \
    }
#define ROUTES(...) MODULE_LIST(struct route, __VA_ARGS__)
#define NAV(...)    MODULE_LIST(struct nav_item, __VA_ARGS__)
#define JOBS(...)   MODULE_LIST(struct job, __VA_ARGS__)
#define NEEDS(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define MODELS(...) ((const struct model *const[]){__VA_ARGS__, NULL})

/* The list, in order, with NULL behind the last: modules/installed.c. */
extern const struct module *const installed_modules[];
