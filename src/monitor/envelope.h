/* Envelopes (develop.sentry.dev, "envelopes") of one item, as they lie in the spool: a line of
 * headers, a line of the item's, its payload. What is known only when they are sent, as `sent_at`,
 * they do not have. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct arena;

struct envelope {
    struct text headers; /* JSON */
    struct text type;    /* of the item: "event", "transaction", "sessions" */
    struct text payload; /* JSON */
};

/* Of a payload, whose `event_id` is the envelope's too, where it has one. The
 * `dynamic_sampling_context` of its trace goes into the envelope's headers. */
struct text envelope_write(struct arena *arena, const char *type, const json_t *payload);
/* False: it is none. The texts lie in `bytes`, the type in the arena. */
bool envelope_read(struct arena *arena, struct text bytes, struct envelope *out);
