#include "issues/show.h"

#include <stdlib.h>

#include "admin/admin.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "issues/grouping.h"
#include "issues/payload.h"
#include "template/moment.h"

#define LONGEST     2000 /* bytes of one value */
#define MOST_PAIRS  100
#define MOST_FRAMES 100
#define MOST_CRUMBS 100
#define MOST_CAUSES 20

typedef LIST(struct value) values;

static struct value list_of(struct arena *arena, const values *items)
{
    return value_list(arena, items->items, items->count);
}

static struct text cut(struct arena *arena, struct text text)
{
    struct text start = text_cut(text, LONGEST);
    return start.length < text.length ? text_format(arena, "%.*s …", TEXT_ARG(start))
                                      : text_copy(arena, text);
}

/* Of any value: texts as they are, what has parts as JSON. */
static struct text shown(struct arena *arena, const json_t *value)
{
    if (json_is_string(value))
        return cut(arena, payload_text_of(value));
    char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    struct text text = cut(arena, text_of(dump ? dump : ""));
    free(dump);
    return text;
}

struct pairs {
    struct arena *arena;
    values list;
};

static void add_pair(struct pairs *pairs, struct text name, struct text value)
{
    struct arena *arena = pairs->arena;
    if (!value.length || pairs->list.count >= MOST_PAIRS)
        return;
    struct value_map *map = value_map_new(arena);
    page_text(map, "name", cut(arena, name));
    page_text(map, "value", value);
    *LIST_PUSH(arena, &pairs->list) = value_map(map);
}

static void take_pair(struct text name, const json_t *value, void *context)
{
    struct pairs *pairs = context;
    if (!json_is_null(value))
        add_pair(pairs, name, shown(pairs->arena, value));
}

static struct value pairs_of(struct arena *arena, const json_t *object)
{
    struct pairs pairs = {.arena = arena};
    payload_each_pair(object, take_pair, &pairs);
    return list_of(arena, &pairs.list);
}

/* Frames */

static void add_line(struct arena *arena, values *out, int64_t number, const json_t *line,
                     bool current)
{
    struct value_map *map = value_map_new(arena);
    value_map_set(map, TEXT("number"), value_integer(number));
    page_text(map, "text", cut(arena, payload_text_of(line)));
    value_map_set(map, TEXT("current"), value_bool(current));
    *LIST_PUSH(arena, out) = value_map(map);
}

static struct value source_of(struct arena *arena, const json_t *frame)
{
    values out = {0};
    const json_t *before = json_object_get(frame, "pre_context");
    const json_t *after = json_object_get(frame, "post_context");
    const json_t *line = json_object_get(frame, "context_line");
    int64_t number = json_integer_value(json_object_get(frame, "lineno"));
    size_t count = json_array_size(before);
    for (size_t i = 0; i < count && json_is_string(line); i++)
        add_line(arena, &out, number - (int64_t)(count - i), json_array_get(before, i), false);
    if (json_is_string(line))
        add_line(arena, &out, number, line, true);
    for (size_t i = 0; i < json_array_size(after) && json_is_string(line); i++)
        add_line(arena, &out, number + 1 + (int64_t)i, json_array_get(after, i), false);
    return list_of(arena, &out);
}

/* Of what has no name: "libc.so.6+0x2a1b4", as tools for symbols take it. */
static struct text place_of(struct arena *arena, const json_t *frame)
{
    struct text package = payload_text(frame, "package");
    struct text module = payload_text(frame, "module");
    struct text address = payload_text(frame, "instruction_addr");
    uint64_t base = strtoull(text_string(arena, payload_text(frame, "image_addr")), NULL, 16);
    uint64_t at = strtoull(text_string(arena, address), NULL, 16);
    while (text_find_char(package, '/') != TEXT_NOT_FOUND)
        package = text_from(package, text_find_char(package, '/') + 1);
    struct text name = cut(arena, package.length ? package : module);
    if (name.length && base && at >= base)
        return text_format(arena, "%.*s+%#llx", TEXT_ARG(name), (unsigned long long)(at - base));
    return text_format(arena, "%.*s%s%.*s", TEXT_ARG(name), name.length && at ? " " : "",
                       TEXT_ARG(address));
}

