#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/supervision.h"

/* Generations */

/* setenv() adds to arrays of its own and never frees a string. */
static char **copied_environment(void)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    if (!copy)
        abort();
    memcpy(copy, environ, count * sizeof *copy);
    return copy;
}

enum status generation_open(struct generation *generation)
{
    int alive[2];
    if (pipe2(alive, O_CLOEXEC) != 0)
        return fail("cannot open a pipe: %s", strerror(errno));
    free(generation->environment);
    int64_t workers = site_settings.workers;
    *generation = (struct generation){.environment = copied_environment(),
                                      .workers = workers < MOST_WORKERS ? workers : MOST_WORKERS,
                                      .shutdown_timeout = site_settings.shutdown_timeout,
                                      .shutdown_delay = site_settings.shutdown_delay,
                                      .alive_read = alive[0],
                                      .alive_write = alive[1]};
    return OK;
}

void generation_retire(struct supervisor *supervisor, struct generation *generation)
{
    int64_t delay = supervisor->stopping ? generation->shutdown_delay : 0;
    int64_t limit =
        clock_monotonic() + (delay + generation->shutdown_timeout) * SECOND + STOP_MARGIN;
    generation->retired = true;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role == ROLE_NONE || child->generation != generation)
            continue;
        sooner(&child->kill_at, limit);
        if (child->role == ROLE_WORKER)
            kill(child->pid, supervisor->stopping ? SIGTERM : PROCESS_DRAIN);
    }
    close(generation->alive_read);
    close(generation->alive_write);
}

/* Children */

#define MOST_FDS 4

static const struct {
    const char *name;
    const char *fd_names;
    int fd_count;
} roles[ROLE_COUNT] = {
    [ROLE_WORKER] = {"worker", "http:ready:alive:metrics", 4},
    [ROLE_CLERK] = {"clerk", "alive:metrics", 2},
};

const char *role_name(enum role role)
{
    return roles[role].name;
}

static void close_opened(int fd)
{
    if (fd >= 0)
        close(fd);
}

static struct child *free_place(struct supervisor *supervisor)
{
    struct child *child = supervisor->children;
    while (child->role != ROLE_NONE)
        child++;
    return child;
}

/* In the child: copies first, as one may lie where another belongs. */
static void place_descriptors(const int *fds, int count)
{
    int copies[MOST_FDS];
    for (int i = 0; i < count; i++)
        if ((copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, PROCESS_FD_SAFE)) < 0)
            _exit(127);
    for (int i = 0; i < count; i++)
        if (dup2(copies[i], PROCESS_FD_FIRST + i) < 0)
            _exit(127);
}

/* In the child: what sd_listen_fds(3) asks for, then exec. */
static void become(const struct supervisor *supervisor, const struct generation *generation,
                   enum role role, int ready_fd, pid_t parent)
{
    const int fds[ROLE_COUNT][MOST_FDS] = {
        [ROLE_WORKER] = {supervisor->listen_fd, ready_fd, generation->alive_write,
                         supervisor->metrics_fd},
        [ROLE_CLERK] = {generation->alive_read, supervisor->metrics_fd},
    };
    prctl(PR_SET_PDEATHSIG, PROCESS_DRAIN);
    if (getppid() != parent)
        _exit(0);
    place_descriptors(fds[role], roles[role].fd_count);
    char number[24];
    environ = generation->environment;
    snprintf(number, sizeof number, "%d", roles[role].fd_count);
    setenv("LISTEN_FDS", number, 1);
    setenv("LISTEN_FDNAMES", roles[role].fd_names, 1);
    snprintf(number, sizeof number, "%ld", (long)getpid());
    setenv("LISTEN_PID", number, 1);
    sigprocmask(SIG_SETMASK, &supervisor->original_mask, NULL);
    execl(supervisor->program, supervisor->program, roles[role].name, NULL);
    _exit(127);
}

bool child_spawn(struct supervisor *supervisor, const struct generation *generation, enum role role)
{
    int ready[2] = {-1, -1};
    bool is_worker = role == ROLE_WORKER;
    bool piped = !is_worker || pipe2(ready, O_CLOEXEC | O_NONBLOCK) == 0;
    pid_t parent = getpid();
    pid_t pid = piped ? fork() : -1;
    if (pid == 0)
        become(supervisor, generation, role, ready[1], parent);
    if (pid < 0)
        log_error("cannot start a process", LOG_STRING("role", roles[role].name),
                  LOG_STRING("reason", strerror(errno)));
    close_opened(ready[1]);
    if (pid < 0) {
        close_opened(ready[0]);
        return false;
    }
    int64_t now = clock_monotonic();
    *free_place(supervisor) = (struct child){.role = role,
                                             .pid = pid,
                                             .generation = generation,
                                             .started = now,
                                             .kill_at = is_worker ? now + READY_LIMIT : 0,
                                             .ready_fd = ready[0]};
    return true;
}

int64_t children_count(const struct supervisor *supervisor, const struct generation *generation,
                       enum role role, bool ready_only)
{
    int64_t count = 0;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        const struct child *child = &supervisor->children[i];
        count += child->role == role && child->generation == generation && !child->dismissed
                 && (child->ready || !ready_only);
    }
    return count;
}

bool children_remain(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            return true;
    return false;
}

void child_kill(struct supervisor *supervisor, struct child *child)
{
    kill(child->pid, SIGKILL);
    child->killed = true;
    child->kill_at = 0;
    if (supervisor->stopping)
        supervisor->exit_status = 1;
}
