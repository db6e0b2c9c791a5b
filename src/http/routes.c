#include "http/routes.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "http/url.h"

enum converter { LITERAL, CONVERT_STR, CONVERT_INT, CONVERT_SLUG, CONVERT_UUID, CONVERT_PATH };

struct segment {
    enum converter converter;
    struct text text; /* the literal, or the argument's name */
};

struct route_entry {
    const struct route *route;
    struct text path;
    struct text name; /* with namespace; empty: none */
    struct segment *segments;
    size_t segment_count;
    size_t argument_count;
};

struct router {
    struct arena *arena;
    LIST(struct route_entry) entries;
};

struct router *router_new(struct arena *arena)
{
    struct router *router = ARENA_NEW(arena, struct router);
    router->arena = arena;
    return router;
}

static bool converter_of(enum converter *out, struct text word)
{
    static const char *const names[] = {
        [CONVERT_STR] = "str",   [CONVERT_INT] = "int",   [CONVERT_SLUG] = "slug",
        [CONVERT_UUID] = "uuid", [CONVERT_PATH] = "path",
    };
    for (size_t i = CONVERT_STR; i < sizeof names / sizeof *names; i++) {
        if (!text_is(word, names[i]))
            continue;
        *out = (enum converter)i;
        return true;
    }
    return false;
}

static bool is_name(struct text name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.length > 0;
}

/* What stands between '<' and '>': "int:letting_id", or "slug" alone for a str. */
static enum status parse_argument(struct segment *out, struct text inner)
{
    size_t colon = text_find_char(inner, ':');
    struct text word = colon == TEXT_NOT_FOUND ? TEXT("str") : text_part(inner, 0, colon);
    out->text = colon == TEXT_NOT_FOUND ? inner : text_from(inner, colon + 1);
    if (!converter_of(&out->converter, word))
        return fail_as(INVALID, "\"%.*s\" is no converter: str, int, slug, uuid or path",
                       TEXT_ARG(word));
    if (!is_name(out->text))
        return fail_as(INVALID, "\"%.*s\" is no argument's name", TEXT_ARG(out->text));
    return OK;
}

static bool has_argument(const struct segment *segments, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (segments[i].converter != LITERAL && text_equal(segments[i].text, name))
            return true;
    return false;
}

static enum status parse_path(struct router *router, struct route_entry *entry)
{
    LIST(struct segment) segments = {0};
    struct text rest = text_from(entry->path, 1);
    while (rest.length) {
        struct segment *segment = LIST_PUSH(router->arena, &segments);
        size_t open = text_find_char(rest, '<');
        if (open != 0) {
            *segment = (struct segment){LITERAL, text_part(rest, 0, open)};
            rest = text_from(rest, segment->text.length);
            continue;
        }
        size_t close = text_find_char(rest, '>');
        if (close == TEXT_NOT_FOUND)
            return fail_as(INVALID, "the route \"%.*s\" has a < without >", TEXT_ARG(entry->path));
        enum status status = parse_argument(segment, text_part(rest, 1, close));
        if (status == OK && has_argument(segments.items, segments.count - 1, segment->text))
            status =
                fail_as(INVALID, "two arguments have the name \"%.*s\"", TEXT_ARG(segment->text));
        if (status != OK)
            return fail_as(INVALID, "the route \"%.*s\": %s", TEXT_ARG(entry->path),
                           status_failure()->message);
        entry->argument_count++;
        rest = text_from(rest, close + 1);
    }
    entry->segments = segments.items;
    entry->segment_count = segments.count;
    return OK;
}

static enum status add_one(struct router *router, const char *namespace, const char *mount,
                           const struct route *route)
{
    struct arena *arena = router->arena;
    struct route_entry entry = {.route = route,
                                .path = text_format(arena, "/%s%s", mount, route->pattern)};
    if (route->name)
        entry.name =
            namespace ? text_format(arena, "%s:%s", namespace, route->name) : text_of(route->name);
    enum status status = parse_path(router, &entry);
    if (status == OK)
        *LIST_PUSH(arena, &router->entries) = entry;
    return status;
}

