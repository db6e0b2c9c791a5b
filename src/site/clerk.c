/* The clerk: what must not happen on a request. Ends when the last worker of its generation has. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "db/db.h"
#include "model/differences.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/metrics.h"
#include "site/processes.h"
#include "site/report.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/tracing.h"

#define SECOND       ((int64_t)1000 * 1000)
#define LONGEST_WAIT SECOND /* until the spool is looked at again */

struct timed_job {
    const struct module *module;
    const struct job *job;
    const char *name; /* "mail.send" */
    int64_t due;      /* clock_monotonic() */
};

struct schedule {
    struct arena *arena;
    LIST(struct timed_job) jobs;
};

static int64_t first_run(const struct job *job)
{
    return clock_monotonic() + (job->waits ? job->interval * SECOND : 0);
}

static enum status add_jobs(const struct module *module, void *context)
{
    struct schedule *schedule = context;
    for (size_t i = 0; i < module->jobs.count; i++)
        *LIST_PUSH(schedule->arena, &schedule->jobs) = (struct timed_job){
            .module = module,
            .job = &module->jobs.rows[i],
            .name =
                text_format(schedule->arena, "%s.%s", module->name, module->jobs.rows[i].name).at,
            .due = first_run(&module->jobs.rows[i])};
    return OK;
}

static void run_job(struct timed_job *timed)
{
    struct db *db = NULL;
    tracing_begin_work("job", timed->name);
    status_clear();
    enum status status = site_database(&db, true);
    if (status == OK)
        status = timed->job->run(db);
    if (status != OK) {
        contain_note("job", timed->name);
        log_error("job failed", LOG_STRING("module", timed->module->name),
                  LOG_STRING("job", timed->job->name),
                  LOG_STRING("error", status_failure()->message));
    }
    timed->due = clock_monotonic() + timed->job->interval * SECOND;
}

static int64_t run_due(struct schedule *schedule)
{
    int64_t wait = LONGEST_WAIT;
    for (size_t i = 0; i < schedule->jobs.count; i++) {
        struct timed_job *timed = &schedule->jobs.items[i];
        if (timed->due <= clock_monotonic())
            run_job(timed);
        int64_t left = timed->due - clock_monotonic();
        if (left < wait)
            wait = left < 0 ? 0 : left;
    }
    return wait;
}

/* Said by the clerk, since there is one of it. */
static void warn_of_losses(void)
{
    struct db *db;
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct difference_list losses = {0};
    enum status status = site_database(&db, false);
    if (status == OK)
        status = site_database_losses(db, arena, &losses);
    for (size_t i = 0; i < losses.items.count && status == OK; i++)
        log_warning("the database is not whole", LOG_TEXT("reason", losses.items.items[i]));
    arena_free(arena);
}

int clerk_run(void)
{
    site.supervised = true;
    signal(PROCESS_DRAIN, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (site_settings_load("clerk") != OK || site_start() != OK) {
        log_error("cannot start", LOG_STRING("reason", status_failure()->message));
        return 1;
    }
    metrics_begin(CLERK_FD_METRICS);
    contain_crashes("clerk", "clerk");
    warn_of_losses();
    struct schedule schedule = {.arena = arena_new(4096)};
    site_each_module(add_jobs, &schedule);
    struct pollfd alive = {.fd = CLERK_FD_ALIVE, .events = POLLIN};
    for (;;) {
        int64_t wait = run_due(&schedule);
        contain_flush(false);
        tracing_begin_work("clerk", "clerk");
        report_events();
        metrics_look();
        log_flush();
        if (poll(&alive, 1, (int)(wait / 1000) + 1) > 0)
            break;
    }
    contain_flush(true);
    report_events(); /* what the last workers left */
    report_end();
    site_database_close();
    arena_free(schedule.arena);
    log_flush();
    return 0;
}
