/* Each thread that answers has a connection of its own. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "site/internal.h"
#include "site/page_cache.h"
#include "site/settings.h"
#include "site/site.h"

#define RENEW_AGAIN ((int64_t)10 * 1000 * 1000)

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

static enum status open_database(struct db **out, bool writes)
{
    const struct db_options options = {
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .writes = writes,
        .busy_timeout = site_settings.database_timeout,
    };
    enum status status = db_open(out, &options);
    if (status != OK)
        return status;
    pthread_setspecific(connection, *out);
    return db_place(*out, writes) == DB_CUT_OFF ? renew_processes() : OK;
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
    return open_database(out, writes);
}

void site_database_close(void)
{
    pthread_once(&once, make_key);
    db_close(pthread_getspecific(connection));
    pthread_setspecific(connection, NULL);
}
