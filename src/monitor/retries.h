/* Files of the spool that got no answer: each is tried again at growing intervals, and a few times
 * only while others get one. Its name says so, whoever has the spool next:
 * "<microseconds>-<process>-<number>.<tries>-<microseconds>.sentry". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct arena;

#define RETRIES_MOST  6                       /* tries of one */
#define RETRIES_PAUSE ((int64_t)60 * 1000000) /* the longest between two, in microseconds */

struct retry {
    int tries;     /* 0: none got no answer */
    int64_t tried; /* the last one: clock_wall() */
};

struct retry retry_of(struct text name);
/* The name that says so, in the arena. */
struct text retry_name(struct arena *arena, struct text name, const struct retry *retry);
bool retry_is_due(const struct retry *retry, int64_t now);
/* It got no answer. `answered`: when the last one came for another (0: never); where none has since
 * its last try, nobody gets one, and it counts as the same try. */
struct retry retry_after(const struct retry *last, int64_t answered, int64_t now);
/* Of an array of names: which was not tried for the longest time comes first. */
void retries_sort(struct text *names, size_t count);
