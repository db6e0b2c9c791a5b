#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"
#include "site/contain.h"
#include "site/listen.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/supervision.h"

/* Stopping */

static void stop(struct supervisor *supervisor, int exit_status)
{
    supervisor->stopping = true;
    supervisor->exit_status = exit_status;
    memset(supervisor->restarts, 0, sizeof supervisor->restarts);
    generation_retire(supervisor, supervisor->current);
    if (supervisor->next)
        generation_retire(supervisor, supervisor->next);
    close(supervisor->listen_fd);
}

static void end_at_once(struct supervisor *supervisor)
{
    log_warning("told again to stop: what is left is killed");
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (supervisor->children[i].role != ROLE_NONE)
            child_kill(supervisor, &supervisor->children[i]);
}

/* Events */

static void announce(struct supervisor *supervisor)
{
    supervisor->announced = true;
    printf("OC Lettings is ready on http://localhost:%d\n", listen_port(supervisor->listen_fd));
    fflush(stdout);
    replacement_fill_up(supervisor, ROLE_WORKER);
    replacement_fill_up(supervisor, ROLE_CLERK);
}

static void on_ready(struct supervisor *supervisor, struct child *child)
{
    child->ready = true;
    child->kill_at = 0;
    const struct generation *next = supervisor->next;
    if (!supervisor->announced)
        announce(supervisor);
    else if (next && children_count(supervisor, next, ROLE_WORKER, true) == next->workers)
        renewal_finish(supervisor);
    replacement_dismiss(supervisor);
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
        replacement_on_worn(supervisor, child);
    }
}

/* What ends by itself has told of its fault; what a signal ends could not. */
static void tell_end(const struct child *child, int status)
{
    const char *role = role_name(child->role);
    if (WIFSIGNALED(status)) {
        log_error("a process was ended by a signal", LOG_STRING("role", role),
                  LOG_INT("pid", child->pid), LOG_STRING("signal", strsignal(WTERMSIG(status))));
        contain_note_end(role, child->pid, WTERMSIG(status));
    } else {
        log_error("a process ended", LOG_STRING("role", role), LOG_INT("pid", child->pid),
                  LOG_INT("exit", WEXITSTATUS(status)));
    }
}

static void on_end(struct supervisor *supervisor, struct child *child, int status)
{
    struct child dead = *child;
    if (dead.ready_fd >= 0)
        close(dead.ready_fd);
    child->role = ROLE_NONE;
    bool was_told = dead.generation->retired || dead.dismissed; /* to end */
    if (!was_told || (status && !dead.killed))
        tell_end(&dead, status);
    if (was_told)
        return;
    if (!supervisor->announced)
        stop(supervisor, 1);
    else if (dead.generation == supervisor->next)
        renewal_give_up(supervisor);
    else
        replacement_for(supervisor, &dead);
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
    if (!renewal_may_begin(supervisor))
        log_info("a renewal waits for the end of the one before");
}

static void on_stop(struct supervisor *supervisor)
{
    if (!supervisor->stopping)
        stop(supervisor, 0);
    else if (children_remain(supervisor))
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
              LOG_STRING("role", role_name(child->role)), LOG_INT("pid", child->pid));
    child_kill(supervisor, child);
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
            replacement_fill_up(supervisor, role);
    if (supervisor->renewal_wanted && !supervisor->stopping && renewal_may_begin(supervisor))
        renewal_begin(supervisor);
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
    metric_set(METRIC_WORKERS, children_count(supervisor, supervisor->current, ROLE_WORKER, true));
}

/* Without them the site is served all the same. */
static void prepare_metrics(struct supervisor *supervisor)
{
    supervisor->metrics_fd = metrics_create();
    if (supervisor->metrics_fd < 0)
        supervisor->metrics_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    metrics_join(supervisor->metrics_fd);
    metric_set(METRIC_STARTED, clock_wall() / SECOND);
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
    prepare_metrics(supervisor);
    supervisor->current = &supervisor->generations[0];
    enum status status = generation_open(supervisor->current);
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
    if (!child_spawn(&supervisor, supervisor.current, ROLE_WORKER))
        return 1;
    while (!supervisor.stopping || children_remain(&supervisor))
        wait_for_event(&supervisor);
    log_flush();
    return supervisor.exit_status;
}
