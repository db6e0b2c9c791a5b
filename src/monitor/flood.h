/* Equal failures in great number: the first ten of a minute are written down whole, then each
 * tenth, hundredth … of them, which says how many it stands for. What then remains is told of by
 * one more, as soon as the flood pauses. From any thread, also in a signal handler; of one process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* What is equal has one key. Gives how many this one stands for, or 0: it is only counted. `now`:
 * microseconds of any clock, which may jump. */
uint64_t flood_ask(uint64_t key, int64_t now);

/* What could not be written down after all is only counted. */
void flood_put_back(uint64_t key, uint64_t stands_for);

/* Keeps what was written down of these, `more` only where there is room for it. */
void flood_keep(uint64_t key, struct text record, struct text more);

/* Gives what has been kept to `write` for those that were only counted, of each kind that has had
 * none for a second, or none written down for ten; or of all. */
void flood_flush(int64_t now, bool all, bool (*write)(struct text record, uint64_t stands_for));
