/* Templates of any kind with a context of every kind of value. The first byte chooses the options:
 * with its lowest bit set the bytes are choices of the grammar, else they are the sources
 * themselves, parted by NUL. A rendering must end, give UTF-8 and the same again, and escape. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "grammar.h"
#include "template/language.h"
#include "template/moment.h"
#include "template/template.h"
#include "template/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define MEMORY_LIMIT (8u << 20)
#define OUTPUT_LIMIT (1u << 20)
#define LOOPS_MAX    6

/* What no output may have as it is, unless the template asks for that. */
#define MARK     "q7x"
#define EVIL     "<" MARK "'&\">"
#define RAW_EVIL "<" MARK

enum option {
    OPTION_GRAMMAR = 1,
    OPTION_EARLY = 2, /* names that are constant are looked up at once */
    OPTION_AUTOESCAPE_OFF = 4,
    OPTION_INVALID = 8,
    OPTION_LOCALIZE = 16,
    OPTION_ZONE = 32,
};

struct sources {
    struct text texts[GRAMMAR_TEMPLATES];
};

/* The program around */

static enum status load(void *context, struct arena *arena, struct text name,
                        struct template_source *out)
{
    const struct sources *sources = context;
    (void)arena;
    for (size_t i = 0; i < GRAMMAR_TEMPLATES; i++) {
        if (!text_is(name, grammar_names[i]))
            continue;
        *out = (struct template_source){.text = sources->texts[i], .path = name};
        return OK;
    }
    return NOT_FOUND;
}

static enum status reverse(void *context, struct arena *arena, struct text name,
                           const struct template_argument *arguments, size_t count,
                           struct text *out)
{
    struct buffer path = {.arena = arena};
    (void)context;
    if (!text_is(name, "one") && !text_is(name, "two"))
        return NOT_FOUND;
    if (!arguments)
        return OK;
    for (size_t i = 0; i < count; i++) {
        buffer_text(&path, arguments[i].name.length ? arguments[i].name : TEXT("/"));
        value_print(&path, arguments[i].value, arena);
    }
    *out = path.at ? buffer_contents(&path) : TEXT("/");
    return OK;
}

static enum status static_url(void *context, struct arena *arena, struct text path,
                              struct text *out)
{
    (void)context;
    *out = text_format(arena, "/static/%.*s?a&b", TEXT_ARG(path));
    return text_is(path, "name") ? NOT_FOUND : OK;
}

static int64_t now(void *context)
{
    (void)context;
    return INT64_C(1715108700123456);
}

/* The context */

static bool thing_get(const void *self, struct text name, struct arena *arena, struct value *out)
{
    (void)arena;
    if (!text_is(name, "name"))
        return false;
    *out = value_string(self);
    return true;
}

static enum status thing_load(const void *self, struct text name, struct value_source *source,
                              struct arena *arena, struct value *out)
{
    static const char *const numbers[] = {"one", "two"};
    (void)self;
    (void)source;
    if (text_is(name, "fails"))
        return fail("it fails");
    if (!text_is(name, "load"))
        return NOT_FOUND;
    struct value *items = ARENA_ARRAY(arena, struct value, 2);
    for (size_t i = 0; i < 2; i++)
        items[i] = value_string(numbers[i]);
    *out = value_list(arena, items, 2);
    return OK;
}

static struct text thing_print(const void *self, struct arena *arena)
{
    return text_format(arena, "thing %s", (const char *)self);
}

static const struct value_class thing_class = {.name = "thing",
                                               .get = thing_get,
                                               .load = thing_load,
                                               .print = thing_print};

static enum status call(const void *self, struct value_source *source, struct arena *arena,
                        struct value *out)
{
    (void)source;
    struct value_map *map = value_map_new(arena);
    value_map_set(map, TEXT("a"), value_string(self));
    *out = value_map(map);
    return OK;
}

static void set(struct value_map *map, const char *name, struct value value)
{
    value_map_set(map, text_of(name), value);
}

static struct value list_of(struct arena *arena, const struct value *values, size_t count)
{
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    memcpy(items, values, count * sizeof *items);
    return value_list(arena, items, count);
}