static struct value frame_of(struct arena *arena, const json_t *frame)
{
    struct value_map *map = value_map_new(arena);
    struct text file = payload_text(frame, "filename");
    int64_t line = json_integer_value(json_object_get(frame, "lineno"));
    page_text(map, "function", cut(arena, payload_text(frame, "function")));
    page_text(map, "module", cut(arena, payload_text(frame, "module")));
    page_text(map, "file", cut(arena, file.length ? file : payload_text(frame, "package")));
    page_text(map, "place", place_of(arena, frame));
    if (line > 0)
        value_map_set(map, TEXT("line"), value_integer(line));
    value_map_set(map, TEXT("in_app"), value_bool(frame_is_in_app(frame)));
    value_map_set(map, TEXT("source"), source_of(arena, frame));
    value_map_set(map, TEXT("vars"), pairs_of(arena, json_object_get(frame, "vars")));
    return value_map(map);
}

/* The innermost first, which is where one begins to read. */
static struct value frames_of(struct arena *arena, const json_t *frames)
{
    values out = {0};
    for (size_t i = json_array_size(frames); i-- > 0 && out.count < MOST_FRAMES;)
        *LIST_PUSH(arena, &out) = frame_of(arena, json_array_get(frames, i));
    return list_of(arena, &out);
}

/* Exceptions */

static struct value exception_of(struct arena *arena, const json_t *exception, const json_t *frames)
{
    struct value_map *map = value_map_new(arena);
    const json_t *mechanism = json_object_get(exception, "mechanism");
    page_text(map, "type", cut(arena, payload_text(exception, "type")));
    page_text(map, "value", cut(arena, payload_text(exception, "value")));
    page_text(map, "mechanism", cut(arena, payload_text(mechanism, "type")));
    value_map_set(map, TEXT("unhandled"),
                  value_bool(json_is_false(json_object_get(mechanism, "handled"))));
    value_map_set(map, TEXT("frames"), frames_of(arena, frames));
    return value_map(map);
}

/* The one that was thrown last first, then what it came of. */
static struct value stacks_of(struct arena *arena, const json_t *event)
{
    values out = {0};
    const json_t *exceptions = event_exceptions(event);
    const json_t *thread = event_thread(event);
    for (size_t i = json_array_size(exceptions); i-- > 0 && out.count < MOST_CAUSES;) {
        const json_t *exception = json_array_get(exceptions, i);
        const json_t *frames = event_frames(exception);
        if (!frames && i + 1 == json_array_size(exceptions))
            frames = event_frames(thread);
        *LIST_PUSH(arena, &out) = exception_of(arena, exception, frames);
    }
    const json_t *frames = event_frames(thread ? thread : event);
    if (!out.count && json_array_size(frames))
        *LIST_PUSH(arena, &out) = exception_of(arena, NULL, frames);
    return list_of(arena, &out);
}

/* What else there is */

static struct value crumb_of(struct arena *arena, const json_t *crumb)
{
    struct value_map *map = value_map_new(arena);
    int64_t at = payload_moment(json_object_get(crumb, "timestamp"), 0);
    struct value_moment moment = moment_from_utc(at);
    struct text category = payload_text(crumb, "category");
    if (at)
        value_map_set(map, TEXT("time"), value_moment(arena, VALUE_DATETIME, &moment));
    page_text(map, "category",
              cut(arena, category.length ? category : payload_text(crumb, "type")));
    page_text(map, "level", cut(arena, payload_text(crumb, "level")));
    page_text(map, "message", cut(arena, payload_text(crumb, "message")));
    value_map_set(map, TEXT("data"), pairs_of(arena, json_object_get(crumb, "data")));
    return value_map(map);
}

