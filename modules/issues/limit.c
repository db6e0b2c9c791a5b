#include "issues/limit.h"

#include <stdatomic.h>

#define SLOTS  64 /* projects share one where there are more */
#define MINUTE (INT64_C(60) * 1000000)

int64_t limit_per_minute;

/* A minute's number above, and how many came in it below. */
static _Atomic uint64_t slots[SLOTS];

bool limit_admits(int64_t project, int64_t now, int64_t *wait)
{
    _Atomic uint64_t *slot = &slots[(uint64_t)project % SLOTS];
    uint64_t minute = (uint64_t)(now / MINUTE) & UINT32_MAX;
    uint64_t seen = atomic_load_explicit(slot, memory_order_relaxed);
    *wait = (MINUTE - now % MINUTE) / 1000000 + 1;
    for (;;) {
        uint64_t count = seen >> 32 == minute ? seen & UINT32_MAX : 0;
        if (limit_per_minute && count >= (uint64_t)limit_per_minute)
            return false;
        if (atomic_compare_exchange_weak_explicit(slot, &seen, minute << 32 | (count + 1),
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    }
}
