/* Pages for statuses of 400 and above. */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "http/assets.h"
#include "site/internal.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/template.h"

/* What is said where no template can be rendered. */
static const char last_resort[] = "<!doctype html>\n<html lang=\"en\">\n<title>Error</title>\n"
                                  "<h1>Something went wrong</h1>\n";

enum status site_prepare_error_pages(void)
{
    enum status status = OK;
    struct text *pages = ARENA_ARRAY(site.arena, struct text, site.languages.count);
    for (size_t i = 0; i < site.languages.count && status == OK; i++) {
        struct request request = {.arena = site.arena,
                                  .path = TEXT(""),
                                  .language = &site.languages.items[i]};
        struct response response;
        response_start(&response, site.arena);
        status = site_render(&request, &response, "500.html", site_context(&request));
        pages[i] = buffer_contents(&response.body);
    }
    site.server_error_pages = pages;
    return status;
}

static struct value pair_value(struct arena *arena, struct text name, struct text value)
{
    struct value *items = ARENA_ARRAY(arena, struct value, 2);
    items[0] = value_text(name);
    items[1] = value_text(value);
    return value_list(arena, items, 2);
}

struct setting_listing {
    struct arena *arena;
    LIST(struct value) list;
};

static void list_setting(const struct setting *row, void *context)
{
    struct setting_listing *listing = context;
    *LIST_PUSH(listing->arena, &listing->list) =
        pair_value(listing->arena, text_of(row->name), settings_show(listing->arena, row));
}

static bool is_sensitive(struct text header)
{
    return text_equal_nocase(header, TEXT("Cookie"))
           || text_equal_nocase(header, TEXT("Authorization"))
           || text_equal_nocase(header, TEXT("Proxy-Authorization"));
}

static struct value headers_value(const struct request *request)
{
    struct arena *arena = request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, request->header_count);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        items[i] = pair_value(arena, header->name,
                              is_sensitive(header->name) ? TEXT("(secret)") : header->value);
    }
    return value_list(arena, items, request->header_count);
}

#define EXCERPT_LINES 3 /* before and after the one it is about */

static const struct asset *asset_of_path(struct text path)
{
    for (size_t i = 0; i < asset_count; i++)
        if (text_is(path, assets[i].path))
            return &assets[i];
    return NULL;
}

/* The lines around: number, text, and whether it is the one. */
static struct value excerpt_value(struct arena *arena, struct text source, uint32_t line)
{
    LIST(struct value) list = {0};
    struct text text;
    for (uint32_t number = 1; text_next(&source, '\n', &text); number++) {
        if (number + EXCERPT_LINES < line || number > line + EXCERPT_LINES)
            continue;
        struct value_map *map = value_map_new(arena);
        value_map_set(map, TEXT("number"), value_integer(number));
        value_map_set(map, TEXT("text"), value_text(text));
        value_map_set(map, TEXT("failed"), value_bool(number == line));
        *LIST_PUSH(arena, &list) = value_map(map);
    }
    return value_list(arena, list.items, list.count);
}

/* Where in a template it is, when it is in one. */
static void add_template(struct arena *arena, struct value_map *context, struct text message)
{
    struct text path;
    uint32_t line;
    if (!template_error_place(&path, &line))
        return;
    struct text place = text_format(arena, "%.*s:%u: ", TEXT_ARG(path), line);
    const struct asset *asset = asset_of_path(path);
    if (!text_starts(message, place))
        return;
    value_map_set(context, TEXT("template"), value_text(text_copy(arena, path)));
    value_map_set(context, TEXT("template_line"), value_integer(line));
    value_map_set(context, TEXT("kind"), value_string(template_error_kind()));
    if (asset)
        value_map_set(context, TEXT("excerpt"),
                      excerpt_value(arena, asset_read(arena, asset, site_source_dir()), line));
}

/* The failure, the request and the settings, for whoever develops. */
static enum status render_debug_page(struct request *request, struct response *response,
                                     struct text message)
{
    struct arena *arena = request->arena;
    const struct failure *failure = status_failure();
    struct setting_listing listing = {.arena = arena};
    site_settings_each(list_setting, &listing);
    struct value_map *context = site_context(request);
    value_map_set(context, TEXT("message"), value_text(message));
    add_template(arena, context, message);
    value_map_set(context, TEXT("file"), value_string(failure->file));
    value_map_set(context, TEXT("line"), value_integer(failure->line));
    value_map_set(context, TEXT("function"), value_string(failure->function));
    value_map_set(context, TEXT("method"), value_text(request->method_name));
    value_map_set(context, TEXT("target"), value_text(request->target));
    value_map_set(context, TEXT("headers"), headers_value(request));
    value_map_set(context, TEXT("settings"),
                  value_list(arena, listing.list.items, listing.list.count));
    return site_render(request, response, "site/debug.html", context);
}

static const char *template_of(int status)
{
    switch (status) {
    case 400: return "400.html";
    case 403: return "403.html";
    case 404: return "404.html";
    default: return "site/error.html";
    }
}

static enum status render_page(struct request *request, struct response *response, int status,
                               struct text detail)
{
    if (status == 500 && site_settings.debug)
        return render_debug_page(request, response, detail);
    if (status == 500)
        return FAILED;
    struct value_map *context = site_context(request);
    value_map_set(context, TEXT("canonical"), VALUE_NULL);
    value_map_set(context, TEXT("origin"), VALUE_NULL);
    value_map_set(context, TEXT("status"), value_integer(status));
    value_map_set(context, TEXT("reason"), value_string(translate(http_reason(status))));
    value_map_set(context, TEXT("detail"), value_text(detail));
    return site_render(request, response, template_of(status), context);
}

void site_error_page(struct request *request, struct response *response, int status,
                     struct text detail)
{
    struct text message = text_copy(request->arena, detail);
    response_restart(response, status);
    if (status == 503)
        response_header(response, "Retry-After", TEXT("2"));
    if (render_page(request, response, status, message) == OK)
        return;
    response->fixed = text_of(last_resort);
    if (site.server_error_pages) {
        response->fixed = site.server_error_pages[site_language(request)->index];
        language_mark(request, response);
    }
}
