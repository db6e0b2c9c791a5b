/* What keeps the tables bounded, whatever is reported. */
#pragma once

#include <stdint.h>

#include "base/status.h"

struct db;

#define KEPT_ISSUES       5000 /* those seen last */
#define KEPT_EVENTS_ALL   10000
#define KEPT_BYTES        (INT64_C(256) * 1024 * 1024) /* of all events */
#define KEPT_HOURS        (INT64_C(24) * 30)
#define KEPT_VISITORS_ALL 500000

/* For the clerk. */
enum status prune_issues(struct db *db);
