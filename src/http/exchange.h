/* A connection to the server, and the request that is on it. Of server.c and its parts alone. */
#pragma once

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/body.h"
#include "http/connections.h"
#include "http/executor.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"
#include "http/stream.h"

#define SPARE_ARENAS 32
#define MOST_HELD    256
#define SLOWEST_RATE 16384 /* bytes a second that a client must at least manage */

enum stage {
    STAGE_STARTED,
    STAGE_HELD, /* refused for the number of requests, and not told yet */
    STAGE_PLANNED,
    STAGE_EXECUTING,
    STAGE_ANSWERED
};

/* One connection and the request that is on it. */
struct exchange {
    struct connection connection; /* first: its address is the exchange's */
    struct server *server;
    struct MHD_Connection *handle;
    struct arena *arena;
    char peer[INET6_ADDRSTRLEN];
    enum stage stage;
    size_t announced; /* bytes of the body; SIZE_MAX: in chunks */
    struct server_plan plan;
    struct body body;
    struct request request;
    struct response response;
    struct stream *stream; /* of the answer; NULL: it is none */
};

struct held {
    struct exchange *exchange;
    int64_t since; /* clock_monotonic() */
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct executor *executor;
    struct executor *slow;
    struct executor *streams;
    struct connections connections;
    atomic_bool stopping;
    pthread_t sweeper;
    /* Of requests that have ended: the next takes the newest, whose memory is still at hand. */
    pthread_mutex_t spare_mutex;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
    pthread_mutex_t held_mutex; /* of what follows: a ring, the longest held first */
    struct held held[MOST_HELD];
    size_t held_first;
    size_t held_count;
};

/* A connection has an arena only while a request is on it (server.c). */
struct arena *server_take_arena(struct server *server);
void server_give_arena(struct server *server, struct arena *arena);

/* By when the client must have sent, or taken, so many bytes; timeout 0: no more of that. */
void exchange_limit(struct exchange *exchange, int64_t timeout, size_t bytes);

/* Its method, headers and target, as far as they can be taken; else `refused` is set
 * (request_line.c). */
void exchange_read(struct exchange *exchange, const char *method);

/* Has the request answered, on this thread or the executor (answer.c). */
enum MHD_Result exchange_answer(struct exchange *exchange);
enum MHD_Result exchange_answer_later(struct exchange *exchange);
enum MHD_Result exchange_refuse(struct exchange *exchange, int status);
/* Has it wait, as soon as its headers are there; false: too many do, or the server stops. */
bool exchange_hold(struct exchange *exchange);
/* Those go on that have waited enough (held.c). */
void server_release_held(struct server *server, int64_t now);
/* Once it is answered: begins to send. */
enum MHD_Result exchange_send(struct exchange *exchange);
/* It is sent, or the connection has ended. */
void exchange_sent(struct exchange *exchange, bool whole);

/* Items of the server's executors. */
void exchange_run(void *item);
void exchange_run_slowly(void *item);
void exchange_run_stream(void *item);
