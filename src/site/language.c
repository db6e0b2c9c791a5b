/* The languages of the site, and which one a visitor gets: the one of the cookie that the links of
 * every page set, else the one that the browser asks for most, else LANGUAGE_CODE. */
#include "template/language.h"

#include <string.h>

#include "base/arena.h"
#include "http/assets.h"
#include "http/url.h"
#include "site/internal.h"
#include "site/links.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/catalogue.h"
#include "template/record.h"

#define COOKIE      "django_language"
#define COOKIE_YEAR "Max-Age=31536000"
#define SOURCE_CODE TEXT("en") /* of the texts in templates and C */
#define FOLDER      TEXT("locale/")
#define ENDING      TEXT(".mo")
#define NAME_HEADER TEXT("X-Language-Name")

/* "fr" of "locale/fr.mo"; empty of another asset. */
static struct text code_of(const struct asset *asset)
{
    struct text name = text_of(asset->name);
    return text_starts(name, FOLDER) ? text_part(name, FOLDER.length, name.length - ENDING.length)
                                     : TEXT_NONE;
}

const char *site_refuse_language(struct text code)
{
    bool found = text_equal(code, SOURCE_CODE);
    for (size_t i = 0; i < asset_count && !found; i++)
        found = text_equal(code, code_of(&assets[i]));
    return found ? NULL : "there is no locale/<that>.po: name one of those, or en";
}

static enum status read_language(struct language *language, const struct asset *asset)
{
    if (catalogue_read(site.arena, asset->plain, &language->catalogue) != OK)
        return fail_as(INVALID, "%s: %s", asset->path, status_failure()->message);
    language->code = code_of(asset);
    language->name = catalogue_header(language->catalogue, NAME_HEADER);
    if (!language->name.length)
        return fail_as(INVALID, "%s: its header has no line \"%s: …\", the language's own name",
                       asset->path, NAME_HEADER.at);
    return OK;
}

enum status site_languages_load(void)
{
    if (!site.arena)
        site.arena = arena_new((size_t)64 * 1024);
    struct language *items = ARENA_ARRAY(site.arena, struct language, asset_count + 1);
    enum status status = OK;
    size_t count = 1;
    items[0] = (struct language){.code = SOURCE_CODE, .name = TEXT("English")};
    for (size_t i = 0; i < asset_count && status == OK; i++) {
        struct text code = code_of(&assets[i]);
        if (!code.length)
            continue;
        struct language *language = text_equal(code, SOURCE_CODE) ? items : &items[count++];
        language->index = (size_t)(language - items);
        status = read_language(language, &assets[i]);
    }
    site.languages = (struct language_list){items, count};
    site.language = language_find(&site.languages, site_settings.language_code);
    if (!site.language)
        site.language = items;
    return status;
}

const struct language *site_language(const struct request *request)
{
    return request->language ? request->language : site.language;
}

const struct language *language_of_visitor(const struct request *request)
{
    const struct language *found = NULL;
    struct text code;
    if (request_cookie(request, COOKIE, &code))
        found = language_match(&site.languages, code);
    if (!found)
        found = language_accepted(&site.languages, request_header(request, "Accept-Language"),
                                  site.language);
    return found ? found : site.language;
}

bool language_choose(struct request *request, struct response *response)
{
    (void)response;
    request->language = language_of_visitor(request);
    language_activate(request->language);
    return true;
}

void language_forget(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    language_activate(NULL);
}

void language_mark(const struct request *request, struct response *response)
{
    response_header(response, "Content-Language", site_language(request)->code);
    if (site.languages.count == 1)
        return;
    response_vary(response, "Accept-Language");
    response_vary(response, "Cookie");
}

enum status language_set(struct request *request, struct response *response)
{
    struct text next;
    const struct language *language = language_find(&site.languages, request_text(request, "code"));
    if (!language)
        return NOT_FOUND;
    if (!request_query(request, "next", &next) || !link_is_local(next))
        next = TEXT("/");
    response_redirect(response, 302, next);
    response_add_header(response, "Set-Cookie",
                        text_format(request->arena,
                                    COOKIE "=%.*s; Path=/; " COOKIE_YEAR
                                           "; SameSite=Lax; HttpOnly%s",
                                    TEXT_ARG(language->code), request->secure ? "; Secure" : ""));
    return OK;
}

/* The page itself, percent-encoded to be a query's value. */
static struct text next_of(const struct request *request)
{
    struct buffer out = {.arena = request->arena};
    url_encode(&out, link_here(request), TEXT("-._~/"));
    return buffer_contents(&out);
}

struct link {
    struct text code;
    struct text name;
    struct text url;
    bool current;
};

static const struct value_class link_class;
static const struct record_attribute link_attributes[] = {
    RECORD(struct link, code, TEXT, &link_class),
    RECORD(struct link, name, TEXT, &link_class),
    RECORD(struct link, url, TEXT, &link_class),
    RECORD(struct link, current, BOOL, &link_class),
    {.name = NULL},
};

static const struct value_attribute *find_in_link(struct text name)
{
    return record_find(link_attributes, name);
}

static const struct value_class link_class = {.name = "language link", .find = find_in_link};

static struct value link_value(const struct request *request, const struct language *language,
                               struct text next)
{
    struct buffer url = {.arena = request->arena};
    struct link *link = ARENA_NEW(request->arena, struct link);
    buffer_text(&url, TEXT("/language/"));
    buffer_text(&url, language->code);
    buffer_text(&url, TEXT("/?next="));
    buffer_text(&url, next);
    *link = (struct link){.code = language->code,
                          .name = language->name,
                          .url = buffer_contents(&url),
                          .current = language == site_language(request)};
    return value_object(request->arena, &link_class, link);
}

void language_add_context(const struct request *request, struct value_map *context)
{
    struct arena *arena = request->arena;
    size_t count = site.languages.count > 1 ? site.languages.count : 0;
    struct value *links = ARENA_ARRAY(arena, struct value, count);
    struct text next = count ? next_of(request) : TEXT_NONE;
    for (size_t i = 0; i < count; i++)
        links[i] = link_value(request, &site.languages.items[i], next);
    struct text code = site_language(request)->code;
    value_map_set(context, TEXT("language_code"), value_text(code));
    value_map_set(context, TEXT("language_bidi"), value_bool(language_is_bidi(code)));
    value_map_set(context, TEXT("languages"), value_list(arena, links, count));
}
