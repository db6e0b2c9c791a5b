#include "template/print_pretty.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "template/unicode.h"

#define WIDTH   80
#define DEEPEST 50

struct printer {
    struct buffer *out;
    struct arena *arena;
};

/* Where it stands: the column, and what must still fit behind it. */
struct place {
    size_t indent;
    size_t allowance;
    int level;
};

static void put(struct printer *printer, struct value value, struct place place);

static const char *type_name(struct value value)
{
    static const char *const names[] = {
        [VALUE_NONE] = "NoneType",
        [VALUE_BOOL] = "bool",
        [VALUE_INTEGER] = "int",
        [VALUE_FLOAT] = "float",
        [VALUE_TEXT] = "str",
        [VALUE_SAFE] = "str",
        [VALUE_LIST] = "list",
        [VALUE_MAP] = "dict",
        [VALUE_OBJECT] = "object",
        [VALUE_TUPLE] = "tuple",
        [VALUE_DECIMAL] = "decimal",
        [VALUE_DATE] = "datetime.date",
        [VALUE_TIME] = "datetime.time",
        [VALUE_DATETIME] = "datetime.datetime",
        [VALUE_DURATION] = "datetime.timedelta",
    };
    return names[value.kind];
}

static int compare_keys(const void *a, const void *b)
{
    const struct value_entry *x = a;
    const struct value_entry *y = b;
    int order;
    return value_compare(x->key, y->key, &order) ? order
                                                 : strcmp(type_name(x->key), type_name(y->key));
}

/* The same map in the order of its keys, and so all within it. */
static struct value sorted(struct value value, struct arena *arena, int depth)
{
    if (depth > DEEPEST)
        return value;
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        struct value *items = ARENA_ARRAY(arena, struct value, value.list->count);
        for (size_t i = 0; i < value.list->count; i++)
            items[i] = sorted(value.list->items[i], arena, depth + 1);
        return value.kind == VALUE_LIST ? value_list(arena, items, value.list->count)
                                        : value_tuple(arena, items, value.list->count);
    }
    if (value.kind != VALUE_MAP || !value.map->count)
        return value;
    struct value_entry *entries = ARENA_ARRAY(arena, struct value_entry, value.map->count);
    memcpy(entries, value.map->entries, value.map->count * sizeof *entries);
    qsort(entries, value.map->count, sizeof *entries, compare_keys);
    struct value_map *map = value_map_new(arena);
    for (size_t i = 0; i < value.map->count; i++)
        value_map_put(map, entries[i].key, sorted(entries[i].value, arena, depth + 1));
    return value_map(map);
}

static struct text repr(struct printer *printer, struct value value)
{
    struct buffer out = {.arena = printer->arena};
    value_print_repr(&out, value, printer->arena);
    return buffer_contents(&out);
}

static void put_break(struct printer *printer, size_t indent)
{
    buffer_char(printer->out, '\n');
    for (size_t i = 0; i < indent; i++)
        buffer_char(printer->out, ' ');
}

static void put_map(struct printer *printer, const struct value_map *map, struct place place)
{
    buffer_char(printer->out, '{');
    for (size_t i = 0; i < map->count; i++) {
        bool last = i + 1 == map->count;
        struct text key = repr(printer, map->entries[i].key);
        buffer_text(printer->out, key);
        buffer_text(printer->out, TEXT(": "));
        put(printer, map->entries[i].value,
            (struct place){place.indent + 1 + unicode_length(key) + 2,
                           last ? place.allowance + 1 : 1, place.level + 1});
        if (!last) {
            buffer_char(printer->out, ',');
            put_break(printer, place.indent + 1);
        }
    }
    buffer_char(printer->out, '}');
}

