/* Filters of numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "template/decimal.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/language.h"
#include "template/locale.h"
#include "template/moment.h"
#include "template/number.h"
#include "template/percent_format.h"
#include "template/set.h"

static struct value concatenated(struct filter_call *call, struct value a, struct value b)
{
    if (value_is_text(a) && value_is_text(b)) {
        struct buffer out = filter_buffer(call);
        buffer_text(&out, value_as_text(a));
        buffer_text(&out, value_as_text(b));
        struct value sum = filter_result(call, &out);
        bool safe = a.kind == VALUE_SAFE && b.kind == VALUE_SAFE;
        return safe ? value_safe(value_as_text(sum)) : sum;
    }
    if (a.kind != b.kind || (a.kind != VALUE_LIST && a.kind != VALUE_TUPLE))
        return value_text(TEXT(""));
    size_t count = a.list->count + b.list->count;
    struct value *items = ARENA_ARRAY(call->arena, struct value, count);
    for (size_t i = 0; i < count; i++)
        items[i] = i < a.list->count ? a.list->items[i] : b.list->items[i - a.list->count];
    return a.kind == VALUE_LIST ? value_list(call->arena, items, count)
                                : value_tuple(call->arena, items, count);
}

static bool is_moment(struct value value)
{
    return value.kind == VALUE_DATE || value.kind == VALUE_DATETIME;
}

static bool is_nan(struct value value)
{
    return value.kind == VALUE_FLOAT && isnan(value.real);
}

/* What a float can be added to. */
static bool is_python_real(struct value value)
{
    return value_is_number(value) && (value.kind != VALUE_DECIMAL || value_is_integer(value));
}

/* What has no integer, by Python's own +. */
static struct value added(struct filter_call *call, struct value a, struct value b)
{
    bool nan = is_nan(a) || is_nan(b);
    if (nan && is_python_real(a) && is_python_real(b))
        return value_float((double)NAN);
    bool not_a_number = (a.kind == VALUE_DECIMAL && b.kind != VALUE_FLOAT && value_is_number(b))
                        || (b.kind == VALUE_DECIMAL && a.kind != VALUE_FLOAT && value_is_number(a));
    if (not_a_number)
        return value_decimal(TEXT("NaN"));
    if (a.kind == VALUE_DURATION && b.kind == VALUE_DURATION)
        return (struct value){.kind = VALUE_DURATION, .integer = a.integer + b.integer};
    if (a.kind == VALUE_DURATION && is_moment(b))
        return moment_plus(call->arena, b, a.integer);
    if (b.kind == VALUE_DURATION && is_moment(a))
        return moment_plus(call->arena, a, b.integer);
    return concatenated(call, a, b);
}

FILTER(add)
{
    struct decimal a;
    struct decimal b;
    int64_t sum;
    if (value.kind == VALUE_INTEGER && argument.kind == VALUE_INTEGER
        && !__builtin_add_overflow(value.integer, argument.integer, &sum))
        return value_integer(sum);
    const char *kind = number_whole(value, call->arena, &a);
    if (!kind)
        kind = number_whole(argument, call->arena, &b);
    if (!kind)
        return number_value(number_sum(a, b, call->arena), call->arena);
    if (strcmp(kind, "OverflowError") == 0)
        return filter_fail(call, kind, "a number without end has no integer");
    return added(call, value, argument);
}

FILTER(get_digit)
{
    struct decimal number;
    int64_t position;
    if (!filter_integer_or_text(call, argument, &position))
        return value;
    const char *kind = number_whole(value, call->arena, &number);
    if (kind && strcmp(kind, "ValueError") != 0)
        return filter_fail(call, kind, "an integer is expected");
    if (kind)
        return value;
    struct value whole = number_value(number, call->arena);
    if (position < 1)
        return whole;
    struct text digits = filter_text(call, whole);
    if ((uint64_t)position > digits.length)
        return value_integer(0);
    char digit = digits.at[digits.length - (size_t)position];
    if (digit == '-')
        return filter_fail(call, "ValueError", "there is a sign at that place");
    return value_integer(digit - '0');
}

