/* The open connections of a server: their deadlines, and which may be closed when it drains.
 *
 * A connection counts the bytes of the requests that have begun on it. What the kernel has received
 * beyond them is the beginning of another request, wherever it is buffered now. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection {
    struct connection *next;
    struct connection *previous;
    int fd;
    _Atomic int64_t deadline;   /* clock_monotonic(); 0: none */
    _Atomic int64_t idle_since; /* 0: a request has begun */
    _Atomic uint64_t begun;     /* bytes of all requests so far; UINT64_MAX: not known */
};

struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
    size_t count;
    _Atomic int64_t draining_since; /* 0: not draining */
};

void connections_start(struct connections *connections);
void connections_add(struct connections *connections, struct connection *connection);
void connections_remove(struct connections *connections, struct connection *connection);
size_t connections_count(struct connections *connections);

/* Shuts down the sockets whose deadline is past: the server's threads then see them closed. */
void connections_sweep(struct connections *connections, int64_t now);

/* From now on connections are to be closed as soon as nothing is lost by it. */
void connections_drain(struct connections *connections, int64_t now);

/* Ends the reading side of connections on which no request has begun. What arrives until then is
 * still read and answered; one that has sent a part of a request gets some seconds for the rest. */
void connections_close_idle(struct connections *connections, int64_t now);

/* Adds the bytes of a request; `chunked`: where its body ends is not known here. */
void connection_begin(struct connection *connection, size_t bytes, bool chunked);

/* While draining: whether the answer to the newest request may be the connection's last, since
 * nothing of a further one has come. */
bool connection_may_close(const struct connections *connections,
                          const struct connection *connection, int64_t now);
