#include "template/percent_format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/number.h"
#include "template/unicode.h"

#define WIDTH_MAX 100000

struct conversion {
    bool left;
    bool plus;
    bool space;
    bool zero;
    bool alternate;
    bool has_precision;
    int width;
    int precision;
    char type;
};

static bool take_number(struct text *rest, int *out)
{
    while (rest->length && rest->at[0] >= '0' && rest->at[0] <= '9') {
        *out = *out * 10 + (rest->at[0] - '0');
        if (*out > WIDTH_MAX)
            return false;
        *rest = text_from(*rest, 1);
    }
    return true;
}

static void take_flags(struct text *rest, struct conversion *out)
{
    for (; rest->length; *rest = text_from(*rest, 1)) {
        switch (rest->at[0]) {
        case '-': out->left = true; break;
        case '+': out->plus = true; break;
        case ' ': out->space = true; break;
        case '0': out->zero = true; break;
        case '#': out->alternate = true; break;
        default: return;
        }
    }
}

static bool parse(struct text *rest, struct conversion *out)
{
    *out = (struct conversion){0};
    take_flags(rest, out);
    if (!take_number(rest, &out->width))
        return false;
    if (rest->length && rest->at[0] == '.') {
        *rest = text_from(*rest, 1);
        out->has_precision = true;
        if (!take_number(rest, &out->precision))
            return false;
    }
    if (rest->length && strchr("hlL", rest->at[0]))
        *rest = text_from(*rest, 1);
    if (rest->length == 0)
        return false;
    out->type = rest->at[0];
    *rest = text_from(*rest, 1);
    return true;
}

static void put_padding(struct buffer *out, char c, size_t count)
{
    char *room = buffer_room(out, count);
    if (!room)
        return;
    memset(room, c, count);
    out->length += count;
}

/* `prefix` (sign, 0x) stays in front of padding zeros. */
static void put_field(struct buffer *out, const struct conversion *conversion, struct text prefix,
                      struct text body, bool zero)
{
    size_t length = unicode_length(prefix) + unicode_length(body);
    size_t width = (size_t)conversion->width;
    size_t padding = width > length ? width - length : 0;
    if (!conversion->left && !zero)
        put_padding(out, ' ', padding);
    buffer_text(out, prefix);
    if (!conversion->left && zero)
        put_padding(out, '0', padding);
    buffer_text(out, body);
    if (conversion->left)
        put_padding(out, ' ', padding);
}

static const char *sign_of(const struct conversion *conversion, bool negative)
{
    return negative ? "-" : conversion->plus ? "+" : conversion->space ? " " : "";
}

#define DIGITS_MOST 24 /* of 64 bits in base 8 */

static struct text digits_of(char room[DIGITS_MOST], uint64_t number, char type)
{
    const char *digits = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    size_t from = DIGITS_MOST;
    do
        room[--from] = digits[number % base];
    while (number /= base);
    return (struct text){room + from, DIGITS_MOST - from};
}

/* Of a number of any size; false when it has no integer. */
static bool integer_digits(char room[DIGITS_MOST], struct value value, char type,
                           struct arena *arena, bool *negative, struct text *out)
{
    struct decimal number;
    bool decimal = strchr("diu", type) != NULL;
    if (value.kind == VALUE_BOOL)
        value = value_integer(value.boolean);
    if (value.kind == VALUE_INTEGER) {
        *negative = value.integer < 0;
        *out =
            digits_of(room, *negative ? -(uint64_t)value.integer : (uint64_t)value.integer, type);
        return true;
    }
    if (!value_is_number(value) || (!decimal && !value_is_integer(value))
        || number_whole(value, arena, &number))
        return false;
    *negative = number.negative;
    *out =
        decimal ? number.digits : number_digits(number, type == 'o' ? 8 : 16, type == 'X', arena);
    return true;
}

