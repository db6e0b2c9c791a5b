/* Each thread that answers has a connection of its own; to a server, one of a worker's share while
 * it answers. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/db.h"
#include "site/internal.h"
#include "site/page_cache.h"
#include "site/settings.h"
#include "site/site.h"

#define MILLISECOND ((int64_t)1000)
#define RENEW_AGAIN (10000 * MILLISECOND)
#define ASK_AGAIN   (1500 * MILLISECOND) /* longer than any pause between attempts to connect */
#define LOOK_AGAIN  (20 * MILLISECOND)

static pthread_key_t connection;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void close_at_end(void *db)
{
    db_close(db);
}

static void make_key(void)
{
    pthread_key_create(&connection, close_at_end);
}

static void warn_of_log(struct db *db)
{
    if (db_leaves_log(db))
        log_error("another database was put beside the old one's write-ahead log, which may damage "
                  "it: stop the site, delete -wal and -shm, put the database there again, start");
}

/* No process that had the old database may open the new one. */
static enum status renew_processes(void)
{
    static _Atomic int64_t asked;
    int64_t last = asked;
    int64_t now = clock_monotonic();
    if ((last == 0 || now - last > RENEW_AGAIN)
        && atomic_compare_exchange_strong(&asked, &last, now)) {
        log_warning("the database's write-ahead log was taken away: new processes take over");
        if (site.supervised)
            kill(getppid(), SIGHUP);
    }
    return fail_as(BUSY, "another database takes its place");
}

static void leave(struct db *db)
{
    warn_of_log(db);
    site_database_close();
    page_cache_clear();
}

bool site_needs_encryption(void)
{
    return text_is(site_settings.trusted_proxies, "heroku");
}

struct db_options site_database_options(bool writes)
{
    return (struct db_options){
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .writes = writes,
        .busy_timeout = site_settings.database_timeout,
        .statement_timeout = site_settings.database_statement_timeout,
        .pooled = site_settings.database_pooled,
        .encrypted = site_needs_encryption(),
    };
}

static enum status open_database(struct db **out, bool writes)
{
    const struct db_options options = site_database_options(writes);
    enum status status = db_open(out, &options);
    if (status != OK)
        return status;
    pthread_setspecific(connection, *out);
    return db_place(*out, writes) == DB_CUT_OFF ? renew_processes() : OK;
}

/* A share of connections */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    unsigned limit; /* 0: there is no share */
    unsigned used;
    unsigned open; /* in use or idle; of what is used, some may be about to be opened */
    struct db **idle;
    unsigned idle_count;
    int64_t asked; /* the others for one, when */
    int64_t gave;  /* one to them */
    int64_t seen;  /* so often they had asked */
} share = {.mutex = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};

void site_database_share(unsigned connections)
{
    share.idle = calloc(connections, sizeof *share.idle);
    if (!share.idle)
        abort();
    share.limit = connections;
}

static bool wait_until(int64_t until)
{
    const struct timespec limit = {until / (1000 * MILLISECOND),
                                   until % (1000 * MILLISECOND) * 1000};
    return pthread_cond_clockwait(&share.freed, &share.mutex, CLOCK_MONOTONIC, &limit) == 0;
}

static struct db *take_idle(void)
{
    return share.idle_count ? share.idle[--share.idle_count] : NULL;
}

/* An idle one; NULL where one is to be opened. BUSY: all are in use. */
static enum status take(struct db **out, int64_t until)
{
    bool waits = true;
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    while (share.used == share.limit && waits)
        waits = wait_until(until);
    bool taken = share.used < share.limit;
    share.used += taken;
    *out = taken ? take_idle() : NULL;
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    return taken ? OK : fail_as(BUSY, "all connections to the database are in use");
}

/* Where no further one can be opened, one that was given back; NULL: there is none that could be.
 */
static struct db *take_freed(int64_t until)
{
    bool waits = true;
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    while (!share.idle_count && share.open && waits)
        waits = wait_until(until);
    struct db *db = take_idle();
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    return db;
}

