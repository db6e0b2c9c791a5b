/* `oc-lettings monitor test` */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "monitor/delivery.h"
#include "monitor/envelope.h"
#include "site/commands.h"
#include "site/report.h"
#include "site/site.h"

const char command_monitor_help[] =
    "test   send an event to Sentry, where SENTRY_DSN says, and give it to the site's own issues\n"
    "Exit status 1: one of them has not taken it, or there is neither.\n";

/* Whether it was taken; `there`: whether there is anybody to. */
static bool tell(const char *to, enum status status, bool *there)
{
    log_flush();
    if (status == OK)
        printf("%s: taken\n", to);
    else
        printf("%s: %s%s\n", to,
               status == NOT_FOUND ? "" : "NOT taken: ", status_failure()->message);
    *there = *there || status != NOT_FOUND;
    return status == OK || status == NOT_FOUND;
}

static bool send_to_sentry(struct arena *arena, const json_t *event, bool *there)
{
    struct delivery_options options = {.client = report_client, .mark = report_own_mark()};
    enum status status = report_dsn(&options.dsn);
    if (status != OK)
        return tell("Sentry", status, there);
    struct text shown = dsn_shown(arena, &options.dsn);
    const char *to = text_format(arena, "Sentry, %.*s", TEXT_ARG(shown)).at;
    printf("%s: sending; an answer may take 30 seconds\n", to);
    fflush(stdout);
    return tell(to, delivery_send(arena, &options, envelope_write(arena, "event", event)), there);
}

static enum status make_failure(void)
{
    return fail("an event to see whether events arrive");
}

static int test(void)
{
    bool there = false;
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct event_origin origin = report_origin();
    struct text name = text_format(arena, "%lld-%d", (long long)clock_wall(), (int)getpid());
    make_failure();
    json_t *event = event_of_test(name, status_failure(), &origin);
    printf("event %s\n", json_string_value(json_object_get(event, "event_id")));
    bool good = send_to_sentry(arena, event, &there);
    good = tell("this site", report_to_site("event", event), &there) && good;
    json_decref(event);
    arena_free(arena);
    site_database_close();
    return good && there ? 0 : 1;
}

int command_monitor(int count, char **arguments)
{
    if (count != 1 || strcmp(arguments[0], "test") != 0)
        return commands_misused("monitor", "is not what it does", count ? arguments[0] : "");
    return commands_start() == OK ? test() : commands_failed();
}
