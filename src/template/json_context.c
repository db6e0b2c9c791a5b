#include "template/json_context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/decimal.h"
#include "template/moment.h"
#include "template/zone.h"

#define INTEGER_MARK  "$integer" /* of our own, for those that jansson does not read */
#define INTEGER_SHORT 18         /* digits that always fit */

struct text json_text(const json_t *json)
{
    return json_is_string(json) ? (struct text){json_string_value(json), json_string_length(json)}
                                : TEXT_NONE;
}

/* ---- reading ---- */

static size_t string_size(struct text text)
{
    for (size_t i = 1; i < text.length; i++) {
        if (text.at[i] == '\\')
            i++;
        else if (text.at[i] == '"')
            return i + 1;
    }
    return text.length;
}

static size_t number_size(struct text text, bool *long_integer)
{
    size_t size = 0;
    bool digits_only = true;
    while (size < text.length && text.at[size] && strchr("+-0123456789.eE", text.at[size])) {
        digits_only &= text.at[size] != '.' && (text.at[size] | 0x20) != 'e';
        size++;
    }
    *long_integer = digits_only && size > INTEGER_SHORT;
    return size;
}

/* "NaN" and the like, as Python writes them; 0 when it is none. */
static size_t special_size(struct text text)
{
    static const struct text names[] = {{"NaN", 3}, {"Infinity", 8}, {"-Infinity", 9}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_starts(text, names[i]))
            return names[i].length;
    return 0;
}

static bool is_infinite(struct text number)
{
    char digits[64];
    if (number.length >= sizeof digits)
        return false;
    memcpy(digits, number.at, number.length);
    digits[number.length] = '\0';
    return isinf(strtod(digits, NULL));
}

/* Integers that may not fit are wrapped, so that none is lost, and floats that are no JSON. */
static struct text wrap_numbers(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    while (text.length) {
        bool wrap = false;
        char c = text.at[0];
        size_t special = special_size(text);
        bool number = !special && (c == '-' || (c >= '0' && c <= '9'));
        size_t size = special    ? special
                      : c == '"' ? string_size(text)
                      : number   ? number_size(text, &wrap)
                                 : 1;
        struct text part = text_part(text, 0, size);
        if (special || (number && !wrap && is_infinite(part)))
            buffer_format(&out, "{\"$float\":\"%.*s\"}", TEXT_ARG(part));
        else if (wrap)
            buffer_format(&out, "{\"" INTEGER_MARK "\":\"%.*s\"}", TEXT_ARG(part));
        else
            buffer_text(&out, part);
        text = text_from(text, size);
    }
    return out.at ? buffer_contents(&out) : TEXT("");
}

json_t *json_context_parse(struct arena *arena, struct text text)
{
    json_error_t error;
    struct text wrapped = wrap_numbers(arena, text);
    json_t *root = json_loadb(wrapped.at, wrapped.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!root)
        fail_as(INVALID, "line %d, column %d: %s", error.line, error.column, error.text);
    return root;
}

/* ---- values ---- */

static enum status decode_array(struct arena *arena, const json_t *json, bool tuple,
                                struct value *out)
{
    size_t count = json_array_size(json);
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    enum status status = json_is_array(json) ? OK : INVALID;
    for (size_t i = 0; i < count && status == OK; i++)
        status = json_context_value(arena, json_array_get(json, i), &items[i]);
    *out = tuple ? value_tuple(arena, items, count) : value_list(arena, items, count);
    return status;
}

static enum status decode_tuple(struct arena *arena, const json_t *object, const json_t *json,
                                struct value *out)
{
    (void)object;
    return decode_array(arena, json, true, out);
}

static enum status decode_pairs(struct arena *arena, const json_t *object, const json_t *json,
                                struct value *out)
{
    struct value_map *map = value_map_new(arena);
    enum status status = json_is_array(json) ? OK : INVALID;
    (void)object;
    for (size_t i = 0; i < json_array_size(json) && status == OK; i++) {
        struct value pair[2] = {0};
        for (size_t k = 0; k < 2 && status == OK; k++)
            status =
                json_context_value(arena, json_array_get(json_array_get(json, i), k), &pair[k]);
        value_map_put(map, pair[0], pair[1]);
    }
    *out = value_map(map);
    return status;
}

static enum status decode_moment(struct arena *arena, const json_t *object, const json_t *json,
                                 enum value_kind want, struct value *out)
{
    struct value_moment moment;
    enum value_kind kind;
    struct text zone = json_text(json_object_get(object, "zone"));
    struct text name = json_text(json_object_get(object, "tzname"));
    if (!moment_parse(json_text(json), &kind, &moment))
        return INVALID;
    if (want == VALUE_DATETIME && kind == VALUE_DATE)
        kind = VALUE_DATETIME; /* midnight */
    if (kind != want)
        return INVALID;
    const struct zone *known = zone.length ? zone_open(arena, zone) : NULL;
    if (zone.length && !known)
        return INVALID;
    if (known && moment.aware) {
        moment = zone_local(known, moment_utc(&moment));
        moment.unclear = !zone_is_exact(known, &moment);
    } else if (name.length && moment.aware)
        moment.zone = name;
    *out = value_moment(arena, kind, &moment);
    return OK;
}