enum status router_add(struct router *router, const char *namespace, const char *mount,
                       const struct route *routes, size_t count)
{
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++)
        status = add_one(router, namespace, mount, &routes[i]);
    return status;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static size_t uuid_length(struct text text)
{
    const size_t length = 36;
    for (size_t i = 0; i < length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (i >= text.length || (dash ? text.at[i] != '-' : !is_lower_hex(text.at[i])))
            return 0;
    }
    return length;
}

/* The longest beginning of `text` that the converter takes; 0: none. */
static size_t longest(enum converter converter, struct text text)
{
    size_t length = 0;
    switch (converter) {
    case CONVERT_UUID: return uuid_length(text);
    case CONVERT_PATH: return text.length;
    case CONVERT_INT:
        while (length < text.length && is_digit(text.at[length]))
            length++;
        return length;
    case CONVERT_SLUG:
        while (length < text.length
               && (is_digit(text.at[length]) || text.at[length] == '-' || text.at[length] == '_'
                   || (text.at[length] >= 'a' && text.at[length] <= 'z')
                   || (text.at[length] >= 'A' && text.at[length] <= 'Z')))
            length++;
        return length;
    default:
        length = text_find_char(text, '/');
        return length == TEXT_NOT_FOUND ? text.length : length;
    }
}

struct attempt {
    const struct route_entry *entry;
    struct text path;
    struct route_argument *arguments;
    size_t
        *least; /* by segment: where it ended when last tried; ends from there on do not lead on */
};

static bool fits(struct attempt *attempt, size_t index, size_t from, size_t argument);

static bool fits_argument(struct attempt *attempt, size_t index, size_t from, size_t argument)
{
    const struct segment *segment = &attempt->entry->segments[index];
    size_t *least = &attempt->least[index];
    size_t length = longest(segment->converter, text_part(attempt->path, from, *least - 1));
    size_t shortest = segment->converter == CONVERT_UUID ? length : 1;
    for (; length >= shortest && length > 0; length--) {
        struct route_argument *out = &attempt->arguments[argument];
        *least = from + length;
        out->name = segment->text;
        out->value = text_part(attempt->path, from, from + length);
        bool valid = segment->converter != CONVERT_INT || text_to_int64(&out->integer, out->value);
        if (valid && fits(attempt, index + 1, from + length, argument + 1))
            return true;
    }
    return false;
}

/* Greedy with steps back, as the regular expressions Django makes of paths. The steps go back in
 * every segment at once, so that each end of each is tried once: no target costs more than segments
 * times its length. */
static bool fits(struct attempt *attempt, size_t index, size_t from, size_t argument)
{
    const struct route_entry *entry = attempt->entry;
    if (index == entry->segment_count)
        return from == attempt->path.length;
    const struct segment *segment = &entry->segments[index];
    if (segment->converter == LITERAL)
        return text_starts(text_from(attempt->path, from), segment->text)
               && fits(attempt, index + 1, from + segment->text.length, argument);
    return fits_argument(attempt, index, from, argument);
}

static bool entry_match(const struct route_entry *entry, struct arena *arena, struct text path,
                        struct route_match *out)
{
    const struct segment *first = entry->segments;
    if (entry->segment_count == 0 && path.length)
        return false;
    if (entry->segment_count && first->converter == LITERAL && !text_starts(path, first->text))
        return false;
    struct attempt attempt = {
        .entry = entry,
        .path = path,
        .arguments = ARENA_ARRAY(arena, struct route_argument, entry->argument_count),
        .least = ARENA_ARRAY(arena, size_t, entry->segment_count),
    };
    for (size_t i = 0; i < entry->segment_count; i++)
        attempt.least[i] = path.length + 1;
    if (!fits(&attempt, 0, 0, 0))
        return false;
    *out = (struct route_match){.route = entry->route,
                                .arguments = attempt.arguments,
                                .count = entry->argument_count,
                                .pattern = entry->path};
    return true;
}

bool router_match(const struct router *router, struct arena *arena, struct text path,
                  struct route_match *out)
{
    struct text below_root = text_from(path, 1);
    for (size_t i = 0; i < router->entries.count; i++) {
        if (!entry_match(&router->entries.items[i], arena, below_root, out))
            continue;
        out->number = i + 1;
        return true;
    }
    return false;
}

