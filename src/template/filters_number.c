/* Filters of numbers. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "template/decimal.h"
#include "template/filters.h"
#include "template/moment.h"
#include "template/number.h"
#include "template/percent_format.h"
#include "template/set.h"
#include "template/unicode.h"

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

/* Beyond 64 bits: a decimal without places, which prints as Python's integers do. */
static struct value large_sum(struct filter_call *call, int64_t a, int64_t b)
{
    __int128 sum = (__int128)a + b;
    unsigned __int128 size = sum < 0 ? -(unsigned __int128)sum : (unsigned __int128)sum;
    uint64_t billions = (uint64_t)(size / 1000000000);
    return value_decimal(text_format(call->arena, "%s%llu%09u", sum < 0 ? "-" : "",
                                     (unsigned long long)billions, (unsigned)(size % 1000000000)));
}

FILTER(add)
{
    int64_t a;
    int64_t b;
    int64_t sum;
    if (number_integer(value, call->arena, &a) && number_integer(argument, call->arena, &b))
        return __builtin_add_overflow(a, b, &sum) ? large_sum(call, a, b) : value_integer(sum);
    if (value.kind == VALUE_DURATION && is_moment(argument))
        return moment_plus(call->arena, argument, value.integer);
    if (argument.kind == VALUE_DURATION && is_moment(value))
        return moment_plus(call->arena, value, argument.integer);
    return concatenated(call, value, argument);
}

FILTER(get_digit)
{
    int64_t number;
    int64_t position;
    if (!filter_integer_or_text(call, argument, &position)
        || !filter_integer_or_text(call, value, &number))
        return value;
    if (position < 1)
        return value_integer(number);
    struct text digits = text_format(call->arena, "%lld", (long long)number);
    if ((uint64_t)position > digits.length)
        return value_integer(0);
    char digit = digits.at[digits.length - (size_t)position];
    if (digit == '-')
        return filter_fail(call, "ValueError", "there is a sign at that place");
    return value_integer(digit - '0');
}

/* Thousands parted by commas, in what stands before the point. */
static struct text grouped(struct arena *arena, struct text number)
{
    struct buffer out = {.arena = arena};
    size_t end = text_find_char(number, '.');
    size_t start = number.length && number.at[0] == '-';
    if (end == TEXT_NOT_FOUND)
        end = number.length;
    for (size_t i = 0; i < number.length; i++) {
        if (i > start && i < end && (end - i) % 3 == 0)
            buffer_char(&out, ',');
        buffer_char(&out, number.at[i]);
    }
    return buffer_contents(&out);
}

#define PLACES_MAX 100000
#define DIGITS_MAX 200
#define NBSP       "\xC2\xA0"

/* How many places, and whether "g" asks for groups; false when it is no number. */
static bool parse_places(struct filter_call *call, struct value argument, int64_t *places,
                         bool *group)
{
    struct text text = value_as_text(argument);
    *places = -1;
    bool suffix = value_is_text(argument) && text_ends(text, TEXT("g"));
    *group = suffix && call->render->set->host.options.localize;
    if (!call->has_argument || (suffix && text.length == 1))
        return true;
    if (suffix)
        argument = value_text(text_part(text, 0, text.length - 1));
    return filter_integer_or_text(call, argument, places);
}

static bool number_of(struct filter_call *call, struct value value, struct decimal *out)
{
    double real;
    if (value.kind == VALUE_INTEGER || value.kind == VALUE_FLOAT)
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

FILTER(floatformat)
{
    struct decimal number;
    struct buffer out = filter_buffer(call);
    int64_t places;
    bool group;
    if (!number_of(call, value, &number))
        return value_text(TEXT(""));
    if (!parse_places(call, argument, &places, &group) || number.kind != DECIMAL_FINITE
        || number.digits.length + (size_t)abs(number.exponent) > DIGITS_MAX)
        return as_is(call, value);
    if (places > PLACES_MAX || places < -PLACES_MAX)
        return filter_fail(call, "ValueError", "too many places");
    bool whole = is_whole(number) && places < 0;
    number = decimal_round(number, whole ? 0 : (int32_t)llabs(places), call->arena);
    if (decimal_is_zero(number) || (whole && number.negative && decimal_is_zero(number)))
        number.negative = false;
    decimal_print_fixed(&out, number);
    struct text text = buffer_contents(&out);
    return value_safe(group ? grouped(call->arena, text) : text);
}

/* One decimal place, ties to even as Python's round() has them on the exact value. */
static struct text one_place(struct arena *arena, double number)
{
    return text_format(arena, "%.1f", number);
}

FILTER(filesizeformat)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB"};
    int64_t size;
    (void)argument;
    if (!number_integer(value, call->arena, &size))
        size = 0;
    const char *sign = size < 0 ? "-" : "";
    uint64_t bytes = size < 0 ? -(uint64_t)size : (uint64_t)size;
    if (bytes < 1024)
        return value_text(text_format(call->arena, "%s%llu" NBSP "byte%s", sign,
                                      (unsigned long long)bytes, bytes == 1 ? "" : "s"));
    size_t unit = 0;
    double unit_size = 1024;
    while (unit < 4 && bytes >= (uint64_t)unit_size * 1024) {
        unit_size *= 1024;
        unit++;
    }
    struct text number = one_place(call->arena, (double)bytes / unit_size);
    return value_text(
        text_format(call->arena, "%s%.*s" NBSP "%s", sign, TEXT_ARG(number), units[unit]));
}

FILTER(stringformat)
{
    struct buffer out = filter_buffer(call);
    struct text format = filter_text(call, argument);
    if (value.kind == VALUE_TUPLE)
        value = value_text(filter_text(call, value));
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
