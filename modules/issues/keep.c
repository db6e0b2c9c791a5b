#include "issues/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "issues/health.h"
#include "issues/mails.h"
#include "issues/models.h"
#include "issues/payload.h"
#include "issues/period.h"
#include "issues/report.h"
#include "issues/timing.h"
#include "issues/versions.h"
#include "model/query.h"

#define MINUTE (INT64_C(60) * 1000000)

struct keeping {
    struct arena *arena;
    int64_t project;
    const json_t *payload;
    struct report report;
    int64_t stands_for; /* so many equal ones */
    struct issue *issue;
    bool is_news; /* it is new, or has come back */
};

/* Once */

enum status keep_once(struct db *db, int64_t project, struct text event_id, bool *was_seen)
{
    int64_t id = 0;
    enum status status =
        db_integer(db, &id, 0,
                   "INSERT INTO issues_seenevent (project_id, event_id) VALUES ($1, $2)"
                   " ON CONFLICT (project_id, event_id) DO NOTHING RETURNING id",
                   DB_INT(project), DB_TEXT(event_id));
    *was_seen = id == 0;
    return status == OK && id
               ? db_run(db, "DELETE FROM issues_seenevent WHERE id <= $1", DB_INT(id - KEPT_IDS))
               : status;
}

/* The issue */

static enum status find_by_hash(struct db *db, struct keeping *keeping, struct text hash)
{
    const struct query query = {
        .model = &grouphash_model,
        .where =
            WHERE({"project", .value = DB_INT(keeping->project)}, {"hash", .value = DB_TEXT(hash)}),
    };
    const struct grouphash *found;
    enum status status = query_first(db, keeping->arena, &query, &found);
    return status == OK ? model_find(db, keeping->arena, &issue_model, DB_INT(found->issue_id),
                                     &keeping->issue)
                        : status;
}

/* By the first of its hashes that is known. */
static enum status find_issue(struct db *db, struct keeping *keeping)
{
    enum status status = NOT_FOUND;
    for (size_t i = 0; i < keeping->report.grouping.count && status == NOT_FOUND; i++)
        status = find_by_hash(db, keeping, keeping->report.grouping.hashes[i]);
    return status;
}

static enum status add_issue(struct db *db, struct keeping *keeping)
{
    const struct report *report = &keeping->report;
    struct issue *issue = model_new(&issue_model, keeping->arena);
    issue->project_id = keeping->project;
    issue->title = report->title;
    issue->culprit = report->culprit;
    issue->level = report->level;
    issue->platform = report->platform;
    issue->status = TEXT(ISSUE_UNRESOLVED);
    issue->first_seen = report->happened_at;
    issue->last_seen = report->happened_at;
    issue->first_release = report->release;
    issue->last_release = report->release;
    issue->resolved_in = TEXT("");
    issue->first_event_id = report->event_id;
    keeping->issue = issue;
    keeping->is_news = true;
    return model_insert(db, &issue_model, issue);
}

static enum status add_hashes(struct db *db, const struct keeping *keeping)
{
    enum status status = OK;
    for (size_t i = 0; i < keeping->report.grouping.count && status == OK; i++)
        status = db_run(db,
                        "INSERT INTO issues_grouphash (project_id, hash, issue_id)"
                        " VALUES ($1, $2, $3) ON CONFLICT (project_id, hash) DO NOTHING",
                        DB_INT(keeping->project), DB_TEXT(keeping->report.grouping.hashes[i]),
                        DB_INT(keeping->issue->id));
    return status;
}

/* Of its release, to another. UNTOLD: one is missing, or nothing tells. */
enum order { UNTOLD, EARLIER, SAME, LATER };

/* By their versions, or, where these do not tell, since the issue has been seen in it already. */
static enum status order_releases(struct db *db, const struct keeping *keeping, struct text release,
                                  enum order *out)
{
    struct text its = keeping->report.release;
    int order = 0;
    int64_t known = 0;
    *out = UNTOLD;
    if (!release.length || !its.length)
        return OK;
    if (text_equal(its, release) || versions_compare(its, release, &order)) {
        *out = order == 0 ? SAME : order < 0 ? EARLIER : LATER;
        return OK;
    }
    enum status status = db_integer(db, &known, 0,
                                    "SELECT 1 FROM issues_tagvalue WHERE issue_id = $1"
                                    " AND name = 'release' AND value = $2",
                                    DB_INT(keeping->issue->id), DB_TEXT(its));
    *out = known ? EARLIER : UNTOLD;
    return status;
}

/* Whether what was said to be mended has come back: in a later release than that in which it was,
 * or, where releases do not tell, after it was said. */
