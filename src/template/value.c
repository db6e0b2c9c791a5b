#include "template/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "template/moment.h"
#include "template/unicode.h"

struct value value_bool(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

struct value value_integer(int64_t integer)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

struct value value_float(double real)
{
    return (struct value){.kind = VALUE_FLOAT, .real = real};
}

static struct value text_value(enum value_kind kind, struct text text)
{
    uint32_t length = text.length > UINT32_MAX ? UINT32_MAX : (uint32_t)text.length;
    return (struct value){.kind = (uint8_t)kind, .length = length, .text = text.at ? text.at : ""};
}

struct value value_text(struct text text)
{
    return text_value(VALUE_TEXT, text);
}

struct value value_safe(struct text html)
{
    return text_value(VALUE_SAFE, html);
}

struct value value_decimal(struct text digits)
{
    return text_value(VALUE_DECIMAL, digits);
}

struct value value_string(const char *string)
{
    return string ? value_text(text_of(string)) : VALUE_NULL;
}

static struct value list_value(struct arena *arena, enum value_kind kind, const struct value *items,
                               size_t count)
{
    struct value_list *list = ARENA_NEW(arena, struct value_list);
    *list = (struct value_list){.count = count, .items = items};
    return (struct value){.kind = (uint8_t)kind, .list = list};
}

struct value value_list(struct arena *arena, const struct value *items, size_t count)
{
    return list_value(arena, VALUE_LIST, items, count);
}

struct value value_tuple(struct arena *arena, const struct value *items, size_t count)
{
    return list_value(arena, VALUE_TUPLE, items, count);
}

struct value value_object(struct arena *arena, const struct value_class *class, const void *self)
{
    struct value_object *object = ARENA_NEW(arena, struct value_object);
    *object = (struct value_object){.class = class, .self = self};
    return (struct value){.kind = VALUE_OBJECT, .object = object};
}

struct value value_function(struct arena *arena,
                            enum status (*call)(const void *self, struct value_source *source,
                                                struct arena *arena, struct value *out),
                            const void *self)
{
    struct value_function *function = ARENA_NEW(arena, struct value_function);
    *function = (struct value_function){call, self};
    return (struct value){.kind = VALUE_FUNCTION, .function = function};
}

struct value value_moment(struct arena *arena, enum value_kind kind,
                          const struct value_moment *moment)
{
    struct value_moment *copy = ARENA_NEW(arena, struct value_moment);
    *copy = *moment;
    return (struct value){.kind = (uint8_t)kind, .moment = copy};
}

bool value_is_text(struct value value)
{
    return value.kind == VALUE_TEXT || value.kind == VALUE_SAFE;
}

bool value_is_number(struct value value)
{
    return value.kind == VALUE_INTEGER || value.kind == VALUE_BOOL || value.kind == VALUE_FLOAT
           || value.kind == VALUE_DECIMAL;
}

struct text value_as_text(struct value value)
{
    if (value_is_text(value) || value.kind == VALUE_DECIMAL)
        return (struct text){value.text, value.length};
    return TEXT_NONE;
}

double value_as_double(struct value value)
{
    char digits[128];
    switch (value.kind) {
    case VALUE_BOOL: return value.boolean;
    case VALUE_INTEGER: return (double)value.integer;
    case VALUE_FLOAT: return value.real;
    case VALUE_DECIMAL: {
        size_t length = value.length < sizeof digits ? value.length : sizeof digits - 1;
        memcpy(digits, value.text, length);
        digits[length] = '\0';
        return strtod(digits, NULL);
    }
    default: return 0;
    }
}

static bool is_sequence(struct value value)
{
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

static bool object_items(struct value value, struct arena *arena, struct value *out)
{
    const struct value_object *object = value.object;
    if (!object->class->items)
        return false;
    *out = object->class->items(object->self, arena);
    return out->kind != VALUE_OBJECT;
}

bool value_length(struct value value, struct arena *arena, size_t *length)
{
    switch (value.kind) {
    case VALUE_TEXT:
    case VALUE_SAFE: *length = unicode_length(value_as_text(value)); return true;
    case VALUE_LIST:
    case VALUE_TUPLE: *length = value.list->count; return true;
    case VALUE_MAP: *length = value.map->count; return true;
    case VALUE_OBJECT: {
        struct value items;
        return object_items(value, arena, &items) && value_length(items, arena, length);
    }
    default: return false;
    }
}

bool value_truth(struct value value, struct arena *arena)
{
    struct value items;
    switch (value.kind) {
    case VALUE_NONE: return false;
    case VALUE_BOOL: return value.boolean;
    case VALUE_INTEGER:
    case VALUE_DURATION: return value.integer != 0;
    case VALUE_FLOAT: return value.real != 0;
    case VALUE_TEXT:
    case VALUE_SAFE: return value.length > 0;
    case VALUE_LIST:
    case VALUE_TUPLE: return value.list->count > 0;
    case VALUE_MAP: return value.map->count > 0;
    case VALUE_DECIMAL: return value_as_double(value) != 0;
    case VALUE_OBJECT: return !object_items(value, arena, &items) || value_truth(items, arena);
    default: return true;
    }
}

static bool text_items(struct value value, struct arena *arena, struct value_list *out)
{
    struct text rest = value_as_text(value);
    struct value *items = ARENA_ARRAY(arena, struct value, unicode_length(rest));
    size_t count = 0;
    while (rest.length) {
        size_t size = unicode_size(rest);
        items[count++] = value_text(text_part(rest, 0, size));
        rest = text_from(rest, size);
    }
    *out = (struct value_list){.count = count, .items = items};
    return true;
}

static bool map_items(const struct value_map *map, struct arena *arena, struct value_list *out)
{
    struct value *items = ARENA_ARRAY(arena, struct value, map->count);
    for (size_t i = 0; i < map->count; i++)
        items[i] = map->entries[i].key;
    *out = (struct value_list){.count = map->count, .items = items};
    return true;
}

bool value_items(struct value value, struct arena *arena, struct value_list *out)
{
    struct value items;
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE: *out = *value.list; return true;
    case VALUE_TEXT:
    case VALUE_SAFE: return text_items(value, arena, out);
    case VALUE_MAP: return map_items(value.map, arena, out);
    case VALUE_OBJECT: return object_items(value, arena, &items) && value_items(items, arena, out);
    default: return false;
    }
}

static bool lists_equal(const struct value_list *a, const struct value_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!value_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct value_map *a, const struct value_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct value *other = value_map_find(b, a->entries[i].key);
        if (!other || !value_equal(a->entries[i].value, *other))
            return false;
    }
    return true;
}

