/* Python's int(value) and float(value). */
#pragma once

#include "template/decimal.h"
#include "template/value.h"

/* NULL, or the name of the exception that Python would raise: ValueError, TypeError …;
 * OverflowError also beyond 64 bits. */
const char *number_parse(struct value value, struct arena *arena, int64_t *out);
/* The same, with the nearest of 64 bits for a number beyond them. */
const char *number_clamped(struct value value, struct arena *arena, int64_t *out);
bool number_integer(struct value value, struct arena *arena, int64_t *out);
bool number_real(struct value value, struct arena *arena, double *out);
/* int(value), of any size; NULL, or the kind of error. */
const char *number_whole(struct value value, struct arena *arena, struct decimal *out);
/* A whole number as a value: of 64 bits, or a decimal of its digits. */
struct value number_value(struct decimal whole, struct arena *arena);
/* Of whole numbers. */
bool number_divides(struct decimal divisor, struct decimal number, struct arena *arena);
/* The digits to another base, up to 16. */
struct text number_digits(struct decimal number, int base, bool upper, struct arena *arena);
struct decimal number_sum(struct decimal a, struct decimal b, struct arena *arena);
