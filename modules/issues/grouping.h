/* Which events are one issue: Sentry's rules
 * (docs.sentry.io/concepts/data-management/event-grouping, and getsentry/sentry,
 * src/sentry/grouping). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct arena;

/* Of the frames of the program's own, and of all of them: the first that is known says which issue
 * it is. 32 hexadecimal digits. */
#define GROUPING_HASHES 2
struct grouping {
    struct text hashes[GROUPING_HASHES];
    size_t count;
};
void grouping_of(struct arena *arena, const json_t *event, struct grouping *out);

/* Whether a frame is of the program itself; where the SDK does not say so, all are. */
bool frame_is_in_app(const json_t *frame);

/* The exceptions, the first cause first; and the frames of one, or of the event itself. */
const json_t *event_exceptions(const json_t *event);
const json_t *event_frames(const json_t *holder);
/* The thread that the event is about, where it says which; NULL. */
const json_t *event_thread(const json_t *event);
/* What it says, as it was written, or with its values. */
struct text event_message(const json_t *event);
struct text event_message_shown(const json_t *event);
bool exception_is_synthetic(const json_t *exception);