static bool objects_equal(const struct value_object *a, const struct value_object *b)
{
    if (a->class != b->class)
        return false;
    return a->self == b->self || (a->class->equal && a->class->equal(a->self, b->self));
}

bool value_equal(struct value a, struct value b)
{
    int order;
    if (value_is_number(a) || value_is_text(a))
        return value_compare(a, b, &order) && order == 0;
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_NONE: return true;
    case VALUE_LIST:
    case VALUE_TUPLE: return lists_equal(a.list, b.list);
    case VALUE_MAP: return maps_equal(a.map, b.map);
    case VALUE_OBJECT: return objects_equal(a.object, b.object);
    default: return value_compare(a, b, &order) && order == 0;
    }
}

static long double as_long_double(struct value value)
{
    return value.kind == VALUE_INTEGER ? (long double)value.integer
                                       : (long double)value_as_double(value);
}

static bool lists_compare(const struct value_list *a, const struct value_list *b, int *order)
{
    size_t shared = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < shared; i++)
        if (!value_equal(a->items[i], b->items[i]))
            return value_compare(a->items[i], b->items[i], order);
    *order = (a->count > b->count) - (a->count < b->count);
    return true;
}

bool value_compare(struct value a, struct value b, int *order)
{
    if (value_is_number(a) && value_is_number(b)) {
        long double x = as_long_double(a);
        long double y = as_long_double(b);
        *order = (x > y) - (x < y);
        return x == x && y == y;
    }
    if (value_is_text(a) && value_is_text(b)) {
        *order = text_compare(value_as_text(a), value_as_text(b));
        return true;
    }
    if (a.kind != b.kind)
        return false;
    if (is_sequence(a))
        return lists_compare(a.list, b.list, order);
    if (a.kind == VALUE_DURATION) {
        *order = (a.integer > b.integer) - (a.integer < b.integer);
        return true;
    }
    if (a.kind == VALUE_DATE || a.kind == VALUE_TIME || a.kind == VALUE_DATETIME)
        return moment_compare(a.moment, b.moment, order);
    return false;
}

bool value_contains(struct value whole, struct value part, struct arena *arena, bool *found)
{
    struct value_list items;
    if (value_is_text(whole)) {
        *found = value_is_text(part)
                 && text_find(value_as_text(whole), value_as_text(part)) != TEXT_NOT_FOUND;
        return value_is_text(part);
    }
    if (whole.kind == VALUE_MAP) {
        *found = value_map_find(whole.map, part) != NULL;
        return part.kind != VALUE_LIST && part.kind != VALUE_MAP;
    }
    *found = false;
    if (!value_items(whole, arena, &items))
        return false;
    for (size_t i = 0; i < items.count && !*found; i++)
        *found = value_equal(items.items[i], part);
    return true;
}

#define DIGITS_OF_DECIMAL 18 /* of digits alone; with more it stands for an integer */

bool value_is_integer(struct value value)
{
    if (value.kind != VALUE_DECIMAL || value.length <= DIGITS_OF_DECIMAL)
        return value.kind == VALUE_INTEGER;
    for (uint32_t i = value.text[0] == '-'; i < value.length; i++)
        if (value.text[i] < '0' || value.text[i] > '9')
            return false;
    return true;
}
