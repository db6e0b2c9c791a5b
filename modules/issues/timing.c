#include "issues/timing.h"

#include <math.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "issues/keep.h"
#include "issues/models.h"
#include "issues/normal.h"
#include "issues/payload.h"
#include "issues/report.h"

#define PER_DOUBLE 4
#define MOST_SPANS 200
#define NAME       300 /* characters */
#define STATEMENT  4000
#define OTHERS     TEXT("<others>")

/* Histograms */

int64_t timing_bucket(int64_t micros)
{
    int64_t bucket = micros > 1 ? (int64_t)floor(PER_DOUBLE * log2((double)micros)) : 0;
    return bucket < TIMING_BUCKETS ? bucket : TIMING_BUCKETS - 1;
}

double timing_percentile(const int64_t counts[TIMING_BUCKETS], double share)
{
    int64_t total = 0;
    for (int i = 0; i < TIMING_BUCKETS; i++)
        total += counts[i];
    double wanted = share * (double)total;
    double before = 0;
    for (int i = 0; i < TIMING_BUCKETS; i++) {
        double here = (double)counts[i];
        if (here > 0 && before + here >= wanted)
            return exp2((i + (wanted - before) / here) / PER_DOUBLE);
        before += here;
    }
    return 0;
}

/* Keeping */

struct measured {
    struct arena *arena;
    int64_t project;
    const json_t *payload;
    struct text event_id;
    int64_t started; /* microseconds since 1970 */
    int64_t ended;
    int64_t now;
    int64_t stands_for; /* so many like it */
};

static enum status find_timed(struct db *db, const struct measured *measured, const char *what,
                              struct text name, int64_t *out)
{
    return db_integer(db, out, 0,
                      "SELECT id FROM issues_timed WHERE project_id = $1 AND kind = $2"
                      " AND name = $3",
                      DB_INT(measured->project), DB_TEXT(text_of(what)), DB_TEXT(name));
}

/* Under its own name, or, where there are too many, under that of all others. */
static enum status get_timed(struct db *db, const struct measured *measured, const char *what,
                             struct text name, int64_t *out)
{
    int64_t count = 0;
    enum status status = find_timed(db, measured, what, name, out);
    if (status != OK || *out)
        return status;
    status = db_integer(db, &count, 0,
                        "SELECT count(*) FROM issues_timed WHERE project_id = $1 AND kind = $2",
                        DB_INT(measured->project), DB_TEXT(text_of(what)));
    if (status == OK && count >= TIMING_NAMES) {
        name = OTHERS;
        status = find_timed(db, measured, what, name, out);
    }
    if (status != OK || *out)
        return status;
    return db_integer(db, out, 0,
                      "INSERT INTO issues_timed (project_id, kind, name) VALUES ($1, $2, $3)"
                      " RETURNING id",
                      DB_INT(measured->project), DB_TEXT(text_of(what)), DB_TEXT(name));
}

static enum status count_timing(struct db *db, const struct measured *measured, const char *what,
                                struct text name, int64_t micros, bool failed)
{
    int64_t timed = 0;
    enum status status = get_timed(db, measured, what, name, &timed);
    if (status != OK)
        return status;
    return db_run(db,
                  "INSERT INTO issues_timing (timed_id, hour, bucket, count, failures, micros)"
                  " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (timed_id, hour, bucket) DO UPDATE"
                  " SET count = issues_timing.count + excluded.count,"
                  " failures = issues_timing.failures + excluded.failures,"
                  " micros = issues_timing.micros + excluded.micros",
                  DB_INT(timed), DB_INT(measured->ended / PERIOD_HOUR),
                  DB_INT(timing_bucket(micros)), DB_INT(measured->stands_for),
                  DB_INT(failed ? measured->stands_for : 0), DB_INT(micros * measured->stands_for));
}

/* False: it ends before it begins, or lasts longer than a day, which no request does. */
static bool duration_of(const json_t *span, int64_t *started, int64_t *micros)
{
    *started = payload_moment(json_object_get(span, "start_timestamp"), 0);
    int64_t ended = payload_moment(json_object_get(span, "timestamp"), 0);
    *micros = ended - *started;
    return *started > 0 && *micros >= 0 && *micros < 24 * PERIOD_HOUR;
}

