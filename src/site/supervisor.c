#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "site/listen.h"
#include "site/processes.h"
#include "site/settings.h"

#define SECOND        ((int64_t)1000 * 1000)
#define YOUNG         (2 * SECOND)  /* a child that ends before this age counts as a crash loop */
#define FIRST_DELAY   (SECOND / 10) /* doubled with each further young death */
#define LONGEST_DELAY (10 * SECOND)
#define STOP_MARGIN   (3 * SECOND) /* beyond SHUTDOWN_TIMEOUT, before children are killed */
#define MOST_WORKERS  256
#define MOST_CHILDREN (2 * MOST_WORKERS + 2) /* two generations and their clerks */

enum role { ROLE_NONE, ROLE_WORKER, ROLE_CLERK };

struct child {
    enum role role;
    pid_t pid;
    unsigned generation;
    int64_t started;
    int ready_fd; /* -1: it has said so, or never will */
    bool ready;
    bool dismissed; /* told to stop: nobody replaces it */
};

struct supervisor {
    const char *program;
    char **original_environment;
    char **environment; /* of children: with what the settings' file said when it was read */
    char **older_environment;
    int listen_fd;
    int signal_fd;
    int alive_read;
    int alive_write;
    sigset_t original_mask;
    struct child children[MOST_CHILDREN];
    unsigned generation;
    int64_t wanted; /* workers of a generation */
    unsigned young_deaths;
    int64_t restart_at; /* 0: nothing to restart */
    bool announced;
    bool stopping;
    int64_t kill_at; /* while stopping */
    int exit_status;
};

/* Children */

static struct child *free_place(struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role == ROLE_NONE)
            return &supervisor->children[i];
    return NULL;
}

/* In the child: descriptors to their places, then exec. */
static void become(const struct supervisor *supervisor, enum role role, const int *fds, int count,
                   pid_t parent)
{
    static const char *const names[] = {[ROLE_WORKER] = "http:ready:alive", [ROLE_CLERK] = "alive"};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0);
    for (int i = 0; i < count; i++)
        if (dup2(fds[i], PROCESS_FD_FIRST + i) < 0)
            _exit(127);
    char number[24];
    environ = supervisor->environment;
    snprintf(number, sizeof number, "%d", count);
    setenv("LISTEN_FDS", number, 1);
    setenv("LISTEN_FDNAMES", names[role], 1);
    snprintf(number, sizeof number, "%ld", (long)getpid());
    setenv("LISTEN_PID", number, 1);
    sigprocmask(SIG_SETMASK, &supervisor->original_mask, NULL);
    execl(supervisor->program, supervisor->program, role == ROLE_WORKER ? "worker" : "clerk", NULL);
    _exit(127);
}

static struct child *spawn(struct supervisor *supervisor, enum role role)
{
    int ready[2] = {-1, -1};
    struct child *child = free_place(supervisor);
    if (!child || (role == ROLE_WORKER && pipe2(ready, O_CLOEXEC | O_NONBLOCK) != 0)) {
        log_error("cannot start a process",
                  LOG_STRING("reason", child ? strerror(errno) : "there are too many"));
        return NULL;
    }
    int ready_write = ready[1] < 0 ? -1 : fcntl(ready[1], F_DUPFD_CLOEXEC, PROCESS_FD_SAFE);
    const int worker_fds[] = {supervisor->listen_fd, ready_write, supervisor->alive_write};
    const int clerk_fds[] = {supervisor->alive_read};
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(supervisor, role, role == ROLE_WORKER ? worker_fds : clerk_fds,
               role == ROLE_WORKER ? 3 : 1, parent);
    if (ready_write >= 0) {
        close(ready_write);
        close(ready[1]);
    }
    if (pid < 0) {
        log_error("cannot start a process", LOG_STRING("reason", strerror(errno)));
        if (ready[0] >= 0)
            close(ready[0]);
        return NULL;
    }
    *child = (struct child){.role = role,
                            .pid = pid,
                            .generation = supervisor->generation,
                            .started = clock_monotonic(),
                            .ready_fd = ready[0]};
    return child;
}

static int64_t count_workers(const struct supervisor *supervisor, unsigned generation,
                             bool ready_only)
{
    int64_t count = 0;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        const struct child *child = &supervisor->children[i];
        count += child->role == ROLE_WORKER && child->generation == generation && !child->dismissed
                 && (child->ready || !ready_only);
    }
    return count;
}

static bool has_clerk(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role == ROLE_CLERK)
            return true;
    return false;
}

