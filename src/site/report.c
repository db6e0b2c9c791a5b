#include "site/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "monitor/delivery.h"
#include "monitor/envelope.h"
#include "monitor/spool.h"
#include "site/contain.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/version.h"

#define MOST_REFUSALS 10 /* of one round: then the database, not the event, is to blame */

static struct {
    struct spool *spool;
    struct delivery_options sentry;
    struct delivery *delivery; /* NULL: nothing is sent */
    bool is_whole;             /* the database has all tables that serving needs */
    bool is_refused;           /* the log has said that events are not kept yet */
} report;

/* What there is to keep events in */

static enum status find_keeper(const struct module *module, void *context)
{
    bool *found = context;
    *found = *found || module->keep_event;
    return OK;
}

static bool has_keeper(void)
{
    bool found = false;
    site_each_module(find_keeper, &found);
    return found;
}

struct keeping {
    struct db *db;
    const char *type;
    const json_t *payload;
};

static enum status keep_in_module(const struct module *module, void *context)
{
    const struct keeping *keeping = context;
    return module->keep_event ? module->keep_event(keeping->db, keeping->type, keeping->payload)
                              : OK;
}

enum status report_to_site(const char *type, const json_t *payload)
{
    struct db *db;
    if (!has_keeper())
        return fail_as(NOT_FOUND, "no module of this site keeps events");
    enum status status = site_database(&db, true);
    if (status == OK)
        status = site_migrations_check(db);
    return status == OK ? site_each_module(keep_in_module, &(struct keeping){db, type, payload})
                        : status;
}

/* What is no envelope is nobody's: it goes. */
static enum status keep_envelope(struct db *db, struct arena *arena, struct text bytes)
{
    struct envelope envelope;
    if (!envelope_read(arena, bytes, &envelope)) {
        log_warning("a file in the spool is no envelope: it is dropped");
        return OK;
    }
    json_t *payload = json_loadb(envelope.payload.at, envelope.payload.length, 0, NULL);
    const struct keeping keeping = {db, envelope.type.at, payload};
    enum status status = payload ? site_each_module(keep_in_module, (void *)&keeping) : OK;
    json_decref(payload);
    return status;
}

/* Until `migrate` has run, events wait. */
static bool is_ready(struct db **db)
{
    if (site_database(db, true) != OK)
        return false;
    report.is_whole = report.is_whole || site_migrations_check(*db) == OK;
    return report.is_whole;
}

/* Said once, until all are kept again. */
static void note_refusal(size_t *refusals)
{
    if (!report.is_refused)
        log_warning("an event is not kept yet", LOG_STRING("reason", status_failure()->message));
    report.is_refused = true;
    ++*refusals;
}

static void tell_once(void)
{
    static bool told;
    if (!told)
        log_warning("an event in the spool waits", LOG_STRING("reason", status_failure()->message));
    told = true;
}

/* Sessions have no id by which they would be known again: they are rather lost than counted twice.
 */
static enum status give_file(struct db *db, struct arena *work, int kind, struct text name)
{
    struct text bytes;
    if (spool_read(&bytes, report.spool, work, name) != OK) {
        tell_once();
        return OK; /* the others need not wait for it */
    }
    bool once = kind == SPOOL_SITE_TRACES && spool_spans(name) == 0;
    if (once)
        spool_remove(report.spool, name);
    enum status status = keep_envelope(db, work, bytes);
    if (status == OK && !once)
        spool_remove(report.spool, name);
    return status;
}

static void give_to_site(struct arena *arena, int kind, size_t *refusals)
{
    struct db *db;
    struct spool_names names = {0};
    struct arena *work = arena_new((size_t)64 * 1024);
    spool_waiting(report.spool, arena, kind, &names);
    bool ready = names.count && is_ready(&db);
    for (size_t i = 0; ready && i < names.count && *refusals < MOST_REFUSALS; i++) {
        if (give_file(db, work, kind, names.items[i]) != OK)
            note_refusal(refusals);
        arena_reset(work);
    }
    arena_free(work);
}

static void give_all_to_site(struct arena *arena)
{
    size_t refusals = 0;
    give_to_site(arena, SPOOL_SITE, &refusals);
    give_to_site(arena, SPOOL_SITE_TRACES, &refusals);
    report.is_refused = report.is_refused && refusals;
}

/* What the workers have written of faults and failures becomes events */

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