static void put_list(struct printer *printer, struct value value, struct place place)
{
    bool tuple = value.kind == VALUE_TUPLE;
    struct text end = !tuple ? TEXT("]") : value.list->count == 1 ? TEXT(",)") : TEXT(")");
    buffer_char(printer->out, tuple ? '(' : '[');
    for (size_t i = 0; i < value.list->count; i++) {
        bool last = i + 1 == value.list->count;
        put(printer, value.list->items[i],
            (struct place){place.indent + 1, last ? place.allowance + end.length : 1,
                           place.level + 1});
        if (!last) {
            buffer_char(printer->out, ',');
            put_break(printer, place.indent + 1);
        }
    }
    buffer_text(printer->out, end);
}

/* ---- long texts, as several literals ---- */

typedef LIST(struct text) chunks;

static size_t repr_length(struct printer *printer, struct text text)
{
    return unicode_length(repr(printer, value_text(text)));
}

static void add_chunk(struct printer *printer, chunks *out, struct text text)
{
    *LIST_PUSH(printer->arena, out) = repr(printer, value_text(text));
}

/* Bytes of the word at the start and the white space behind it. */
static size_t part_size(struct text text)
{
    struct text rest = text;
    bool in_space = false;
    while (rest.length) {
        struct text after = rest;
        bool space = unicode_is_space(unicode_take(&after));
        if (in_space && !space)
            break;
        in_space = space;
        rest = after;
    }
    return text.length - rest.length;
}

static void split_line(struct printer *printer, chunks *out, struct text line, size_t width,
                       size_t allowance)
{
    size_t length = 0; /* of the chunk so far, which begins the line */
    size_t at = 0;
    while (at < line.length) {
        size_t size = part_size(text_from(line, at));
        size_t fits = at + size == line.length ? width - allowance : width;
        struct text candidate = text_part(line, at - length, at + size);
        if (repr_length(printer, candidate) > fits) {
            if (length)
                add_chunk(printer, out, text_part(line, at - length, at));
            length = size;
        } else {
            length += size;
        }
        at += size;
    }
    if (length)
        add_chunk(printer, out, text_from(line, line.length - length));
}

static struct text take_line(struct text *rest)
{
    size_t end = text_find_char(*rest, '\n');
    struct text line = text_part(*rest, 0, end == TEXT_NOT_FOUND ? end : end + 1);
    *rest = text_from(*rest, line.length);
    return line;
}

static void put_text(struct printer *printer, struct text text, struct place place)
{
    chunks all = {0};
    bool outermost = place.level == 0;
    place.indent += outermost;
    place.allowance += outermost;
    size_t width =
        place.indent + place.allowance < WIDTH ? WIDTH - place.indent : place.allowance + 1;
    while (text.length) {
        struct text line = take_line(&text);
        size_t allowance = text.length ? 0 : place.allowance;
        if (repr_length(printer, line) <= width - allowance)
            add_chunk(printer, &all, line);
        else
            split_line(printer, &all, line, width, allowance);
    }
    bool several = all.count > 1;
    buffer_text(printer->out, several && outermost ? TEXT("(") : TEXT(""));
    for (size_t i = 0; i < all.count; i++) {
        if (i > 0)
            put_break(printer, place.indent);
        buffer_text(printer->out, all.items[i]);
    }
    buffer_text(printer->out, several && outermost ? TEXT(")") : TEXT(""));
}

static void put(struct printer *printer, struct value value, struct place place)
{
    struct text whole = repr(printer, value);
    bool fits = unicode_length(whole) + place.indent + place.allowance <= WIDTH;
    bool splits = !fits && place.level <= DEEPEST;
    if (splits && value.kind == VALUE_MAP)
        put_map(printer, value.map, place);
    else if (splits && (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE))
        put_list(printer, value, place);
    else if (splits && value_is_text(value))
        put_text(printer, value_as_text(value), place);
    else
        buffer_text(printer->out, whole);
}

void value_print_pretty(struct buffer *out, struct value value, struct arena *arena)
{
    struct printer printer = {out, arena};
    put(&printer, sorted(value, arena, 0), (struct place){0});
}
