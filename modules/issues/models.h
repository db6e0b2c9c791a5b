/* What failed, grouped: an issue is what events of one kind are of. Every table has a bound. */
#pragma once

#include "model/model.h"

/* Whose transactions count what others may have counted (db_transaction_on()). */
extern const struct text issues_path;

/* Who reports: this site itself, and other programs, by a key each. */
#define PROJECT_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, N_("name"), .max_length = 100,                                                   \
      .help_text = N_("Of the site or program whose errors these are."))                           \
    F(public_key, TEXT, N_("key"), .max_length = 32, .unique = true, .hidden = true)               \
    F(is_active, BOOLEAN, N_("takes events"), .default_to = "true",                                \
      .help_text = N_("Take this away, and what comes with the key is refused."))

#define ISSUE_UNRESOLVED "unresolved"
#define ISSUE_RESOLVED   "resolved"
#define ISSUE_IGNORED    "ignored"

#define ISSUE_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(project, FOREIGN_KEY, N_("project"), .to = &project_model, .on_delete = CASCADE)             \
    F(title, TEXT, N_("title"), .max_length = 256)                                                 \
    F(culprit, TEXT, N_("where"), .max_length = 200, .blank = true)                                \
    F(level, TEXT, N_("level"), .max_length = 10)                                                  \
    F(platform, TEXT, N_("platform"), .max_length = 30, .blank = true)                             \
    F(status, TEXT, N_("status"), .max_length = 10, .index = true,                                 \
      .choices = CHOICES({ISSUE_UNRESOLVED, N_("unresolved")}, {ISSUE_RESOLVED, N_("resolved")},   \
                         {ISSUE_IGNORED, N_("ignored")}))                                          \
    F(is_regressed, BOOLEAN, N_("came back"), .default_to = "false")                               \
    F(first_seen, DATETIME, N_("first seen"))                                                      \
    F(last_seen, DATETIME, N_("last seen"), .index = true)                                         \
    F(times_seen, BIG_INTEGER, N_("events"), .default_to = "0")                                    \
    F(users_seen, BIG_INTEGER, N_("users"), .default_to = "0")                                     \
    F(first_release, TEXT, N_("first release"), .max_length = 200, .blank = true)                  \
    F(last_release, TEXT, N_("last release"), .max_length = 200, .blank = true)                    \
    F(resolved_in, TEXT, N_("resolved in"), .max_length = 200, .blank = true)                      \
    F(resolved_at, DATETIME, "resolved", .null = true, .hidden = true)                             \
    F(first_event_id, TEXT, "first event", .max_length = 32, .hidden = true)                       \
    F(mailed_at, DATETIME, "mailed", .null = true, .hidden = true)                                 \
    F(waits_for_mail, BOOLEAN, "waits for a mail", .default_to = "false", .hidden = true)

/* Several of one issue: what an event is found by. */
#define GROUPHASH_FIELDS(F)                                                                        \
    F(id, ROWID, "ID")                                                                             \
    F(project, FOREIGN_KEY, "project", .to = &project_model, .on_delete = CASCADE)                 \
    F(hash, TEXT, "hash", .max_length = 32)                                                        \
    F(issue, FOREIGN_KEY, "issue", .to = &issue_model, .on_delete = CASCADE)

/* The newest of each issue, and its first. */
#define EVENT_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(issue, FOREIGN_KEY, "issue", .to = &issue_model, .on_delete = CASCADE)                       \
    F(event_id, TEXT, "event", .max_length = 32)                                                   \
    F(happened_at, DATETIME, "when")                                                               \
    F(release, TEXT, "release", .max_length = 200, .blank = true)                                  \
    F(environment, TEXT, "environment", .max_length = 64, .blank = true)                           \
    F(size, INTEGER, "bytes")                                                                      \
    F(payload, LONG_TEXT, "event in JSON")

/* Events that were counted, so that none is counted again; the newest alone. */
#define SEENEVENT_FIELDS(F)                                                                        \
    F(id, ROWID, "ID")                                                                             \
    F(project, FOREIGN_KEY, "project", .to = &project_model, .on_delete = CASCADE)                 \
    F(event_id, TEXT, "event", .max_length = 32)

/* How many events an hour had. */
#define HOURLY_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(issue, FOREIGN_KEY, "issue", .to = &issue_model, .on_delete = CASCADE)                       \
    F(hour, BIG_INTEGER, "hours since 1970")                                                       \
    F(count, BIG_INTEGER, "events")

/* How many events had a value of a tag; release and environment among them. */
#define TAGVALUE_FIELDS(F)                                                                         \
    F(id, ROWID, "ID")                                                                             \
    F(issue, FOREIGN_KEY, "issue", .to = &issue_model, .on_delete = CASCADE)                       \
    F(name, TEXT, "tag", .max_length = 200)                                                        \
    F(value, TEXT, "value", .max_length = 200)                                                     \
    F(count, BIG_INTEGER, "events")

/* Whom an issue touched, as digests. */
#define TOUCHED_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(issue, FOREIGN_KEY, "issue", .to = &issue_model, .on_delete = CASCADE)                       \
    F(visitor, TEXT, "digest of a visitor", .max_length = 32)

MODEL_ROW(project, PROJECT_FIELDS);
MODEL_ROW(issue, ISSUE_FIELDS);
MODEL_ROW(grouphash, GROUPHASH_FIELDS);
MODEL_ROW(event, EVENT_FIELDS);
MODEL_ROW(seenevent, SEENEVENT_FIELDS);
MODEL_ROW(hourly, HOURLY_FIELDS);
MODEL_ROW(tagvalue, TAGVALUE_FIELDS);
MODEL_ROW(touched, TOUCHED_FIELDS);

/* What took time: a route, or a statement. */
#define TIMED_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(project, FOREIGN_KEY, "project", .to = &project_model, .on_delete = CASCADE)                 \
    F(kind, TEXT, "kind", .max_length = 10)                                                        \
    F(name, TEXT, "name", .max_length = 300)

/* How often it took about so long in an hour: a histogram. */
#define TIMING_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(timed, FOREIGN_KEY, "what", .to = &timed_model, .on_delete = CASCADE)                        \
    F(hour, BIG_INTEGER, "hours since 1970")                                                       \
    F(bucket, INTEGER, "quarters of a doubling")                                                   \
    F(count, BIG_INTEGER, "times")                                                                 \
    F(failures, BIG_INTEGER, "failures")                                                           \
    F(micros, BIG_INTEGER, "microseconds together")

MODEL_ROW(timed, TIMED_FIELDS);
MODEL_ROW(timing, TIMING_FIELDS);

/* How the requests of an hour ended, of a release ("release health"). */
#define HEALTH_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(project, FOREIGN_KEY, "project", .to = &project_model, .on_delete = CASCADE)                 \
    F(release, TEXT, "release", .max_length = 200)                                                 \
    F(environment, TEXT, "environment", .max_length = 64, .blank = true)                           \
    F(hour, BIG_INTEGER, "hours since 1970")                                                       \
    F(exited, BIG_INTEGER, "well")                                                                 \
    F(errored, BIG_INTEGER, "with an error")                                                       \
    F(crashed, BIG_INTEGER, "failed")

MODEL_ROW(health, HEALTH_FIELDS);
