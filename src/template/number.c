#include "template/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define DIGITS_MAX   4300 /* of a text, as Python has it */
#define EXPONENT_MAX 10000

/* The digits of all scripts as ASCII's; "_" between two of them is left out. False: it is somewhere
 * else. */
static bool plain_text(struct text text, struct arena *arena, struct text *out)
{
    struct buffer plain = {.arena = arena};
    bool after_digit = false;
    text = unicode_trim(text);
    while (text.length) {
        struct text rest = text;
        uint32_t c = unicode_take(&rest);
        int digit = unicode_digit(c);
        struct text next = rest;
        bool before_digit = next.length && unicode_digit(unicode_take(&next)) >= 0;
        if (c == '_' && !(after_digit && before_digit))
            return false;
        if (digit >= 0)
            buffer_char(&plain, (char)('0' + digit));
        else if (c != '_')
            buffer_text(&plain, text_part(text, 0, text.length - rest.length));
        after_digit = digit >= 0;
        text = rest;
    }
    *out = plain.at ? buffer_contents(&plain) : TEXT("");
    return true;
}

static struct text without_zeros(struct text digits)
{
    while (digits.length > 1 && digits.at[0] == '0')
        digits = text_from(digits, 1);
    return digits;
}

static bool text_whole(struct text text, struct arena *arena, struct decimal *out)
{
    if (!plain_text(text, arena, &text))
        return false;
    bool negative = text_starts(text, TEXT("-"));
    if (negative || text_starts(text, TEXT("+")))
        text = text_from(text, 1);
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    if (text.length == 0 || text.length > DIGITS_MAX)
        return false;
    *out = (struct decimal){.digits = without_zeros(text), .negative = negative};
    out->negative &= !decimal_is_zero(*out);
    return true;
}

/* Towards zero. */
static const char *decimal_whole(struct decimal *number, struct arena *arena)
{
    if (number->kind != DECIMAL_FINITE)
        return number->kind == DECIMAL_NAN ? "ValueError" : "OverflowError";
    if (number->exponent > EXPONENT_MAX)
        return "OverflowError";
    if (number->exponent > 0) {
        struct buffer digits = {.arena = arena};
        decimal_print_fixed(&digits, (struct decimal){.digits = number->digits,
                                                      .exponent = number->exponent});
        number->digits = buffer_contents(&digits);
    } else if (number->exponent < 0) {
        size_t drop = (size_t)-number->exponent;
        number->digits = drop < number->digits.length
                             ? text_part(number->digits, 0, number->digits.length - drop)
                             : TEXT("0");
    }
    number->exponent = 0;
    number->negative &= !decimal_is_zero(*number);
    return NULL;
}

static const char *float_whole(double real, struct arena *arena, struct decimal *out)
{
    if (!isfinite(real))
        return isnan(real) ? "ValueError" : "OverflowError";
    struct text digits = text_format(arena, "%.0f", fabs(trunc(real)));
    *out = (struct decimal){.digits = digits, .negative = real <= -1};
    return NULL;
}

const char *number_whole(struct value value, struct arena *arena, struct decimal *out)
{
    switch (value.kind) {
    case VALUE_FLOAT: return float_whole(value.real, arena, out);
    case VALUE_TEXT:
    case VALUE_SAFE: return text_whole(value_as_text(value), arena, out) ? NULL : "ValueError";
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_DECIMAL:
        return decimal_of(out, value, arena) ? decimal_whole(out, arena) : "ValueError";
    default: return "TypeError";
    }
}

struct value number_value(struct decimal whole, struct arena *arena)
{
    int64_t integer;
    struct buffer digits = {.arena = arena};
    decimal_print_fixed(&digits, whole);
    struct text text = buffer_contents(&digits);
    return text_to_int64(&integer, text) ? value_integer(integer) : value_decimal(text);
}

const char *number_parse(struct value value, struct arena *arena, int64_t *out)
{
    struct decimal whole;
    if (value.kind == VALUE_INTEGER || value.kind == VALUE_BOOL) {
        *out = value.kind == VALUE_INTEGER ? value.integer : value.boolean;
        return NULL;
    }
    const char *kind = number_whole(value, arena, &whole);
    if (kind)
        return kind;
    struct value number = number_value(whole, arena);
    *out = number.integer;
    return number.kind == VALUE_INTEGER ? NULL : "OverflowError";
}

const char *number_clamped(struct value value, struct arena *arena, int64_t *out)
{
    struct decimal whole;
    const char *kind = number_parse(value, arena, out);
    if (!kind || number_whole(value, arena, &whole))
        return kind;
    *out = whole.negative ? INT64_MIN : INT64_MAX;
    return NULL;
}

bool number_integer(struct value value, struct arena *arena, int64_t *out)
{
    return number_parse(value, arena, out) == NULL;
}

bool number_real(struct value value, struct arena *arena, double *out)
{
    struct decimal number;
    struct text text;
    if (value_is_number(value)) {
        *out = value_as_double(value);
        return true;
    }
    if (!value_is_text(value) || !plain_text(value_as_text(value), arena, &text)
        || !decimal_parse(&number, text, arena))
        return false;
    *out = strtod(text_string(arena, text), NULL);
    return true;
}

/* ---- sums of any size ---- */

static int compare_digits(struct text a, struct text b)
{
    if (a.length != b.length)
        return a.length < b.length ? -1 : 1;
    return text_compare(a, b);
}

static int digit_at(struct text digits, size_t from_end)
{
    return from_end < digits.length ? digits.at[digits.length - 1 - from_end] - '0' : 0;
}

/* a + sign * b, where a is not below b if sign is -1. */
static struct text combine(struct text a, struct text b, int sign, struct arena *arena)
{
    size_t length = (a.length > b.length ? a.length : b.length) + 1;
    char *sum = arena_alloc(arena, length);
    int carry = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = digit_at(a, i) + sign * digit_at(b, i) + carry;
        carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
        sum[length - 1 - i] = (char)('0' + digit - 10 * carry);
    }
    return without_zeros((struct text){sum, length});
}

struct decimal number_sum(struct decimal a, struct decimal b, struct arena *arena)
{
    if (compare_digits(a.digits, b.digits) < 0) {
        struct decimal larger = b;
        b = a;
        a = larger;
    }
    a.digits = combine(a.digits, b.digits, a.negative == b.negative ? 1 : -1, arena);
    a.negative &= !decimal_is_zero(a);
    return a;
}

/* Long division: digit by digit, the divisor taken off as often as it goes. */
bool number_divides(struct decimal divisor, struct decimal number, struct arena *arena)
{
    struct text rest = TEXT("0");
    for (size_t i = 0; i < number.digits.length; i++) {
        struct text next = text_format(arena, "%.*s%c", TEXT_ARG(rest), number.digits.at[i]);
        rest = without_zeros(next);
        while (compare_digits(rest, divisor.digits) >= 0)
            rest = combine(rest, divisor.digits, -1, arena);
    }
    return text_is(rest, "0");
}

struct text number_digits(struct decimal number, int base, bool upper, struct arena *arena)
{
    const char *figures = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t room = number.digits.length * 4;
    char *out = arena_alloc(arena, room);
    char *left = text_string(arena, number.digits);
    size_t at = room;
    for (size_t from = 0; from < number.digits.length;) {
        int rest = 0;
        for (size_t i = from; i < number.digits.length; i++) {
            rest = rest * 10 + (left[i] - '0');
            left[i] = (char)('0' + rest / base);
            rest %= base;
        }
        out[--at] = figures[rest];
        while (from < number.digits.length && left[from] == '0')
            from++;
    }
    return (struct text){out + at, room - at};
}
