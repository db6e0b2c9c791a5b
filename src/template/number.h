/* Python's int(value) and float(value). */
#pragma once

#include "template/value.h"

/* NULL, or the name of the exception that Python would raise: ValueError, TypeError …;
 * OverflowError also beyond 64 bits. */
const char *number_parse(struct value value, struct arena *arena, int64_t *out);
bool number_integer(struct value value, struct arena *arena, int64_t *out);
bool number_real(struct value value, struct arena *arena, double *out);
