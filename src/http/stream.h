/* An answer that is made while it is sent (response_stream()). For server.c.
 *
 * A thread of an executor writes it into a temporary file, from which libmicrohttpd's thread reads
 * as far as it has come; in between the connection is suspended. So neither memory nor the time
 * that a database's state is held depends on how fast the client reads: who reads slowly costs a
 * file. A client that goes away ends the writing at its next write. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct MHD_Connection;
struct MHD_Response;
struct arena;
struct request;
struct response;
struct stream;

#define STREAM_LIMIT ((uint64_t)4 * 1024 * 1024 * 1024) /* bytes of one answer */

struct stream_options {
    struct MHD_Connection *handle;
    _Atomic int64_t *deadline; /* of the connection, which the stream keeps from now on */
    int64_t send_timeout;      /* microseconds, beside what the bytes may take */
    int64_t slowest_rate;      /* bytes a second */
    void *owner;
};

enum status stream_new(struct stream **out, const struct stream_options *options,
                       const struct request *request, const struct response *response);
void *stream_owner(const struct stream *stream);

/* What is to be queued; the stream stays the caller's. NULL: it cannot be had. */
struct MHD_Response *stream_response(struct stream *stream);

/* Makes the answer, on a thread of an executor; without `out` where nobody can have it. Gives the
 * arena when the client has gone: the stream has ended then, and else belongs to stream_leave(). */
struct arena *stream_run(struct stream *stream,
                         enum status (*produce)(void *context, struct request *request,
                                                const struct response *response, FILE *out),
                         void *context);

/* The bytes given to the client so far, and whether they are all of the answer. */
uint64_t stream_sent(struct stream *stream, bool *whole);

/* The connection is done with it: it ends now, or with stream_run(). True: it is still being made,
 * and stream_run() will give the arena back. */
bool stream_leave(struct stream *stream, struct arena *arena);

/* Ends one that was not run. */
void stream_free(struct stream *stream);
