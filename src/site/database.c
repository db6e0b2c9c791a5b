/* Each thread that answers has a connection of its own. */
#include <pthread.h>

#include "base/log.h"
#include "db/db.h"
#include "site/page_cache.h"
#include "site/settings.h"
#include "site/site.h"

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

enum status site_database(struct db **out, bool writes)
{
    pthread_once(&once, make_key);
    *out = pthread_getspecific(connection);
    if (*out && db_is_replaced(*out)) {
        warn_of_log(*out);
        site_database_close();
        page_cache_clear();
        *out = NULL;
    }
    if (*out) {
        db_limit(*out, 0); /* whatever the last request left */
        return db_allow_writes(*out, writes);
    }
    const struct db_options options = {
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .writes = writes,
        .busy_timeout = site_settings.database_timeout,
    };
    enum status status = db_open(out, &options);
    if (status == OK)
        pthread_setspecific(connection, *out);
    return status;
}

void site_database_close(void)
{
    pthread_once(&once, make_key);
    db_close(pthread_getspecific(connection));
    pthread_setspecific(connection, NULL);
}
