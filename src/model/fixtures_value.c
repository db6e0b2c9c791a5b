/* Values of fixtures: out of JSON into rows, and back as Python's json.dumps writes them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "model/fixtures_internal.h"
#include "template/decimal.h"
#include "template/unicode.h"

#define EXCERPT_LENGTH 60

/* Layout */

static void put_break(struct buffer *out, struct json_style style, int depth)
{
    if (style.indent < 0)
        return;
    buffer_char(out, '\n');
    for (int i = 0; i < style.indent * depth; i++)
        buffer_char(out, ' ');
}

void json_put_first(struct buffer *out, struct json_style style, int depth)
{
    put_break(out, style, depth + 1);
}

void json_put_next(struct buffer *out, struct json_style style, int depth)
{
    buffer_text(out, style.indent < 0 ? TEXT(", ") : TEXT(","));
    put_break(out, style, depth + 1);
}

void json_put_end(struct buffer *out, struct json_style style, int depth)
{
    put_break(out, style, depth);
}

/* Strings */

static const char *escape_of(char c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\f': return "\\f";
    case '\b': return "\\b";
    default: return NULL;
    }
}

static void put_character(struct buffer *out, uint32_t c)
{
    if (c >= 0x10000)
        buffer_format(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD800 + ((c - 0x10000) >> 10),
                      0xDC00 + ((c - 0x10000) & 0x3FF));
    else
        buffer_format(out, "\\u%04" PRIx32, c);
}

/* How many bytes at the beginning can be written as they are. */
static size_t plain_length(struct text text, bool ascii)
{
    size_t i = 0;
    while (i < text.length && (unsigned char)text.at[i] >= ' ' && text.at[i] != '"'
           && text.at[i] != '\\' && !(ascii && (unsigned char)text.at[i] >= 0x80))
        i++;
    return i;
}

void json_put_string(struct buffer *out, struct json_style style, struct text text)
{
    buffer_char(out, '"');
    for (;;) {
        size_t plain = plain_length(text, style.ascii);
        buffer_append(out, text.at, plain);
        text = text_from(text, plain);
        if (!text.length)
            break;
        const char *escape = escape_of(text.at[0]);
        uint32_t c = unicode_take(&text);
        if (escape)
            buffer_text(out, text_of(escape));
        else
            put_character(out, c);
    }
    buffer_char(out, '"');
}

/* JSON */

static enum status put_list(struct buffer *out, struct json_style style, int depth,
                            const json_t *list)
{
    enum status status = OK;
    size_t count = json_array_size(list);
    buffer_char(out, '[');
    for (size_t i = 0; i < count && status == OK; i++) {
        (i ? json_put_next : json_put_first)(out, style, depth);
        status = json_put_value(out, style, depth + 1, json_array_get(list, i));
    }
    if (count)
        json_put_end(out, style, depth);
    buffer_char(out, ']');
    return status;
}

static enum status put_object(struct buffer *out, struct json_style style, int depth,
                              const json_t *object)
{
    json_t *map = (json_t *)(uintptr_t)object; /* jansson's iterators are not const */
    enum status status = OK;
    bool first = true;
    buffer_char(out, '{');
    for (void *at = json_object_iter(map); at && status == OK;
         at = json_object_iter_next(map, at)) {
        (first ? json_put_first : json_put_next)(out, style, depth);
        json_put_string(out, style, text_of(json_object_iter_key(at)));
        buffer_text(out, TEXT(": "));
        status = json_put_value(out, style, depth + 1, json_object_iter_value(at));
        first = false;
    }
    if (!first)
        json_put_end(out, style, depth);
    buffer_char(out, '}');
    return status;
}

static enum status put_real(struct buffer *out, double real)
{
    char digits[FLOAT_SIZE];
    if (!isfinite(real))
        return fail_as(INVALID, "%g is no number that JSON can write", real);
    buffer_text(out, float_repr(digits, real));
    return OK;
}

enum status json_put_value(struct buffer *out, struct json_style style, int depth,
                           const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return put_object(out, style, depth, json);
    case JSON_ARRAY: return put_list(out, style, depth, json);
    case JSON_REAL: return put_real(out, json_real_value(json));
    case JSON_STRING:
        json_put_string(out, style,
                        (struct text){json_string_value(json), json_string_length(json)});
        break;
    case JSON_INTEGER: buffer_int(out, json_integer_value(json)); break;
    case JSON_TRUE: buffer_text(out, TEXT("true")); break;
    case JSON_FALSE: buffer_text(out, TEXT("false")); break;
    case JSON_NULL: buffer_text(out, TEXT("null")); break;
    }
    return OK;
}

struct text fixture_excerpt(const json_t *value, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1}, 0, value);
    struct text text = buffer_contents(&out);
    size_t length = EXCERPT_LENGTH;
    if (text.length <= length)
        return text;
    while (((unsigned char)text.at[length] & 0xC0) == 0x80)
        length--;
    return text_format(arena, "%.*s…", (int)length, text.at);
}

/* Out of JSON */

