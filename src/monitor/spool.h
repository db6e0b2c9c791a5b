/* The spool as the clerk keeps it: records (record.h) become events, one JSON file each, and what
 * passes the bounds goes, the oldest first. */
#pragma once

#include <stddef.h>

#include "monitor/event.h"

#define SPOOL_EVENTS ((size_t)1000)
#define SPOOL_BYTES  ((size_t)50 * 1024 * 1024)
#define SPOOL_AGE    ((int64_t)30 * 24 * 60 * 60 * 1000000) /* microseconds */

/* `noticed` is called with each new event. Gives how many files were dropped. */
size_t spool_keep(const char *folder, const struct event_origin *origin,
                  void (*noticed)(const json_t *event));