#define PLACES_MAX 100000
#define DIGITS_MAX 200
#define FLOAT_PLAIN                                                                                \
    17 /* characters of a number with one place that repr() writes without exponent */

struct places {
    int64_t count; /* negative: only where there are any */
    bool group;    /* "g" */
    bool plain;    /* "u" (Django 4.0): not as the language writes it */
};

static void take_suffix(struct text *text, struct places *out)
{
    while (text->length && !(out->group && out->plain)) {
        char last = text->at[text->length - 1];
        if ((last != 'g' || out->group) && (last != 'u' || out->plain))
            return;
        out->group |= last == 'g';
        out->plain |= last == 'u';
        *text = text_part(*text, 0, text->length - 1);
    }
}

/* False when it is no number. */
static bool parse_places(struct filter_call *call, struct value argument, struct places *out)
{
    struct text text = value_as_text(argument);
    *out = (struct places){.count = -1};
    if (!call->has_argument)
        return true;
    if (value_is_text(argument))
        take_suffix(&text, out);
    if (value_is_text(argument) && (out->group || out->plain)) {
        if (!text.length)
            return true;
        argument = value_text(text);
    }
    return filter_integer_or_text(call, argument, &out->count);
}

static bool number_of(struct filter_call *call, struct value value, struct decimal *out)
{
    double real;
    if (value_is_integer(value) || value.kind == VALUE_FLOAT)
        return decimal_of(out, value, call->arena);
    if (!number_real(value, call->arena, &real))
        return false;
    return decimal_of(out, value_float(real), call->arena);
}

static bool is_whole(struct decimal number)
{
    int64_t behind = -(int64_t)number.exponent;
    for (size_t i = number.digits.length; behind > 0; behind--)
        if (i > 0 && number.digits.at[--i] != '0')
            return false;
    return true;
}

static struct value as_is(struct filter_call *call, struct value value)
{
    struct buffer out = filter_buffer(call);
    value_print_repr(&out, value, call->arena);
    return call->status == OK ? filter_result(call, &out) : VALUE_NULL;
}

static void put_number(struct filter_call *call, struct buffer *out, struct text digits, int places,
                       const struct places *how)
{
    const struct template_options *options = &call->render->set->host.options;
    bool local = options->localize && !(how && how->plain);
    bool group = (how && how->group) || (local && options->thousands);
    locale_put_number(out, format_locale(call->render, local), digits, places, group);
}

FILTER(floatformat)
{
    struct decimal number;
    struct places places;
    struct buffer digits = filter_buffer(call);
    struct buffer out = filter_buffer(call);
    if (!number_of(call, value, &number))
        return value_text(TEXT(""));
    if (!parse_places(call, argument, &places) || number.kind != DECIMAL_FINITE
        || number.digits.length + (size_t)abs(number.exponent) > DIGITS_MAX)
        return as_is(call, value);
    if (places.count > PLACES_MAX || places.count < -PLACES_MAX)
        return filter_fail(call, "InvalidOperation", "too many places");
    bool whole = is_whole(number) && places.count < 0;
    int behind = whole ? 0 : (int)llabs(places.count);
    number = decimal_round(number, behind, call->arena);
    number.negative &= !decimal_is_zero(number);
    decimal_print_fixed(&digits, number);
    put_number(call, &out, buffer_contents(&digits), behind, &places);
    return value_safe(value_as_text(filter_result(call, &out)));
}

/* Spaces that do not break. */
static struct value unbroken(struct filter_call *call, struct text text)
{
    struct buffer out = filter_buffer(call);
    for (size_t i = 0; i < text.length; i++)
        buffer_text(&out, text.at[i] == ' ' ? TEXT("\xC2\xA0") : text_part(text, i, i + 1));
    return filter_result(call, &out);
}

