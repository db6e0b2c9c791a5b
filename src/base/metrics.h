/* Numbers of the whole instance, for who watches it (site/metrics.c shows them): in memory that its
 * processes share and that outlives each of them.
 *
 * A process counts in a stripe of its own, which it holds, by a lock on the file, until it ends;
 * the next one goes on counting there. So nobody waits for anybody. What is counted is found by its
 * name: processes of two releases share the memory, in which each names what it knows. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/status.h"

struct arena;

enum metric_kind {
    METRIC_COUNTER, /* the sum of all stripes */
    METRIC_GAUGE,   /* … of the processes that live */
    METRIC_LARGEST, /* of the processes that live, which all say the same, sooner or later */
    METRIC_REQUESTS /* METRIC_REQUEST_VALUES counters: see metrics_request() */
};

enum metric {
    METRIC_HTTP_CONNECTIONS,
    METRIC_EXECUTOR, /* three of each executor: how many wait, are run, and were refused */
    METRIC_SLOW = METRIC_EXECUTOR + 3,
    METRIC_STREAMS = METRIC_SLOW + 3,
    METRIC_DATABASE_CONNECTIONS = METRIC_STREAMS + 3,
    METRIC_CONNECTIONS_WANTED,
    METRIC_FAULTS_CONTAINED,
    METRIC_PAGES_FRESH,
    METRIC_PAGES_SAME,
    METRIC_PAGES_RENDERED,
    METRIC_KEPT_PAGES,
    METRIC_KEPT_BYTES,
    METRIC_CHANGES_WRITTEN,
    METRIC_CHANGES_HEARD,
    METRIC_WORKERS,
    METRIC_WORKERS_REPLACED,
    METRIC_CLERKS_REPLACED,
    METRIC_STARTED,
    METRIC_COUNT
};

#define METRICS_VALUES 16384

struct metrics_stripe {
    _Atomic int64_t values[METRICS_VALUES];
};

/* Where this process counts; before metrics_join() to no purpose. */
extern struct metrics_stripe *metrics_own;
extern uint32_t metrics_places[METRIC_COUNT];

static inline void metrics_add(size_t place, int64_t by)
{
    atomic_fetch_add_explicit(&metrics_own->values[place], by, memory_order_relaxed);
}

/* At most as dear as an addition that no other thread makes at once: some nanoseconds. */
static inline void metric_add(enum metric metric, int64_t by)
{
    metrics_add(metrics_places[metric], by);
}

/* A counter that all processes have in common: what one adds there, the others see. NULL: this one
 * shares no memory. */
_Atomic int64_t *metric_shared(enum metric metric);

static inline void metric_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&metrics_own->values[metrics_places[metric]], value,
                          memory_order_relaxed);
}

/* The memory, empty, as a file without a name; -1: there is none to be had. */
int metrics_create(void);

/* From now on this process counts there. Once; the descriptor must stay open. -1: in memory of its
 * own. INVALID: the file is none of this layout, and it counts in memory of its own. */
enum status metrics_join(int fd);

/* Where a number is counted that `enum metric` has not: `labels` as `route="/lettings/"`, escaped;
 * "" for none. 0: there is no room, and it is counted to no purpose. */
struct metric_name {
    const char *family; /* "oc_http_requests"; a counter's without "_total" */
    const char *labels;
    enum metric_kind kind;
    const char *help;
};
size_t metrics_name(const struct metric_name *name);

/* Requests, by class of status (1xx to 5xx) and by how long they took. */
#define METRIC_CLASSES        5
#define METRIC_BOUNDS         14
#define METRIC_REQUEST_VALUES (METRIC_CLASSES * METRIC_BOUNDS + 1) /* the last: microseconds */
extern const int64_t metrics_bounds[METRIC_BOUNDS]; /* microseconds; the last is INT64_MAX */
void metrics_request(size_t place, int status, int64_t microseconds);

/* All there is, in the order in which it was named. */
struct metrics_row {
    struct metric_name name; /* of the arena */
    const int64_t *values;   /* one; METRIC_REQUEST_VALUES of requests */
};
struct metrics_reading {
    LIST(struct metrics_row) rows;
};
void metrics_read(struct arena *arena, struct metrics_reading *out);
