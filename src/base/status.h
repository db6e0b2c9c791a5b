/* How a call ended. The expected failures have names; the rest is FAILED.
 *
 * A failure's message and the place that made it are kept per thread until the next failure:
 *
 *     return fail("cannot open %s: %s", path, strerror(errno));
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status {
    OK = 0,
    NOT_FOUND, /* nothing is there: not an error of the system */
    INVALID,   /* what was given is not acceptable; the message says why */
    CONFLICT,  /* it contradicts what is stored */
    BUSY,      /* not now: try again shortly */
    TIMEOUT,   /* it would have taken longer than it was given */
    FAILED,    /* anything else; the message says what */
};

#define FAILURE_FRAMES 32

struct failure {
    enum status status;
    const char *file;
    int line;
    const char *function;
    char message[512];
    size_t frame_count;               /* 0: its stack was not taken down */
    uintptr_t frames[FAILURE_FRAMES]; /* return addresses, the one in `function` first */
};

#define fail(...)            status_record(FAILED, __FILE__, __LINE__, __func__, __VA_ARGS__)
#define fail_as(status, ...) status_record((status), __FILE__, __LINE__, __func__, __VA_ARGS__)

/* Gives `status` back. A message longer than the room for it is cut. The stack is taken down of
 * what is no answer to anybody: FAILED, BUSY and TIMEOUT. */
enum status status_record(enum status status, const char *file, int line, const char *function,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

/* From now on the stack of every failure is taken down, in a process where each ends its work. */
void status_keep_stacks(void);

/* Makes one that was copied the newest again, after what has been done since. */
void status_restore(const struct failure *failure);

/* This thread's newest failure; its message is "" when there was none. */
const struct failure *status_failure(void);

/* Forgets it, so that what fails next without a message does not seem to have this one. */
void status_clear(void);
