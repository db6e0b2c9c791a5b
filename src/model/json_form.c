#include "model/json_form.h"

#include <inttypes.h>
#include <math.h>

#include "base/buffer.h"
#include "template/decimal.h"
#include "template/unicode.h"

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

enum status json_put_real(struct buffer *out, double real)
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
    case JSON_REAL: return json_put_real(out, json_real_value(json));
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