static struct value crumbs_of(struct arena *arena, const json_t *event)
{
    values out = {0};
    const json_t *crumbs = payload_values(json_object_get(event, "breadcrumbs"));
    for (size_t i = json_array_size(crumbs); i-- > 0 && out.count < MOST_CRUMBS;)
        *LIST_PUSH(arena, &out) = crumb_of(arena, json_array_get(crumbs, i));
    return list_of(arena, &out);
}

static struct value request_of(struct arena *arena, const json_t *event)
{
    struct value_map *map = value_map_new(arena);
    const json_t *request = json_object_get(event, "request");
    if (!json_object_size(request))
        return VALUE_NULL;
    page_text(map, "method", cut(arena, payload_text(request, "method")));
    page_text(map, "url", cut(arena, payload_text(request, "url")));
    page_text(map, "query", shown(arena, json_object_get(request, "query_string")));
    value_map_set(map, TEXT("headers"), pairs_of(arena, json_object_get(request, "headers")));
    value_map_set(map, TEXT("cookies"), pairs_of(arena, json_object_get(request, "cookies")));
    value_map_set(map, TEXT("env"), pairs_of(arena, json_object_get(request, "env")));
    if (json_object_get(request, "data"))
        page_text(map, "data", shown(arena, json_object_get(request, "data")));
    return value_map(map);
}

static struct value contexts_of(struct arena *arena, const json_t *event)
{
    values out = {0};
    const char *key;
    json_t *context;
    json_object_foreach(json_object_get(event, "contexts"), key, context)
    {
        struct value_map *map = value_map_new(arena);
        if (out.count >= MOST_PAIRS || text_is(text_of(key), "trace"))
            continue;
        page_text(map, "name", text_copy(arena, text_of(key)));
        value_map_set(map, TEXT("pairs"), pairs_of(arena, context));
        *LIST_PUSH(arena, &out) = value_map(map);
    }
    return list_of(arena, &out);
}

static struct value facts_of(struct arena *arena, const json_t *event)
{
    static const char *const keys[] = {"platform", "release",     "environment", "server_name",
                                       "logger",   "transaction", "level"};
    struct pairs pairs = {.arena = arena};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_pair(&pairs, text_of(keys[i]), shown(arena, json_object_get(event, keys[i])));
    const json_t *sdk = json_object_get(event, "sdk");
    struct text name = payload_text(sdk, "name");
    struct text version = payload_text(sdk, "version");
    if (name.length)
        add_pair(&pairs, TEXT("sdk"),
                 text_format(arena, "%.*s %.*s", TEXT_ARG(name), TEXT_ARG(version)));
    return list_of(arena, &pairs.list);
}

struct value show_event(struct arena *arena, const json_t *event)
{
    struct value_map *map = value_map_new(arena);
    const json_t *contexts = json_object_get(event, "contexts");
    page_text(map, "message", cut(arena, event_message_shown(event)));
    value_map_set(map, TEXT("stacks"), stacks_of(arena, event));
    value_map_set(map, TEXT("request"), request_of(arena, event));
    value_map_set(map, TEXT("crumbs"), crumbs_of(arena, event));
    value_map_set(map, TEXT("tags"), pairs_of(arena, json_object_get(event, "tags")));
    value_map_set(map, TEXT("user"), pairs_of(arena, json_object_get(event, "user")));
    value_map_set(map, TEXT("extra"), pairs_of(arena, json_object_get(event, "extra")));
    value_map_set(map, TEXT("trace"), pairs_of(arena, json_object_get(contexts, "trace")));
    value_map_set(map, TEXT("contexts"), contexts_of(arena, event));
    value_map_set(map, TEXT("facts"), facts_of(arena, event));
    return value_map(map);
}
