/* Python's int(value) and float(value). */
#pragma once

#include "template/value.h"

/* False where Python would raise ValueError or TypeError, or beyond 64 bits. */
bool number_integer(struct value value, struct arena *arena, int64_t *out);
bool number_real(struct value value, struct arena *arena, double *out);