/* What cannot be started now is tried again soon. */
static void fill_up(struct supervisor *supervisor)
{
    bool started = true;
    supervisor->restart_at = 0;
    while (started && count_workers(supervisor, supervisor->generation, false) < supervisor->wanted)
        started = spawn(supervisor, ROLE_WORKER) != NULL;
    if (started && !has_clerk(supervisor))
        started = spawn(supervisor, ROLE_CLERK) != NULL;
    if (!started)
        supervisor->restart_at = clock_monotonic() + FIRST_DELAY;
}

/* At once, unless children keep dying young. */
static void fill_up_soon(struct supervisor *supervisor, const struct child *dead)
{
    bool young = clock_monotonic() - dead->started < YOUNG;
    supervisor->young_deaths = young ? supervisor->young_deaths + 1 : 0;
    if (supervisor->young_deaths <= 1) {
        fill_up(supervisor);
        return;
    }
    unsigned doublings = supervisor->young_deaths - 2;
    int64_t delay = doublings < 8 ? FIRST_DELAY << doublings : LONGEST_DELAY;
    supervisor->restart_at = clock_monotonic() + (delay < LONGEST_DELAY ? delay : LONGEST_DELAY);
}

static void dismiss(struct supervisor *supervisor,
                    bool (*which)(const struct supervisor *supervisor, const struct child *child))
{
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role != ROLE_WORKER || child->dismissed || !which(supervisor, child))
            continue;
        child->dismissed = true;
        kill(child->pid, SIGTERM);
    }
}

static bool is_any(const struct supervisor *supervisor, const struct child *child)
{
    (void)supervisor;
    (void)child;
    return true;
}

static bool is_older(const struct supervisor *supervisor, const struct child *child)
{
    return child->generation != supervisor->generation;
}

static bool is_newest(const struct supervisor *supervisor, const struct child *child)
{
    return child->generation == supervisor->generation;
}

static bool has_older(const struct supervisor *supervisor)
{
    return supervisor->generation > 0
           && count_workers(supervisor, supervisor->generation - 1, false) > 0;
}

/* Events */

static void announce(struct supervisor *supervisor)
{
    if (supervisor->announced)
        return;
    supervisor->announced = true;
    printf("OC Lettings is ready on http://localhost:%d\n", listen_port(supervisor->listen_fd));
    fflush(stdout);
}

/* All of the newest generation serve: now the older one may go. */
static void on_generation_ready(struct supervisor *supervisor)
{
    if (has_older(supervisor)) {
        dismiss(supervisor, is_older);
        log_info("the new workers serve", LOG_INT("workers", supervisor->wanted));
    }
}

static void on_ready(struct supervisor *supervisor, struct child *child)
{
    char byte;
    ssize_t length = read(child->ready_fd, &byte, 1);
    if (length < 0 && errno == EAGAIN)
        return;
    close(child->ready_fd);
    child->ready_fd = -1;
    child->ready = length == 1;
    if (!child->ready || child->generation != supervisor->generation)
        return;
    announce(supervisor);
    fill_up(supervisor);
    if (count_workers(supervisor, supervisor->generation, true) >= supervisor->wanted)
        on_generation_ready(supervisor);
}

static void log_end(const struct child *child, int status)
{
    const char *role = child->role == ROLE_WORKER ? "worker" : "clerk";
    if (WIFSIGNALED(status))
        log_error("a process was ended by a signal", LOG_STRING("role", role),
                  LOG_INT("pid", child->pid), LOG_STRING("signal", strsignal(WTERMSIG(status))));
    else
        log_error("a process ended", LOG_STRING("role", role), LOG_INT("pid", child->pid),
                  LOG_INT("exit", WEXITSTATUS(status)));
}

static void stop(struct supervisor *supervisor, int exit_status)
{
    if (supervisor->stopping)
        return;
    supervisor->stopping = true;
    supervisor->exit_status = exit_status;
    supervisor->restart_at = 0;
    supervisor->kill_at = clock_monotonic() + site_settings.shutdown_timeout * SECOND + STOP_MARGIN;
    dismiss(supervisor, is_any);
    close(supervisor->listen_fd);
    close(supervisor->alive_write);
}

/* A new generation that cannot start is given up; the old one goes on as it is. */
static void give_up_generation(struct supervisor *supervisor)
{
    dismiss(supervisor, is_newest);
    free(supervisor->environment);
    supervisor->environment = supervisor->older_environment;
    supervisor->older_environment = NULL;
    supervisor->generation--;
    supervisor->wanted = count_workers(supervisor, supervisor->generation, false);
    log_error("the new workers cannot start: the old ones go on");
}

