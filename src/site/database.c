/* Each thread that answers has a connection of its own. */
#include <pthread.h>

#include "db/db.h"
#include "site/settings.h"
#include "site/site.h"

static pthread_key_t reading;
static pthread_key_t writing;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void close_at_end(void *db)
{
    db_close(db);
}

static void make_keys(void)
{
    pthread_key_create(&reading, close_at_end);
    pthread_key_create(&writing, close_at_end);
}

enum status site_database(struct db **out, bool writes)
{
    pthread_once(&once, make_keys);
    pthread_key_t key = writes ? writing : reading;
    *out = pthread_getspecific(key);
    if (*out)
        return OK;
    struct db_options options = {
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .writes = writes,
        .busy_timeout = site_settings.database_timeout,
    };
    enum status status = db_open(out, &options);
    if (status == OK)
        pthread_setspecific(key, *out);
    return status;
}

void site_database_close(void)
{
    pthread_once(&once, make_keys);
    db_close(pthread_getspecific(reading));
    db_close(pthread_getspecific(writing));
    pthread_setspecific(reading, NULL);
    pthread_setspecific(writing, NULL);
}
