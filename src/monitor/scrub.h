/* What is never written down: values whose key says that they are secret, and who the visitor is.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct buffer;

#define SCRUB_FILTERED TEXT("[Filtered]")

/* Whether a header, field or parameter of that name has a secret for its value, by words within
 * it, in any case. */
bool scrub_is_secret(struct text key);
/* Whether a header says who the visitor is. */
bool scrub_is_personal(struct text header);

/* Appends a query string, with the values of secret keys replaced. */
void scrub_query(struct buffer *out, struct text query);
/* Appends an address, with its query scrubbed so. */
void scrub_url(struct buffer *out, struct text url);
