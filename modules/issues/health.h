/* How requests end, by releases: sessions, as Sentry's "release health" counts them. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/status.h"

struct db;

#define HEALTH_RELEASES 200 /* of a project, and environment; what comes later is "<others>" */
#define HEALTH_HOURS    (INT64_C(24) * 30) /* kept */

/* An item `sessions` (develop.sentry.dev, "sessions"): aggregates. INVALID: it is none. In a
 * transaction of its own. */
enum status health_keep(struct db *db, int64_t project, const json_t *payload);

/* An item `session`: of one, as browsers' SDKs tell it, when it begins and again when it changes.
 * It is counted once, as the worst that it has come to, as long as it is among the KEPT_IDS newest.
 */
enum status health_keep_one(struct db *db, int64_t project, const json_t *payload);
