/* str() and repr() of values. */
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/decimal.h"
#include "template/moment.h"
#include "template/unicode.h"
#include "template/value.h"

#define DEEPEST 100

static void print_nested(struct buffer *out, struct value value, struct arena *arena, int depth);

static void print_escape(struct buffer *out, uint32_t c)
{
    if (c == '\n')
        buffer_text(out, TEXT("\\n"));
    else if (c == '\r')
        buffer_text(out, TEXT("\\r"));
    else if (c == '\t')
        buffer_text(out, TEXT("\\t"));
    else if (c <= 0xFF)
        buffer_format(out, "\\x%02x", c);
    else
        buffer_format(out, c <= 0xFFFF ? "\\u%04x" : "\\U%08x", c);
}

static void print_quoted(struct buffer *out, struct text text)
{
    bool single = text_find_char(text, '\'') != TEXT_NOT_FOUND;
    bool both = single && text_find_char(text, '"') != TEXT_NOT_FOUND;
    char quote = single && !both ? '"' : '\'';
    buffer_char(out, quote);
    while (text.length) {
        uint32_t c = unicode_take(&text);
        if (c == (unsigned char)quote || c == '\\')
            buffer_char(out, '\\');
        if (unicode_is_printable(c))
            unicode_put(out, c);
        else
            print_escape(out, c);
    }
    buffer_char(out, quote);
}

static void print_items(struct buffer *out, const struct value_list *list, struct arena *arena,
                        int depth)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_text(out, TEXT(", "));
        print_nested(out, list->items[i], arena, depth);
    }
}

static void print_map(struct buffer *out, const struct value_map *map, struct arena *arena,
                      int depth)
{
    buffer_char(out, '{');
    for (size_t i = 0; i < map->count; i++) {
        if (i > 0)
            buffer_text(out, TEXT(", "));
        print_nested(out, map->entries[i].key, arena, depth);
        buffer_text(out, TEXT(": "));
        print_nested(out, map->entries[i].value, arena, depth);
    }
    buffer_char(out, '}');
}

static void print_object(struct buffer *out, const struct value_object *object, struct arena *arena)
{
    if (object->class->print)
        buffer_text(out, object->class->print(object->self, arena));
    else
        buffer_text(out, text_of(object->class->name));
}

static void print_collection(struct buffer *out, struct value value, struct arena *arena, int depth)
{
    if (depth >= DEEPEST) {
        buffer_text(out, TEXT("..."));
    } else if (value.kind == VALUE_MAP) {
        print_map(out, value.map, arena, depth + 1);
    } else if (value.kind == VALUE_LIST) {
        buffer_char(out, '[');
        print_items(out, value.list, arena, depth + 1);
        buffer_char(out, ']');
    } else {
        buffer_char(out, '(');
        print_items(out, value.list, arena, depth + 1);
        buffer_text(out, value.list->count == 1 ? TEXT(",)") : TEXT(")"));
    }
}

static void print_nested(struct buffer *out, struct value value, struct arena *arena, int depth)
{
    switch (value.kind) {
    case VALUE_TEXT:
    case VALUE_SAFE: print_quoted(out, value_as_text(value)); break;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_MAP: print_collection(out, value, arena, depth); break;
    case VALUE_DECIMAL:
        buffer_format(out, value_is_integer(value) ? "%.*s" : "Decimal('%.*s')", (int)value.length,
                      value.text);
        break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: moment_print_repr(out, value); break;
    case VALUE_DURATION: duration_print_repr(out, value.integer); break;
    default: value_print(out, value, arena); break;
    }
}

void value_print_repr(struct buffer *out, struct value value, struct arena *arena)
{
    print_nested(out, value, arena, 0);
}

void value_print(struct buffer *out, struct value value, struct arena *arena)
{
    char digits[FLOAT_SIZE];
    switch (value.kind) {
    case VALUE_NONE: buffer_text(out, TEXT("None")); break;
    case VALUE_BOOL: buffer_text(out, value.boolean ? TEXT("True") : TEXT("False")); break;
    case VALUE_INTEGER: buffer_int(out, value.integer); break;
    case VALUE_FLOAT: buffer_text(out, float_repr(digits, value.real)); break;
    case VALUE_TEXT:
    case VALUE_SAFE:
    case VALUE_DECIMAL: buffer_append(out, value.text, value.length); break;
    case VALUE_OBJECT: print_object(out, value.object, arena); break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: moment_print(out, value); break;
    case VALUE_DURATION: duration_print(out, value.integer); break;
    case VALUE_FUNCTION: buffer_text(out, TEXT("function")); break;
    default: print_nested(out, value, arena, 0); break;
    }
}

struct text value_to_text(struct value value, struct arena *arena)
{
    if (value_is_text(value))
        return value_as_text(value);
    struct buffer out = {.arena = arena};
    value_print(&out, value, arena);
    return out.at ? buffer_contents(&out) : TEXT("");
}
