/* Which processes follow those that have ended, are worn or have old settings. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/supervision.h"

#define YOUNG         (2 * SECOND)  /* a child that ends before this age counts as a crash loop */
#define FIRST_DELAY   (SECOND / 10) /* doubled with each further failure */
#define LONGEST_DELAY (10 * SECOND)

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
    while (children_count(supervisor, generation, role, false) < wanted)
        if (!child_spawn(supervisor, generation, role))
            return false;
    return true;
}

static void postpone(struct restart *restart)
{
    unsigned doublings = restart->failures > 2 ? restart->failures - 2 : 0;
    int64_t delay = doublings < 8 ? FIRST_DELAY << doublings : LONGEST_DELAY;
    restart->at = clock_monotonic() + (delay < LONGEST_DELAY ? delay : LONGEST_DELAY);
}

void replacement_fill_up(struct supervisor *supervisor, enum role role)
{
    struct restart *restart = &supervisor->restarts[role];
    restart->at = 0;
    if (start_missing(supervisor, supervisor->current, role))
        return;
    restart->failures++;
    postpone(restart);
}

void replacement_for(struct supervisor *supervisor, const struct child *failed)
{
    struct restart *restart = &supervisor->restarts[failed->role];
    bool young = clock_monotonic() - failed->started < YOUNG;
    bool was_last =
        failed->ready && children_count(supervisor, failed->generation, failed->role, true) == 0;
    restart->failures = young ? restart->failures + 1 : 0;
    metric_add(failed->role == ROLE_WORKER ? METRIC_WORKERS_REPLACED : METRIC_CLERKS_REPLACED, 1);
    if (restart->failures <= 1 || was_last)
        replacement_fill_up(supervisor, failed->role);
    else
        postpone(restart);
}

void replacement_on_worn(struct supervisor *supervisor, struct child *child)
{
    child->worn = true;
    log_warning("a worker is to be replaced", LOG_INT("pid", child->pid));
    if (child->generation == supervisor->current)
        replacement_for(supervisor, child);
}

void replacement_dismiss(struct supervisor *supervisor)
{
    const struct generation *current = supervisor->current;
    struct child *worn = find_worn(supervisor);
    if (!worn || children_count(supervisor, current, ROLE_WORKER, true) <= current->workers)
        return;
    worn->dismissed = true;
    worn->kill_at = clock_monotonic() + current->shutdown_timeout * SECOND + STOP_MARGIN;
    kill(worn->pid, PROCESS_DRAIN);
    if (!supervisor->restarts[ROLE_WORKER].at)
        replacement_fill_up(supervisor, ROLE_WORKER);
}

bool renewal_may_begin(const struct supervisor *supervisor)
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
    return status == OK ? generation_open(generation) : status;
}

/* They were good when the current generation was started. */
static void restore_settings(struct supervisor *supervisor)
{
    environ = supervisor->current->environment;
    site_settings_load("supervisor");
}

void renewal_give_up(struct supervisor *supervisor)
{
    generation_retire(supervisor, supervisor->next);
    supervisor->next = NULL;
    restore_settings(supervisor);
    log_error("the new workers cannot start: the old ones go on");
}

void renewal_begin(struct supervisor *supervisor)
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
        renewal_give_up(supervisor);
}

void renewal_finish(struct supervisor *supervisor)
{
    log_info("the new workers serve", LOG_INT("workers", supervisor->next->workers));
    generation_retire(supervisor, supervisor->current);
    supervisor->current = supervisor->next;
    supervisor->next = NULL;
    memset(supervisor->restarts, 0, sizeof supervisor->restarts);
    replacement_fill_up(supervisor, ROLE_CLERK);
    replacement_fill_up(supervisor, ROLE_WORKER); /* one of them may be worn already */
}
