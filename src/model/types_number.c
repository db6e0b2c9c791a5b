/* Integers, booleans, floats, decimals and references. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/field.h"
#include "template/decimal.h"
#include "template/language.h"

/* Integers */

static bool integer_is_null(const void *member)
{
    return *(const int64_t *)member == FIELD_NULL;
}

static void integer_set_null(void *member)
{
    *(int64_t *)member = FIELD_NULL;
}

static void integer_read(const struct field *field, void *member, const struct db_rows *rows,
                         int column, struct arena *arena)
{
    (void)field;
    (void)arena;
    *(int64_t *)member = db_int_at(rows, column);
}

static struct db_parameter integer_bind(const void *member, struct arena *arena)
{
    (void)arena;
    return DB_INT(*(const int64_t *)member);
}

static struct value integer_value(const void *member, struct arena *arena)
{
    (void)arena;
    return value_integer(*(const int64_t *)member);
}

static struct text integer_print(const void *member, struct arena *arena)
{
    return text_format(arena, "%" PRId64, *(const int64_t *)member);
}

static struct field_range range_of(const struct field *field)
{
    struct field_range range = {field->type->min, field->type->max};
    if (field->range && field->range->min > range.min)
        range.min = field->range->min;
    if (field->range && field->range->max < range.max)
        range.max = field->range->max;
    return range;
}

static struct text out_of_range(struct field_range range, struct arena *arena)
{
    if (range.max == INT64_MAX)
        return text_format(arena, translate("This must be at least %lld."), (long long)range.min);
    if (range.min <= INT64_MIN + 1)
        return text_format(arena, translate("This must be at most %lld."), (long long)range.max);
    return text_format(arena, translate("This must be from %lld to %lld."), (long long)range.min,
                       (long long)range.max);
}

static struct text integer_parse(const struct field *field, void *member, struct text raw,
                                 struct arena *arena)
{
    int64_t number;
    if (raw.length > 1 && raw.at[0] == '+' && raw.at[1] != '-')
        raw = text_from(raw, 1);
    bool whole = raw.length > 0;
    for (size_t i = raw.at[0] == '-'; i < raw.length; i++)
        whole = whole && raw.at[i] >= '0' && raw.at[i] <= '9';
    if (!whole || raw.at[raw.length - 1] == '-')
        return text_of(translate("This must be a whole number."));
    if (!text_to_int64(&number, raw))
        return text_of(translate("This number has too many digits."));
    struct field_range range = range_of(field);
    if (number < range.min || number > range.max)
        return out_of_range(range, arena);
    *(int64_t *)member = number;
    return TEXT("");
}

#define INTEGER_TYPE(kind, least, most)                                                            \
    const struct field_type field_##kind = {                                                       \
        .name = #kind,                                                                             \
        .json = FIELD_JSON_NUMBER,                                                                 \
        .min = (least),                                                                            \
        .max = (most),                                                                             \
        .read = integer_read,                                                                      \
        .is_null = integer_is_null,                                                                \
        .set_null = integer_set_null,                                                              \
        .bind = integer_bind,                                                                      \
        .value = integer_value,                                                                    \
        .parse = integer_parse,                                                                    \
        .print = integer_print,                                                                    \
    }

/* The ranges are PostgreSQL's on both engines, as a Django site's are that may move there. */
INTEGER_TYPE(INTEGER, INT32_MIN, INT32_MAX);
INTEGER_TYPE(POSITIVE_INTEGER, 0, INT32_MAX);
INTEGER_TYPE(SMALL_INTEGER, INT16_MIN, INT16_MAX);
INTEGER_TYPE(POSITIVE_SMALL_INTEGER, 0, INT16_MAX);
INTEGER_TYPE(BIG_INTEGER, INT64_MIN + 1, INT64_MAX);
INTEGER_TYPE(POSITIVE_BIG_INTEGER, 0, INT64_MAX);

/* Keys and references */

#define KEY_TYPE(kind, reference)                                                                  \
    const struct field_type field_##kind = {                                                       \
        .name = #kind,                                                                             \
        .json = FIELD_JSON_NUMBER,                                                                 \
        .min = INT64_MIN + 1,                                                                      \
        .max = INT64_MAX,                                                                          \
        .is_reference = (reference),                                                               \
        .read = integer_read,                                                                      \
        .is_null = integer_is_null,                                                                \
        .set_null = integer_set_null,                                                              \
        .bind = integer_bind,                                                                      \
        .value = integer_value,                                                                    \
        .parse = integer_parse,                                                                    \
        .print = integer_print,                                                                    \
    }

KEY_TYPE(ROWID, false);
KEY_TYPE(FOREIGN_KEY, true);
KEY_TYPE(ONE_TO_ONE, true);
const struct field_type field_MANY_TO_MANY = {.name = "MANY_TO_MANY"};

/* Booleans */

static void boolean_read(const struct field *field, void *member, const struct db_rows *rows,
                         int column, struct arena *arena)
{
    (void)field;
    (void)arena;
    *(bool *)member = db_int_at(rows, column) != 0;
}

static struct db_parameter boolean_bind(const void *member, struct arena *arena)
{
    (void)arena;
    return DB_BOOL(*(const bool *)member);
}

static struct value boolean_value(const void *member, struct arena *arena)
{
    (void)arena;
    return value_bool(*(const bool *)member);
}

static struct text boolean_print(const void *member, struct arena *arena)
{
    (void)arena;
    return *(const bool *)member ? TEXT("true") : TEXT("false");
}

static bool is_any_of(struct text raw, const char *const *words)
{
    for (; *words; words++)
        if (text_equal_nocase(raw, text_of(*words)))
            return true;
    return false;
}

