#include "site/render_request.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "site/internal.h"
#include "site/url_table.h"
#include "template/json.h"
#include "template/json_context.h"
#include "template/locale.h"
#include "template/moment.h"
#include "template/percent.h"
#include "template/template.h"
#include "template/zone.h"

#define OUTPUT_LIMIT (32u << 20)

struct request {
    const json_t *json;
    const json_t *templates;
    struct url_table *urls;
    struct text entry;
    struct value context;
    int64_t now;       /* microseconds since 1970, UTC */
    int64_t now_local; /* the same of the local clock */
    bool has_now;
    LIST(struct language) languages;
    struct language_list listed;
    struct language language;
    struct locale locale;
    const char *url_error; /* the kind of what is wrong with the URL table */
    const char *refusal;   /* the kind of error when it cannot be answered */
};

/* ---- what templates need from around them ---- */

static enum status load(void *context, struct arena *arena, struct text name,
                        struct template_source *out)
{
    const struct request *request = context;
    const char *key;
    json_t *json;
    (void)arena;
    json_object_foreach((json_t *)request->templates, key, json)
    {
        if (!text_is(name, key))
            continue;
        *out = (struct template_source){.text = json_text(json), .path = text_of(key)};
        return OK;
    }
    return NOT_FOUND;
}

static enum status reverse(void *context, struct arena *arena, struct text name,
                           const struct template_argument *arguments, size_t count,
                           struct text *out)
{
    struct request *request = context;
    struct text current_app = json_text(json_object_get(request->json, "current_app"));
    const char *kind;
    enum status status =
        url_table_reverse(request->urls, arena, name, current_app, arguments, count, out, &kind);
    if (status == INVALID)
        request->url_error = kind;
    return status;
}

static int64_t now(void *context)
{
    return ((const struct request *)context)->now;
}

static int64_t now_local(void *context)
{
    return ((const struct request *)context)->now_local;
}

static bool has_library(void *context, struct text name)
{
    const json_t *libraries = json_object_get(((const struct request *)context)->json, "libraries");
    for (size_t i = 0; i < json_array_size(libraries); i++)
        if (text_equal(json_text(json_array_get(libraries, i)), name))
            return true;
    return false;
}

static const json_t *setting(const struct request *request, const char *name)
{
    return json_object_get(json_object_get(request->json, "settings"), name);
}

static struct text setting_text(const struct request *request, const char *name,
                                const char *fallback)
{
    struct text text = json_text(setting(request, name));
    return text.at ? text : text_of(fallback);
}

/* A prefix of URLs as Django gives it: relative to the root, and encoded where it must be. */
static struct text setting_prefix(const struct request *request, struct arena *arena,
                                  const char *name, const char *fallback)
{
    struct text prefix = setting_text(request, name, fallback);
    struct buffer out = {.arena = arena};
    if (!text_starts(prefix, TEXT("/")) && !text_starts(prefix, TEXT("http://"))
        && !text_starts(prefix, TEXT("https://")))
        buffer_char(&out, '/');
    percent_encode_iri(&out, prefix);
    return buffer_contents(&out);
}

/* ---- languages ---- */

static void set_word(struct arena *arena, const struct request *request, const char *name,
                     const char **out)
{
    struct text text = json_text(setting(request, name));
    if (text.at)
        *out = text_string(arena, text);
}

/* How dates and numbers are written where the language has no say. */
static void read_locale(struct arena *arena, struct request *request)
{
    static const char *const names[LOCALE_FORMATS] = {"DATE_FORMAT",          "TIME_FORMAT",
                                                      "DATETIME_FORMAT",      "YEAR_MONTH_FORMAT",
                                                      "MONTH_DAY_FORMAT",     "SHORT_DATE_FORMAT",
                                                      "SHORT_DATETIME_FORMAT"};
    const json_t *group = setting(request, "NUMBER_GROUPING");
    request->locale = locale_plain;
    for (size_t i = 0; i < LOCALE_FORMATS; i++)
        set_word(arena, request, names[i], &request->locale.formats[i]);
    set_word(arena, request, "DECIMAL_SEPARATOR", &request->locale.point);
    set_word(arena, request, "THOUSAND_SEPARATOR", &request->locale.separator);
    if (json_is_integer(group) && json_integer_value(group) > 0 && json_integer_value(group) < 100)
        request->locale.group = (int)json_integer_value(group);
}

/* With the texts of the site's own catalogue, where there is one. */
static struct language language_of(struct text code, struct text name, size_t index)
{
    const struct language *known = language_match(&site.languages, code);
    return (struct language){.code = code,
                             .name = name,
                             .index = index,
                             .catalogue = known ? known->catalogue : NULL};
}

static void add_language(struct arena *arena, struct request *request, struct text code,
                         struct text name)
{
    struct language language = language_of(code, name, request->languages.count);
    *LIST_PUSH(arena, &request->languages) = language;
}

/* LANGUAGES, or all that Django knows. */
static void read_languages(struct arena *arena, struct request *request)
{
    struct language_names names;
    struct text code = setting_text(request, "language", "en");
    const json_t *given = setting(request, "LANGUAGES");
    for (size_t i = 0; i < json_array_size(given); i++) {
        const json_t *row = json_array_get(given, i);
        if (json_is_object(row))
            row = json_object_get(row, "$tuple");
        add_language(arena, request, json_text(json_array_get(row, 0)),
                     json_text(json_array_get(row, 1)));
    }
    for (size_t i = 0; !json_is_array(given) && language_names_at(i, &names); i++)
        if (!text_is(names.code, "no")) /* known, but not of the default LANGUAGES */
            add_language(arena, request, names.code,
                         text_is(names.code, "nb") ? TEXT("Norwegian Bokmål") : names.english);
    request->listed = (struct language_list){request->languages.items, request->languages.count};
    request->language = language_of(code, code, request->languages.count);
}

