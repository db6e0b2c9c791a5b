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
#include "monitor/spool.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/version.h"

#define SECOND       ((int64_t)1000 * 1000)
#define LONGEST_WAIT SECOND /* until the spool is looked at again */

struct timed_job {
    const struct module *module;
    const struct job *job;
    int64_t due; /* clock_monotonic() */
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
        *LIST_PUSH(schedule->arena, &schedule->jobs) =
            (struct timed_job){.module = module,
                               .job = &module->jobs.rows[i],
                               .due = first_run(&module->jobs.rows[i])};
    return OK;
}

static void run_job(struct timed_job *timed)
{
    struct db *db = NULL;
    enum status status = site_database(&db, true);
    if (status == OK)
        status = timed->job->run(db);
    if (status != OK)
        log_error("job failed", LOG_STRING("module", timed->module->name),
                  LOG_STRING("job", timed->job->name),
                  LOG_STRING("error", status_failure()->message));
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

/* What the workers have written of faults and failures becomes events. */

static const char *word_of(const json_t *object, const char *key)
{
    const char *word = json_string_value(json_object_get(object, key));
    return word ? word : "";
}

/* The innermost frame of ours: that of the exception, where there is none. */
static const json_t *frame_of(const json_t *exception)
{
    const json_t *frames = json_object_get(json_object_get(exception, "stacktrace"), "frames");
    size_t count = json_array_size(frames);
    for (size_t i = count; i-- > 0;)
        if (json_is_true(json_object_get(json_array_get(frames, i), "in_app")))
            return json_array_get(frames, i);
    return json_array_get(frames, count - 1);
}

static void log_event(const json_t *event)
{
    const json_t *values = json_object_get(json_object_get(event, "exception"), "values");
    const json_t *exception = json_array_get(values, 0);
    const json_t *frame = frame_of(exception);
    log_error("event", LOG_STRING("id", word_of(event, "event_id")),
              LOG_STRING("type", word_of(exception, "type")),
              LOG_STRING("value", word_of(exception, "value")),
              LOG_STRING("route", word_of(event, "transaction")),
              LOG_STRING("function", word_of(frame, "function")),
              LOG_STRING("file", word_of(frame, "filename")),
              LOG_INT("line", json_integer_value(json_object_get(frame, "lineno"))));
}

static void read_spool(const char *folder)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const struct event_origin origin = {
        .release = site_settings.sentry_release.length ? site_settings.sentry_release
                                                       : TEXT(PROGRAM_COMMIT),
        .environment = site_settings.sentry_environment,
        .source_dir = site_settings.source_dir,
        .server_name = host,
    };
    size_t dropped = folder ? spool_keep(folder, &origin, log_event) : 0;
    if (dropped)
        log_warning("the spool is full: the oldest events are dropped", LOG_INT("events", dropped));
}

int clerk_run(void)
{
    site.supervised = true;
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (site_settings_load("clerk") != OK || site_start() != OK) {
        log_error("cannot start", LOG_STRING("reason", status_failure()->message));
        return 1;
    }
    warn_of_losses();
    struct schedule schedule = {.arena = arena_new(4096)};
    site_each_module(add_jobs, &schedule);
    struct pollfd alive = {.fd = CLERK_FD_ALIVE, .events = POLLIN};
    const char *spool = contain_spool();
    for (;;) {
        int64_t wait = run_due(&schedule);
        read_spool(spool);
        log_flush();
        if (poll(&alive, 1, (int)(wait / 1000) + 1) > 0)
            break;
    }
    read_spool(spool); /* what the last workers left */
    site_database_close();
    arena_free(schedule.arena);
    log_flush();
    return 0;
}