static const struct route_argument *argument_for(const struct segment *segment, size_t position,
                                                 const struct route_argument *arguments,
                                                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (arguments[i].name.length ? text_equal(arguments[i].name, segment->text) : i == position)
            return &arguments[i];
    return NULL;
}

bool route_put(const struct route_entry *entry, const struct route_argument *arguments,
               size_t count, struct buffer *out)
{
    if (count != entry->argument_count)
        return false;
    buffer_char(out, '/');
    for (size_t i = 0, position = 0; i < entry->segment_count; i++) {
        const struct segment *segment = &entry->segments[i];
        if (segment->converter == LITERAL) {
            url_encode(out, segment->text, URL_PATH_SAFE);
            continue;
        }
        const struct route_argument *given = argument_for(segment, position++, arguments, count);
        if (!given || given->value.length == 0
            || longest(segment->converter, given->value) != given->value.length)
            return false;
        url_encode(out, given->value, URL_PATH_SAFE);
    }
    return true;
}

/* "//host/" would lead to another host. */
static struct text one_slash_first(struct arena *arena, struct text path)
{
    if (!text_starts(path, TEXT("//")))
        return path;
    struct text rest = text_from(path, 2);
    return text_format(arena, "/%%2F%.*s", TEXT_ARG(rest));
}

enum status router_reverse(const struct router *router, struct arena *arena, struct text name,
                           const struct route_argument *arguments, size_t count, struct text *out)
{
    for (size_t i = router->entries.count; i-- > 0;) {
        const struct route_entry *entry = &router->entries.items[i];
        struct buffer path = {.arena = arena};
        if (name.length && text_equal(entry->name, name)
            && route_put(entry, arguments, count, &path)) {
            *out = one_slash_first(arena, buffer_contents(&path));
            return OK;
        }
    }
    return fail_as(NOT_FOUND,
                   router_has(router, name) ? "the route \"%.*s\" does not take these arguments"
                                            : "there is no route \"%.*s\"",
                   TEXT_ARG(name));
}

static bool takes(const struct route_entry *entry, const struct text *names, size_t count)
{
    bool same = count == entry->argument_count;
    for (size_t i = 0; i < entry->segment_count && same; i++) {
        const struct segment *segment = &entry->segments[i];
        bool found = segment->converter == LITERAL;
        for (size_t k = 0; k < count && !found; k++)
            found = !names[k].length || text_equal(names[k], segment->text);
        same = found && (i > 0 || segment->converter == LITERAL);
    }
    return same;
}

const struct route_entry *router_prepare(const struct router *router, struct text name,
                                         const struct text *names, size_t count)
{
    const struct route_entry *found = NULL;
    for (size_t i = 0; i < router->entries.count; i++) {
        const struct route_entry *entry = &router->entries.items[i];
        if (!name.length || !text_equal(entry->name, name))
            continue;
        if (found)
            return NULL;
        found = entry;
    }
    return found && takes(found, names, count) ? found : NULL;
}

bool router_has(const struct router *router, struct text name)
{
    for (size_t i = 0; i < router->entries.count; i++)
        if (name.length && text_equal(router->entries.items[i].name, name))
            return true;
    return false;
}

bool router_row(const struct router *router, size_t index, struct route_row *out)
{
    if (index >= router->entries.count)
        return false;
    const struct route_entry *entry = &router->entries.items[index];
    *out = (struct route_row){entry->route, entry->path, entry->name};
    return true;
}

unsigned route_methods(const struct route *route)
{
    unsigned methods = route->methods ? route->methods : HTTP_GET;
    return methods & HTTP_GET ? methods | HTTP_HEAD : methods;
}

const char *access_name(enum access access)
{
    switch (access) {
    case ACCESS_PUBLIC: return "public";
    case ACCESS_SIGNED_IN: return "signed-in";
    case ACCESS_STAFF: return "staff";
    case ACCESS_DENIED: break;
    }
    return "denied";
}
