/* Python's "%" formatting of one value. */
#pragma once

#include "template/value.h"

struct buffer;

/* `format` lacks its first "%": "s", "05.2f", "d items". False where Python raises an error. */
bool percent_format(struct buffer *out, struct text format, struct value value,
                    struct arena *arena);
