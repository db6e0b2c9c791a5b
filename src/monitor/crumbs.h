/* What a thread's trace (base/trace.h) says of what came before, as JSON of the spool, scrubbed. Of
 * calls that a signal handler may make, and of what that thread itself has written. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct buffer;
struct record;
struct trace;

/* Appends members to an object that has some: `trace`, and `user` and `tags` where there are any.
 * `address`: the visitor's, told only where it may be. */
void crumbs_put_trace(struct buffer *out, const struct trace *trace, struct text address);

/* Appends the crumbs of this thread to a record, the oldest first, a line each. False: they cannot
 * be written. */
bool crumbs_write(const struct record *record);