/* On one line, the same whatever its numbers are: "SELECT … WHERE id = ?". */
static struct text statement_name(struct arena *arena, struct text sql)
{
    const struct text parameter = TEXT("$<int>");
    struct buffer out = {.arena = arena};
    struct text rest = message_normal(arena, payload_line(arena, sql, STATEMENT));
    size_t at;
    while ((at = text_find(rest, parameter)) != TEXT_NOT_FOUND) {
        buffer_text(&out, text_part(rest, 0, at));
        buffer_char(&out, '?');
        rest = text_from(rest, at + parameter.length);
    }
    buffer_text(&out, rest);
    return payload_line(arena, buffer_contents(&out), NAME);
}

static enum status count_span(struct db *db, const struct measured *measured, const json_t *span)
{
    int64_t started;
    int64_t micros;
    struct text name = payload_text(span, "description");
    if (!text_starts(payload_text(span, "op"), TEXT("db")) || !name.length
        || !duration_of(span, &started, &micros))
        return OK;
    name = statement_name(measured->arena, name);
    return count_timing(db, measured, TIMING_SQL, name, micros, false);
}

/* As Sentry counts failures: neither well, nor given up, nor unknown. */
static bool has_failed(const json_t *payload)
{
    const json_t *trace = json_object_get(json_object_get(payload, "contexts"), "trace");
    struct text status = payload_text(trace, "status");
    return status.length && !text_is(status, "ok") && !text_is(status, "cancelled")
           && !text_is(status, "unknown");
}

static enum status count_all(struct db *db, void *context)
{
    const struct measured *measured = context;
    bool was_seen;
    struct text name =
        payload_line(measured->arena, payload_text(measured->payload, "transaction"), NAME);
    enum status status = keep_once(db, measured->project, measured->event_id, &was_seen);
    if (status != OK || was_seen)
        return status;
    status = count_timing(db, measured, TIMING_ROUTE, name.length ? name : TEXT("<unlabeled>"),
                          measured->ended - measured->started, has_failed(measured->payload));
    const json_t *spans = json_object_get(measured->payload, "spans");
    for (size_t i = 0; i < json_array_size(spans) && i < MOST_SPANS && status == OK; i++)
        status = count_span(db, measured, json_array_get(spans, i));
    return status;
}

static enum status read_measured(struct measured *out)
{
    int64_t micros;
    out->event_id = report_id(out->arena, payload_text(out->payload, "event_id"));
    if (!out->event_id.length)
        return fail_as(INVALID, "the transaction has no event_id of 32 hexadecimal digits");
    if (!duration_of(out->payload, &out->started, &micros))
        return fail_as(INVALID, "the transaction has no start_timestamp and timestamp after it");
    out->ended = out->started + micros;
    if (out->ended > out->now) {
        out->ended = out->now;
        out->started = out->now - micros;
    }
    return OK;
}

enum status timing_keep(struct db *db, int64_t project, const json_t *payload)
{
    struct measured measured = {
        .arena = arena_new((size_t)16 * 1024),
        .project = project,
        .payload = payload,
        .now = clock_wall(),
        .stands_for = 1,
    };
    enum status status = read_measured(&measured);
    if (status == OK)
        status = db_transaction_on(db, &issues_path, 1, count_all, &measured);
    arena_free(measured.arena);
    return status == CONFLICT ? fail("a transaction is not kept: %s", status_failure()->message)
                              : status;
}

/* Of this site itself */

struct batch {
    struct arena *arena;
    int64_t project;
    const json_t *list;
};

static enum status count_batch(struct db *db, void *context)
{
    const struct batch *batch = context;
    enum status status = OK;
    size_t i;
    const json_t *payload;
    json_array_foreach(batch->list, i, payload)
    {
        struct measured measured = {
            .arena = batch->arena,
            .project = batch->project,
            .payload = payload,
            .now = clock_wall(),
            .stands_for = payload_stands_for(payload),
        };
        if (status == OK && read_measured(&measured) == OK)
            status = count_all(db, &measured);
        arena_reset(batch->arena);
    }
    return status;
}

enum status timing_keep_own(struct db *db, int64_t project, const json_t *payload)
{
    struct batch batch = {arena_new((size_t)16 * 1024), project,
                          json_object_get(payload, "transactions")};
    enum status status = db_transaction_on(db, &issues_path, 1, count_batch, &batch);
    arena_free(batch.arena);
    return status;
}
