#include "template/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define EXPONENT_MAX 999999

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse_special(struct decimal *out, struct text text)
{
    if (text_equal_nocase(text, TEXT("nan")))
        out->kind = DECIMAL_NAN;
    else if (text_equal_nocase(text, TEXT("inf")) || text_equal_nocase(text, TEXT("infinity")))
        out->kind = DECIMAL_INFINITE;
    else
        return false;
    out->digits = TEXT("0");
    return true;
}

static bool parse_exponent(int32_t *out, struct text text)
{
    int64_t value;
    bool plus = text.length > 0 && text.at[0] == '+';
    struct text digits = text_from(text, plus);
    if ((plus && digits.length > 0 && !is_digit(digits.at[0])) || !text_to_int64(&value, digits)
        || value > EXPONENT_MAX || value < -EXPONENT_MAX)
        return false;
    *out = (int32_t)value;
    return true;
}

static struct text without_zeros(struct text digits)
{
    while (digits.length > 1 && digits.at[0] == '0')
        digits = text_from(digits, 1);
    return digits;
}

/* Digits with at most one point, up to the exponent; the digits alone go to `out`. */
static bool parse_digits(struct decimal *out, struct text text, char *digits)
{
    size_t count = 0;
    size_t behind = 0;
    bool point = false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '.' && !point) {
            point = true;
        } else if (is_digit(text.at[i])) {
            digits[count++] = text.at[i];
            behind += point;
        } else if (text.at[i] != '_') {
            return false;
        }
    }
    if (count == 0 || count > EXPONENT_MAX)
        return false;
    out->digits = without_zeros((struct text){digits, count});
    out->exponent = -(int32_t)behind;
    return true;
}

bool decimal_parse(struct decimal *out, struct text text, struct arena *arena)
{
    int32_t exponent = 0;
    text = unicode_trim(text);
    *out = (struct decimal){.negative = text.length > 0 && text.at[0] == '-'};
    if (text.length > 0 && (text.at[0] == '-' || text.at[0] == '+'))
        text = text_from(text, 1);
    if (parse_special(out, text))
        return true;
    for (size_t i = 0; i < text.length; i++) {
        if ((text.at[i] | 0x20) != 'e')
            continue;
        if (!parse_exponent(&exponent, text_from(text, i + 1)))
            return false;
        text = text_part(text, 0, i);
    }
    if (!parse_digits(out, text, arena_alloc(arena, text.length + 1)))
        return false;
    out->exponent += exponent;
    return true;
}

bool decimal_of(struct decimal *out, struct value value, struct arena *arena)
{
    char digits[FLOAT_SIZE];
    switch (value.kind) {
    case VALUE_BOOL: value.integer = value.boolean; __attribute__((fallthrough));
    case VALUE_INTEGER:
        snprintf(digits, sizeof digits, "%lld", (long long)value.integer);
        return decimal_parse(out, text_of(digits), arena);
    case VALUE_FLOAT: return decimal_parse(out, float_repr(digits, value.real), arena);
    case VALUE_TEXT:
    case VALUE_SAFE:
    case VALUE_DECIMAL: return decimal_parse(out, value_as_text(value), arena);
    default: return false;
    }
}

bool decimal_is_zero(struct decimal number)
{
    return number.kind == DECIMAL_FINITE && number.digits.length == 1 && number.digits.at[0] == '0';
}

/* One more in the last digit. */
static struct text increment(struct text digits, struct arena *arena)
{
    char *sum = arena_alloc(arena, digits.length + 1);
    memcpy(sum + 1, digits.at, digits.length);
    sum[0] = '0';
    size_t at = digits.length;
    while (sum[at] == '9')
        sum[at--] = '0';
    sum[at]++;
    return without_zeros((struct text){sum, digits.length + 1});
}

static struct text append_zeros(struct text digits, size_t count, struct arena *arena)
{
    char *longer = arena_alloc(arena, digits.length + count);
    memcpy(longer, digits.at, digits.length);
    memset(longer + digits.length, '0', count);
    return without_zeros((struct text){longer, digits.length + count});
}

struct decimal decimal_round(struct decimal number, int32_t places, struct arena *arena)
{
    if (number.kind != DECIMAL_FINITE)
        return number;
    int64_t drop = -(int64_t)places - number.exponent;
    if (drop <= 0) {
        number.digits = append_zeros(number.digits, (size_t)-drop, arena);
    } else if ((uint64_t)drop > number.digits.length) {
        number.digits = TEXT("0");
    } else {
        size_t keep = number.digits.length - (size_t)drop;
        bool up = number.digits.at[keep] >= '5';
        struct text kept = keep ? text_part(number.digits, 0, keep) : TEXT("0");
        number.digits = up ? increment(kept, arena) : kept;
    }
    number.exponent = -places;
    return number;
}