static void put_bytes(struct filter_call *call, struct buffer *out, struct text bytes)
{
    int64_t count;
    text_to_int64(&count, bytes);
    static const char *const words[] = {NP_("%(size)d byte", "%(size)d bytes")};
    language_fill(out,
                  language_count(call->render->language, TEXT_NONE, text_of(words[0]),
                                 text_of(words[1]), count),
                  bytes);
}

/* One decimal place, ties to even as Python's round() has them on the exact value. */
static void put_units(struct filter_call *call, struct buffer *out, double bytes)
{
    static const char *const units[] = {N_("%s KB"), N_("%s MB"), N_("%s GB"), N_("%s TB"),
                                        N_("%s PB")};
    struct buffer number = {.arena = call->arena};
    size_t unit = 0;
    double size = 1024;
    for (; unit < 4 && bytes >= size * 1024; unit++)
        size *= 1024;
    struct text digits = text_format(call->arena, "%.1f", bytes / size);
    if (digits.length > FLOAT_PLAIN)
        buffer_text(&number, format_places(value_float(strtod(digits.at, NULL)), call->render, 1));
    else
        put_number(call, &number, digits, 1, NULL);
    language_fill(out, language_text(call->render->language, TEXT_NONE, text_of(units[unit])),
                  buffer_contents(&number));
}

FILTER(filesizeformat)
{
    struct decimal size;
    struct buffer out = filter_buffer(call);
    const char *kind = number_whole(value, call->arena, &size);
    (void)argument;
    if (kind && strcmp(kind, "OverflowError") == 0)
        return filter_fail(call, kind, "a number without end has no size");
    if (kind)
        size = (struct decimal){.digits = TEXT("0")};
    if (size.negative)
        buffer_char(&out, '-');
    double bytes = strtod(text_string(call->arena, size.digits), NULL);
    if (bytes < 1024)
        put_bytes(call, &out, size.digits);
    else
        put_units(call, &out, bytes);
    return unbroken(call, buffer_contents(&out));
}

static bool is_endless(struct value value)
{
    return value_is_number(value) && isinf(value_as_double(value));
}

static char conversion_of(struct text format)
{
    size_t flags = 0;
    while (flags < format.length && strchr("0123456789+- #.", format.at[flags]))
        flags++;
    return flags < format.length ? format.at[flags] : '\0';
}

/* What Python's % fails at, rather than giving nothing. */
static bool overflows(struct value value, struct text format)
{
    char type = conversion_of(format);
    if (type == 'c')
        return value_is_integer(value)
               && (value.kind != VALUE_INTEGER || value.integer < 0 || value.integer > 0x10FFFF);
    return is_endless(value) && (type == 'd' || type == 'i' || type == 'u');
}

FILTER(stringformat)
{
    struct buffer out = filter_buffer(call);
    struct text format = filter_text(call, argument);
    if (value.kind == VALUE_TUPLE)
        value = value_text(filter_text(call, value));
    if (overflows(value, format))
        return filter_fail(call, "OverflowError", "the number is too large for \"%.*s\"",
                           TEXT_ARG(format));
    if (!percent_format(&out, format, value, call->arena))
        return value_text(TEXT(""));
    return filter_result(call, &out);
}

static const struct template_filter rows[] = {
    {"add", add, ARGUMENT_REQUIRED, 0},
    {"filesizeformat", filesizeformat, ARGUMENT_NONE, FILTER_SAFE},
    {"floatformat", floatformat, ARGUMENT_OPTIONAL, FILTER_SAFE},
    {"get_digit", get_digit, ARGUMENT_REQUIRED, 0},
    {"stringformat", stringformat, ARGUMENT_REQUIRED, FILTER_SAFE},
    {0},
};
const struct template_library filters_number = {"", .filters = rows};
