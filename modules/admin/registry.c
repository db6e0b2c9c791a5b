#include "admin/registry.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "model/query.h"
#include "site/site.h"

/* The tables */

const struct model_admin *registry_at(size_t index)
{
    for (const struct module *const *module = installed_modules; *module; module++) {
        if (index < (*module)->admin.count)
            return &(*module)->admin.rows[index];
        index -= (*module)->admin.count;
    }
    return NULL;
}

const struct model_admin *registry_find(const struct model *model)
{
    const struct model_admin *admin;
    for (size_t i = 0; (admin = registry_at(i)); i++)
        if (admin->model == model)
            return admin;
    return NULL;
}

/* Their pages */

#define FORM_LIMIT ((size_t)1024 * 1024)
#define FILE_LIMIT (64 * FORM_LIMIT)

struct page {
    const char *name;
    const char *path;
    view *view;
    unsigned methods;
    enum work work;
};
static const struct page pages[] = {
    {"changelist", "", admin_list, HTTP_GET | HTTP_POST, WORK_BLOCKS}, /* searches may take long */
    {"add", "add/", admin_add, HTTP_GET | HTTP_POST, WORK_READS},
    {"export", "export/", admin_export, HTTP_GET, WORK_READS},
    {"import", "import/", admin_import, HTTP_GET | HTTP_POST, WORK_READS},
    {"history", "<str:object_id>/history/", admin_history, HTTP_GET, WORK_READS},
    {"delete", "<str:object_id>/delete/", admin_delete, HTTP_GET | HTTP_POST, WORK_READS},
    {"change", "<str:object_id>/change/", admin_change, HTTP_GET | HTTP_POST, WORK_READS},
    {NULL, "<str:object_id>/", admin_old_change, HTTP_GET, WORK_READS}, /* bookmarks of old */
};

/* What a route is about. */
struct subject {
    const struct model_admin *admin;
    const struct admin_page *page; /* NULL: one of those above */
    const struct admin_route *own; /* a module's own, of no table */
};

static void add_route(struct arena *arena, struct subject subject, const char *path,
                      const char *name, struct route route, struct route_list *out)
{
    const struct model *model = subject.admin->model;
    struct subject *data = ARENA_NEW(arena, struct subject);
    *data = subject;
    route.pattern =
        text_string(arena, text_format(arena, "%s/%s/%s", model->app_label, model->name, path));
    if (name)
        route.name =
            text_string(arena, text_format(arena, "%s_%s_%s", model->app_label, model->name, name));
    route.access = ACCESS_STAFF;
    route.body_limit = !(route.methods & HTTP_POST) ? 0
                       : route.view == admin_import ? FILE_LIMIT
                                                    : FORM_LIMIT;
    route.data = data;
    *LIST_PUSH(arena, out) = route;
}

static void add_routes(struct arena *arena, const struct model_admin *admin, struct route_list *out)
{
    for (const struct admin_page *page = admin->pages; page && page->name; page++) {
        const struct route route = {.view = admin_further,
                                    .methods = HTTP_GET | HTTP_POST,
                                    .work = page->work};
        struct text path = text_format(arena, "<str:object_id>/%s/", page->name);
        add_route(arena, (struct subject){.admin = admin, .page = page}, text_string(arena, path),
                  page->name, route, out);
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct route route = {.view = pages[i].view,
                                    .methods = pages[i].methods,
                                    .work = pages[i].work};
        add_route(arena, (struct subject){.admin = admin}, pages[i].path, pages[i].name, route,
                  out);
    }
}

/* The permission is looked at before a module's own page. */
static enum status show_own(struct request *request, struct response *response)
{
    const struct subject *subject = request->route->data;
    bool may;
    enum status status = admin_may(request, subject->own->model, subject->own->needs, &may);
    if (status != OK)
        return status;
    return may ? subject->own->route.view(request, response) : page_forbidden(request, response);
}

static void add_own_routes(struct arena *arena, const struct module *module, struct route_list *out)
{
    for (size_t i = 0; i < module->admin_routes.count; i++) {
        const struct admin_route *own = &module->admin_routes.rows[i];
        struct subject *data = ARENA_NEW(arena, struct subject);
        data->own = own;
        struct route route = own->route;
        route.pattern =
            text_string(arena, text_format(arena, "%s/%s", module->name, own->route.pattern));
        route.name = text_string(arena, text_format(arena, "%s_%s", module->name, own->route.name));
        route.view = show_own;
        route.access = ACCESS_STAFF;
        route.data = data;
        *LIST_PUSH(arena, out) = route;
    }
}

void registry_make_routes(struct arena *arena, struct route_list *out)
{
    const struct model_admin *admin;
    for (const struct module *const *module = installed_modules; *module; module++)
        add_own_routes(arena, *module, out);
    for (size_t i = 0; (admin = registry_at(i)); i++)
        add_routes(arena, admin, out);
    *LIST_PUSH(arena, out) =
        (struct route){"<str:app_label>/", admin_app, .name = "app_list", .access = ACCESS_STAFF};
    /* Whatever else is asked for below it: who is not signed in cannot tell what there is. */
    *LIST_PUSH(arena, out) = (struct route){"<path:path>", admin_nothing, .access = ACCESS_STAFF};
}