static void set_texts(struct value_map *map)
{
    set(map, "text", value_string("some text"));
    set(map, "evil", value_string(EVIL));
    set(map, "safe_html", value_safe(TEXT("<i>safe</i> &amp; sound")));
    set(map, "unicode", value_string("\u00C9t\u00E9 \u0130\u00DF\uFB01 \u4E2D\u6587 \U0001F600"));
    set(map, "html", value_string("<p>One <b>two</b> &eacute; &#65; <br/> <!-- c -->three"));
    set(map, "long_text",
        value_string("http://example.com/?a=1&b=2 and me@example.com, "
                     "www.example.org (x). 0123456789 the end\n\nnew line\r\n"));
    set(map, "parent", value_string("base"));
    set(map, "csrf_token", value_string("token"));
}

static void set_numbers(struct value_map *map)
{
    set(map, "number", value_integer(42));
    set(map, "negative", value_integer(INT64_MIN));
    set(map, "real", value_float(-1234.5678));
    set(map, "infinite", value_float((double)NAN));
    set(map, "decimal", value_decimal(TEXT("-12345678901234567890.50")));
    set(map, "yes", value_bool(true));
    set(map, "no", value_bool(false));
    set(map, "none", VALUE_NULL);
    set(map, "span", (struct value){.kind = VALUE_DURATION, .integer = 90061000001});
}

static void set_moments(struct value_map *map, struct arena *arena)
{
    static const struct value_moment day = {.year = 2024, .month = 2, .day = 29};
    static const struct value_moment late = {.hour = 23, .minute = 59, .second = 59};
    struct value_moment moment = {
        .year = 1969, .month = 12, .day = 31, .hour = 13, .minute = 5, .microsecond = 7};
    set(map, "day", value_moment(arena, VALUE_DATE, &day));
    set(map, "clock", value_moment(arena, VALUE_TIME, &late));
    set(map, "moment", value_moment(arena, VALUE_DATETIME, &moment));
    moment.aware = true;
    moment.offset = -12600;
    set(map, "aware", value_moment(arena, VALUE_DATETIME, &moment));
}

static void set_collections(struct value_map *map, struct arena *arena)
{
    const struct value numbers[] = {value_integer(3), value_string(EVIL), value_integer(-1)};
    const struct value pair[] = {value_string("a"), value_integer(1)};
    struct value_map *inner = value_map_new(arena);
    struct value_map *outer = value_map_new(arena);
    const struct value object = value_object(arena, &thing_class, EVIL);
    set(inner, "c", value_string(EVIL));
    set(outer, "a", value_integer(1));
    set(outer, "b", value_map(inner));
    set(outer, "name", value_safe(TEXT("<u>")));
    const struct value maps[] = {value_map(outer), value_map(inner)};
    const struct value pairs[] = {list_of(arena, pair, 2), list_of(arena, pair, 2)};
    const struct value objects[] = {object, object};
    set(map, "list", list_of(arena, numbers, 3));
    set(map, "tuple", value_tuple(arena, list_of(arena, numbers, 3).list->items, 3));
    set(map, "pairs", list_of(arena, pairs, 2));
    set(map, "empty", value_list(arena, NULL, 0));
    set(map, "map", value_map(outer));
    set(map, "maps", list_of(arena, maps, 2));
    set(map, "object", object);
    set(map, "objects", list_of(arena, objects, 2));
    set(map, "function", value_function(arena, call, EVIL));
}

static struct value_map *make_context(struct arena *arena)
{
    struct value_map *map = value_map_new(arena);
    set_texts(map);
    set_numbers(map);
    set_moments(map, arena);
    set_collections(map, arena);
    return map;
}

/* One input */

static void split(const uint8_t *bytes, size_t size, struct sources *out)
{
    struct text rest = {(const char *)bytes, size};
    struct text part;
    for (size_t i = 0; i < GRAMMAR_TEMPLATES && text_next(&rest, '\0', &part); i++)
        out->texts[i] = part;
}

static bool mentions(const struct sources *sources, const char *word)
{
    for (size_t i = 0; i < GRAMMAR_TEMPLATES; i++)
        if (text_find(sources->texts[i], text_of(word)) != TEXT_NOT_FOUND)
            return true;
    return false;
}

