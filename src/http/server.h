/* The HTTP server of one worker: libmicrohttpd's threads, deadlines, the executor, draining. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct request;
struct response;
struct server;

#define HTTP_TARGET_LIMIT  ((size_t)8 * 1024)
#define HTTP_HEADERS_LIMIT ((size_t)16 * 1024)

struct server_plan {
    size_t body_limit; /* bytes */
    bool blocks;       /* answer on the executor */
    bool is_slow;      /* … on the one for what computes for long */
};

struct server_options {
    int listen_fd;
    unsigned threads;
    unsigned max_connections;
    unsigned executors;      /* threads for what may block */
    unsigned queue_limit;    /* requests waiting for one; beyond it the answer is 503 */
    unsigned slow_executors; /* threads for what computes for long, of low priority */
    unsigned slow_queue_limit;
    unsigned stream_executors; /* threads that make streamed answers */
    unsigned stream_queue_limit;
    int64_t receive_timeout; /* microseconds for a whole request to arrive, headers then body */
    int64_t idle_timeout;    /* … for the next request on a kept connection */
    int64_t send_timeout;    /* … for the client to take an answer */
    void *context;
    /* When the headers are there: finds the route. */
    struct server_plan (*plan)(void *context, struct request *request);
    /* Whether that can be done at once, of what else blocks, when all of it is there; NULL: no. */
    bool (*is_ready)(void *context, struct request *request);
    /* Fills in the response. */
    void (*answer)(void *context, struct request *request, struct response *response);
    /* Makes the body of a streamed answer; `out` NULL: it does not, since the client has gone. */
    enum status (*produce)(void *context, struct request *request, const struct response *response,
                           FILE *out);
    /* One is over; `whole`: the client has got all of it. */
    void (*streamed)(void *context, struct request *request, struct response *response,
                     uint64_t bytes, bool whole);
    /* Four times a second, from a thread of the server's; NULL: nothing. */
    void (*tick)(void);
};

/* Serves from now on, on threads of its own. */
enum status server_start(struct server **out, const struct server_options *options);

/* Stops accepting; what is in the accept queue and what has begun is still answered, pipelined
 * requests too, the last answer of each connection with `Connection: close`; idle connections are
 * closed. Waits for all of it at most `timeout`
 * microseconds; false when something was left by then. */
bool server_drain(struct server *server, int64_t timeout);

/* After draining. Frees all. */
void server_stop(struct server *server);