const struct model_admin *registry_of(const struct request *request)
{
    return ((const struct subject *)request->route->data)->admin;
}

const struct admin_page *registry_page(const struct request *request)
{
    return ((const struct subject *)request->route->data)->page;
}

struct text registry_url(struct arena *arena, const struct model_admin *admin, const char *page,
                         struct text key)
{
    struct text url;
    const struct route_argument argument = {.value = key_quote(arena, key)};
    struct text name =
        text_format(arena, "admin:%s_%s_%s", admin->model->app_label, admin->model->name, page);
    if (router_reverse(site_router(), arena, name, &argument, key.length ? 1 : 0, &url) != OK)
        abort();
    return url;
}

/* Who may */

static enum status has_permission(const struct request *request, const struct model *model,
                                  const char *action, bool *out)
{
    return auth_may(request,
                    text_string(request->arena, text_format(request->arena, "%s.%s_%s",
                                                            model->app_label, action, model->name)),
                    out);
}

enum status admin_may(const struct request *request, const struct model *model,
                      enum admin_action action, bool *out)
{
    static const char *const names[] = {"view", "add", "change", "delete"};
    enum status status = has_permission(request, model, names[action], out);
    if (status == OK && !*out && action == ADMIN_VIEW)
        status = has_permission(request, model, "change", out);
    return status;
}

enum status registry_may(const struct request *request, const struct model_admin *admin,
                         enum admin_action action, const void *row, bool *out)
{
    enum status status = admin_may(request, admin->model, action, out);
    const struct model_admin *own = registry_find(admin->model);
    if (status == OK && *out && admin->may)
        *out = admin->may(request, action, row);
    if (status == OK && *out && own && own != admin && own->may)
        *out = own->may(request, action, row);
    return status;
}

bool registry_may_edit(const struct request *request, const struct model_admin *admin,
                       const struct field *field, const void *row)
{
    const struct model_admin *own = registry_find(admin->model);
    return (!admin->may_edit || admin->may_edit(request, field, row))
           && (!own || own == admin || !own->may_edit || own->may_edit(request, field, row));
}

/* Keys */

#define QUOTED "_/#?;@&=+$,\"[]<>%\n\\:"

struct text key_quote(struct arena *arena, struct text key)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < key.length; i++) {
        char c = key.at[i];
        if (c && strchr(QUOTED, c))
            buffer_format(&out, "_%02X", (unsigned char)c);
        else
            buffer_char(&out, c);
    }
    return buffer_contents(&out);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

struct text key_unquote(struct arena *arena, struct text quoted)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < quoted.length; i++) {
        bool escape = quoted.at[i] == '_' && quoted.length - i > 2
                      && hex_digit(quoted.at[i + 1]) >= 0 && hex_digit(quoted.at[i + 2]) >= 0;
        if (escape)
            buffer_char(&out,
                        (char)(16 * hex_digit(quoted.at[i + 1]) + hex_digit(quoted.at[i + 2])));
        else
            buffer_char(&out, quoted.at[i]);
        i += escape ? 2 : 0;
    }
    return buffer_contents(&out);
}

struct text key_of(struct arena *arena, const struct model *model, const void *row)
{
    return field_print(model_key(model), row, arena);
}

const char *const *registry_related(struct arena *arena, const struct model *model)
{
    const char **names = ARENA_ARRAY(arena, const char *, model->field_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].type->is_reference)
            names[count++] = model->fields[i].name;
    return names;
}

enum status registry_row(const struct request *request, const struct model *model,
                         struct text quoted, void **out)
{
    struct arena *arena = request->arena;
    void *asked = model_empty(model, arena);
    const struct field *key = model_key(model);
    struct text wrong = field_parse(key, asked, key_unquote(arena, quoted), arena);
    if (wrong.length || field_is_null(key, asked))
        return NOT_FOUND;
    const struct query query = {.model = model,
                                .where = WHERE({"pk", .value = field_bind(key, asked, arena)}),
                                .order = NAMES("pk"),
                                .related = registry_related(arena, model)};
    return query_first(request->db, arena, &query, out);
}

enum status registry_rows(const struct request *request, struct arena *arena,
                          const struct model *model, const int64_t *keys, size_t count,
                          struct row_list *out)
{
    struct db_parameter *values = ARENA_ARRAY(arena, struct db_parameter, count);
    for (size_t i = 0; i < count; i++)
        values[i] = DB_INT(keys[i]);
    const struct query query = {
        .model = model,
        .where = WHERE({"pk", LOOKUP_IN, .values = values, .value_count = count}),
        .order = NAMES("pk"),
        .related = registry_related(arena, model),
    };
    *out = (struct row_list){0};
    return count ? query_rows(request->db, arena, &query, out) : OK;
}
