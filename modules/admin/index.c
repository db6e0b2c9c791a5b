/* The front page of the admin, the page of a module, and the ways in and out. */
#include "admin/views.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/registry.h"
#include "auth/auth.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "http/response.h"
#include "http/url.h"
#include "site/links.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"

#define RECENT 10

typedef LIST(struct value) values;

/* A table as the index shows it; NOT_FOUND: nothing of it may be seen. */
static enum status table_value(const struct request *request, const struct model_admin *admin,
                               struct value *out)
{
    struct arena *arena = request->arena;
    struct value_map *map = value_map_new(arena);
    bool may[ADMIN_DELETE + 1];
    bool any = false;
    for (int action = ADMIN_VIEW; action <= ADMIN_DELETE; action++) {
        enum status status =
            registry_may(request, admin, (enum admin_action)action, NULL, &may[action]);
        if (status != OK)
            return status;
        any = any || may[action];
    }
    if (!any)
        return NOT_FOUND;
    page_text(map, "name", page_titled(arena, model_verbose_name_plural(admin->model, arena)));
    page_text(map, "model", text_of(admin->model->name));
    if (may[ADMIN_VIEW])
        page_text(map, "url", registry_url(arena, admin, "changelist", TEXT_NONE));
    if (may[ADMIN_ADD])
        page_text(map, "add_url", registry_url(arena, admin, "add", TEXT_NONE));
    value_map_set(map, TEXT("may_change"), value_bool(may[ADMIN_CHANGE]));
    *out = value_map(map);
    return OK;
}

/* The module's own pages that have a row there. */
static enum status own_pages_of(const struct request *request, const char *app_label, values *out)
{
    struct arena *arena = request->arena;
    enum status status = OK;
    for (const struct module *const *module = installed_modules; *module; module++)
        for (size_t i = 0; i < (*module)->admin_routes.count && status == OK; i++) {
            const struct admin_route *own = &(*module)->admin_routes.rows[i];
            bool may = false;
            if (!own->label || strcmp((*module)->name, app_label) != 0)
                continue;
            status = admin_may(request, own->model, own->needs, &may);
            if (status != OK || !may)
                continue;
            struct value_map *map = value_map_new(arena);
            struct text name = text_format(arena, "admin:%s_%s", app_label, own->route.name);
            page_text(map, "name", text_of(translate(own->label)));
            page_text(map, "url", page_path(arena, text_string(arena, name), TEXT_NONE));
            *LIST_PUSH(arena, out) = value_map(map);
        }
    return status;
}

static enum status tables_of(const struct request *request, const char *app_label,
                             struct value *out)
{
    const struct model_admin *admin;
    values tables = {0};
    enum status pages = own_pages_of(request, app_label, &tables);
    if (pages != OK)
        return pages;
    for (size_t i = 0; (admin = registry_at(i)); i++) {
        struct value table;
        if (strcmp(admin->model->app_label, app_label) != 0)
            continue;
        enum status status = table_value(request, admin, &table);
        if (status == OK)
            *LIST_PUSH(request->arena, &tables) = table;
        else if (status != NOT_FOUND)
            return status;
    }
    *out = value_list(request->arena, tables.items, tables.count);
    return OK;
}

/* A module with the tables that may be seen; NOT_FOUND: none of them. */
static enum status app_value(const struct request *request, const char *app_label,
                             struct value *out)
{
    struct arena *arena = request->arena;
    struct value tables;
    struct text url;
    enum status status = tables_of(request, app_label, &tables);
    if (status == OK && tables.list->count == 0)
        status = NOT_FOUND;
    if (status == OK)
        status = site_path(arena, "admin:app_list", text_of(app_label), &url);
    if (status != OK)
        return status;
    struct value_map *map = value_map_new(arena);
    page_text(map, "name", page_app_name(arena, app_label));
    page_text(map, "label", text_of(app_label));
    page_text(map, "url", url);
    value_map_set(map, TEXT("tables"), tables);
    *out = value_map(map);
    return OK;
}

static enum status all_apps(const struct request *request, values *apps)
{
    for (const struct module *const *module = installed_modules; *module; module++) {
        struct value app;
        if ((*module)->admin.count + (*module)->admin_routes.count == 0)
            continue;
        enum status status = app_value(request, (*module)->name, &app);
        if (status == OK)
            *LIST_PUSH(request->arena, apps) = app;
        else if (status != NOT_FOUND)
            return status;
    }
    return OK;
}

enum status admin_index(struct request *request, struct response *response)
{
    struct value recent;
    struct entry_page newest = {.size = RECENT, .number = 1};
    values apps = {0};
    enum status status = all_apps(request, &apps);
    if (status == OK)
        status = entry_list(request, NULL, TEXT_NONE, &newest, &recent);
    if (status != OK)
        return status;
    struct value_map *context = page_context(request, text_of(translate("Administration")), NULL);
    value_map_set(context, TEXT("apps"), value_list(request->arena, apps.items, apps.count));
    value_map_set(context, TEXT("recent"), recent);
    return page_show(request, response, "admin/index.html", context);
}

enum status admin_app(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    struct text label = request_text(request, "app_label");
    struct value app;
    enum status status = app_value(request, text_string(arena, label), &app);
    if (status != OK)
        return status;
    struct text name = page_app_name(arena, text_string(arena, label));
    struct value_map *context = page_context(request, name, NULL);
    page_crumb(context, name, TEXT(""));
    value_map_set(context, TEXT("apps"), value_list(arena, &app, 1));
    return page_show(request, response, "admin/app.html", context);
}

/* The site has one way to sign in, which has been gone before one comes here. */
enum status admin_login(struct request *request, struct response *response)
{
    struct text next;
    if (request_query(request, "next", &next) && link_is_local(next))
        return page_go(response, next);
    enum status status =
        router_reverse(site_router(), request->arena, TEXT("admin:index"), NULL, 0, &next);
    return status == OK ? page_go(response, next) : status;
}

/* A path of the admin that is none. */
enum status admin_nothing(struct request *request, struct response *response)
{
    struct route_match match;
    struct text with_slash = text_format(request->arena, "%.*s/", TEXT_ARG(request->path));
    if (!text_ends(request->path, TEXT("/"))
        && router_match(site_router(), request->arena, with_slash, &match)
        && match.route->view != admin_nothing) {
        struct buffer to = {.arena = request->arena};
        url_encode(&to, with_slash, URL_PATH_SAFE);
        buffer_text(&to, link_query(request, request->query));
        response_redirect(response, 301, buffer_contents(&to));
        return OK;
    }
    return NOT_FOUND;
}