static struct template_host host_of(struct arena *arena, struct request *request)
{
    return (struct template_host){
        .context = request,
        .load = load,
        .reverse = reverse,
        .now = request->has_now ? now : NULL,
        .now_local = request->has_now ? now_local : NULL,
        .has_library = has_library,
        .languages = &request->listed,
        .static_prefix = setting_prefix(request, arena, "STATIC_URL", "/static/"),
        .media_prefix = setting_prefix(request, arena, "MEDIA_URL", "/"),
        .options =
            {
                .late = true,
                .localize = json_is_true(setting(request, "USE_L10N")),
                .thousands = json_is_true(setting(request, "USE_THOUSAND_SEPARATOR")),
                .locale = &request->locale,
                .autoescape_off = json_is_false(json_object_get(request->json, "autoescape")),
                .string_if_invalid = json_text(json_object_get(request->json, "string_if_invalid")),
                .time_zone = setting_text(request, "TIME_ZONE", "America/Chicago"),
                .current_zone = json_text(setting(request, "current_timezone")),
                .use_tz = json_is_true(setting(request, "USE_TZ")),
            },
    };
}

/* ---- the request ---- */

static enum status read_clock(const struct request *request, const char *name, int64_t *out,
                              bool *given)
{
    struct value_moment moment;
    enum value_kind kind;
    const json_t *json = json_object_get(request->json, name);
    *given = json_is_string(json);
    if (!json || json_is_null(json))
        return OK;
    if (!moment_parse(json_text(json), &kind, &moment) || kind != VALUE_DATETIME)
        return fail_as(INVALID, "\"%s\" is no date and time", name);
    *out = moment_utc(&moment);
    return OK;
}

/* Without one of the clocks the other goes for both. */
static enum status read_clocks(struct request *request)
{
    bool has_local = false;
    enum status status = read_clock(request, "now_utc", &request->now, &request->has_now);
    if (status == OK)
        status = read_clock(request, "now", &request->now_local, &has_local);
    if (status == OK && !has_local)
        request->now_local = request->now;
    else if (status == OK && !request->has_now)
        request->now = request->now_local;
    request->has_now |= status == OK && has_local;
    return status;
}

static enum status check_zone(struct arena *arena, struct request *request, const char *name)
{
    struct text zone = json_text(setting(request, name));
    if (!zone.length || zone_open(arena, zone))
        return OK;
    request->refusal = "UnknownTimeZoneError";
    return fail_as(INVALID, "%s: there is no time zone \"%.*s\"", name, TEXT_ARG(zone));
}

static enum status read_request(struct arena *arena, const json_t *json, struct request *out)
{
    *out = (struct request){
        .json = json,
        .templates = json_object_get(json, "templates"),
        .entry = json_text(json_object_get(json, "entry")),
        .refusal = "BadRequest",
    };
    const json_t *context = json_object_get(json, "context");
    if (!json_is_object(json))
        return fail_as(INVALID, "a request is an object");
    if (!json_is_object(out->templates))
        return fail_as(INVALID, "\"templates\" is to be an object of names and sources");
    if (!out->entry.at)
        return fail_as(INVALID, "\"entry\" is to be the name of a template");
    if (context && !json_is_object(context))
        return fail_as(INVALID, "\"context\" is to be an object");
    enum status status = json_context_value(arena, context, &out->context);
    if (status == OK && out->context.kind != VALUE_MAP && out->context.kind != VALUE_NONE)
        status = fail_as(INVALID, "\"context\" is to be an object of names and values");
    if (status == OK)
        status = read_clocks(out);
    if (status == OK)
        status = check_zone(arena, out, "TIME_ZONE");
    if (status == OK)
        status = check_zone(arena, out, "current_timezone");
    out->urls = url_table_new(arena, json_object_get(json, "urls"));
    return status;
}

/* ---- the answer ---- */

static void put_json_text(struct buffer *out, struct arena *arena, struct text text)
{
    json_put(out, value_text(text), arena);
}

static void put_answer(struct buffer *out, struct arena *arena, const char *name, struct text text,
                       struct text message)
{
    buffer_format(out, "{\"%s\":", name);
    put_json_text(out, arena, text);
    if (message.at) {
        buffer_text(out, TEXT(",\"message\":"));
        put_json_text(out, arena, message);
    }
    buffer_text(out, TEXT("}\n"));
}

static void put_error(struct buffer *out, struct arena *arena, const char *kind)
{
    struct text message = text_copy(arena, text_of(status_failure()->message));
    put_answer(out, arena, "error", text_of(kind), message);
}

static void answer(struct arena *arena, struct request *request, struct buffer *out)
{
    read_languages(arena, request);
    read_locale(arena, request);
    struct template_host host = host_of(arena, request);
    struct template_set *set = template_set_new(arena, &host);
    struct buffer page = {.arena = arena, .limit = OUTPUT_LIMIT};
    const struct value_map *context =
        request->context.kind == VALUE_MAP ? request->context.map : NULL;
    const struct template_request rendering = {.language = &request->language};
    enum status status = template_render(set, request->entry, &rendering, context, arena, &page);
    if (status != OK)
        put_error(out, arena, request->url_error ? request->url_error : template_error_kind());
    else
        put_answer(out, arena, "output", page.at ? buffer_contents(&page) : TEXT(""), TEXT_NONE);
}

void render_request(struct arena *arena, struct text line, struct buffer *out)
{
    struct request request = {.refusal = "BadRequest"};
    json_t *json = json_context_parse(arena, line);
    if (!json || read_request(arena, json, &request) != OK)
        put_error(out, arena, request.refusal);
    else
        answer(arena, &request, out);
    json_decref(json);
}
