/* Also on PostgreSQL. */
/* What the clerk takes away, so that the tables stay bounded. */
#include "database.h"

#include "base/clock.h"
#include "issues/prune.h"
#include "issues/timing.h"
#include "site/site.h"

#define HOUR ((int64_t)3600 * 1000000)

UNIT_CONNECTION("")

#define ISSUE                                                                                      \
    "(project_id, title, culprit, level, platform, status, is_regressed, first_seen, last_seen,"   \
    " times_seen, users_seen, first_release, last_release, resolved_in, first_event_id,"           \
    " waits_for_mail)"

#define ADD_ISSUES(last_seen)                                                                      \
    "INSERT INTO issues_issue " ISSUE " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"   \
    " FROM n WHERE i < $1) SELECT 1, 'issue ' || i, '', 'error', '', 'unresolved', FALSE,"         \
    " '2026-01-01', " last_seen ", 1, 0, '', '', '', '', FALSE FROM n"

static void prepare(void)
{
    size_t applied;
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(db_run(db, "INSERT INTO issues_project (id, name, public_key, is_active)"
                             " VALUES (1, 'Shop', 'k', TRUE)"),
                  OK);
}

static void add_issues(int64_t count)
{
    const struct db_parameter n = DB_INT(count);
    enum status status =
        unit_is_postgres()
            ? db_run(db, ADD_ISSUES("CAST('2026-01-01' AS timestamptz) + i * INTERVAL '1 minute'"),
                     n)
            : db_run(db, ADD_ISSUES("datetime('2026-01-01', '+' || i || ' minutes')"), n);
    assert_status(status, OK);
}

static void add_events(int64_t count, int64_t size)
{
    assert_status(db_run(db,
                         "INSERT INTO issues_event (issue_id, event_id, happened_at, release,"
                         " environment, size, payload) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                         " SELECT i + 1 FROM n WHERE i < $1) SELECT 1, 'event ' || i, '2026-01-01',"
                         " '', '', $2, '{}' FROM n",
                         DB_INT(count), DB_INT(size)),
                  OK);
}

static void test_before_migrate_there_is_nothing(void **state)
{
    (void)state;
    assert_status(prune_issues(db), OK);
}

static void test_issues_that_were_seen_last_are_kept(void **state)
{
    (void)state;
    prepare();
    add_issues(KEPT_ISSUES + 7);
    add_events(3, 10);
    assert_status(prune_issues(db), OK);
    assert_integer(db, KEPT_ISSUES, "SELECT count(*) FROM issues_issue");
    assert_integer(db, 8, "SELECT min(id) FROM issues_issue");
    assert_integer(db, 0, "SELECT count(*) FROM issues_event"); /* they were the first one's */
    assert_status(prune_issues(db), OK);
    assert_integer(db, KEPT_ISSUES, "SELECT count(*) FROM issues_issue");
}

static void test_the_newest_events_are_kept(void **state)
{
    (void)state;
    prepare();
    add_issues(1);
    add_events(KEPT_EVENTS_ALL + 5, 10);
    assert_status(prune_issues(db), OK);
    assert_integer(db, KEPT_EVENTS_ALL, "SELECT count(*) FROM issues_event");
    assert_integer(db, 6, "SELECT min(id) FROM issues_event");
}

static void test_their_bytes_are_bounded(void **state)
{
    (void)state;
    prepare();
    add_issues(1);
    add_events(1000, KEPT_BYTES / 900);
    assert_status(prune_issues(db), OK);
    assert_integer(db, 800, "SELECT count(*) FROM issues_event");
    assert_integer(db, 201, "SELECT min(id) FROM issues_event");
}

static void test_old_counts_go(void **state)
{
    (void)state;
    int64_t now = clock_wall() / HOUR;
    prepare();
    add_issues(1);
    for (int64_t age = KEPT_HOURS - 1; age <= KEPT_HOURS + 1; age++)
        assert_status(db_run(db,
                             "INSERT INTO issues_hourly (issue_id, hour, count)"
                             " VALUES (1, $1, 1)",
                             DB_INT(now - age)),
                      OK);
    assert_status(db_run(db, "INSERT INTO issues_timed (id, project_id, kind, name)"
                             " VALUES (1, 1, 'route', 'old'), (2, 1, 'route', 'new')"),
                  OK);
    for (int64_t timed = 1; timed <= 2; timed++)
        assert_status(db_run(db,
                             "INSERT INTO issues_timing (timed_id, hour, bucket, count,"
                             " failures, micros) VALUES ($1, $2, 1, 1, 0, 1)",
                             DB_INT(timed), DB_INT(timed == 1 ? now - TIMING_HOURS - 1 : now)),
                      OK);
    assert_status(prune_issues(db), OK);
    assert_integer(db, 2, "SELECT count(*) FROM issues_hourly");
    assert_integer(db, 1, "SELECT count(*) FROM issues_timing");
    assert_integer(db, 2, "SELECT id FROM issues_timed");
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_before_migrate_there_is_nothing),
    CONNECTED_TEST(test_issues_that_were_seen_last_are_kept),
    CONNECTED_TEST(test_the_newest_events_are_kept),
    CONNECTED_TEST(test_their_bytes_are_bounded),
    CONNECTED_TEST(test_old_counts_go),
};
UNIT_MAIN(tests)
