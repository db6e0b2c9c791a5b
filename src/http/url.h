/* Percent-encoding (RFC 3986) and form encoding (WHATWG URL, application/x-www-form-urlencoded). */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct arena;
struct buffer;

/* Decodes every %XX. False: a bad escape, a NUL, or a result that is not UTF-8. */
bool url_decode(struct arena *arena, struct text encoded, struct text *out);

/* As url_decode, and '+' is a space. */
bool url_decode_form(struct arena *arena, struct text encoded, struct text *out);

/* Encodes all but letters, digits and the bytes of `safe`. */
void url_encode(struct buffer *out, struct text text, struct text safe);

/* The bytes that Django's reverse() leaves alone in a path, beside letters and digits. */
#define URL_PATH_SAFE TEXT("-._~/!*'():@&=+$,;")

/* What may stand in a URI reference as it is: reserved characters, and escapes (RFC 3986, 2). */
#define URL_REFERENCE_SAFE TEXT("-._~:/?#[]@!$&'()*+,;=%")

/* True for "." and ".." parts between slashes. */
bool url_has_dot_segment(struct text path);

/* The value of `name` in a query ("a=1&b=2"), decoded in `arena`; the last one when it is there
 * several times; TEXT_NONE when it cannot be decoded. False: not there. */
bool url_query_value(struct arena *arena, struct text query, struct text name, struct text *out);

/* Takes the next pair off a query, decoded in `arena`, as the browser wrote them; what cannot be
 * decoded is TEXT_NONE. False: there are no more. */
bool url_query_next(struct arena *arena, struct text *query, struct text *name, struct text *value);
