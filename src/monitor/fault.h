/* Faults in the worker: a crash stays one visitor's 500 wherever nothing else can have been harmed.
 *
 *     struct fault_frame frame;
 *     fault_enter(&frame, request);
 *     if (sigsetjmp(frame.place, 0)) {
 *         … it was left by a fault: frame.fault says which …
 *     } else {
 *         status = view(request, response);
 *         fault_leave(&frame);
 *     }
 *
 * A fault between the two is contained when every function on the stack down to the frame is of
 * this program's own text and the thread holds nothing (base/guard.h). Any other is written to the
 * spool and ends the process with exit status 128 + signal; also one of which the stack cannot be
 * walked, or whose request cannot be read: what is known of it is written. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

#define FAULT_FRAMES       64
#define FAULT_CONTEXT_SIZE ((size_t)16 * 1024) /* of what `describe` appends, with a line break */

struct fault {
    int signal;
    int code; /* si_code */
    uintptr_t address;
    int64_t at; /* microseconds since 1970 */
    size_t frame_count;
    uintptr_t frames[FAULT_FRAMES]; /* the fault first; return addresses but for the first */
};

struct fault_frame {
    sigjmp_buf place;
    uintptr_t stack;
    void *context;
    struct fault_frame *outer;
    struct fault fault;
};

struct fault_options {
    const char *spool; /* a folder for records; NULL: none are kept */
    /* Appends what the record says of a frame's context, NULL where nothing contains it: one line
     * of JSON, without its line break. Runs in the signal handler: reads and formats, no more. */
    void (*describe)(struct buffer *out, const void *context);
    /* Likewise, what sets apart faults at one place: a number for the route. NULL: nothing. */
    uintptr_t (*route)(const void *context);
    /* Likewise, before a fault ends the process; NULL: nobody. `at`: microseconds since 1970. */
    void (*ends)(int64_t at);
};

/* Sanitizers report such signals themselves: with one of them it does nothing.
 *
 * From now on for all threads of this process; each needs guard_thread() (base/guard.h). */
void fault_install(const struct fault_options *options);

/* Writes down those that were only counted (flood.h): of kinds that are quiet now, or of all. */
void fault_flush(bool all);

/* Whether they are handled here. */
bool fault_is_handled(void);

void fault_enter(struct fault_frame *frame, void *context);
void fault_leave(const struct fault_frame *frame);

/* Whether what faulted may have written where it should not, so that the process should be
 * replaced. A division has not. */
bool fault_is_suspect(const struct fault *fault);