static struct text boolean_parse(const struct field *field, void *member, struct text raw,
                                 struct arena *arena)
{
    static const char *const yes[] = {"true", "on", "yes", "t", "1", NULL};
    static const char *const no[] = {"false", "off", "no", "f", "0", NULL};
    (void)field;
    (void)arena;
    if (!is_any_of(raw, yes) && !is_any_of(raw, no))
        return text_of(translate("This must be yes or no."));
    *(bool *)member = is_any_of(raw, yes);
    return TEXT("");
}

const struct field_type field_BOOLEAN = {
    .name = "BOOLEAN",
    .json = FIELD_JSON_BOOLEAN,
    .read = boolean_read,
    .bind = boolean_bind,
    .value = boolean_value,
    .parse = boolean_parse,
    .print = boolean_print,
};

/* Floats */

static bool float_is_null(const void *member)
{
    return isnan(*(const double *)member);
}

static void float_set_null(void *member)
{
    *(double *)member = NAN;
}

static void float_read(const struct field *field, void *member, const struct db_rows *rows,
                       int column, struct arena *arena)
{
    (void)field;
    (void)arena;
    *(double *)member = db_real_at(rows, column);
}

static struct db_parameter float_bind(const void *member, struct arena *arena)
{
    (void)arena;
    return DB_REAL(*(const double *)member);
}

static struct value float_value(const void *member, struct arena *arena)
{
    (void)arena;
    return value_float(*(const double *)member);
}

static struct text float_print(const void *member, struct arena *arena)
{
    char digits[FLOAT_SIZE];
    return text_copy(arena, float_repr(digits, *(const double *)member));
}

/* Digits, a point, an exponent: nothing else that strtod would take. */
static bool looks_like_number(struct text raw)
{
    for (size_t i = 0; i < raw.length; i++)
        if (!raw.at[i] || !strchr("0123456789+-.eE", raw.at[i]))
            return false;
    return true;
}

static struct text check_range(const struct field *field, double number, struct arena *arena)
{
    const struct field_range *range = field->range;
    if (range && (number < (double)range->min || number > (double)range->max))
        return out_of_range(*range, arena);
    return TEXT("");
}

static struct text float_parse(const struct field *field, void *member, struct text raw,
                               struct arena *arena)
{
    const char *string = text_string(arena, raw);
    char *end;
    double number = strtod(string, &end);
    if (!looks_like_number(raw) || *end || end == string || !isfinite(number))
        return text_of(translate("This must be a number."));
    struct text why = check_range(field, number, arena);
    if (!why.length)
        *(double *)member = number;
    return why;
}

const struct field_type field_FLOAT = {
    .name = "FLOAT",
    .json = FIELD_JSON_NUMBER,
    .read = float_read,
    .is_null = float_is_null,
    .set_null = float_set_null,
    .bind = float_bind,
    .value = float_value,
    .parse = float_parse,
    .print = float_print,
};

/* Decimals: their digits, as many behind the point as the field has. */

static bool decimal_is_null(const void *member)
{
    return !((const struct text *)member)->at;
}

static void decimal_set_null(void *member)
{
    *(struct text *)member = TEXT_NONE;
}

static struct text fixed_digits(struct decimal number, int places, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    decimal_print_fixed(&out, decimal_round(number, places, arena));
    return buffer_contents(&out);
}

/* SQLite keeps a decimal as a number: 15 digits of it are meant (Django reads it so too). */
static void decimal_read(const struct field *field, void *member, const struct db_rows *rows,
                         int column, struct arena *arena)
{
    struct decimal number;
    struct text text = db_text_at(rows, column);
    if (decimal_parse(&number, text, arena) && number.kind == DECIMAL_FINITE)
        text = fixed_digits(number, field->decimal_places, arena);
    *(struct text *)member = text_copy(arena, text);
}

static struct db_parameter decimal_bind(const void *member, struct arena *arena)
{
    (void)arena;
    return DB_TEXT(*(const struct text *)member);
}

static struct value decimal_value(const void *member, struct arena *arena)
{
    (void)arena;
    return value_decimal(*(const struct text *)member);
}

static struct text decimal_text(const void *member, struct arena *arena)
{
    (void)arena;
    return *(const struct text *)member;
}

static struct text check_digits(const struct field *field, struct decimal number,
                                struct arena *arena)
{
    int places = number.exponent < 0 ? -number.exponent : 0;
    int whole = (int)number.digits.length + (number.exponent < 0 ? -places : number.exponent);
    if (places > field->decimal_places)
        return text_format(arena, translate("At most %d digits fit behind the point."),
                           field->decimal_places);
    if (!decimal_is_zero(number) && whole > field->max_digits - field->decimal_places)
        return text_format(arena, translate("At most %d digits fit before the point."),
                           field->max_digits - field->decimal_places);
    return TEXT("");
}

static struct text decimal_parse_typed(const struct field *field, void *member, struct text raw,
                                       struct arena *arena)
{
    struct decimal number;
    if (!looks_like_number(raw) || !decimal_parse(&number, raw, arena)
        || number.kind != DECIMAL_FINITE || number.exponent > 1000)
        return text_of(translate("This must be a number."));
    struct text why = check_digits(field, number, arena);
    struct text digits =
        why.length ? TEXT_NONE : fixed_digits(number, field->decimal_places, arena);
    if (!why.length)
        why = check_range(field, strtod(text_string(arena, digits), NULL), arena);
    if (!why.length)
        *(struct text *)member = digits;
    return why;
}

const struct field_type field_DECIMAL = {
    .name = "DECIMAL",
    .json = FIELD_JSON_STRING,
    .read = decimal_read,
    .is_null = decimal_is_null,
    .set_null = decimal_set_null,
    .bind = decimal_bind,
    .value = decimal_value,
    .parse = decimal_parse_typed,
    .print = decimal_text,
};
