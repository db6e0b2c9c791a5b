#include "template/number.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "template/decimal.h"
#include "template/unicode.h"

static bool text_integer(struct text text, struct arena *arena, int64_t *out)
{
    text = unicode_trim(text);
    char *digits = arena_alloc(arena, text.length);
    size_t length = 0;
    bool after_digit = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        bool digit = c >= '0' && c <= '9';
        bool sign = i == 0 && (c == '-' || c == '+');
        if (c == '_' && after_digit && i + 1 < text.length) {
            after_digit = false;
            continue;
        }
        if (!digit && !sign)
            return false;
        if (c != '+')
            digits[length++] = c;
        after_digit = digit;
    }
    return after_digit && text_to_int64(out, (struct text){digits, length});
}

const char *number_parse(struct value value, struct arena *arena, int64_t *out)
{
    switch (value.kind) {
    case VALUE_BOOL: *out = value.boolean; return NULL;
    case VALUE_INTEGER: *out = value.integer; return NULL;
    case VALUE_FLOAT:
    case VALUE_DECIMAL: {
        double real = trunc(value_as_double(value));
        if (!(fabs(real) < 9.2e18))
            return isnan(real) ? "ValueError" : "OverflowError";
        *out = (int64_t)real;
        return NULL;
    }
    case VALUE_TEXT:
    case VALUE_SAFE: return text_integer(value_as_text(value), arena, out) ? NULL : "ValueError";
    default: return "TypeError";
    }
}

bool number_integer(struct value value, struct arena *arena, int64_t *out)
{
    return number_parse(value, arena, out) == NULL;
}

bool number_real(struct value value, struct arena *arena, double *out)
{
    struct decimal number;
    if (value_is_number(value)) {
        *out = value_as_double(value);
        return true;
    }
    if (!value_is_text(value) || !decimal_parse(&number, value_as_text(value), arena))
        return false;
    char *digits = text_string(arena, unicode_trim(value_as_text(value)));
    size_t length = 0;
    for (size_t i = 0; digits[i]; i++)
        if (digits[i] != '_')
            digits[length++] = digits[i];
    digits[length] = '\0';
    *out = strtod(digits, NULL);
    return true;
}
