/* What the workers have told of their requests becomes transactions and sessions. */
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "monitor/delivery.h"
#include "monitor/envelope.h"
#include "monitor/ring.h"
#include "monitor/spool.h"
#include "monitor/transaction.h"
#include "site/report.h"

#define MINUTE       ((int64_t)60 * 1000000)
#define BATCH        "transactions"
#define BATCH_SIZE   50 /* of as many spans as there can be, less than a file of the spool holds */
#define BATCH_WEIGHT "equal_events_before"

/* How the requests of a minute ended, of all workers of a release. */
struct sessions {
    struct text release;
    struct text environment;
    int64_t minute;
    json_int_t counts[SESSION_ENDS];
};

struct collecting {
    struct arena *arena;
    struct spool *spool;
    struct delivery *delivery; /* NULL: nothing is sent */
    bool to_site;
    LIST(struct sessions) sessions;
};

/* Transactions */

static void send_later(struct collecting *collecting, const struct ring_copy *copy,
                       const json_t *transaction)
{
    char id[TRANSACTION_ID_SIZE];
    struct arena *work = arena_new((size_t)16 * 1024);
    size_t spans = json_array_size(json_object_get(transaction, "spans"));
    transaction_id(id, copy);
    struct text stem =
        text_format(work, "%lld-%s-%zu", (long long)copy->record.wall, id, spans + 1);
    struct text envelope = envelope_write(work, "transaction", transaction);
    if (!spool_add(collecting->spool, work, SPOOL_SENTRY_TRACES, stem, envelope)) {
        delivery_lost(collecting->delivery, LOSS_SPOOL, CATEGORY_TRANSACTION, 1);
        delivery_lost(collecting->delivery, LOSS_SPOOL, CATEGORY_SPAN, spans + 1);
    }
    arena_free(work);
}

static void collect(struct collecting *collecting, const struct ring_copy *copy,
                    const struct event_origin *origin, json_t *batch)
{
    json_t *transaction = transaction_of(copy, origin);
    if (collecting->delivery)
        send_later(collecting, copy, transaction);
    if (collecting->to_site)
        json_array_append(batch, transaction);
    json_decref(transaction);
}

/* Those that were lost were like those that were not, as far as anybody knows. */
static void weigh(json_t *batch, uint64_t lost)
{
    size_t i;
    json_t *transaction;
    size_t count = json_array_size(batch);
    json_array_foreach(batch, i, transaction)
    {
        uint64_t share = lost / count + (i < lost % count);
        if (share)
            json_object_set_new(transaction, "extra",
                                json_pack("{s:I}", BATCH_WEIGHT, (json_int_t)share));
    }
}

static void keep_batch(struct collecting *collecting, json_t *batch)
{
    struct arena *work = arena_new((size_t)64 * 1024);
    const json_t *first = json_array_get(batch, 0);
    struct text stem =
        text_format(work, "%lld-%s-%zu", (long long)clock_wall(),
                    json_string_value(json_object_get(first, "event_id")), json_array_size(batch));
    json_t *payload = json_pack("{s:O}", BATCH, batch);
    struct text envelope = envelope_write(work, BATCH, payload);
    if (!spool_add(collecting->spool, work, SPOOL_SITE_TRACES, stem, envelope))
        log_warning("times of requests are lost: the spool cannot be written");
    json_decref(payload);
    arena_free(work);
}

static void keep_batches(struct collecting *collecting, json_t *all)
{
    json_t *batch = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_array_append(batch, json_array_get(all, i));
        if (json_array_size(batch) < BATCH_SIZE && i + 1 < json_array_size(all))
            continue;
        keep_batch(collecting, batch);
        json_array_clear(batch);
    }
    json_decref(batch);
}

static void count_lost(struct delivery *delivery, uint64_t lost)
{
    if (!delivery || !lost)
        return;
    delivery_lost(delivery, LOSS_QUEUE, CATEGORY_TRANSACTION, lost);
    delivery_lost(delivery, LOSS_QUEUE, CATEGORY_SPAN, lost);
}

