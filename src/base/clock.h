/* Time: a monotonic clock for durations, the wall clock for people and protocols. */
#pragma once

#include <stdint.h>

/* Microseconds from some fixed point; never runs back. */
int64_t clock_monotonic(void);

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall(void);

/* "1994-11-06T08:49:37.000000Z" (RFC 3339). */
#define CLOCK_ISO_SIZE 28
void clock_iso(char out[CLOCK_ISO_SIZE], int64_t wall);
