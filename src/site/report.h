/* What the clerk does with the spool (monitor/spool.h): makes events, and takes each to its sinks.
 */
#pragma once

#include "base/status.h"
#include "monitor/dsn.h"
#include "monitor/event.h"

struct arena;

/* Of every event of this program. */
struct event_origin report_origin(void);

/* SENTRY_DSN. NOT_FOUND: there is none; INVALID says what is wrong with it; CONFLICT: it names this
 * very site, which has its events anyway. */
enum status report_dsn(struct dsn *out);

/* One round; never waits for anybody. */
void report_events(void);
/* Lets Sentry have what waits, for 2 seconds. */
void report_end(void);

/* Offers one to the modules that keep events (module.h). NOT_FOUND: there are none. */
enum status report_to_site(const char *type, const json_t *payload);

/* "oc-lettings/1.0" */
extern const char report_client[];
