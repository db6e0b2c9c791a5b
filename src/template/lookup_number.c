/* Attributes of numbers and spans of time: Python's int, float, Decimal and timedelta. */
#include <math.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/lookup.h"
#include "template/moment.h"
#include "template/number.h"

static bool is_one_of(struct text name, const char *const *names)
{
    for (; *names; names++)
        if (text_is(name, *names))
            return true;
    return false;
}

static const char *const itself[] = {"real", "conjugate", NULL};

static int64_t bits_of(struct value value, struct arena *arena, bool set)
{
    struct decimal whole;
    int64_t count = 0;
    if (number_whole(value, arena, &whole))
        return 0;
    struct text digits = number_digits(whole, 2, false, arena);
    for (size_t i = 0; i < digits.length; i++)
        count += digits.at[i] == '1' || (!set && (count > 0 && digits.at[i] == '0'));
    return count;
}

static bool integer_attribute(struct text name, struct arena *arena, struct value *value)
{
    static const char *const same[] = {"real", "conjugate", "numerator", NULL};
    if (is_one_of(name, same))
        *value = value->kind == VALUE_BOOL ? value_integer(value->boolean) : *value;
    else if (text_is(name, "imag"))
        *value = value_integer(0);
    else if (text_is(name, "denominator"))
        *value = value_integer(1);
    else if (text_is(name, "bit_length") || text_is(name, "bit_count"))
        *value = value_integer(bits_of(*value, arena, text_is(name, "bit_count")));
    else
        return false;
    return true;
}

static bool float_attribute(struct text name, struct value *value)
{
    if (is_one_of(name, itself))
        return true;
    if (text_is(name, "imag"))
        *value = value_float(0);
    else if (text_is(name, "is_integer"))
        *value = value_bool(isfinite(value->real) && value->real == trunc(value->real));
    else
        return false;
    return true;
}

static struct value decimal_value(struct decimal number, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    decimal_print(&out, number);
    return value_decimal(buffer_contents(&out));
}

/* Without zeros at the end. */
static struct decimal normalized(struct decimal number)
{
    while (number.digits.length > 1 && number.digits.at[number.digits.length - 1] == '0') {
        number.digits.length--;
        number.exponent++;
    }
    if (decimal_is_zero(number))
        number.exponent = 0;
    return number;
}

static bool decimal_test(struct text name, struct decimal number, struct value *out)
{
    bool finite = number.kind == DECIMAL_FINITE;
    bool nan = number.kind == DECIMAL_NAN;
    bool zero = finite && decimal_is_zero(number);
    const struct {
        const char *name;
        bool is;
    } tests[] = {
        {"is_nan", nan},
        {"is_qnan", nan},
        {"is_snan", false},
        {"is_signed", number.negative},
        {"is_infinite", number.kind == DECIMAL_INFINITE},
        {"is_finite", finite},
        {"is_zero", zero},
        {"is_normal", finite && !zero},
        {"is_subnormal", false},
        {"is_canonical", true},
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (text_is(name, tests[i].name)) {
            *out = value_bool(tests[i].is);
            return true;
        }
    }
    return false;
}

static bool decimal_attribute(struct text name, struct arena *arena, struct value *value)
{
    struct decimal number;
    if (!decimal_of(&number, *value, arena))
        return false;
    bool finite = number.kind == DECIMAL_FINITE;
    if (is_one_of(name, itself) || text_is(name, "canonical"))
        return true;
    if (text_is(name, "imag"))
        *value = value_decimal(TEXT("0"));
    else if (text_is(name, "normalize"))
        *value = finite ? decimal_value(normalized(number), arena) : *value;
    else if (text_is(name, "adjusted"))
        *value = value_integer(finite ? number.exponent + (int64_t)number.digits.length - 1 : 0);
    else if (text_is(name, "copy_abs") || text_is(name, "copy_negate")) {
        number.negative = text_is(name, "copy_negate") && !number.negative;
        *value = decimal_value(number, arena);
    } else
        return decimal_test(name, number, value);
    return true;
}

static bool duration_attribute(struct text name, struct value *value)
{
    int64_t day = DAY_SECONDS * MICROSECONDS;
    int64_t days = value->integer / day - (value->integer % day < 0);
    int64_t rest = value->integer - days * day;
    if (text_is(name, "days"))
        *value = value_integer(days);
    else if (text_is(name, "seconds"))
        *value = value_integer(rest / MICROSECONDS);
    else if (text_is(name, "microseconds"))
        *value = value_integer(rest % MICROSECONDS);
    else if (text_is(name, "total_seconds"))
        *value = value_float((double)value->integer / (double)MICROSECONDS);
    else
        return false;
    return true;
}

bool lookup_number(struct text name, struct arena *arena, struct value *value)
{
    if (value->kind == VALUE_DURATION)
        return duration_attribute(name, value);
    if (value->kind == VALUE_FLOAT)
        return float_attribute(name, value);
    return value->kind == VALUE_BOOL || value_is_integer(*value)
               ? integer_attribute(name, arena, value)
               : decimal_attribute(name, arena, value);
}
