/* Templates of the site: where they come from, what all of them see. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "crypto/crypto.h"
#include "http/assets.h"
#include "model/loader.h"
#include "site/csrf.h"
#include "site/internal.h"
#include "site/links.h"
#include "site/messages.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/template.h"

static enum status load(void *context, struct arena *arena, struct text name,
                        struct template_source *out)
{
    (void)context;
    const struct asset *asset = asset_find(text_format(arena, "templates/%.*s", TEXT_ARG(name)));
    if (!asset)
        return fail_as(NOT_FOUND, "there is no template \"%.*s\"", TEXT_ARG(name));
    *out =
        (struct template_source){asset_read(arena, asset, site_source_dir()), text_of(asset->path)};
    return OK;
}

static struct text argument_text(struct arena *arena, struct value value)
{
    if (value.kind == VALUE_TEXT || value.kind == VALUE_SAFE)
        return (struct text){value.text, value.length};
    struct buffer digits = {.arena = arena};
    if (value.kind == VALUE_INTEGER)
        buffer_int(&digits, value.integer);
    return digits.at ? buffer_contents(&digits) : TEXT("");
}

static enum status reverse(void *context, struct arena *arena, struct text name,
                           const struct template_argument *arguments, size_t count,
                           struct text *out)
{
    (void)context;
    if (!arguments)
        return router_has(site.router, name)
                   ? OK
                   : fail_as(NOT_FOUND, "there is no route \"%.*s\"", TEXT_ARG(name));
    struct route_argument *given = ARENA_ARRAY(arena, struct route_argument, count);
    for (size_t i = 0; i < count; i++)
        given[i] = (struct route_argument){.name = arguments[i].name,
                                           .value = argument_text(arena, arguments[i].value)};
    return router_reverse(site.router, arena, name, given, count, out);
}

static const void *prepare(void *context, struct text name, const struct text *names, size_t count)
{
    (void)context;
    return router_prepare(site.router, name, names, count);
}

#define PREPARED_MOST 8 /* arguments */

static bool put_prepared(void *context, const void *prepared,
                         const struct template_argument *arguments, size_t count,
                         struct buffer *out)
{
    char digits[PREPARED_MOST][24];
    struct route_argument given[PREPARED_MOST];
    (void)context;
    for (size_t i = 0; i < count; i++) {
        struct value value = arguments[i].value;
        if (i == PREPARED_MOST || (value.kind != VALUE_INTEGER && !value_is_text(value)))
            return false;
        struct buffer number = BUFFER_ON(digits[i]);
        if (value.kind == VALUE_INTEGER)
            buffer_int(&number, value.integer);
        given[i] =
            (struct route_argument){.name = arguments[i].name,
                                    .value = value.kind == VALUE_INTEGER ? buffer_contents(&number)
                                                                         : value_as_text(value)};
    }
    return route_put(prepared, given, count, out);
}

static enum status static_url(void *context, struct arena *arena, struct text path,
                              struct text *out)
{
    (void)context;
    return asset_url(arena, path, site_source_dir(), out);
}

static _Thread_local bool is_fleeting;

bool site_was_fleeting(void)
{
    bool was = is_fleeting;
    is_fleeting = false;
    return was;
}

static int64_t now(void *context)
{
    (void)context;
    is_fleeting = true;
    return clock_wall();
}

static uint32_t pick(void *context)
{
    uint32_t number;
    (void)context;
    is_fleeting = true;
    random_fill(&number, sizeof number);
    return number;
}

struct template_host site_template_host(void)
{
    return (struct template_host){
        .load = load,
        .reverse = reverse,
        .prepare = prepare,
        .put_prepared = put_prepared,
        .static_url = static_url,
        .now = now,
        .random = pick,
        .languages = &site.languages,
        .options = {.localize = true, .use_tz = true, .time_zone = site_settings.time_zone},
    };
}

enum status site_path(struct arena *arena, const char *route, struct text argument,
                      struct text *out)
{
    const struct route_argument given = {.value = argument};
    return router_reverse(site.router, arena, text_of(route), &given, 1, out);
}

static struct value nav_value(const struct request *request)
{
    struct value *items = ARENA_ARRAY(request->arena, struct value, site.nav.count);
    for (size_t i = 0; i < site.nav.count; i++)
        items[i] = site.nav.items[i].values[site_language(request)->index];
    return value_list(request->arena, items, site.nav.count);
}

/* The nav row's path that the request's begins with; the longest such path wins. */
static struct text section_of(struct text path)
{
    struct text found = TEXT_NONE;
    for (size_t i = 0; i < site.nav.count; i++) {
        struct text url = site.nav.items[i].url;
        bool below = url.length > 1 ? text_starts(path, url) : text_equal(path, url);
        if (below && url.length > found.length)
            found = url;
    }
    return found;
}

struct context_adding {
    const struct request *request;
    struct value_map *map;
};

static enum status add_module_context(const struct module *module, void *context)
{
    struct context_adding *adding = context;
    if (module->context)
        module->context(adding->request, adding->map);
    return OK;
}

static const struct value_map *every_page(void *self)
{
    struct request *request = self;
    struct value_map *map = value_map_new(request->arena);
    value_map_set(map, TEXT("site_name"), value_text(site_settings.site_name));
    value_map_set(map, TEXT("nav"), nav_value(request));
    value_map_set(map, TEXT("section"), value_text(section_of(request->path)));
    language_add_context(request, map);
    if (request->route) {
        value_map_set(map, TEXT("origin"), value_text(link_absolute(request, TEXT(""), TEXT(""))));
        value_map_set(map, TEXT("canonical"),
                      value_text(link_absolute(request, request->path, TEXT(""))));
    }
    if (request->steps)
        value_map_set(map, TEXT("header"), site_header_panels(request));
    csrf_add_context(request, map);
    messages_add_context(request, map);
    struct context_adding adding = {request, map};
    site_each_module(add_module_context, &adding);
    return map;
}

struct value_map *site_context(struct request *request)
{
    struct value_map *map = value_map_new(request->arena);
    map->rest = ARENA_NEW(request->arena, struct value_rest);
    *map->rest = (struct value_rest){.make = every_page, .self = request};
    return map;
}

/* While developing, a set of its own for each request: what changed on disk shows at once. */
static struct template_set *current_set(struct arena *arena)
{
    return site_settings.debug ? site_template_set(arena, site_template_host()) : site.templates;
}

enum status site_render_into(const struct request *request, struct buffer *out,
                             const char *template_name, const struct value_map *context)
{
    out->length = 0;
    struct value_source source = {.db = request->db, .arena = request->arena};
    const struct template_request rendering = {.language = site_language(request),
                                               .source = &source,
                                               .caller = request};
    unsigned span = trace_open(TRACE_TEMPLATE, text_of(template_name));
    enum status status = template_render(current_set(request->arena), text_of(template_name),
                                         &rendering, context, request->arena, out);
    trace_close(span);
    if (status == OK)
        return OK;
    out->length = 0;
    return fail_as(status == BUSY || status == TIMEOUT ? status : FAILED, "%s",
                   status_failure()->message);
}

enum status site_render(const struct request *request, struct response *response,
                        const char *template_name, const struct value_map *context)
{
    language_mark(request, response);
    return site_render_into(request, &response->body, template_name, context);
}
