/* How long things take: transactions, kept as histograms. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "issues/period.h"

struct db;

#define TIMING_ROUTE "route"
#define TIMING_SQL   "sql"
#define TIMING_NAMES 200         /* of a kind and project; what comes later is "<others>" */
#define TIMING_HOURS PERIOD_MOST /* kept */

/* Buckets are four to each doubling of a duration: what is read of them is at most 9 % off. */
#define TIMING_BUCKETS 160
int64_t timing_bucket(int64_t micros);
/* The duration below which `share` (0 to 1) of them are; 0 of none. */
double timing_percentile(const int64_t counts[TIMING_BUCKETS], double share);

/* A transaction of an SDK: its route, and the statements among its spans. Counted once under its
 * event_id. INVALID: it is none. In a transaction of its own. */
enum status timing_keep(struct db *db, int64_t project, const json_t *payload);
/* The same of several of this site's, a list under `transactions`, which may stand for others. */
enum status timing_keep_own(struct db *db, int64_t project, const json_t *payload);
