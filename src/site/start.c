/* Puts the installed modules together: checks the list, then routes, then templates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/assets.h"
#include "site/admin.h"
#include "site/internal.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/template.h"

struct site site;

enum status site_each_module(enum status (*visit)(const struct module *module, void *context),
                             void *context)
{
    enum status status = visit(&site_module, context);
    for (const struct module *const *each = installed_modules; *each && status == OK; each++)
        status = visit(*each, context);
    return status;
}

const struct router *site_router(void)
{
    return site.router;
}

static bool is_before(const char *name, const struct module *const *modules, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(modules[i]->name, name) == 0)
            return true;
    return false;
}

static enum status check_models(const struct module *module)
{
    enum status status = OK;
    for (size_t i = 0; module->models && module->models[i] && status == OK; i++)
        status = model_check(module->models[i]);
    return status;
}

static enum status check_tables(const struct module *module, const struct module *other)
{
    for (size_t i = 0; module->models && module->models[i]; i++)
        for (size_t k = 0; other->models && other->models[k]; k++)
            if (strcmp(model_table(module->models[i]), model_table(other->models[k])) == 0)
                return fail_as(INVALID, "module %s: the module %s has the table %s already",
                               module->name, other->name, model_table(module->models[i]));
    return OK;
}

static enum status check_against(const struct module *module, const struct module *other)
{
    if (strcmp(module->name, other->name) == 0)
        return fail_as(INVALID, "module %s: another module has that name", module->name);
    if (other != &site_module && module->routes.count && other->routes.count
        && strcmp(module->mount, other->mount) == 0)
        return fail_as(INVALID, "module %s: the module %s has the mount \"%s\" already",
                       module->name, other->name, module->mount);
    return check_tables(module, other);
}

static enum status check_panels(const struct module *module)
{
    for (size_t i = 0; i < module->panels.count; i++) {
        const struct panel *panel = &module->panels.rows[i];
        char name[256];
        snprintf(name, sizeof name, "templates/%s", panel->template);
        if (!asset_find(text_of(name)))
            return fail_as(INVALID, "module %s: the panel \"%s\" has no template %s", module->name,
                           panel->place, name);
    }
    return OK;
}

static enum status check_module(const struct module *const *modules, size_t index)
{
    const struct module *module = modules[index];
    if (!module->name || !module->mount)
        return fail_as(INVALID, "module %s: it has no %s",
                       module->name ? module->name : "(unnamed)", module->name ? "mount" : "name");
    for (const char *const *need = module->needs; need && *need; need++)
        if (!is_before(*need, modules, index))
            return fail_as(INVALID, "module %s: it needs the module %s, installed before it",
                           module->name, *need);
    enum status status = check_models(module);
    if (status == OK)
        status = check_panels(module);
    for (size_t i = 0; i < module->admin.count && status == OK; i++)
        status = model_admin_check(module, &module->admin.rows[i]);
    if (status == OK)
        status = site_libraries_check(modules, index);
    if (status == OK)
        status = check_against(module, &site_module);
    for (size_t i = 0; i < index && status == OK; i++)
        status = check_against(module, modules[i]);
    return status;
}

static enum status add_route(struct router *router, struct arena *arena,
                             const struct module *module, const struct route *route)
{
    if (!route->view)
        return fail_as(INVALID, "module %s: the route \"%s\" has no view", module->name,
                       route->pattern);
    if (route->access > ACCESS_PUBLIC && route->work == WORK_NONE)
        return fail_as(INVALID,
                       "module %s: the route \"%s\" cannot tell who comes without the database",
                       module->name, route->pattern);
    if (route->name) {
        struct text name = module->namespace
                               ? text_format(arena, "%s:%s", module->namespace, route->name)
                               : text_of(route->name);
        if (router_has(router, name))
            return fail_as(INVALID, "module %s: another route has the name %.*s", module->name,
                           TEXT_ARG(name));
    }
    if (router_add(router, module->namespace, module->mount, route, 1) != OK)
        return fail_as(INVALID, "module %s: %s", module->name, status_failure()->message);
    return OK;
}

static enum status add_routes(struct router *router, struct arena *arena,
                              const struct module *module)
{
    struct route_list made = {0};
    enum status status = OK;
    for (size_t i = 0; i < module->routes.count && status == OK; i++)
        status = add_route(router, arena, module, &module->routes.rows[i]);
    if (module->make_routes)
        module->make_routes(arena, &made);
    for (size_t i = 0; i < made.count && status == OK; i++)
        status = add_route(router, arena, module, &made.items[i]);
    return status;
}

static enum status add_modules(struct router *router, struct arena *arena,
                               const struct module *const *modules)
{
    enum status status = add_routes(router, arena, &site_module);
    for (size_t i = 0; modules[i] && status == OK; i++) {
        status = check_module(modules, i);
        if (status == OK)
            status = add_routes(router, arena, modules[i]);
    }
    return status;
}

static const struct value *nav_values(const struct module *module, const struct nav_item *item,
                                      struct text url)
{
    struct value *values = ARENA_ARRAY(site.arena, struct value, site.languages.count);
    for (size_t i = 0; i < site.languages.count; i++) {
        struct text label =
            language_text(&site.languages.items[i], TEXT_NONE, text_of(item->label));
        struct value_map *map = value_map_new(site.arena);
        value_map_set(map, TEXT("label"), value_text(label));
        value_map_set(map, TEXT("url"), value_text(url));
        value_map_set(map, TEXT("module"), value_string(module->name));
        values[i] = value_map(map);
    }
    return values;
}

static enum status add_nav(const struct module *module, void *context)
{
    (void)context;
    for (size_t i = 0; i < module->nav.count; i++) {
        const struct nav_item *item = &module->nav.rows[i];
        struct text url;
        if (router_reverse(site.router, site.arena, text_of(item->route), NULL, 0, &url) != OK)
            return fail_as(INVALID, "module %s, nav row \"%s\": %s", module->name, item->label,
                           status_failure()->message);
        *LIST_PUSH(site.arena, &site.nav) = (struct nav_entry){url, nav_values(module, item, url)};
    }
    return OK;
}

static enum status add_middleware(const struct module *module, void *context)
{
    (void)context;
    for (size_t i = 0; i < module->middleware.count; i++)
        *LIST_PUSH(site.arena, &site.middleware) = &module->middleware.rows[i];
    return OK;
}

static enum status add_templates(void)
{
    enum status status = OK;
    site.templates = site_template_set(site.arena, site_template_host());
    for (size_t i = 0; i < asset_count && status == OK; i++) {
        struct text name = text_of(assets[i].name);
        if (text_starts(name, TEXT("templates/")))
            status = template_set_add(site.templates, text_from(name, strlen("templates/")));
    }
    template_set_complete(site.templates);
    return status;
}

enum status site_start(void)
{
    if (!site.arena)
        site.arena = arena_new((size_t)64 * 1024);
    site.router = router_new(site.arena);
    enum status status = site_languages_load();
    if (status == OK)
        status = add_modules(site.router, site.arena, installed_modules);
    if (status == OK)
        status = site_each_module(add_nav, NULL);
    if (status == OK)
        status = site_each_module(add_middleware, NULL);
    if (status == OK)
        status = add_templates();
    if (status == OK)
        status = site_prepare_error_pages();
    return status;
}
