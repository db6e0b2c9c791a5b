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
#define FIRST_DELAY   (SECOND / 10) /* doubled with each further failure */
#define LONGEST_DELAY (10 * SECOND)
#define READY_LIMIT   (30 * SECOND) /* for a worker to say that it serves, before it is killed */
#define STOP_MARGIN   (3 * SECOND)  /* beyond SHUTDOWN_TIMEOUT, before children are killed */
#define MOST_WORKERS  256
/* Two generations with their clerks, and as many again that are being replaced. */
#define MOST_CHILDREN (4 * MOST_WORKERS + 2)

enum role { ROLE_NONE, ROLE_WORKER, ROLE_CLERK, ROLE_COUNT };

/* Workers with the same settings, and the clerk that ends when the last of them has ended. */
struct generation {
    char **environment; /* with what the settings' file said when it was read */
    int64_t workers;
    int64_t shutdown_timeout;
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

/* Of the environment and the settings as they are now, in the place of one that has ended. */
static enum status open_generation(struct generation *generation)
{
    int alive[2];
    if (pipe2(alive, O_CLOEXEC) != 0)
        return fail("cannot open a pipe: %s", strerror(errno));
    free(generation->environment);
    int64_t workers = site_settings.workers;
    *generation = (struct generation){.environment = copied_environment(),
                                      .workers = workers < MOST_WORKERS ? workers : MOST_WORKERS,
                                      .shutdown_timeout = site_settings.shutdown_timeout,
                                      .alive_read = alive[0],
                                      .alive_write = alive[1]};
    return OK;
}

static void sooner(int64_t *at, int64_t other)
{
    if (other && (!*at || other < *at))
        *at = other;
}

static void retire(struct supervisor *supervisor, struct generation *generation)
{
    int64_t limit = clock_monotonic() + generation->shutdown_timeout * SECOND + STOP_MARGIN;
    generation->retired = true;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role == ROLE_NONE || child->generation != generation)
            continue;
        sooner(&child->kill_at, limit);
        if (child->role == ROLE_WORKER)
            kill(child->pid, SIGTERM);
    }
    close(generation->alive_read);
    close(generation->alive_write);
}

/* Children */

static const struct {
    const char *name;
    const char *fd_names;
    int fd_count;
} roles[ROLE_COUNT] = {
    [ROLE_WORKER] = {"worker", "http:ready:alive", 3},
    [ROLE_CLERK] = {"clerk", "alive", 1},
};

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
    int copies[3];
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
    const int fds[ROLE_COUNT][3] = {
        [ROLE_WORKER] = {supervisor->listen_fd, ready_fd, generation->alive_write},
        [ROLE_CLERK] = {generation->alive_read},
    };
    prctl(PR_SET_PDEATHSIG, SIGTERM);
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

static bool spawn(struct supervisor *supervisor, const struct generation *generation,
                  enum role role)
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

static int64_t count_children(const struct supervisor *supervisor,
                              const struct generation *generation, enum role role, bool ready_only)
{
    int64_t count = 0;
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        const struct child *child = &supervisor->children[i];
        count += child->role == role && child->generation == generation && !child->dismissed
                 && (child->ready || !ready_only);
    }
    return count;
}

static bool has_children(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            return true;
    return false;
}

/* A worker of the current generation that wants to be replaced; NULL: none. */
static struct child *find_worn(struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role == ROLE_WORKER && child->generation == supervisor->current && child->worn
            && !child->dismissed)
            return child;
    }
    return NULL;
}

/* One more while a worn worker waits to be replaced: one replacement at a time. */
static bool start_missing(struct supervisor *supervisor, const struct generation *generation,
                          enum role role)
{
    bool relieves = generation == supervisor->current && find_worn(supervisor);
    int64_t wanted = role == ROLE_WORKER ? generation->workers + relieves : 1;
    while (count_children(supervisor, generation, role, false) < wanted)
        if (!spawn(supervisor, generation, role))
            return false;
    return true;
}

static void postpone(struct restart *restart)
{
    unsigned doublings = restart->failures > 2 ? restart->failures - 2 : 0;
    int64_t delay = doublings < 8 ? FIRST_DELAY << doublings : LONGEST_DELAY;
    restart->at = clock_monotonic() + (delay < LONGEST_DELAY ? delay : LONGEST_DELAY);
}

/* What cannot be started now is tried again later. */
static void fill_up(struct supervisor *supervisor, enum role role)
{
    struct restart *restart = &supervisor->restarts[role];
    restart->at = 0;
    if (start_missing(supervisor, supervisor->current, role))
        return;
    restart->failures++;
    postpone(restart);
}

/* At once, unless children of its role keep failing young; but when the last worker that served is
 * gone, another does not wait. */
