/* Equal failures in great number: the first ten of a minute are written down whole, then each
 * tenth, hundredth … of them, which says how many it stands for. */
#pragma once

#include <stdint.h>

/* What is equal has one key. Gives how many this one stands for, or 0: it is only counted. Of one
 * process, from any thread, also in a signal handler. */
uint64_t flood_ask(uint64_t key, int64_t now);
