/* The processes of `serve`: a supervisor, its workers, and the clerk.
 *
 * The supervisor opens the listening socket and starts the others by fork and exec of its own
 * binary, each with its descriptors in LISTEN_FDS order (sd_listen_fds(3)). */
#pragma once

#include <signal.h>

/* Descriptors of a worker and of the clerk. A worker has one more, "alive", which it only holds:
 * that it is closed tells the clerk that the worker has ended. */
enum {
    PROCESS_FD_FIRST = 3,
    WORKER_FD_LISTEN = 3,  /* "http": the listening socket */
    WORKER_FD_READY = 4,   /* "ready": "r" is written when it serves, "w" when it is worn: it wants
                              to be replaced, and goes on until it is */
    WORKER_FD_METRICS = 6, /* "metrics": base/metrics.h */
    CLERK_FD_ALIVE = 3,    /* "alive": end of file when the last worker has ended */
    CLERK_FD_METRICS = 4,
    PROCESS_FD_SAFE = 10, /* above all of these */
};

/* Tells a worker to end at once; TERM, which platforms send to each process, to end after
 * SHUTDOWN_DELAY. */
#define PROCESS_DRAIN SIGUSR1

/* Runs until TERM or INT; gives the exit status, 1 when a child had to be killed at the stop.
 * `program`: the path to exec. */
int supervisor_run(const char *program, char **environment);

int worker_run(void);
int clerk_run(void);