static void replace(struct supervisor *supervisor, const struct child *failed)
{
    struct restart *restart = &supervisor->restarts[failed->role];
    bool young = clock_monotonic() - failed->started < YOUNG;
    bool was_last =
        failed->ready && count_children(supervisor, failed->generation, failed->role, true) == 0;
    restart->failures = young ? restart->failures + 1 : 0;
    if (restart->failures <= 1 || was_last)
        fill_up(supervisor, failed->role);
    else
        postpone(restart);
}

/* It goes on until another serves in its place. */
static void on_worn(struct supervisor *supervisor, struct child *child)
{
    child->worn = true;
    log_warning("a worker is to be replaced", LOG_INT("pid", child->pid));
    if (child->generation == supervisor->current)
        replace(supervisor, child);
}

static void dismiss_worn(struct supervisor *supervisor)
{
    const struct generation *current = supervisor->current;
    struct child *worn = find_worn(supervisor);
    if (!worn || count_children(supervisor, current, ROLE_WORKER, true) <= current->workers)
        return;
    worn->dismissed = true;
    worn->kill_at = clock_monotonic() + current->shutdown_timeout * SECOND + STOP_MARGIN;
    kill(worn->pid, SIGTERM);
    if (!supervisor->restarts[ROLE_WORKER].at)
        fill_up(supervisor, ROLE_WORKER);
}

static void kill_child(struct supervisor *supervisor, struct child *child)
{
    kill(child->pid, SIGKILL);
    child->kill_at = 0;
    if (supervisor->stopping)
        supervisor->exit_status = 1;
}

/* Stopping */

static void stop(struct supervisor *supervisor, int exit_status)
{
    supervisor->stopping = true;
    supervisor->exit_status = exit_status;
    memset(supervisor->restarts, 0, sizeof supervisor->restarts);
    retire(supervisor, supervisor->current);
    if (supervisor->next)
        retire(supervisor, supervisor->next);
    close(supervisor->listen_fd);
}

static void end_at_once(struct supervisor *supervisor)
{
    log_warning("told again to stop: what is left is killed");
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            kill_child(supervisor, &supervisor->children[i]);
}

/* Renewal: the workers that follow get the settings, and run the program, as they are now. */

/* Two generations at most: the next renewal waits until the last one has left only the current. */
static bool is_settled(const struct supervisor *supervisor)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE
            && supervisor->children[i].generation != supervisor->current)
            return false;
    return supervisor->announced;
}

static enum status read_generation(struct supervisor *supervisor, struct generation *generation)
{
    environ = supervisor->original_environment;
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    if (status == OK)
        status = site_settings_load("supervisor");
    return status == OK ? open_generation(generation) : status;
}

/* They were good when the current generation was started. */
static void restore_settings(struct supervisor *supervisor)
{
    environ = supervisor->current->environment;
    site_settings_load("supervisor");
}

static void give_up_renewal(struct supervisor *supervisor)
{
    retire(supervisor, supervisor->next);
    supervisor->next = NULL;
    restore_settings(supervisor);
    log_error("the new workers cannot start: the old ones go on");
}

static void renew(struct supervisor *supervisor)
{
    supervisor->renewal_wanted = false;
    bool first_is_current = supervisor->current == &supervisor->generations[0];
    struct generation *next = &supervisor->generations[first_is_current];
    if (read_generation(supervisor, next) != OK) {
        restore_settings(supervisor);
        log_error("the workers cannot be renewed: the old ones go on",
                  LOG_STRING("reason", status_failure()->message));
        return;
    }
    supervisor->next = next;
    if (!start_missing(supervisor, next, ROLE_WORKER))
        give_up_renewal(supervisor);
}

/* All of the next generation serve: now the current one may go. */
static void finish_renewal(struct supervisor *supervisor)
{
    log_info("the new workers serve", LOG_INT("workers", supervisor->next->workers));
    retire(supervisor, supervisor->current);
    supervisor->current = supervisor->next;
    supervisor->next = NULL;
    memset(supervisor->restarts, 0, sizeof supervisor->restarts);
    fill_up(supervisor, ROLE_CLERK);
    fill_up(supervisor, ROLE_WORKER); /* one of them may be worn already */
}

/* Events */

static void announce(struct supervisor *supervisor)
{
    supervisor->announced = true;
    printf("OC Lettings is ready on http://localhost:%d\n", listen_port(supervisor->listen_fd));
    fflush(stdout);
    fill_up(supervisor, ROLE_WORKER);
    fill_up(supervisor, ROLE_CLERK);
}

