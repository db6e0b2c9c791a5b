#include "issues/payload.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/moment.h"
#include "template/unicode.h"

#define LATEST INT64_C(253402300799) /* seconds since 1970: the end of 9999 */

struct text payload_text_of(const json_t *value)
{
    return json_is_string(value)
               ? (struct text){json_string_value(value), json_string_length(value)}
               : TEXT("");
}

struct text payload_text(const json_t *object, const char *key)
{
    return payload_text_of(json_object_get(object, key));
}

struct text payload_scalar(struct arena *arena, const json_t *value)
{
    if (json_is_integer(value))
        return text_format(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return text_format(arena, "%g", json_real_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? TEXT("true") : TEXT("false");
    return payload_text_of(value);
}

const json_t *payload_values(const json_t *value)
{
    return json_is_object(value) ? json_object_get(value, "values") : value;
}

void payload_each_pair(const json_t *value,
                       void (*visit)(struct text name, const json_t *value, void *context),
                       void *context)
{
    const char *key;
    size_t i;
    json_t *item;
    if (json_is_object(value))
        json_object_foreach((json_t *)value, key, item) visit(text_of(key), item, context);
    json_array_foreach(value, i, item)
    {
        if (json_is_array(item))
            visit(payload_text_of(json_array_get(item, 0)), json_array_get(item, 1), context);
        else
            visit(payload_text(item, "key"), json_object_get(item, "value"), context);
    }
}

struct text payload_line(struct arena *arena, struct text text, size_t limit)
{
    struct buffer out = {.arena = arena};
    text = text_trim(text);
    for (size_t at = 0, count = 0; at < text.length && count < limit; count++) {
        size_t size = unicode_size(text_from(text, at));
        if (size == 1 && ((unsigned char)text.at[at] < ' ' || text.at[at] == 0x7F))
            buffer_char(&out, ' ');
        else
            buffer_append(&out, text.at + at, size);
        at += size;
    }
    struct text line = text_trim(buffer_contents(&out));
    return line.length ? line : TEXT("");
}

/* Reading */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Whether an escape of a half of a pair is here: \uD800 to \uDBFF, or \uDC00 to \uDFFF. */
static bool is_half(struct text text, bool second)
{
    static const char *const digits[] = {"89abAB", "cdefCDEF"};
    return text.length >= 6 && text.at[0] == '\\' && text.at[1] == 'u'
           && (text.at[2] == 'd' || text.at[2] == 'D') && text.at[3]
           && strchr(digits[second], text.at[3]) && is_hex(text.at[4]) && is_hex(text.at[5]);
}

/* One escape, or one byte. */
static size_t put_mended(struct buffer *out, struct text rest)
{
    size_t size = 1;
    if (rest.at[0] == '\\' && rest.length >= 2)
        size = 2;
    if (is_half(rest, false) && is_half(text_from(rest, 6), true)) {
        size = 12;
    } else if (is_half(rest, false) || is_half(rest, true)) {
        buffer_text(out, TEXT("\\ufffd"));
        return 6;
    }
    buffer_append(out, rest.at, size);
    return size;
}

json_t *payload_read(struct arena *arena, struct text text)
{
    json_t *value = json_loadb(text.at ? text.at : "", text.length, JSON_ALLOW_NUL, NULL);
    if (value || text_find(text, TEXT("\\u")) == TEXT_NOT_FOUND)
        return value;
    struct buffer mended = {.arena = arena};
    for (size_t at = 0; at < text.length;)
        at += put_mended(&mended, text_from(text, at));
    struct text whole = buffer_contents(&mended);
    return json_loadb(whole.at, whole.length, JSON_ALLOW_NUL, NULL);
}

int64_t payload_moment(const json_t *value, int64_t otherwise)
{
    enum value_kind kind;
    struct value_moment moment;
    if (json_is_number(value)) {
        double seconds = json_number_value(value);
        return seconds > 0 && seconds < (double)LATEST ? (int64_t)(seconds * 1e6) : otherwise;
    }
    struct text text = payload_text_of(value);
    if (!moment_parse(text, &kind, &moment) || kind != VALUE_DATETIME)
        return otherwise;
    int64_t at = moment.aware ? moment_utc(&moment) : moment_local(&moment);
    return at > 0 && at < LATEST * MICROSECONDS ? at : otherwise;
}
