/* Envelopes of any SDK (develop.sentry.dev, "envelopes"): nothing in them can be trusted. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

struct arena;

#define ENVELOPE_ITEMS      100                       /* beyond it they are not looked at */
#define ENVELOPE_ITEM_LIMIT ((size_t)1024 * 1024)     /* bytes of one that is kept */
#define ENVELOPE_LIMIT      ((size_t)8 * 1024 * 1024) /* bytes of all of it */

/* Takes the next item off `rest`, which begins with the whole envelope behind its headers. Type and
 * payload lie within it. NOT_FOUND: there are no more; INVALID: what follows is none. */
struct envelope_item {
    struct text type;
    struct text payload;
};
enum status envelope_next(struct arena *arena, struct text *rest, struct envelope_item *out);

/* Takes the line of headers off. INVALID: it is no JSON object. The caller's (json_decref()). */
enum status envelope_headers(struct arena *arena, struct text *rest, json_t **out);

/* A body as its Content-Encoding says: gzip, deflate, br, or as it is. INVALID: it is not well
 * formed, or of another; CONFLICT: it would be larger than ENVELOPE_LIMIT. */
enum status envelope_decode(struct arena *arena, struct text encoding, struct text body,
                            struct text *out);