static struct text take_integer(const struct field *field, void *member, const json_t *value,
                                struct arena *arena)
{
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value))
        return TEXT("a whole number is needed");
    if (number < field->type->min || number > field->type->max)
        return text_format(arena, "it must be from %" PRId64 " to %" PRId64, field->type->min,
                           field->type->max);
    *(int64_t *)member = number;
    return TEXT("");
}

static struct text take_text(void *member, const json_t *value)
{
    struct text text = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value))
        return TEXT("a text is needed");
    if (text_find_char(text, '\0') != TEXT_NOT_FOUND)
        return TEXT("a NUL character cannot be stored");
    *(struct text *)member = text;
    return TEXT("");
}

/* What is written as a string that the kind has a form for: dates, decimals, UUIDs. */
static struct text take_typed(const struct field *field, void *member, const json_t *value,
                              struct arena *arena)
{
    struct text raw = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value))
        return TEXT("a text is needed");
    raw = text_trim(raw);
    if (!raw.length || text_is(raw, "now"))
        return TEXT("it has no value of this kind");
    return field->type->parse(field, member, raw, arena);
}

/* A decimal may also stand as a number, as people write it. */
static struct text take_decimal(const struct field *field, void *member, const json_t *value,
                                struct arena *arena)
{
    if (!json_is_number(value))
        return take_typed(field, member, value, arena);
    return field->type->parse(field, member, fixture_excerpt(value, arena), arena);
}

/* As Django keeps it, which is Python's usual form. */
static struct text take_json(void *member, const json_t *value, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1, .ascii = true}, 0, value);
    *(struct text *)member = buffer_contents(&out);
    return TEXT("");
}

static struct text take_bare(const struct field *field, void *member, const json_t *value,
                             struct arena *arena)
{
    if (field->type != &field_FLOAT)
        return take_integer(field, member, value, arena);
    if (!json_is_number(value))
        return TEXT("a number is needed");
    *(double *)member = json_number_value(value);
    return TEXT("");
}

struct text fixture_take(const struct field *field, void *row, const json_t *value,
                         struct arena *arena)
{
    void *member = field_member(field, row);
    if (json_is_null(value) && !field->null)
        return TEXT("it cannot be null");
    if (json_is_null(value)) {
        field_set_null(field, row);
        return TEXT("");
    }
    switch (field->type->json) {
    case FIELD_JSON_NUMBER: return take_bare(field, member, value, arena);
    case FIELD_JSON_RAW: return take_json(member, value, arena);
    case FIELD_JSON_BOOLEAN:
        if (!json_is_boolean(value))
            return TEXT("true or false is needed");
        *(bool *)member = json_is_true(value);
        return TEXT("");
    case FIELD_JSON_STRING: break;
    }
    if (field->type == &field_TEXT || field->type == &field_LONG_TEXT)
        return take_text(member, value);
    return field->type == &field_DECIMAL ? take_decimal(field, member, value, arena)
                                         : take_typed(field, member, value, arena);
}

/* Into JSON */

/* "14:05:00.123456Z" as far as milliseconds, which is as far as Django writes them. */
static struct text cut_moment(struct text printed, struct arena *arena)
{
    size_t point = text_find_char(printed, '.');
    if (point == TEXT_NOT_FOUND)
        return printed;
    struct text zone = text_ends(printed, TEXT("Z")) ? TEXT("Z") : TEXT("");
    return text_format(arena, "%.*s%.*s", (int)point + 4, printed.at, TEXT_ARG(zone));
}

/* As Python's str(Decimal), which has an exponent where there are many zeros. */
static struct text decimal_form(struct text printed, struct arena *arena)
{
    struct decimal number;
    struct buffer out = {.arena = arena};
    if (!decimal_parse(&number, printed, arena))
        return printed;
    decimal_print(&out, number);
    return buffer_contents(&out);
}

static enum status put_stored_json(struct buffer *out, struct json_style style, int depth,
                                   struct text stored)
{
    json_error_t error;
    json_t *json = json_loadb(stored.at, stored.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        return fail_as(INVALID, "what is stored is no JSON: %s", error.text);
    enum status status = json_put_value(out, style, depth, json);
    json_decref(json);
    return status;
}

enum status fixture_put(struct buffer *out, struct json_style style, int depth,
                        const struct field *field, const void *row, struct arena *arena)
{
    const struct field_type *type = field->type;
    if (field_is_null(field, row)) {
        buffer_text(out, TEXT("null"));
        return OK;
    }
    if (type == &field_FLOAT)
        return put_real(out, *(const double *)field_at(field, row));
    struct text printed = type->print(field_at(field, row), arena);
    if (type->json == FIELD_JSON_RAW)
        return put_stored_json(out, style, depth, printed);
    if (type == &field_DATETIME || type == &field_TIME)
        printed = cut_moment(printed, arena);
    else if (type == &field_DECIMAL)
        printed = decimal_form(printed, arena);
    if (type->json != FIELD_JSON_STRING) {
        buffer_text(out, printed);
        return OK;
    }
    if (!text_is_utf8(printed))
        return fail_as(INVALID, "what is stored is no UTF-8 text");
    json_put_string(out, style, printed);
    return OK;
}
