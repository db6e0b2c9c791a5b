#include "issues/payload.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/moment.h"
#include "template/unicode.h"

#define LATEST      INT64_C(253402300799) /* seconds since 1970: the end of 9999 */
#define MOST_DIGITS 300                   /* of what a real number holds */

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
    size_t before_last = 0;
    text = text_trim(text);
    for (size_t at = 0, count = 0; at < text.length; count++) {
        if (count == limit) {
            out.length = before_last;
            buffer_text(&out, TEXT("…"));
            break;
        }
        size_t size = unicode_size(text_from(text, at));
        before_last = out.length;
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

/* A NUL, which the names of members may not have. */
static bool is_nul(struct text text)
{
    return text_starts(text, TEXT("\\u0000"));
}

/* Of a string: one escape, or one byte. */
static size_t put_escape(struct buffer *out, struct text rest)
{
    size_t size = rest.at[0] == '\\' && rest.length >= 2 ? 2 : 1;
    if (is_half(rest, false) && is_half(text_from(rest, 6), true)) {
        size = 12;
    } else if (is_half(rest, false) || is_half(rest, true) || is_nul(rest)) {
        buffer_text(out, TEXT("\\ufffd"));
        return 6;
    }
    buffer_append(out, rest.at, size);
    return size;
}

static bool is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Outside strings: one number, or one byte. An integer beyond 64 bits becomes a real number, and
 * what none can hold null. */
static size_t put_number(struct buffer *out, struct text rest)
{
    int64_t integer;
    size_t digits = rest.at[0] == '-';
    size_t size = digits;
    while (digits < rest.length && rest.at[digits] >= '0' && rest.at[digits] <= '9')
        digits++;
    while (size < rest.length && is_of_number(rest.at[size]))
        size++;
    struct text number = text_part(rest, 0, size);
    if (size <= 1 || digits < size || text_to_int64(&integer, number)) {
        size = size ? size : 1;
        buffer_append(out, rest.at, size);
    } else if (size > MOST_DIGITS) {
        buffer_text(out, TEXT("null"));
    } else {
        buffer_text(out, number);
        buffer_text(out, TEXT(".0"));
    }
    return size;
}

static struct text mend(struct arena *arena, struct text text)
{
    bool quoted = false;
    struct buffer mended = {.arena = arena};
    for (size_t at = 0; at < text.length;) {
        bool quotes = text.at[at] == '"';
        at += quoted ? put_escape(&mended, text_from(text, at))
                     : put_number(&mended, text_from(text, at));
        quoted = quoted != quotes;
    }
    return buffer_contents(&mended);
}

json_t *payload_read(struct arena *arena, struct text text)
{
    json_t *value = json_loadb(text.at ? text.at : "", text.length, JSON_ALLOW_NUL, NULL);
    if (value)
        return value;
    struct text whole = mend(arena, text);
    return json_loadb(whole.at ? whole.at : "", whole.length, JSON_ALLOW_NUL, NULL);
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

int64_t payload_stands_for(const json_t *payload)
{
    const json_t *before =
        json_object_get(json_object_get(payload, "extra"), "equal_events_before");
    return json_is_integer(before) && json_integer_value(before) > 0
               ? json_integer_value(before) + 1
               : 1;
}