static enum status has_regressed(struct db *db, const struct keeping *keeping,
                                 const struct issue *issue, bool *out)
{
    enum order order;
    enum status status = order_releases(db, keeping, issue->resolved_in, &order);
    bool is_later =
        order == LATER || (order == UNTOLD && keeping->report.happened_at > issue->resolved_at);
    *out = text_is(issue->status, ISSUE_RESOLVED) && is_later;
    return status;
}

/* Counts */

static enum status touch(struct db *db, const struct keeping *keeping, struct issue *issue)
{
    int64_t id = 0;
    if (!keeping->report.visitor.length || issue->users_seen >= KEPT_VISITORS)
        return OK;
    enum status status = db_integer(db, &id, 0,
                                    "INSERT INTO issues_touched (issue_id, visitor) VALUES ($1, $2)"
                                    " ON CONFLICT (issue_id, visitor) DO NOTHING RETURNING id",
                                    DB_INT(issue->id), DB_TEXT(keeping->report.visitor));
    if (status == OK && id)
        issue->users_seen++;
    return status;
}

static enum status update_issue(struct db *db, struct keeping *keeping)
{
    const struct report *report = &keeping->report;
    const struct issue before = *keeping->issue;
    struct issue *issue = keeping->issue;
    enum order order = UNTOLD;
    bool regressed = false;
    enum status status = order_releases(db, keeping, issue->last_release, &order);
    if (status == OK)
        status = has_regressed(db, keeping, &before, &regressed);
    if (status != OK)
        return status;
    issue->times_seen += keeping->stands_for;
    if (report->happened_at < issue->first_seen)
        issue->first_seen = report->happened_at;
    if (report->happened_at >= issue->last_seen) {
        issue->last_seen = report->happened_at;
        issue->level = report->level;
        if (report->release.length && (order == LATER || order == UNTOLD))
            issue->last_release = report->release;
    }
    if (regressed) {
        issue->status = TEXT(ISSUE_UNRESOLVED);
        issue->is_regressed = true;
        issue->resolved_in = TEXT("");
        issue->resolved_at = FIELD_NULL;
        keeping->is_news = true;
    }
    status = touch(db, keeping, issue);
    if (status == OK && keeping->is_news)
        status = mails_announce(db, keeping->arena, issue);
    return status == OK ? model_update(db, &issue_model, &before, issue) : status;
}

static enum status count_hour(struct db *db, const struct keeping *keeping)
{
    return db_run(db,
                  "INSERT INTO issues_hourly (issue_id, hour, count) VALUES ($1, $2, $3)"
                  " ON CONFLICT (issue_id, hour) DO UPDATE"
                  " SET count = issues_hourly.count + excluded.count",
                  DB_INT(keeping->issue->id), DB_INT(keeping->report.happened_at / PERIOD_HOUR),
                  DB_INT(keeping->stands_for));
}

/* A value beyond the bound is not counted; one that is there is. */
static enum status count_tag(struct db *db, const struct keeping *keeping,
                             const struct report_tag *tag)
{
    return db_run(db,
                  "INSERT INTO issues_tagvalue (issue_id, name, value, count)"
                  " SELECT $1, CAST($2 AS varchar), CAST($3 AS varchar), $6 WHERE ($4 > (SELECT "
                  "count(*) FROM issues_tagvalue"
                  " WHERE issue_id = $1 AND name = $2)"
                  " AND $5 > (SELECT count(*) FROM issues_tagvalue WHERE issue_id = $1))"
                  " OR EXISTS (SELECT 1 FROM issues_tagvalue WHERE issue_id = $1 AND name = $2"
                  " AND value = $3)"
                  " ON CONFLICT (issue_id, name, value)"
                  " DO UPDATE SET count = issues_tagvalue.count + excluded.count",
                  DB_INT(keeping->issue->id), DB_TEXT(tag->name), DB_TEXT(tag->value),
                  DB_INT(KEPT_TAGS), DB_INT(KEPT_ALL_TAGS), DB_INT(keeping->stands_for));
}

static enum status count_tags(struct db *db, const struct keeping *keeping)
{
    enum status status = OK;
    for (size_t i = 0; i < keeping->report.tags.count && status == OK; i++)
        status = count_tag(db, keeping, &keeping->report.tags.items[i]);
    return status;
}

/* The event itself */