static void on_ready(struct supervisor *supervisor, struct child *child)
{
    child->ready = true;
    child->kill_at = 0;
    const struct generation *next = supervisor->next;
    if (!supervisor->announced)
        announce(supervisor);
    else if (next && count_children(supervisor, next, ROLE_WORKER, true) == next->workers)
        finish_renewal(supervisor);
    dismiss_worn(supervisor);
}

static void on_word(struct supervisor *supervisor, struct child *child)
{
    char word;
    ssize_t length = read(child->ready_fd, &word, 1);
    if (length < 0 && errno == EAGAIN)
        return;
    if (length <= 0) {
        close(child->ready_fd);
        child->ready_fd = -1;
    } else if (child->generation->retired) {
        return;
    } else if (word == 'r') {
        on_ready(supervisor, child);
    } else if (!child->worn) {
        on_worn(supervisor, child);
    }
}

static void log_end(const struct child *child, int status)
{
    const char *role = roles[child->role].name;
    if (WIFSIGNALED(status))
        log_error("a process was ended by a signal", LOG_STRING("role", role),
                  LOG_INT("pid", child->pid), LOG_STRING("signal", strsignal(WTERMSIG(status))));
    else
        log_error("a process ended", LOG_STRING("role", role), LOG_INT("pid", child->pid),
                  LOG_INT("exit", WEXITSTATUS(status)));
}

static void on_end(struct supervisor *supervisor, struct child *child, int status)
{
    struct child dead = *child;
    close_opened(dead.ready_fd);
    child->role = ROLE_NONE;
    if (dead.generation->retired || dead.dismissed)
        return;
    log_end(&dead, status);
    if (!supervisor->announced)
        stop(supervisor, 1);
    else if (dead.generation == supervisor->next)
        give_up_renewal(supervisor);
    else
        replace(supervisor, &dead);
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

static void on_hangup(struct supervisor *supervisor)
{
    supervisor->renewal_wanted = true;
    if (!is_settled(supervisor))
        log_info("a renewal waits for the end of the one before");
}

static void on_stop(struct supervisor *supervisor)
{
    if (!supervisor->stopping)
        stop(supervisor, 0);
    else if (has_children(supervisor))
        end_at_once(supervisor);
}

static void on_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info) {
        reap(supervisor);
        if (info.ssi_signo == SIGHUP)
            on_hangup(supervisor);
        else if (info.ssi_signo != SIGCHLD)
            on_stop(supervisor);
    }
}

static int wait_time(const struct supervisor *supervisor)
{
    int64_t at = 0;
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            sooner(&at, supervisor->children[i].kill_at);
    for (enum role role = ROLE_WORKER; role < ROLE_COUNT; role++)
        sooner(&at, supervisor->restarts[role].at);
    if (!at)
        return -1;
    int64_t left = at - clock_monotonic();
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void on_late(struct supervisor *supervisor, struct child *child)
{
    log_error(child->generation->retired || child->dismissed
                  ? "a process did not end in time: it is killed"
                  : "a process was not ready in time: it is killed",
              LOG_STRING("role", roles[child->role].name), LOG_INT("pid", child->pid));
    kill_child(supervisor, child);
}

static void on_time(struct supervisor *supervisor)
{
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        struct child *child = &supervisor->children[i];
        if (child->role != ROLE_NONE && child->kill_at && now >= child->kill_at)
            on_late(supervisor, child);
    }
    for (enum role role = ROLE_WORKER; role < ROLE_COUNT; role++)
        if (supervisor->restarts[role].at && now >= supervisor->restarts[role].at)
            fill_up(supervisor, role);
    if (supervisor->renewal_wanted && !supervisor->stopping && is_settled(supervisor))
        renew(supervisor);
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
                on_word(supervisor, waiting[i]);
        on_signals(supervisor);
    }
    on_time(supervisor);
}

static enum status prepare(struct supervisor *supervisor)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &supervisor->original_mask);
    signal(SIGPIPE, SIG_IGN);
    supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signal_fd < 0)
        return fail("cannot start: %s", strerror(errno));
    supervisor->current = &supervisor->generations[0];
    enum status status = open_generation(supervisor->current);
    return status == OK ? listen_open(&supervisor->listen_fd) : status;
}

int supervisor_run(const char *program, char **environment)
{
    static struct supervisor supervisor;
    supervisor.program = program;
    supervisor.original_environment = environment;
    if (prepare(&supervisor) != OK) {
        fprintf(stderr, "oc-lettings: %s\n", status_failure()->message);
        return 1;
    }
    /* one first: what keeps it from starting is then said once */
    if (!spawn(&supervisor, supervisor.current, ROLE_WORKER))
        return 1;
    while (!supervisor.stopping || has_children(&supervisor))
        wait_for_event(&supervisor);
    log_flush();
    return supervisor.exit_status;
}