static bool put_integer(struct buffer *out, const struct conversion *conversion, struct value value,
                        struct arena *arena)
{
    char room[DIGITS_MOST];
    bool negative;
    struct text digits;
    char prefix_room[4];
    struct buffer prefix = BUFFER_ON(prefix_room);
    char type = conversion->type;
    if (!integer_digits(room, value, type, arena, &negative, &digits))
        return false;
    const char *base = !conversion->alternate || strchr("diu", type) ? ""
                       : type == 'o'                                 ? "0o"
                       : type == 'x'                                 ? "0x"
                                                                     : "0X";
    buffer_text(&prefix, text_of(sign_of(conversion, negative)));
    buffer_text(&prefix, text_of(base));
    struct buffer body = {.arena = arena};
    if (conversion->has_precision && (size_t)conversion->precision > digits.length) {
        put_padding(&body, '0', (size_t)conversion->precision - digits.length);
        buffer_text(&body, digits);
        digits = buffer_contents(&body);
    }
    put_field(out, conversion, buffer_contents(&prefix), digits, conversion->zero);
    return true;
}

static bool put_real(struct buffer *out, const struct conversion *conversion, struct value value,
                     struct arena *arena)
{
    double number;
    char format[8];
    if (!value_is_number(value) || !number_real(value, arena, &number))
        return false;
    bool negative = signbit(number) && !isnan(number);
    int precision = conversion->has_precision ? conversion->precision : 6;
    snprintf(format, sizeof format, "%%%s.*%c", conversion->alternate ? "#" : "", conversion->type);
    struct buffer body = {.arena = arena};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buffer_format(&body, format, precision, negative ? -number : number);
#pragma GCC diagnostic pop
    put_field(out, conversion, text_of(sign_of(conversion, negative)), buffer_contents(&body),
              conversion->zero);
    return true;
}

static bool put_character(struct buffer *out, const struct conversion *conversion,
                          struct value value)
{
    char bytes[8];
    struct buffer body = BUFFER_ON(bytes);
    struct text text = value_as_text(value);
    if (value.kind == VALUE_BOOL)
        value = value_integer(value.boolean);
    if (value.kind == VALUE_INTEGER && value.integer >= 0 && value.integer <= 0x10FFFF)
        unicode_put(&body, (uint32_t)value.integer);
    else if (value_is_text(value) && text.length && unicode_size(text) == text.length)
        buffer_text(&body, text);
    else
        return false;
    put_field(out, conversion, TEXT(""), buffer_contents(&body), false);
    return true;
}

/* As Python's ascii(). */
static struct text in_ascii(const struct buffer *body)
{
    struct buffer out = {.arena = body->arena};
    struct text rest = buffer_contents(body);
    while (rest.length) {
        uint32_t c = unicode_take(&rest);
        if (c < 0x80)
            buffer_char(&out, (char)c);
        else
            buffer_format(&out, c <= 0xFF ? "\\x%02x" : c <= 0xFFFF ? "\\u%04x" : "\\U%08x", c);
    }
    return buffer_contents(&out);
}

static bool put_text(struct buffer *out, const struct conversion *conversion, struct value value,
                     struct arena *arena)
{
    struct buffer body = {.arena = arena};
    if (conversion->type == 's')
        value_print(&body, value, arena);
    else
        value_print_repr(&body, value, arena);
    struct text text = conversion->type == 'a' ? in_ascii(&body) : buffer_contents(&body);
    if (conversion->has_precision)
        text = unicode_part(text, 0, (size_t)conversion->precision);
    put_field(out, conversion, TEXT(""), text, false);
    return true;
}

static bool put(struct buffer *out, const struct conversion *conversion, struct value value,
                struct arena *arena)
{
    if (strchr("diuoxX", conversion->type))
        return put_integer(out, conversion, value, arena);
    if (strchr("eEfFgG", conversion->type))
        return put_real(out, conversion, value, arena);
    if (conversion->type == 'c')
        return put_character(out, conversion, value);
    if (strchr("rsa", conversion->type))
        return put_text(out, conversion, value, arena);
    return false;
}

bool percent_format(struct buffer *out, struct text format, struct value value, struct arena *arena)
{
    struct conversion conversion;
    bool used = value.kind == VALUE_MAP || value.kind == VALUE_LIST;
    struct text rest = format;
    bool more = true;
    bool taken = false;
    while (more) {
        if (!parse(&rest, &conversion))
            return false;
        if (conversion.type == '%') {
            buffer_char(out, '%');
        } else {
            if (taken || !put(out, &conversion, value, arena))
                return false;
            taken = true;
        }
        size_t next = text_find_char(rest, '%');
        more = next != TEXT_NOT_FOUND;
        buffer_text(out, text_part(rest, 0, next));
        rest = more ? text_from(rest, next + 1) : TEXT("");
    }
    return taken || used;
}
