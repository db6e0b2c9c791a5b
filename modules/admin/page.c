#include "admin/page.h"

#include <stdlib.h>
#include <string.h>

#include "admin/popup.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "http/url.h"
#include "site/messages.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"

void page_text(struct value_map *context, const char *name, struct text text)
{
    value_map_set(context, text_of(name), value_text(text));
}

struct text page_titled(struct arena *arena, struct text text)
{
    char *copy = text_string(arena, text);
    if (text.length && copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return (struct text){copy, text.length};
}

struct text page_app_name(struct arena *arena, const char *app_label)
{
    for (const struct module *const *module = installed_modules; *module; module++)
        if ((*module)->verbose_name && strcmp((*module)->name, app_label) == 0)
            return text_of(translate((*module)->verbose_name));
    struct text name = page_titled(arena, text_of(app_label));
    return text_of(translate(text_string(arena, name)));
}

struct text page_path(struct arena *arena, const char *route, struct text argument)
{
    struct text url;
    const struct route_argument given = {.value = argument};
    if (router_reverse(site_router(), arena, text_of(route), &given, argument.length ? 1 : 0, &url)
        != OK)
        abort();
    return url;
}

/* The crumbs are a list that grows: it is made anew with each. */
void page_crumb(struct value_map *context, struct text label, struct text url)
{
    struct arena *arena = context->arena;
    const struct value *before = value_map_find(context, value_text(TEXT("crumbs")));
    size_t count = before ? before->list->count : 0;
    struct value *items = ARENA_ARRAY(arena, struct value, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = before->list->items[i];
    struct value_map *crumb = value_map_new(arena);
    page_text(crumb, "label", label);
    page_text(crumb, "url", url);
    items[count] = value_map(crumb);
    value_map_set(context, TEXT("crumbs"), value_list(arena, items, count + 1));
}

struct value_map *page_context(struct request *request, struct text title,
                               const struct model_admin *admin)
{
    struct arena *arena = request->arena;
    struct value_map *context = site_context(request);
    page_text(context, "title", title);
    value_map_set(context, TEXT("canonical"), VALUE_NULL);
    value_map_set(context, TEXT("is_popup"), value_bool(popup_is(request)));
    page_crumb(context, text_of(translate("Administration")),
               page_path(arena, "admin:index", TEXT_NONE));
    if (!admin)
        return context;
    const struct model *model = admin->model;
    struct text plural = page_titled(arena, model_verbose_name_plural(model, arena));
    bool may = false;
    page_crumb(context, page_app_name(arena, model->app_label),
               page_path(arena, "admin:app_list", text_of(model->app_label)));
    page_crumb(context, plural,
               registry_may(request, admin, ADMIN_VIEW, NULL, &may) == OK && may
                   ? registry_url(arena, admin, "changelist", TEXT_NONE)
                   : TEXT(""));
    page_text(context, "name", model_verbose_name(model));
    page_text(context, "plural", plural);
    return context;
}

#define KEPT "_changelist_filters"

void page_put_kept(struct buffer *out, struct text query)
{
    buffer_text(out, TEXT(KEPT "="));
    url_encode(out, query, TEXT("-._~"));
}

static struct text kept_query(const struct request *request)
{
    struct text query;
    return request_query(request, KEPT, &query) && query.at ? query : TEXT("");
}

struct text page_kept(const struct request *request)
{
    struct buffer out = {.arena = request->arena};
    struct text query = kept_query(request);
    if (query.length) {
        buffer_char(&out, '?');
        page_put_kept(&out, query);
    }
    buffer_text(&out, popup_kept(request, query));
    return buffer_contents(&out);
}

struct text page_list_url(const struct request *request, const struct model_admin *admin)
{
    struct buffer out = {.arena = request->arena};
    struct text query = kept_query(request);
    bool may;
    if (registry_may(request, admin, ADMIN_VIEW, NULL, &may) != OK || !may)
        return page_path(request->arena, "admin:index", TEXT_NONE);
    buffer_text(&out, registry_url(request->arena, admin, "changelist", TEXT_NONE));
    if (query.length) {
        buffer_char(&out, '?');
        url_encode(&out, query, URL_REFERENCE_SAFE);
    }
    return buffer_contents(&out);
}

enum status page_show(struct request *request, struct response *response, const char *name,
                      struct value_map *context)
{
    response->scripts = true;
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    return site_render(request, response, name, context);
}

enum status page_go(struct response *response, struct text url)
{
    response_redirect(response, 302, url);
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    return OK;
}

enum status page_forbidden(struct request *request, struct response *response)
{
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    site_error_page(request, response, 403, TEXT(""));
    return OK;
}

enum status page_missing(struct request *request, struct response *response,
                         const struct model_admin *admin, struct text key)
{
    struct text title = page_titled(request->arena, model_verbose_name(admin->model));
    struct text id = key_unquote(request->arena, key);
    message_add(request, MESSAGE_WARNING,
                text_format(request->arena,
                            translate("%.*s with ID “%.*s” doesn’t exist. Perhaps it was deleted?"),
                            TEXT_ARG(title), TEXT_ARG(id)));
    return page_go(response, page_path(request->arena, "admin:index", TEXT_NONE));
}
