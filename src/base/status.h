/* How a call ended. The expected failures have names; the rest is FAILED.
 *
 * A failure's message and the place that made it are kept per thread until the next failure:
 *
 *     return fail("cannot open %s: %s", path, strerror(errno));
 */
#pragma once

#include <stdbool.h>

enum status {
    OK = 0,
    NOT_FOUND, /* nothing is there: not an error of the system */
    INVALID,   /* what was given is not acceptable; the message says why */
    CONFLICT,  /* it contradicts what is stored */
    BUSY,      /* not now: try again shortly */
    TIMEOUT,   /* it would have taken longer than it was given */
    FAILED,    /* anything else; the message says what */
};

struct failure {
    enum status status;
    const char *file;
    int line;
    const char *function;
    char message[512];
};

#define fail(...)            status_record(FAILED, __FILE__, __LINE__, __func__, __VA_ARGS__)
#define fail_as(status, ...) status_record((status), __FILE__, __LINE__, __func__, __VA_ARGS__)

/* Gives `status` back. A message longer than the room for it is cut. */
enum status status_record(enum status status, const char *file, int line, const char *function,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

/* This thread's newest failure; its message is "" when there was none. */
const struct failure *status_failure(void);

/* Forgets it, so that what fails next without a message does not seem to have this one. */
void status_clear(void);
