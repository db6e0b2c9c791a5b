/* For containing a fault (monitor/fault.h): what must not be left in the middle, and the stack that
 * a thread's signal handler runs on. */
#pragma once

#include <stdatomic.h>

/* How many things this thread holds that a jump out of them would leave half done: a lock, a list
 * between two states. */
extern _Thread_local volatile unsigned guard_depth;

static inline void guard_hold(void)
{
    guard_depth++;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void guard_release(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    guard_depth--;
}

/* Gives this thread an alternate signal stack, until it ends, so that a stack overflow can be
 * handled. A memory read where it has one. */
extern _Thread_local _Bool guard_thread_is_ready;
void guard_thread_prepare(void);

static inline void guard_thread(void)
{
    if (!guard_thread_is_ready)
        guard_thread_prepare();
}
