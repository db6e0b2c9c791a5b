/* Decimal numbers as Python's decimal module has them: exact digits and a power of ten. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "template/value.h"

struct arena;
struct buffer;

enum decimal_kind { DECIMAL_FINITE, DECIMAL_INFINITE, DECIMAL_NAN };

/* digits * 10^exponent; the digits have no leading zeros, zero itself is "0". */
struct decimal {
    enum decimal_kind kind;
    bool negative;
    struct text digits;
    int32_t exponent;
};

/* Python's Decimal(text): white space around it and single underscores within are allowed. */
bool decimal_parse(struct decimal *out, struct text text, struct arena *arena);
/* The number that a value, or the text of one, writes; a float by its shortest digits. */
bool decimal_of(struct decimal *out, struct value value, struct arena *arena);
/* Exactly `places` digits behind the point, halves away from zero. */
struct decimal decimal_round(struct decimal number, int32_t places, struct arena *arena);
bool decimal_is_zero(struct decimal number);

/* Without an exponent, as '{:f}'. */
void decimal_print_fixed(struct buffer *out, struct decimal number);
/* str(Decimal). */
void decimal_print(struct buffer *out, struct decimal number);

/* The shortest digits that read back as the same double: repr(float). */
#define FLOAT_SIZE 40
struct text float_repr(char out[FLOAT_SIZE], double real);
