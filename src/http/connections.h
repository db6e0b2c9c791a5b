/* The open connections of a server: their deadlines, and which may be closed when it drains. */
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
};

struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
    size_t count;
};

void connections_start(struct connections *connections);
void connections_add(struct connections *connections, struct connection *connection);
void connections_remove(struct connections *connections, struct connection *connection);
size_t connections_count(struct connections *connections);

/* Shuts down the sockets whose deadline is past: the server's threads then see them closed. */
void connections_sweep(struct connections *connections, int64_t now);

/* Ends the reading side of connections that have sent nothing since their last answer. What
 * arrives until then is still read and answered. */
void connections_close_idle(struct connections *connections, int64_t now);
