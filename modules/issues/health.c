#include "issues/health.h"

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "issues/keep.h"
#include "issues/models.h"
#include "issues/payload.h"
#include "issues/period.h"

#define MOST        100 /* aggregates of an item */
#define LARGEST     INT64_C(1000000000)
#define RELEASE     200 /* characters */
#define ENVIRONMENT 64
#define ID_DIGITS   32
#define OTHERS      TEXT("<others>")

struct taking {
    struct arena *arena;
    int64_t project;
    const json_t *aggregates;
    const json_t *session;
    struct text release;
    struct text environment;
    int64_t now;
};

/* Those of SDKs may be any: beyond the bound they have one name together. */
static enum status find_name(struct db *db, struct taking *taking)
{
    int64_t known = 0;
    int64_t count = 0;
    enum status status =
        db_integer(db, &known, 0,
                   "SELECT 1 FROM issues_health WHERE project_id = $1 AND release = $2"
                   " AND environment = $3 LIMIT 1",
                   DB_INT(taking->project), DB_TEXT(taking->release), DB_TEXT(taking->environment));
    if (status != OK || known)
        return status;
    status = db_integer(db, &count, 0,
                        "SELECT count(*) FROM (SELECT DISTINCT release, environment"
                        " FROM issues_health WHERE project_id = $1) known",
                        DB_INT(taking->project));
    if (status == OK && count >= HEALTH_RELEASES) {
        taking->release = OTHERS;
        taking->environment = TEXT("");
    }
    return status;
}

static int64_t number(const json_t *aggregate, const char *name)
{
    int64_t value = json_integer_value(json_object_get(aggregate, name));
    return value < 0 ? 0 : value > LARGEST ? LARGEST : value;
}

enum { EXITED, ERRORED, CRASHED, ENDS };

/* Microseconds since 1970; false: it is older than what is kept. */
static bool has_started(const struct taking *taking, const json_t *what, int64_t *out)
{
    *out = payload_moment(json_object_get(what, "started"), taking->now);
    if (*out > taking->now)
        *out = taking->now;
    return *out >= taking->now - HEALTH_HOURS * PERIOD_HOUR;
}

static enum status add(struct db *db, const struct taking *taking, int64_t started,
                       const int64_t counts[ENDS])
{
    return db_run(db,
                  "INSERT INTO issues_health (project_id, release, environment, hour, exited,"
                  " errored, crashed) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                  " ON CONFLICT (project_id, release, environment, hour) DO UPDATE"
                  " SET exited = issues_health.exited + excluded.exited,"
                  " errored = issues_health.errored + excluded.errored,"
                  " crashed = issues_health.crashed + excluded.crashed",
                  DB_INT(taking->project), DB_TEXT(taking->release), DB_TEXT(taking->environment),
                  DB_INT(started / PERIOD_HOUR), DB_INT(counts[EXITED]), DB_INT(counts[ERRORED]),
                  DB_INT(counts[CRASHED]));
}

static enum status count_aggregate(struct db *db, const struct taking *taking,
                                   const json_t *aggregate)
{
    int64_t started;
    const int64_t counts[ENDS] = {
        [EXITED] = number(aggregate, "exited"),
        [ERRORED] = number(aggregate, "errored"),
        [CRASHED] = number(aggregate, "crashed") + number(aggregate, "abnormal")
                    + number(aggregate, "unhandled"),
    };
    return has_started(taking, aggregate, &started) ? add(db, taking, started, counts) : OK;
}

static enum status count_all(struct db *db, void *context)
{
    struct taking *taking = context;
    enum status status = find_name(db, taking);
    for (size_t i = 0; i < json_array_size(taking->aggregates) && i < MOST && status == OK; i++)
        status = count_aggregate(db, taking, json_array_get(taking->aggregates, i));
    return status;
}

static enum status keep(struct db *db, struct taking *taking, const json_t *payload,
                        enum status (*count)(struct db *db, void *context))
{
    const json_t *attributes = json_object_get(payload, "attrs");
    taking->arena = arena_new(4096);
    taking->now = clock_wall();
    taking->release = payload_line(taking->arena, payload_text(attributes, "release"), RELEASE);
    taking->environment =
        payload_line(taking->arena, payload_text(attributes, "environment"), ENVIRONMENT);
    enum status status = taking->release.length
                             ? db_transaction_on(db, &issues_path, 1, count, taking)
                             : fail_as(INVALID, "the sessions have no release");
    arena_free(taking->arena);
    return status;
}

enum status health_keep(struct db *db, int64_t project, const json_t *payload)
{
    struct taking taking = {.project = project,
                            .aggregates = json_object_get(payload, "aggregates")};
    return json_is_array(taking.aggregates)
               ? keep(db, &taking, payload, count_all)
               : fail_as(INVALID, "the sessions have no list of aggregates");
}

/* One of its own */

static int end_of(const json_t *session)
{
    static const char *const crashes[] = {"crashed", "abnormal", "unhandled"};
    struct text status = payload_text(session, "status");
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        if (text_is(status, crashes[i]))
            return CRASHED;
    return number(session, "errors") > 0 || text_is(status, "errored") ? ERRORED : EXITED;
}

/* Whether it was told before that the session came so far; else it is from now on. */
static enum status note_end(struct db *db, const struct taking *taking, int end, bool *was_known)
{
    static const char *const names[ENDS] = {
        [EXITED] = ":session", [ERRORED] = ":session:errored", [CRASHED] = ":session:crashed"};
    const struct text parts[] = {payload_text(taking->session, "sid"), text_of(names[end])};
    struct digest_value digest = digest_of(DIGEST_SHA256, parts, 2);
    struct text id = text_part(hex_of(taking->arena, digest_bytes(&digest)), 0, ID_DIGITS);
    return keep_once(db, taking->project, id, was_known);
}

/* It counted as something better before: that no longer. */
static enum status take_back(struct db *db, const struct taking *taking, int64_t started, int end)
{
    return db_run(db,
                  "UPDATE issues_health SET exited = exited - $5, errored = errored - $6"
                  " WHERE project_id = $1 AND release = $2 AND environment = $3 AND hour = $4"
                  " AND exited >= $5 AND errored >= $6",
                  DB_INT(taking->project), DB_TEXT(taking->release), DB_TEXT(taking->environment),
                  DB_INT(started / PERIOD_HOUR), DB_INT(end == EXITED), DB_INT(end == ERRORED));
}

static enum status count_one(struct db *db, void *context)
{
    struct taking *taking = context;
    int64_t started;
    bool was_known = false;
    int end = end_of(taking->session);
    const int64_t counts[ENDS] = {end == EXITED, end == ERRORED, end == CRASHED};
    if (!has_started(taking, taking->session, &started))
        return OK;
    enum status status = find_name(db, taking);
    if (status == OK)
        status = note_end(db, taking, end, &was_known);
    if (status != OK || was_known)
        return status;
    status = add(db, taking, started, counts);
    for (int better = end - 1; better >= 0 && status == OK && !was_known; better--) {
        status = note_end(db, taking, better, &was_known);
        if (status == OK && was_known)
            status = take_back(db, taking, started, better);
    }
    return status;
}

enum status health_keep_one(struct db *db, int64_t project, const json_t *payload)
{
    struct taking taking = {.project = project, .session = payload};
    return payload_text(payload, "sid").length ? keep(db, &taking, payload, count_one)
                                               : fail_as(INVALID, "the session has no sid");
}
