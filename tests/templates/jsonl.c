/* Renders recorded cases: one JSON request a line on standard input, one JSON answer a line on
 * standard output, {"output": …} or {"error": kind, "message": …}, until the end of the input. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "template/language.h"
#include "template/moment.h"
#include "template/template.h"
#include "template/zone.h"
#include "urls.h"

#define BLOCK_SIZE   (64u << 10)
#define OUTPUT_LIMIT (32u << 20)

struct request {
    const json_t *templates;
    struct url_table *urls;
    struct text current_app;
    int64_t now;
    bool has_now;
};

static struct value decode(struct arena *arena, const json_t *json);

static struct text json_text(const json_t *json)
{
    return json_is_string(json) ? (struct text){json_string_value(json), json_string_length(json)}
                                : TEXT_NONE;
}

static struct value decode_list(struct arena *arena, const json_t *json, bool tuple)
{
    size_t count = json_array_size(json);
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    for (size_t i = 0; i < count; i++)
        items[i] = decode(arena, json_array_get(json, i));
    return tuple ? value_tuple(arena, items, count) : value_list(arena, items, count);
}

static struct value decode_pairs(struct arena *arena, const json_t *json)
{
    struct value_map *map = value_map_new(arena);
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *pair = json_array_get(json, i);
        value_map_put(map, decode(arena, json_array_get(pair, 0)),
                      decode(arena, json_array_get(pair, 1)));
    }
    return value_map(map);
}

static struct value decode_moment(struct arena *arena, const json_t *object, const json_t *json,
                                  enum value_kind want)
{
    struct value_moment moment;
    enum value_kind kind;
    struct text zone = json_text(json_object_get(object, "zone"));
    struct text name = json_text(json_object_get(object, "tzname"));
    if (!moment_parse(json_text(json), &kind, &moment) || kind != want)
        return VALUE_NULL;
    if (zone.length && zone_open(arena, zone))
        moment = zone_local(zone_open(arena, zone), moment_utc(&moment));
    else if (name.length)
        moment.zone = name;
    return value_moment(arena, kind, &moment);
}

static struct value decode_float(struct text text)
{
    return value_float(text_is(text, "nan")    ? (double)NAN
                       : text_is(text, "-inf") ? -(double)INFINITY
                                               : (double)INFINITY);
}

static bool decode_marked(struct arena *arena, const json_t *object, struct value *out)
{
    const char *key;
    json_t *json;
    json_object_foreach((json_t *)object, key, json)
    {
        if (strcmp(key, "$safe") == 0)
            *out = value_safe(json_text(json));
        else if (strcmp(key, "$tuple") == 0)
            *out = decode_list(arena, json, true);
        else if (strcmp(key, "$dict") == 0)
            *out = decode_pairs(arena, json);
        else if (strcmp(key, "$datetime") == 0)
            *out = decode_moment(arena, object, json, VALUE_DATETIME);
        else if (strcmp(key, "$date") == 0)
            *out = decode_moment(arena, object, json, VALUE_DATE);
        else if (strcmp(key, "$time") == 0)
            *out = decode_moment(arena, object, json, VALUE_TIME);
        else if (strcmp(key, "$timedelta") == 0)
            *out = (struct value){.kind = VALUE_DURATION,
                                  .integer = (int64_t)llround(json_number_value(json) * 1e6)};
        else if (strcmp(key, "$decimal") == 0)
            *out = value_decimal(json_text(json));
        else if (strcmp(key, "$float") == 0)
            *out = decode_float(json_text(json));
        else
            continue;
        return true;
    }
    return false;
}

static struct value_map *decode_map(struct arena *arena, const json_t *object)
{
    struct value_map *map = value_map_new(arena);
    const char *key;
    json_t *json;
    json_object_foreach((json_t *)object, key, json)
        value_map_set(map, text_of(key), decode(arena, json));
    return map;
}

static struct value decode(struct arena *arena, const json_t *json)
{
    struct value marked;
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_TRUE: return value_bool(true);
    case JSON_FALSE: return value_bool(false);
    case JSON_INTEGER: return value_integer(json_integer_value(json));
    case JSON_REAL: return value_float(json_real_value(json));
    case JSON_STRING: return value_text(json_text(json));
    case JSON_ARRAY: return decode_list(arena, json, false);
    case JSON_OBJECT:
        return decode_marked(arena, json, &marked) ? marked : value_map(decode_map(arena, json));
    default: return VALUE_NULL;
    }
}

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
    const struct request *request = context;
    return url_reverse(request->urls, arena, name, request->current_app, arguments, count, out);
}

static int64_t now(void *context)
{
    return ((const struct request *)context)->now;
}

static struct text setting(const json_t *root, const char *name, const char *fallback)
{
    const json_t *json = json_object_get(json_object_get(root, "settings"), name);
    return json_is_string(json) ? json_text(json) : text_of(fallback);
}

static struct template_host host_of(const json_t *root, struct request *request)
{
    struct template_host host = {
        .context = request,
        .load = load,
        .reverse = reverse,
        .now = request->has_now ? now : NULL,
        .static_prefix = setting(root, "STATIC_URL", "/static/"),
        .media_prefix = setting(root, "MEDIA_URL", "/"),
    };
    host.options = (struct template_options){
        .late = true,
        .localize = json_is_true(json_object_get(json_object_get(root, "settings"), "USE_L10N")),
        .autoescape_off = json_is_false(json_object_get(root, "autoescape")),
        .string_if_invalid = json_text(json_object_get(root, "string_if_invalid")),
        .time_zone = setting(root, "TIME_ZONE", "America/Chicago"),
    };
    return host;
}

static struct request request_of(struct arena *arena, const json_t *root)
{
    struct value_moment moment;
    enum value_kind kind;
    struct request request = {
        .templates = json_object_get(root, "templates"),
        .urls = url_table_new(arena, json_object_get(root, "urls")),
        .current_app = json_text(json_object_get(root, "current_app")),
    };
    struct text utc = json_text(json_object_get(root, "now_utc"));
    if (utc.length && moment_parse(utc, &kind, &moment)) {
        request.now = moment_utc(&moment);
        request.has_now = true;
    }
    return request;
}

static const struct language english = {.code = {"en", 2}, .name = {"English", 7}};

static const struct template_request english_request = {.language = &english};

static json_t *answer(struct arena *arena, const json_t *root)
{
    struct request request = request_of(arena, root);
    struct template_host host = host_of(root, &request);
    struct template_set *set = template_set_new(arena, &host);
    struct buffer out = {.arena = arena, .limit = OUTPUT_LIMIT};
    struct value context = decode(arena, json_object_get(root, "context"));
    enum status status =
        template_render(set, json_text(json_object_get(root, "entry")), &english_request,
                        context.kind == VALUE_MAP ? context.map : NULL, arena, &out);
    if (status != OK)
        return json_pack("{s:s, s:s}", "error", template_error_kind(), "message",
                         status_failure()->message);
    json_t *text = json_stringn(out.at ? out.at : "", out.length);
    return text ? json_pack("{s:o}", "output", text)
                : json_pack("{s:s, s:s}", "error", "UnicodeDecodeError", "message",
                            "the output is not UTF-8");
}

int main(void)
{
    struct arena *arena = arena_new(BLOCK_SIZE);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        json_error_t error;
        json_t *root = json_loadb(line, (size_t)length, JSON_ALLOW_NUL, &error);
        json_t *reply = root
                            ? answer(arena, root)
                            : json_pack("{s:s, s:s}", "error", "BadRequest", "message", error.text);
        char *text = json_dumps(reply, JSON_COMPACT | JSON_ENSURE_ASCII);
        puts(text ? text : "{\"error\":\"BadReply\"}");
        fflush(stdout);
        free(text);
        json_decref(reply);
        json_decref(root);
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);
    return 0;
}