static enum status decode_datetime(struct arena *arena, const json_t *object, const json_t *json,
                                   struct value *out)
{
    return decode_moment(arena, object, json, VALUE_DATETIME, out);
}

static enum status decode_date(struct arena *arena, const json_t *object, const json_t *json,
                               struct value *out)
{
    return decode_moment(arena, object, json, VALUE_DATE, out);
}

static enum status decode_time(struct arena *arena, const json_t *object, const json_t *json,
                               struct value *out)
{
    return decode_moment(arena, object, json, VALUE_TIME, out);
}

static enum status decode_duration(struct arena *arena, const json_t *object, const json_t *json,
                                   struct value *out)
{
    double microseconds = json_number_value(json) * 1e6;
    (void)arena;
    (void)object;
    if (!json_is_number(json) || !(fabs(microseconds) < 9e18))
        return INVALID;
    *out = (struct value){.kind = VALUE_DURATION, .integer = (int64_t)llrint(microseconds)};
    return OK;
}

static enum status decode_safe(struct arena *arena, const json_t *object, const json_t *json,
                               struct value *out)
{
    (void)arena;
    (void)object;
    *out = value_safe(json_text(json));
    return json_is_string(json) ? OK : INVALID;
}

static enum status decode_decimal(struct arena *arena, const json_t *object, const json_t *json,
                                  struct value *out)
{
    struct decimal number;
    struct buffer digits = {.arena = arena};
    (void)object;
    if (!decimal_parse(&number, json_text(json), arena))
        return INVALID;
    decimal_print(&digits, number);
    *out = value_decimal(buffer_contents(&digits));
    return OK;
}

static enum status decode_float(struct arena *arena, const json_t *object, const json_t *json,
                                struct value *out)
{
    char *end;
    const char *digits = text_string(arena, json_text(json));
    (void)object;
    *out = value_float(strtod(digits, &end));
    return *digits && !*end ? OK : INVALID;
}

static enum status decode_integer(struct arena *arena, const json_t *object, const json_t *json,
                                  struct value *out)
{
    int64_t integer;
    struct text digits = json_text(json);
    (void)arena;
    (void)object;
    *out = text_to_int64(&integer, digits) ? value_integer(integer) : value_decimal(digits);
    return digits.length ? OK : INVALID;
}

static enum status decode_marked(struct arena *arena, const json_t *object, const char *mark,
                                 const json_t *json, struct value *out)
{
    static const struct {
        const char *mark;
        enum status (*decode)(struct arena *arena, const json_t *object, const json_t *json,
                              struct value *out);
    } rows[] = {
        {"$safe", decode_safe},          {"$tuple", decode_tuple},     {"$dict", decode_pairs},
        {"$datetime", decode_datetime},  {"$date", decode_date},       {"$time", decode_time},
        {"$timedelta", decode_duration}, {"$decimal", decode_decimal}, {"$float", decode_float},
        {INTEGER_MARK, decode_integer},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(mark, rows[i].mark) == 0)
            return rows[i].decode(arena, object, json, out);
    return INVALID;
}

static enum status decode_object(struct arena *arena, const json_t *object, struct value *out)
{
    struct value_map *map = value_map_new(arena);
    const char *key;
    json_t *json;
    enum status status = OK;
    json_object_foreach((json_t *)object, key, json)
    {
        struct value value;
        if (key[0] != '$') {
            status = json_context_value(arena, json, &value);
            value_map_set(map, text_of(key), value);
        } else if (decode_marked(arena, object, key, json, out) != OK) {
            char *given = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
            status = fail_as(INVALID, "%.40s is not what \"%s\" takes", given ? given : "it", key);
            free(given);
        } else {
            return OK;
        }
        if (status != OK)
            return status;
    }
    *out = value_map(map);
    return OK;
}

enum status json_context_value(struct arena *arena, const json_t *json, struct value *out)
{
    *out = VALUE_NULL;
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_TRUE: *out = value_bool(true); break;
    case JSON_FALSE: *out = value_bool(false); break;
    case JSON_INTEGER: *out = value_integer(json_integer_value(json)); break;
    case JSON_REAL: *out = value_float(json_real_value(json)); break;
    case JSON_STRING: *out = value_text(json_text(json)); break;
    case JSON_ARRAY: return decode_array(arena, json, false, out);
    case JSON_OBJECT: return decode_object(arena, json, out);
    default: break;
    }
    return OK;
}
