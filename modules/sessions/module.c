/* What the server keeps of a visitor from one request to the next, shared with the Django site. */
#include <inttypes.h>
#include <stdio.h>

#include "db/db.h"
#include "sessions/middleware.h"
#include "sessions/sessions.h"
#include "site/commands.h"
#include "site/module.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

static const struct setting settings[] = {
    {"SESSION_COOKIE_AGE", "1209600", "seconds that a visitor stays signed in",
     .integer = &session_cookie_age, .min = 60, .max = 366 * DAY},
    {0},
};

static enum status clear_expired(struct db *db)
{
    int64_t count;
    return sessions_clear(db, &count);
}

static int clearsessions(int count, char **arguments)
{
    struct db *db = NULL;
    int64_t cleared = 0;
    (void)count;
    (void)arguments;
    enum status status = commands_start();
    if (status == OK)
        status = commands_open(&db, false);
    if (status == OK)
        status = sessions_clear(db, &cleared);
    db_close(db);
    if (status != OK)
        return commands_failed();
    printf("Deleted %" PRId64 " expired session%s.\n", cleared, cleared == 1 ? "" : "s");
    return 0;
}

const struct module sessions_module = {
    .name = "sessions",
    .mount = "",
    .models = MODELS(&session_model),
    .settings = settings,
    .middleware = MIDDLEWARE({session_enter, session_leave}),
    .commands = COMMANDS({"clearsessions", "", "delete the sessions whose time is over",
                          "The clerk does it once an hour by itself.\n", clearsessions}),
    .jobs = JOBS({"clear sessions", .interval = HOUR, .run = clear_expired, .waits = true}),
};
