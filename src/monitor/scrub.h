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
/* Whether a header or field says who the visitor is; never, where that may be told. */
bool scrub_is_personal(struct text name);
/* SENTRY_SEND_DEFAULT_PII: who the visitor is may be told from now on. */
void scrub_allow_personal(bool allowed);
bool scrub_allows_personal(void);

/* What may be written of the value of a field of that name. */
void scrub_value(struct buffer *out, struct text name, struct text value);
/* The same of a header, whose value may also be a secret itself, or the visitor's address. */
void scrub_header(struct buffer *out, struct text name, struct text value);

/* Appends a query string, with the values of secret keys replaced, and such values as tell more
 * than themselves: a further query, a mail address, a secret with its name. */
void scrub_query(struct buffer *out, struct text query);
/* Appends an address, with its query and fragment scrubbed so, and without who it says is signed
 * in ("user:password@"). */
void scrub_url(struct buffer *out, struct text url);