/* Each is in the spool before the ring lets go of it. */
static void take_transactions(struct collecting *collecting, struct ring_view *view)
{
    static struct ring_copy copy;
    struct event_origin origin = report_origin();
    size_t count = 0;
    json_t *all = json_array();
    origin.release = ring_release(view);
    origin.environment = ring_environment(view);
    for (; count < RING_RECORDS && ring_peek(view, count, &copy); count++)
        if (copy.record.wall)
            collect(collecting, &copy, &origin, all);
    if (count || ring_has_ended(view)) { /* else there is nothing yet that could stand for them */
        uint64_t lost = ring_take_lost(view);
        weigh(all, lost);
        count_lost(collecting->delivery, lost);
    }
    keep_batches(collecting, all);
    ring_drop(view, count);
    json_decref(all);
}

/* Sessions */

static struct sessions *sessions_of(struct collecting *collecting, const struct ring_view *view,
                                    int64_t minute)
{
    struct text release = ring_release(view);
    struct text environment = ring_environment(view);
    for (size_t i = 0; i < collecting->sessions.count; i++) {
        struct sessions *known = &collecting->sessions.items[i];
        if (known->minute == minute && text_equal(known->release, release)
            && text_equal(known->environment, environment))
            return known;
    }
    struct sessions *added = LIST_PUSH(collecting->arena, &collecting->sessions);
    *added = (struct sessions){.release = text_copy(collecting->arena, release),
                               .environment = text_copy(collecting->arena, environment),
                               .minute = minute};
    return added;
}

static void take_sessions(struct collecting *collecting, struct ring_view *view)
{
    struct ring_minute taken;
    while (ring_take_minute(view, clock_wall(), &taken)) {
        struct sessions *sessions = sessions_of(collecting, view, taken.minute);
        for (size_t i = 0; i < SESSION_ENDS; i++)
            sessions->counts[i] += taken.counts[i];
    }
}

static json_t *payload_of(const struct sessions *sessions)
{
    char moment[CLOCK_ISO_SIZE];
    clock_iso(moment, sessions->minute * MINUTE);
    return json_pack("{s:[{s:s, s:I, s:I, s:I}], s:{s:s%, s:s%}}", "aggregates", "started", moment,
                     "exited", sessions->counts[SESSION_EXITED], "errored",
                     sessions->counts[SESSION_ERRORED], "crashed",
                     sessions->counts[SESSION_CRASHED], "attrs", "release", sessions->release.at,
                     sessions->release.length, "environment", sessions->environment.at,
                     sessions->environment.length);
}

static bool add_sessions(struct collecting *collecting, int kind, struct text stem,
                         struct text envelope)
{
    return envelope.length && spool_add(collecting->spool, collecting->arena, kind, stem, envelope);
}

static void keep_sessions(struct collecting *collecting, const struct sessions *sessions,
                          size_t number)
{
    struct arena *arena = collecting->arena;
    json_t *payload = payload_of(sessions);
    struct text envelope = payload ? envelope_write(arena, "sessions", payload) : TEXT_NONE;
    struct text stem =
        text_format(arena, "%lld-%d%zu-0", (long long)clock_wall(), (int)getpid(), number);
    bool is_lost = false;
    if (collecting->delivery && !add_sessions(collecting, SPOOL_SENTRY_TRACES, stem, envelope)) {
        delivery_lost(collecting->delivery, LOSS_SPOOL, CATEGORY_SESSION, 1);
        is_lost = true;
    }
    if (collecting->to_site)
        is_lost = !add_sessions(collecting, SPOOL_SITE_TRACES, stem, envelope) || is_lost;
    if (is_lost)
        log_warning("how requests ended is lost: the spool cannot be written");
    json_decref(payload);
}

static void look_at(struct ring_view *view, void *context)
{
    struct collecting *collecting = context;
    take_transactions(collecting, view);
    take_sessions(collecting, view);
}

void report_traces(struct spool *spool, const char *folder, bool to_site, struct delivery *delivery)
{
    struct collecting collecting = {
        .arena = arena_new((size_t)16 * 1024),
        .spool = spool,
        .delivery = delivery,
        .to_site = to_site,
    };
    ring_each(folder, look_at, &collecting);
    for (size_t i = 0; i < collecting.sessions.count; i++)
        keep_sessions(&collecting, &collecting.sessions.items[i], i);
    arena_free(collecting.arena);
}
