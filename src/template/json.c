#include "template/json.h"

#include <math.h>

#include "base/buffer.h"
#include "template/decimal.h"
#include "template/moment.h"
#include "template/unicode.h"

#define DEEPEST 100

static void put_unit(struct buffer *out, uint32_t unit)
{
    buffer_format(out, "\\u%04x", unit);
}

static void put_character(struct buffer *out, uint32_t c)
{
    switch (c) {
    case '"': buffer_text(out, TEXT("\\\"")); return;
    case '\\': buffer_text(out, TEXT("\\\\")); return;
    case '\n': buffer_text(out, TEXT("\\n")); return;
    case '\r': buffer_text(out, TEXT("\\r")); return;
    case '\t': buffer_text(out, TEXT("\\t")); return;
    case '\f': buffer_text(out, TEXT("\\f")); return;
    case '\b': buffer_text(out, TEXT("\\b")); return;
    default: break;
    }
    if (c >= 0x10000) {
        put_unit(out, 0xD800 + ((c - 0x10000) >> 10));
        put_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    } else if (c < 0x20 || c >= 0x7F) {
        put_unit(out, c);
    } else {
        buffer_char(out, (char)c);
    }
}

static void put_text(struct buffer *out, struct text text)
{
    buffer_char(out, '"');
    while (text.length)
        put_character(out, unicode_take(&text));
    buffer_char(out, '"');
}

/* ISO 8601 with milliseconds, "Z" for UTC. */
static void put_moment(struct buffer *out, struct value value)
{
    const struct value_moment *moment = value.moment;
    buffer_char(out, '"');
    if (value.kind != VALUE_TIME)
        buffer_format(out, "%04d-%02d-%02d", moment->year, moment->month, moment->day);
    if (value.kind == VALUE_DATETIME)
        buffer_char(out, 'T');
    if (value.kind != VALUE_DATE) {
        buffer_format(out, "%02d:%02d:%02d", moment->hour, moment->minute, moment->second);
        if (moment->microsecond)
            buffer_format(out, ".%03u", moment->microsecond / 1000);
    }
    if (value.kind == VALUE_DATETIME && moment->aware && moment->offset == 0)
        buffer_char(out, 'Z');
    else if (value.kind == VALUE_DATETIME && moment->aware)
        buffer_format(out, "%c%02d:%02d", moment->offset < 0 ? '-' : '+',
                      (moment->offset < 0 ? -moment->offset : moment->offset) / 3600,
                      (moment->offset < 0 ? -moment->offset : moment->offset) / 60 % 60);
    buffer_char(out, '"');
}

/* "P1DT01H01M01.500000S" */
static void put_duration(struct buffer *out, int64_t microseconds)
{
    int64_t day = DAY_SECONDS * MICROSECONDS;
    uint64_t size = microseconds < 0 ? -(uint64_t)microseconds : (uint64_t)microseconds;
    uint64_t seconds = size % (uint64_t)day / MICROSECONDS;
    buffer_format(out, "\"%sP%lluDT%02uH%02uM%02u", microseconds < 0 ? "-" : "",
                  (unsigned long long)(size / (uint64_t)day), (unsigned)(seconds / 3600),
                  (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    if (size % MICROSECONDS)
        buffer_format(out, ".%06u", (unsigned)(size % MICROSECONDS));
    buffer_text(out, TEXT("S\""));
}

static const char *put_any(struct buffer *out, struct value value, struct arena *arena, int depth);

static const char *put_list(struct buffer *out, const struct value_list *list, struct arena *arena,
                            int depth)
{
    const char *unfit = NULL;
    buffer_char(out, '[');
    for (size_t i = 0; i < list->count && !unfit; i++) {
        if (i > 0)
            buffer_text(out, TEXT(", "));
        unfit = put_any(out, list->items[i], arena, depth + 1);
    }
    buffer_char(out, ']');
    return unfit;
}

static const char *put_key(struct buffer *out, struct value key, struct arena *arena)
{
    if (value_is_text(key)) {
        put_text(out, value_as_text(key));
        return NULL;
    }
    if (key.kind != VALUE_NONE && key.kind != VALUE_FLOAT && key.kind != VALUE_BOOL
        && !value_is_integer(key))
        return "a map's key that is no text or number";
    buffer_char(out, '"');
    put_any(out, key, arena, 0);
    buffer_char(out, '"');
    return NULL;
}

static const char *put_map(struct buffer *out, const struct value_map *map, struct arena *arena,
                           int depth)
{
    const char *unfit = NULL;
    buffer_char(out, '{');
    for (size_t i = 0; i < map->count && !unfit; i++) {
        if (i > 0)
            buffer_text(out, TEXT(", "));
        unfit = put_key(out, map->entries[i].key, arena);
        buffer_text(out, TEXT(": "));
        if (!unfit)
            unfit = put_any(out, map->entries[i].value, arena, depth + 1);
    }
    buffer_char(out, '}');
    return unfit;
}

static void put_float(struct buffer *out, double real)
{
    char digits[FLOAT_SIZE];
    if (isnan(real))
        buffer_text(out, TEXT("NaN"));
    else if (isinf(real))
        buffer_text(out, real < 0 ? TEXT("-Infinity") : TEXT("Infinity"));
    else
        buffer_text(out, float_repr(digits, real));
}

static const char *put_any(struct buffer *out, struct value value, struct arena *arena, int depth)
{
    if (depth > DEEPEST)
        return "something nested too deeply";
    switch (value.kind) {
    case VALUE_NONE: buffer_text(out, TEXT("null")); return NULL;
    case VALUE_BOOL: buffer_text(out, value.boolean ? TEXT("true") : TEXT("false")); return NULL;
    case VALUE_INTEGER: buffer_int(out, value.integer); return NULL;
    case VALUE_FLOAT: put_float(out, value.real); return NULL;
    case VALUE_DECIMAL:
        if (value_is_integer(value)) {
            buffer_text(out, value_as_text(value));
            return NULL;
        }
        __attribute__((fallthrough));
    case VALUE_TEXT:
    case VALUE_SAFE: put_text(out, value_as_text(value)); return NULL;
    case VALUE_LIST:
    case VALUE_TUPLE: return put_list(out, value.list, arena, depth);
    case VALUE_MAP: return put_map(out, value.map, arena, depth);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: put_moment(out, value); return NULL;
    case VALUE_OBJECT: return value.object->class->name;
    case VALUE_DURATION: put_duration(out, value.integer); return NULL;
    default: return "this";
    }
}

const char *json_put(struct buffer *out, struct value value, struct arena *arena)
{
    return put_any(out, value, arena, 0);
}

void json_put_for_html(struct buffer *out, struct text json)
{
    for (size_t i = 0; i < json.length; i++) {
        char c = json.at[i];
        if (c == '<' || c == '>' || c == '&')
            buffer_format(out, "\\u%04X", (unsigned)c);
        else
            buffer_char(out, c);
    }
}
