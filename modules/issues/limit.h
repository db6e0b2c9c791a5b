/* How much is taken in: each project may send so many requests a minute to each worker. Known as
 * soon as a request's headers are, so that a flood is refused before anything is done for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* ISSUES_RATE_LIMIT; 0: no limit. */
extern int64_t limit_per_minute;

/* Counts one; `wait`: seconds until the next is taken, where this one is not. `now` is
 * clock_monotonic(). Any thread's. */
bool limit_admits(int64_t project, int64_t now, int64_t *wait);
