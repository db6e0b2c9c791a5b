/* What the trace of this thread (base/trace.h) is of: a request, or what answers none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct request;
struct response;

/* By the settings; before the threads of a process start. */
void tracing_start(void);

/* From now on the clerk is told of requests, through a file of this folder (monitor/ring.h); NULL:
 * there is none. */
void tracing_tell(const char *spool);
/* This process ends by a fault. Async-signal-safe. */
void tracing_note_end(int64_t at);

/* A job or command: from now on until the next, or the end of the process. */
void tracing_begin_work(const char *kind, const char *name);

/* The middleware's step. */
bool tracing_enter(struct request *request, struct response *response);
void tracing_leave(struct request *request, struct response *response);

/* Of a streamed answer, which is made on another thread. */
void tracing_resume(const struct request *request);
void tracing_end_stream(const struct request *request, const struct response *response);
