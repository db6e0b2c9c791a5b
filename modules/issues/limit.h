/* How much is taken in: so many requests a minute with each key, to each worker. What comes without
 * one, or with one that has let in nothing here yet, counts for the address that it comes from, so
 * that wrong keys use up nobody's limit. Known as soon as a request's headers are, so that a flood
 * is refused before anything is done for it. All are for any thread; `now` is clock_monotonic(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* ISSUES_RATE_LIMIT; 0: no limit. */
extern int64_t limit_per_minute;

/* Of one project; not 0. */
uint64_t limit_key(int64_t project, struct text key);

/* Counts one, by its key if that is known, else by its address; false: there are too many. `key`:
 * 0: none is given. */
bool limit_admits(uint64_t key, struct text address, int64_t now);
/* Seconds until more are taken. */
int64_t limit_wait(int64_t now);

bool limit_knows(uint64_t key);
/* It has been found to be right, by a request that was counted by its address: from now on it is
 * known. Counts this one, as limit_admits(). */
bool limit_learn(uint64_t key, int64_t now);
/* It is none any more. */
void limit_forget(uint64_t key);
