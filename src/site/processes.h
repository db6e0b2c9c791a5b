/* The processes of `serve`: a supervisor, its workers, and the clerk.
 *
 * The supervisor opens the listening socket and starts the others by fork and exec of its own
 * binary, each with its descriptors in LISTEN_FDS order (sd_listen_fds(3)). */
#pragma once

/* Descriptors of a worker and of the clerk. */
enum {
    PROCESS_FD_FIRST = 3,
    WORKER_FD_LISTEN = 3, /* "http": the listening socket */
    WORKER_FD_READY = 4,  /* "ready": one byte is written when it serves */
    WORKER_FD_ALIVE = 5,  /* "alive": its closing tells the clerk that the worker has ended */
    CLERK_FD_ALIVE = 3,   /* "alive": end of file when the last worker has ended */
    PROCESS_FD_SAFE = 10, /* the supervisor's own are above all of these */
};

/* Runs until TERM or INT; gives the exit status. `program`: the path to exec. */
int supervisor_run(const char *program, char **environment);

int worker_run(void);
int clerk_run(void);