/* Whether another worker has asked for one, and this one has another: then one counts as given. */
static bool gives_one(void)
{
    _Atomic int64_t *wanted = metric_shared(METRIC_CONNECTIONS_WANTED);
    int64_t count = wanted ? *wanted : 0;
    bool asked = count != share.seen && share.open > 1;
    share.seen = count;
    if (asked) {
        share.open--;
        share.gave = clock_monotonic();
    }
    return asked;
}

/* `db` may be NULL. */
static void give_back(struct db *db)
{
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    bool closes = db && gives_one();
    if (db && !closes)
        share.idle[share.idle_count++] = db;
    share.used--;
    pthread_cond_signal(&share.freed);
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    if (closes)
        db_close(db);
}

void site_database_tick(void)
{
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    struct db *given = share.idle_count && gives_one() ? take_idle() : NULL;
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    db_close(given);
}

static enum status open_counted(struct db **out, bool writes)
{
    enum status status = open_database(out, writes);
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    share.open += status == OK;
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    return status;
}

/* What was given to another worker is not taken back at once. */
static enum status open_further(struct db **out, bool writes)
{
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    bool gave = share.open && share.gave && clock_monotonic() - share.gave < ASK_AGAIN;
    pthread_mutex_unlock(&share.mutex);
    guard_release();
    return gave ? fail_as(BUSY, "another worker needs the connection") : open_counted(out, writes);
}

static void ask_others(void)
{
    _Atomic int64_t *wanted = metric_shared(METRIC_CONNECTIONS_WANTED);
    int64_t now = clock_monotonic();
    guard_hold();
    pthread_mutex_lock(&share.mutex);
    if (wanted && (!share.asked || now - share.asked >= ASK_AGAIN)) {
        share.asked = now;
        share.seen = atomic_fetch_add(wanted, 1) + 1;
    }
    pthread_mutex_unlock(&share.mutex);
    guard_release();
}

/* The server gives no further one: that is no reason to wait, unless there are some, or it is heard
 * of, so that it has only given them to others. */
static enum status open_or_wait(struct db **out, bool writes, int64_t until)
{
    struct db_state unused;
    enum status status = open_further(out, writes);
    while (status == BUSY) {
        struct failure failure = *status_failure();
        struct db *freed = take_freed(until);
        if (freed) {
            *out = freed;
            return OK;
        }
        if (clock_monotonic() >= until || !db_heard(&unused)) {
            status_restore(&failure);
            return BUSY;
        }
        ask_others();
        usleep((useconds_t)LOOK_AGAIN);
        status = open_further(out, writes);
    }
    return status;
}

static enum status open_shared(struct db **out, bool writes)
{
    int64_t until = clock_monotonic() + site_settings.database_timeout * MILLISECOND;
    enum status status = take(out, until);
    if (status != OK)
        return status;
    if (!*out)
        status = open_or_wait(out, writes, until);
    if (status != OK) {
        give_back(NULL);
        return status;
    }
    pthread_setspecific(connection, *out);
    db_limit(*out, 0);
    return db_allow_writes(*out, writes);
}

void site_database_release(void)
{
    pthread_once(&once, make_key);
    struct db *db = pthread_getspecific(connection);
    if (!db || !share.limit)
        return;
    pthread_setspecific(connection, NULL);
    give_back(db);
}

enum status site_database(struct db **out, bool writes)
{
    pthread_once(&once, make_key);
    *out = pthread_getspecific(connection);
    enum db_place place = *out ? db_place(*out, writes) : DB_AT_ITS_PATH;
    if (place == DB_CUT_OFF)
        return renew_processes();
    if (place == DB_REPLACED || place == DB_OVERWRITTEN) {
        leave(*out);
        *out = NULL;
    }
    if (*out) {
        db_limit(*out, 0); /* whatever the last request left */
        return db_allow_writes(*out, writes);
    }
    return share.limit ? open_shared(out, writes) : open_database(out, writes);
}

void site_database_close(void)
{
    pthread_once(&once, make_key);
    db_close(pthread_getspecific(connection));
    pthread_setspecific(connection, NULL);
}
