/* International domain names in ASCII (IDNA). */
#pragma once

#include "base/text.h"

struct arena;

/* False when a label is empty or longer than 63 bytes. */
bool punycode_domain(struct arena *arena, struct text domain, struct text *out);
