/* Percent-encoding of URLs. */
#pragma once

#include "base/text.h"

struct buffer;

/* All but letters, digits, "_.-~" and the characters of `keep`. */
void percent_encode(struct buffer *out, struct text text, const char *keep);
/* %XX as bytes; what is not UTF-8 then becomes U+FFFD. */
void percent_decode(struct buffer *out, struct text text);
