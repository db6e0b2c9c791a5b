/* What the clerk does with the spool (monitor/spool.h): makes events, and takes each to its sinks.
 */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "monitor/dsn.h"
#include "monitor/event.h"

struct arena;
struct request;

/* Of every event of this program. */
struct event_origin report_origin(void);

/* SENTRY_DSN. NOT_FOUND: there is none; INVALID says what is wrong with it; CONFLICT: it names this
 * very site, which has its events anyway. */
enum status report_dsn(struct dsn *out);

/* A header of what is sent, by which this site knows its own wherever it was sent to; and whether
 * a request has it. */
#define REPORT_OWN_HEADER "X-Reporting-Site"
const char *report_own_mark(void);
bool report_is_own(const struct request *request);

/* One round; never waits for anybody. */
void report_events(void);
/* Lets Sentry have what waits, for 2 seconds. */
void report_end(void);

/* Offers one to the modules that keep events (module.h). NOT_FOUND: there are none. */
enum status report_to_site(const char *type, const json_t *payload);

/* Takes what the workers have told of their requests (monitor/ring.h) as transactions and sessions
 * into the spool. `delivery`: NULL: nothing is sent. */
struct delivery;
struct spool;
void report_traces(struct spool *spool, const char *folder, bool to_site,
                   struct delivery *delivery);

/* "oc-lettings/1.0" */
extern const char report_client[];
