/* The supervisor and its processes. Of supervisor.c and its parts alone. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

#define SECOND       ((int64_t)1000 * 1000)
#define READY_LIMIT  (30 * SECOND) /* for a worker to say that it serves, before it is killed */
#define STOP_MARGIN  (3 * SECOND)  /* beyond SHUTDOWN_TIMEOUT, before children are killed */
#define MOST_WORKERS 256
/* Two generations with their clerks, and as many again that are being replaced. */
#define MOST_CHILDREN (4 * MOST_WORKERS + 2)

enum role { ROLE_NONE, ROLE_WORKER, ROLE_CLERK, ROLE_COUNT };

/* Workers with the same settings, and the clerk that ends when the last of them has ended. */
struct generation {
    char **environment; /* with what the settings' file said when it was read */
    int64_t workers;
    int64_t shutdown_timeout;
    int64_t shutdown_delay; /* at a stop, before that */
    int alive_read;
    int alive_write;
    bool retired; /* told to stop: nobody of it is replaced */
};

struct child {
    enum role role;
    pid_t pid;
    const struct generation *generation;
    int64_t started;
    int64_t kill_at; /* 0: never */
    int ready_fd;    /* of a worker, while it lives */
    bool ready;
    bool worn;      /* it wants to be replaced */
    bool dismissed; /* it has been: it is told to end */
    bool killed;    /* by the supervisor */
};

struct restart {
    unsigned failures; /* in a row */
    int64_t at;        /* 0: nothing to start */
};

struct supervisor {
    const char *program;
    char **original_environment;
    int listen_fd;
    int signal_fd;
    int metrics_fd;
    sigset_t original_mask;
    struct generation generations[2];
    struct generation *current;
    struct generation *next; /* while its workers start; NULL: no renewal is under way */
    struct child children[MOST_CHILDREN];
    struct restart restarts[ROLE_COUNT]; /* of the current generation */
    bool announced;
    bool renewal_wanted;
    bool stopping;
    int exit_status;
};

/* Of two moments the earlier; 0 is none. */
static inline void sooner(int64_t *at, int64_t other)
{
    if (other && (!*at || other < *at))
        *at = other;
}

/* Processes (children.c). */

const char *role_name(enum role role);

/* Of the environment and the settings as they are now, in the place of one that has ended. */
enum status generation_open(struct generation *generation);
/* Its workers are told to end, and its clerk ends with them; at a stop, where nobody serves after
 * them, when they have served for SHUTDOWN_DELAY. */
void generation_retire(struct supervisor *supervisor, struct generation *generation);
bool child_spawn(struct supervisor *supervisor, const struct generation *generation,
                 enum role role);
void child_kill(struct supervisor *supervisor, struct child *child);
/* Those that were not dismissed. */
int64_t children_count(const struct supervisor *supervisor, const struct generation *generation,
                       enum role role, bool ready_only);
bool children_remain(const struct supervisor *supervisor);

/* Replacing what has ended, or wants to (renewal.c). */

/* What cannot be started now is tried again later. */
void replacement_fill_up(struct supervisor *supervisor, enum role role);
/* At once, unless children of its role keep failing young; but when the last worker that served is
 * gone, another does not wait. */
void replacement_for(struct supervisor *supervisor, const struct child *failed);
/* It goes on until another serves in its place. */
void replacement_on_worn(struct supervisor *supervisor, struct child *child);
void replacement_dismiss(struct supervisor *supervisor);

/* Renewal: the workers that follow get the settings, and run the program, as they are now. */

/* Two generations at most: the next renewal waits until the last one has left only the current. */
bool renewal_may_begin(const struct supervisor *supervisor);
void renewal_begin(struct supervisor *supervisor);
void renewal_give_up(struct supervisor *supervisor);
/* All of the next generation serve: now the current one may go. */
void renewal_finish(struct supervisor *supervisor);