static void put_zeros(struct buffer *out, size_t count)
{
    char *room = buffer_room(out, count);
    if (!room)
        return;
    memset(room, '0', count);
    out->length += count;
}

static bool print_special(struct buffer *out, struct decimal number)
{
    if (number.kind == DECIMAL_FINITE)
        return false;
    buffer_text(out, number.kind == DECIMAL_NAN ? TEXT("NaN") : TEXT("Infinity"));
    return true;
}

void decimal_print_fixed(struct buffer *out, struct decimal number)
{
    struct text digits = number.digits;
    if (number.negative)
        buffer_char(out, '-');
    if (print_special(out, number))
        return;
    if (number.exponent >= 0) {
        buffer_text(out, digits);
        put_zeros(out, decimal_is_zero(number) ? 0 : (size_t)number.exponent);
        return;
    }
    size_t behind = (size_t)-number.exponent;
    if (digits.length > behind) {
        buffer_text(out, text_part(digits, 0, digits.length - behind));
        buffer_char(out, '.');
        buffer_text(out, text_from(digits, digits.length - behind));
    } else {
        buffer_text(out, TEXT("0."));
        put_zeros(out, behind - digits.length);
        buffer_text(out, digits);
    }
}

void decimal_print(struct buffer *out, struct decimal number)
{
    int64_t leading = (int64_t)number.digits.length - 1 + number.exponent;
    if (number.kind != DECIMAL_FINITE || (number.exponent <= 0 && leading >= -6)) {
        decimal_print_fixed(out, number);
        return;
    }
    if (number.negative)
        buffer_char(out, '-');
    buffer_char(out, number.digits.at[0]);
    if (number.digits.length > 1) {
        buffer_char(out, '.');
        buffer_text(out, text_from(number.digits, 1));
    }
    buffer_text(out, leading < 0 ? TEXT("E-") : TEXT("E+"));
    buffer_int(out, leading < 0 ? -leading : leading);
}

/* "d.ddde+dd" with the fewest digits that read back. */
static void shortest(char out[FLOAT_SIZE], double real)
{
    int from = fabs(real) < 1e-300 ? 0 : 14;
    for (int digits = from; digits < 17; digits++) {
        snprintf(out, FLOAT_SIZE, "%.*e", digits, real);
        if (strtod(out, NULL) == real)
            return;
    }
}

/* Numbers of few places, without libc: m / 10^k, when that division gives them back. */
static bool short_repr(char out[FLOAT_SIZE], double real, size_t *length)
{
    static const double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
    for (size_t places = 0; places < sizeof powers / sizeof *powers; places++) {
        double scaled = fabs(real) * powers[places];
        if (scaled >= 1e15)
            return false;
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / powers[places] != fabs(real))
            continue;
        size_t at = FLOAT_SIZE;
        size_t point = places ? places : 1;
        whole *= places ? 1 : 10;
        for (size_t digits = 0; whole || digits <= point; digits++, whole /= 10) {
            if (digits == point)
                out[--at] = '.';
            out[--at] = (char)('0' + whole % 10);
        }
        if (signbit(real))
            out[--at] = '-';
        *length = FLOAT_SIZE - at;
        memmove(out, out + at, *length);
        return true;
    }
    return false;
}

struct text float_repr(char out[FLOAT_SIZE], double real)
{
    char scientific[FLOAT_SIZE];
    size_t length;
    if ((fabs(real) >= 1e-4 || real == 0) && short_repr(out, real, &length))
        return (struct text){out, length};
    if (!isfinite(real)) {
        snprintf(out, FLOAT_SIZE, "%s", isnan(real) ? "nan" : real < 0 ? "-inf" : "inf");
        return text_of(out);
    }
    shortest(scientific, real);
    char *mark = strchr(scientific, 'e');
    if (!mark)
        return TEXT("");
    int exponent = (int)strtol(mark + 1, NULL, 10);
    char *end = mark;
    if (memchr(scientific, '.', (size_t)(end - scientific))) {
        while (end[-1] == '0')
            end--;
        if (end[-1] == '.')
            end--;
    }
    int digits = (int)(end - scientific) - (scientific[0] == '-');
    digits -= digits > 1;
    if (exponent < -4 || exponent >= 16)
        snprintf(out, FLOAT_SIZE, "%.*se%c%02d", (int)(end - scientific), scientific,
                 exponent < 0 ? '-' : '+', abs(exponent));
    else
        snprintf(out, FLOAT_SIZE, "%.*f", digits - 1 > exponent ? digits - 1 - exponent : 1, real);
    return text_of(out);
}