static void on_end(struct supervisor *supervisor, struct child *child, int status)
{
    struct child dead = *child;
    if (dead.ready_fd >= 0)
        close(dead.ready_fd);
    child->role = ROLE_NONE;
    if (supervisor->stopping || dead.dismissed)
        return;
    log_end(&dead, status);
    bool failed_start = dead.role == ROLE_WORKER && !dead.ready;
    if (failed_start && !supervisor->announced)
        stop(supervisor, 1);
    else if (failed_start && dead.generation == supervisor->generation && has_older(supervisor))
        give_up_generation(supervisor);
    else
        fill_up_soon(supervisor, &dead);
}

static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < MOST_CHILDREN; i++)
            if (supervisor->children[i].role != ROLE_NONE && supervisor->children[i].pid == pid)
                on_end(supervisor, &supervisor->children[i], status);
}

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

static enum status reload_settings(struct supervisor *supervisor)
{
    environ = supervisor->original_environment;
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    return status == OK ? site_settings_load("supervisor") : status;
}

/* The workers that follow get the settings, and run the program, as they are now. */
static void renew(struct supervisor *supervisor)
{
    if (supervisor->stopping || has_older(supervisor))
        return;
    if (reload_settings(supervisor) != OK) {
        log_error("the settings are no good: the old workers go on",
                  LOG_STRING("reason", status_failure()->message));
        return;
    }
    free(supervisor->older_environment);
    supervisor->older_environment = supervisor->environment;
    supervisor->environment = copied_environment();
    supervisor->generation++;
    supervisor->wanted = site_settings.workers;
    fill_up(supervisor);
}

static void on_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(supervisor);
        else if (info.ssi_signo == SIGHUP)
            renew(supervisor);
        else
            stop(supervisor, 0);
    }
}

static void kill_rest(struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            kill(supervisor->children[i].pid, SIGKILL);
    supervisor->exit_status = 1;
    supervisor->kill_at = 0;
}

static int wait_time(const struct supervisor *supervisor)
{
    int64_t at = supervisor->stopping ? supervisor->kill_at : supervisor->restart_at;
    if (!at)
        return -1;
    int64_t left = at - clock_monotonic();
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void on_time(struct supervisor *supervisor)
{
    int64_t now = clock_monotonic();
    if (supervisor->stopping && supervisor->kill_at && now >= supervisor->kill_at)
        kill_rest(supervisor);
    if (!supervisor->stopping && supervisor->restart_at && now >= supervisor->restart_at)
        fill_up(supervisor);
}

static bool has_children(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            return true;
    return false;
}

static void wait_for_event(struct supervisor *supervisor)
{
    struct pollfd polls[1 + MOST_CHILDREN] = {{.fd = supervisor->signal_fd, .events = POLLIN}};
    struct child *waiting[1 + MOST_CHILDREN];
    nfds_t count = 1;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role != ROLE_WORKER || child->ready_fd < 0)
            continue;
        waiting[count] = child;
        polls[count++] = (struct pollfd){.fd = child->ready_fd, .events = POLLIN};
    }
    log_flush();
    if (poll(polls, count, wait_time(supervisor)) > 0) {
        for (nfds_t i = 1; i < count; i++)
            if (polls[i].revents)
                on_ready(supervisor, waiting[i]);
        on_signal(supervisor);
    }
    on_time(supervisor);
}

static enum status prepare(struct supervisor *supervisor)
{
    sigset_t signals;
    int alive[2];
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &supervisor->original_mask);
    signal(SIGPIPE, SIG_IGN);
    supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signal_fd < 0 || pipe2(alive, O_CLOEXEC) != 0)
        return fail("cannot start: %s", strerror(errno));
    supervisor->alive_read = fcntl(alive[0], F_DUPFD_CLOEXEC, PROCESS_FD_SAFE);
    supervisor->alive_write = fcntl(alive[1], F_DUPFD_CLOEXEC, PROCESS_FD_SAFE);
    close(alive[0]);
    close(alive[1]);
    return listen_open(&supervisor->listen_fd);
}

int supervisor_run(const char *program, char **environment)
{
    static struct supervisor supervisor;
    supervisor.program = program;
    supervisor.original_environment = environment;
    supervisor.environment = copied_environment();
    supervisor.wanted = site_settings.workers;
    if (prepare(&supervisor) != OK) {
        fprintf(stderr, "oc-lettings: %s\n", status_failure()->message);
        return 1;
    }
    /* one first: what keeps it from starting is then said once */
    spawn(&supervisor, ROLE_WORKER);
    while (has_children(&supervisor))
        wait_for_event(&supervisor);
    log_flush();
    return supervisor.exit_status;
}
