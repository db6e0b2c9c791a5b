/* The processes of `serve`: a supervisor, its workers, and the clerk.
 *
 * The supervisor opens the listening socket and starts the others by fork and exec of its own
 * binary, each with its descriptors in LISTEN_FDS order (sd_listen_fds(3)). */
#pragma once

/* Descriptors of a worker and of the clerk. A worker has one more, "alive", which it only holds:
 * that it is closed tells the clerk that the worker has ended. */
enum {
    PROCESS_FD_FIRST = 3,
    WORKER_FD_LISTEN = 3, /* "http": the listening socket */
    WORKER_FD_READY = 4,  /* "ready": "r" is written when it serves, "w" when it is worn: it wants
                             to be replaced, and goes on until it is */
    CLERK_FD_ALIVE = 3,   /* "alive": end of file when the last worker has ended */
    PROCESS_FD_SAFE = 10, /* above all of these */
};

/* Runs until TERM or INT; gives the exit status, 1 when a child had to be killed at the stop.
 * `program`: the path to exec. */
int supervisor_run(const char *program, char **environment);

int worker_run(void);
int clerk_run(void);
