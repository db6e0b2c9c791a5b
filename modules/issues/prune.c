#include "issues/prune.h"

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "issues/health.h"
#include "issues/models.h"
#include "issues/period.h"
#include "issues/timing.h"

#define AT_ONCE 200 /* events that go where their bytes are too many */

static enum status prune_old(struct db *db)
{
    enum status status = db_run(db, "DELETE FROM issues_hourly WHERE hour < $1",
                                DB_INT(clock_wall() / PERIOD_HOUR - KEPT_HOURS));
    if (status == OK)
        status = db_run(db, "DELETE FROM issues_timing WHERE hour < $1",
                        DB_INT(clock_wall() / PERIOD_HOUR - TIMING_HOURS));
    if (status == OK)
        status = db_run(db, "DELETE FROM issues_health WHERE hour < $1",
                        DB_INT(clock_wall() / PERIOD_HOUR - HEALTH_HOURS));
    if (status == OK)
        status =
            db_run(db, "DELETE FROM issues_timed WHERE NOT EXISTS (SELECT 1 FROM issues_timing t"
                       " WHERE t.timed_id = issues_timed.id)");
    if (status == OK)
        status = db_run(db,
                        "DELETE FROM issues_event WHERE id <= (SELECT id FROM issues_event"
                        " ORDER BY id DESC LIMIT 1 OFFSET $1)",
                        DB_INT(KEPT_EVENTS_ALL));
    if (status == OK)
        status = db_run(db,
                        "DELETE FROM issues_touched WHERE id <= (SELECT id FROM issues_touched"
                        " ORDER BY id DESC LIMIT 1 OFFSET $1)",
                        DB_INT(KEPT_VISITORS_ALL));
    return status;
}

static enum status prune_bytes(struct db *db)
{
    int64_t bytes = 0;
    enum status status = db_integer(db, &bytes, 0, "SELECT sum(size) FROM issues_event");
    while (status == OK && bytes > KEPT_BYTES) {
        status = db_run(db,
                        "DELETE FROM issues_event WHERE id <= (SELECT max(id) FROM (SELECT id"
                        " FROM issues_event ORDER BY id LIMIT $1) oldest)",
                        DB_INT(AT_ONCE));
        if (status == OK)
            status = db_integer(db, &bytes, 0, "SELECT sum(size) FROM issues_event");
    }
    return status;
}

static enum status prune(struct db *db, void *context)
{
    (void)context;
    enum status status = db_run(db,
                                "DELETE FROM issues_issue WHERE id IN (SELECT id FROM issues_issue"
                                " ORDER BY last_seen DESC, id DESC LIMIT 100000 OFFSET $1)",
                                DB_INT(KEPT_ISSUES));
    if (status == OK)
        status = prune_old(db);
    return status == OK ? prune_bytes(db) : status;
}

enum status prune_issues(struct db *db)
{
    struct text table;
    struct arena *arena = arena_new(4096);
    enum status status = db_object_sql(db, arena, TEXT("issues_issue"), &table);
    if (status == OK)
        status = db_transaction_on(db, &issues_path, 1, prune, NULL);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status; /* before `migrate` */
}