/* Loops in loops end, but not while anybody waits. */
static bool has_many_loops(const struct sources *sources)
{
    size_t count = 0;
    for (size_t i = 0; i < GRAMMAR_TEMPLATES; i++) {
        struct text rest = sources->texts[i];
        for (size_t at; (at = text_find(rest, TEXT("for "))) != TEXT_NOT_FOUND; count++)
            rest = text_from(rest, at + 1);
    }
    return count > LOOPS_MAX;
}

static const struct language languages[] = {{.code = {"en", 2}, .name = {"English", 7}},
                                            {.code = {"fr", 2}, .name = {"Fran\u00E7ais", 9}}};
static const struct language_list language_list = {languages, 2};

static struct template_set *make_set(struct arena *arena, struct sources *sources, uint8_t options)
{
    const struct template_host host = {
        .context = sources,
        .load = load,
        .reverse = reverse,
        .static_url = static_url,
        .now = now,
        .static_prefix = TEXT("/static/"),
        .media_prefix = TEXT("/media/"),
        .languages = &language_list,
        .options = {.late = !(options & OPTION_EARLY),
                    .autoescape_off = options & OPTION_AUTOESCAPE_OFF,
                    .string_if_invalid = options & OPTION_INVALID ? TEXT("INVALID %s") : TEXT(""),
                    .localize = options & OPTION_LOCALIZE,
                    .time_zone = options & OPTION_ZONE ? TEXT("Europe/Paris") : TEXT(""),
                    .memory_limit = MEMORY_LIMIT}};
    return template_set_new(arena, &host);
}

static enum status render(struct template_set *set, struct arena *arena, struct buffer *out)
{
    const struct template_request request = {.language = languages};
    *out = (struct buffer){.arena = arena, .limit = OUTPUT_LIMIT};
    return template_render(set, text_of(grammar_names[0]), &request, make_context(arena), arena,
                           out);
}

static _Noreturn void refuse(const char *what, const struct sources *sources)
{
    fprintf(stderr, "%s\n", what);
    for (size_t i = 0; i < GRAMMAR_TEMPLATES; i++)
        fprintf(stderr, "--- %s\n%.*s\n", grammar_names[i], TEXT_ARG(sources->texts[i]));
    abort();
}

static bool may_be_raw(const struct sources *sources, uint8_t options)
{
    return (options & OPTION_AUTOESCAPE_OFF) || mentions(sources, "autoescape")
           || mentions(sources, "safe") || mentions(sources, "filter ") || mentions(sources, MARK);
}

static void try(struct arena *arena, struct sources *sources, uint8_t options)
{
    struct buffer first;
    struct buffer second;
    struct template_set *set = make_set(arena, sources, options);
    enum status status = render(set, arena, &first);
    if (getenv("FZ"))
        fprintf(stderr, "ST %d %s %s\n", status, status ? template_error_kind() : "",
                status ? status_failure()->message : "");
    if (status != OK && (!status_failure()->message[0] || !template_error_kind()[0]))
        refuse("a failure without a message", sources);
    if (status == OK && !text_is_utf8(buffer_contents(&first)))
        refuse("the output is not UTF-8", sources);
    if (status == OK && !may_be_raw(sources, options)
        && text_find(buffer_contents(&first), TEXT(RAW_EVIL)) != TEXT_NOT_FOUND)
        refuse("the output is not escaped", sources);
    if (mentions(sources, "random") || mentions(sources, "lorem"))
        return;
    if (render(set, arena, &second) != status
        || (status == OK && !text_equal(buffer_contents(&first), buffer_contents(&second))))
        refuse("rendered again it is something else", sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct sources sources = {{TEXT(""), TEXT(""), TEXT("")}};
    if (!size)
        return 0;
    uint8_t options = *bytes++;
    size--;
    struct arena *arena = arena_new((size_t)64 * 1024);
    if (options & OPTION_GRAMMAR)
        grammar_write(arena, &bytes, &size, sources.texts);
    else
        split(bytes, size, &sources);
    if (!has_many_loops(&sources))
        try(arena, &sources, options);
    arena_free(arena);
    return 0;
}
