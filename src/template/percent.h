/* Percent-encoding of URLs. */
#pragma once

#include "base/text.h"

struct buffer;

/* All but letters, digits, "_.-~" and the characters of `keep`. */
void percent_encode(struct buffer *out, struct text text, const char *keep);
/* What an IRI has that a URI may not: Django's iri_to_uri(). */
void percent_encode_iri(struct buffer *out, struct text iri);
/* %XX as bytes; what is not UTF-8 then becomes U+FFFD. */
void percent_decode(struct buffer *out, struct text text);
