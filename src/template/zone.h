/* Time zones, read from TZif files (RFC 8536): any number of them at once, unlike libc's. */
#pragma once

#include "template/moment.h"

struct zone;

/* By its name ("Europe/Paris"), or "UTC", or an offset ("+0200"); NULL when there is none. */
const struct zone *zone_open(struct arena *arena, struct text name);

/* "Europe/Paris"; of one that has never changed the clock its abbreviation ("UTC", "+0200"). */
struct text zone_name(const struct zone *zone);

/* What the zone says of that moment of UTC, in microseconds since 1970: sets offset, zone,
 * daylight and the local date and time, and makes it aware. */
struct value_moment zone_local(const struct zone *zone, int64_t utc);
/* The same for a naive local moment, of which it keeps date and time; the earlier when a change of
 * the clock makes it ambiguous. */
bool zone_attach(const struct zone *zone, struct value_moment *moment);
/* A naive local moment that is there once: not skipped by a change of the clock, nor there twice.
 */
bool zone_is_exact(const struct zone *zone, const struct value_moment *moment);