/* Whether the minutes around it have had enough of them: then it is only counted. */
static enum status is_burst(struct db *db, const struct keeping *keeping, bool *out)
{
    int64_t count = 0;
    struct event since = {.happened_at = keeping->report.happened_at - MINUTE};
    struct event until = {.happened_at = keeping->report.happened_at + MINUTE};
    const struct field *when = model_field(&event_model, TEXT("happened_at"));
    const struct query query = {
        .model = &event_model,
        .where =
            WHERE({"issue", .value = DB_INT(keeping->issue->id)},
                  {"happened_at", LOOKUP_GT, .value = field_bind(when, &since, keeping->arena)},
                  {"happened_at", LOOKUP_LT, .value = field_bind(when, &until, keeping->arena)}),
        .limit = KEPT_PER_MINUTE,
    };
    enum status status = query_count(db, &query, &count);
    *out = count >= KEPT_PER_MINUTE;
    return status;
}

static enum status drop_older(struct db *db, const struct issue *issue)
{
    return db_run(db,
                  "DELETE FROM issues_event WHERE issue_id = $1 AND event_id <> $2 AND id <="
                  " (SELECT id FROM issues_event WHERE issue_id = $1"
                  " ORDER BY id DESC LIMIT 1 OFFSET $3)",
                  DB_INT(issue->id), DB_TEXT(issue->first_event_id), DB_INT(KEPT_EVENTS - 1));
}

static enum status add_event(struct db *db, const struct keeping *keeping)
{
    bool burst = false;
    const struct report *report = &keeping->report;
    enum status status = is_burst(db, keeping, &burst);
    if (status != OK || burst)
        return status;
    char *dump = json_dumps(keeping->payload, JSON_COMPACT);
    struct event *event = model_new(&event_model, keeping->arena);
    event->issue_id = keeping->issue->id;
    event->event_id = report->event_id;
    event->happened_at = report->happened_at;
    event->release = report->release;
    event->environment = report->environment;
    event->payload = text_copy(keeping->arena, text_of(dump));
    event->size = (int64_t)event->payload.length;
    free(dump);
    status = model_insert(db, &event_model, event);
    return status == OK ? drop_older(db, keeping->issue) : status;
}

static enum status keep(struct db *db, void *context)
{
    struct keeping *keeping = context;
    static enum status (*const steps[])(struct db *,
                                        const struct keeping *) = {add_hashes, add_event,
                                                                   count_hour, count_tags};
    bool was_seen;
    enum status status = keep_once(db, keeping->project, keeping->report.event_id, &was_seen);
    if (status != OK || was_seen)
        return status;
    status = find_issue(db, keeping);
    if (status == NOT_FOUND)
        status = add_issue(db, keeping);
    if (status == OK)
        status = update_issue(db, keeping);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == OK; i++)
        status = steps[i](db, keeping);
    return status;
}

static enum status keep_some(struct db *db, int64_t project, const json_t *event,
                             int64_t stands_for)
{
    struct keeping keeping = {
        .arena = arena_new((size_t)32 * 1024),
        .project = project,
        .payload = event,
        .stands_for = stands_for,
    };
    enum status status = report_read(keeping.arena, event, clock_wall(), &keeping.report);
    if (status == OK)
        status = db_transaction_on(db, &issues_path, 1, keep, &keeping);
    arena_free(keeping.arena);
    return status == CONFLICT ? fail("an event is not kept: %s", status_failure()->message)
                              : status;
}

enum status keep_event(struct db *db, int64_t project, const json_t *event)
{
    return keep_some(db, project, event, 1);
}

/* The only one without a key: nothing can be sent in its name. Made when it is first needed. */
static enum status own_project(struct db *db, int64_t *out)
{
    enum status status =
        db_integer(db, out, 0, "SELECT id FROM issues_project WHERE public_key = ''");
    if (status != OK || *out)
        return status;
    return db_integer(db, out, 0,
                      "INSERT INTO issues_project (name, public_key, is_active)"
                      " VALUES ('This site', '', $1) ON CONFLICT (public_key) DO UPDATE"
                      " SET public_key = '' RETURNING id",
                      DB_BOOL(false));
}

/* Kinds of items */

static const struct {
    const char *type;
    enum status (*keep)(struct db *db, int64_t project, const json_t *payload);
} kinds[] = {
    {"event", keep_event},
    {"transaction", timing_keep},
    {"sessions", health_keep},
    {"session", health_keep_one},
};

bool keep_takes(struct text type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(type, kinds[i].type))
            return true;
    return false;
}

enum status keep_item(struct db *db, int64_t project, struct text type, const json_t *payload)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(type, kinds[i].type))
            return kinds[i].keep(db, project, payload);
    return OK;
}

enum status keep_own(struct db *db, const char *type, const json_t *payload)
{
    int64_t project;
    enum status status = own_project(db, &project);
    if (status != OK)
        return status;
    if (strcmp(type, "event") == 0)
        return keep_some(db, project, payload, payload_stands_for(payload));
    return strcmp(type, "transactions") == 0 ? timing_keep_own(db, project, payload)
                                             : keep_item(db, project, text_of(type), payload);
}