static void on_event(const json_t *event, bool sampled)
{
    if (!sampled)
        delivery_lost(report.delivery, LOSS_SAMPLE, CATEGORY_ERROR, 1);
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

struct event_origin report_origin(void)
{
    static char host[256];
    if (!host[0] && gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    return (struct event_origin){
        .release = site_settings.sentry_release.length ? site_settings.sentry_release
                                                       : TEXT(PROGRAM_COMMIT),
        .environment = site_settings.sentry_environment,
        .source_dir = site_settings.source_dir,
        .server_name = host,
        .traces_rate = site_settings.sentry_traces_sample_rate,
        .database =
            text_starts(site_settings.database_url, TEXT("postgres")) ? "postgresql" : "sqlite",
    };
}

/* By its id, so that it is the same whenever it is asked. */
static bool is_sampled(const json_t *event)
{
    struct text rate = site_settings.sentry_sample_rate;
    struct text part = text_part(text_of(word_of(event, "event_id")), 0, 8);
    char digits[9] = "";
    if (!rate.length || part.length < sizeof digits - 1)
        return true;
    memcpy(digits, part.at, part.length);
    double place = (double)strtoul(digits, NULL, 16) / 4294967296.0;
    return place < strtod(rate.at, NULL);
}

static void keep_spool(void)
{
    struct spool_losses losses;
    const struct spool_options options = {
        .origin = report_origin(),
        .sinks = {[SPOOL_SITE] = has_keeper(), [SPOOL_SENTRY] = report.delivery},
        .is_sampled = is_sampled,
        .noticed = on_event,
    };
    spool_keep(report.spool, &options, &losses);
    const size_t *dropped = losses.dropped;
    size_t sum = dropped[SPOOL_UNASSIGNED] + dropped[SPOOL_SITE] + dropped[SPOOL_SENTRY];
    if (sum)
        log_warning("the spool is full: the oldest events are dropped", LOG_INT("events", sum));
    if (losses.broken)
        log_warning("what is no record of a failure is dropped", LOG_INT("files", losses.broken));
    if (!report.delivery)
        return;
    delivery_lost(report.delivery, LOSS_SPOOL, CATEGORY_ERROR,
                  dropped[SPOOL_UNASSIGNED] + dropped[SPOOL_SENTRY]);
    delivery_lost(report.delivery, LOSS_BROKEN, CATEGORY_ERROR, losses.broken);
    size_t sessions = losses.sessions[SPOOL_SENTRY_TRACES];
    delivery_lost(report.delivery, LOSS_SPOOL, CATEGORY_SESSION, sessions);
    delivery_lost(report.delivery, LOSS_SPOOL, CATEGORY_TRANSACTION,
                  dropped[SPOOL_SENTRY_TRACES] - sessions);
    delivery_lost(report.delivery, LOSS_SPOOL, CATEGORY_SPAN, losses.spans[SPOOL_SENTRY_TRACES]);
}

static void start_delivery(const char *folder)
{
    struct dsn dsn;
    enum status status = report_dsn(&dsn);
    if (status == NOT_FOUND)
        log_info("events are not sent: SENTRY_DSN is empty");
    else if (status != OK)
        log_warning("events are not sent", LOG_STRING("reason", status_failure()->message));
    if (status != OK)
        return;
    report.sentry = (struct delivery_options){.dsn = dsn,
                                              .spool = folder,
                                              .client = report_client,
                                              .mark = report_own_mark(),
                                              .tells = site_settings.sentry_debug};
    report.delivery = delivery_start(&report.sentry);
}

/* Another generation's clerk may still have the spool. */
static bool have_spool(void)
{
    static bool told;
    if (report.spool)
        return true;
    const char *folder = contain_spool();
    if (folder && spool_open(&report.spool, folder) == FAILED && !told) {
        log_warning("events wait in the spool", LOG_STRING("reason", status_failure()->message));
        told = true;
    }
    if (report.spool)
        start_delivery(folder);
    return report.spool != NULL;
}

/* It has its events already. */
static void end_loop(void)
{
    if (!report.delivery || !delivery_loops(report.delivery))
        return;
    log_error("events are not sent any more: SENTRY_DSN names this very site, which has its events "
              "without it");
    delivery_stop(report.delivery);
    report.delivery = NULL;
}

void report_events(void)
{
    if (!have_spool())
        return;
    end_loop();
    struct arena *arena = arena_new((size_t)64 * 1024);
    keep_spool();
    report_traces(report.spool, contain_spool(), has_keeper(), report.delivery);
    if (report.delivery)
        delivery_wake(report.delivery);
    give_all_to_site(arena);
    arena_free(arena);
}

void report_end(void)
{
    if (report.delivery)
        delivery_stop(report.delivery);
    report.delivery = NULL;
    spool_close(report.spool);
    report.spool = NULL;
}
