/* What a worker tells the clerk of its requests, in a file of the spool that both map: a ring of
 * records, one a request that is traced, and how the requests of each minute ended. Telling costs
 * memory writes alone, and what is told outlives the worker, however it ends. Records are taken at
 * least once, counts at most once. What a ring does not take is counted: of a worker that has very
 * many requests it takes a sample, which costs the clerk less, and a full one takes no more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "base/trace.h"

#define RING_RECORDS     1024
#define RING_WHOLE       500 /* requests of a worker a second, of which all are taken */
#define RING_SAMPLE      32  /* of more, so many a second */
#define RING_RECORD_SIZE 4096
#define RING_MINUTES     8

/* As Sentry's "release health" counts them. */
enum session_end { SESSION_EXITED, SESSION_ERRORED, SESSION_CRASHED, SESSION_ENDS };

enum ring_part {
    RING_SPANS, /* struct trace_span's, each with its text */
    RING_METHOD,
    RING_ROUTE,
    RING_HOST,
    RING_PATH,
    RING_USER,
    RING_REQUEST_ID,
    RING_BAGGAGE,
    RING_PARTS,
};

struct ring_record {
    _Atomic uint64_t sequence; /* the ring's own */
    int64_t wall;              /* microseconds since 1970 at its beginning */
    uint64_t event_id[2];
    uint64_t trace[2];
    uint64_t span;
    uint64_t parent; /* 0: none */
    uint32_t micros;
    uint32_t sample_rand;
    uint16_t status; /* of the answer */
    uint16_t spans_lost;
    bool secure;
    bool broken; /* the answer did not arrive whole */
    uint16_t lengths[RING_PARTS];
    _Alignas(8) unsigned char bytes[]; /* the parts, in their order */
};

/* The worker's side */

struct ring;

struct ring_options {
    struct text release;
    struct text environment;
    bool traces; /* else it counts only */
};
/* NULL: it cannot be had, and fail() says why. */
struct ring *ring_open(const char *folder, const struct ring_options *options);

/* Whether a request that is traced is to be told of; if not, it counts as lost. `now`:
 * microseconds of a clock that does not jump. */
bool ring_admit(struct ring *ring, int64_t now);
/* `record`: without its parts. Those that do not fit are left out, the last first. */
void ring_put(struct ring *ring, const struct ring_record *record,
              const struct text parts[RING_PARTS]);
/* Async-signal-safe. `wall`: when the request began. */
void ring_count(struct ring *ring, int64_t wall, enum session_end end);

/* The clerk's side */

struct ring_view;

/* Calls `visit` with each ring of the folder; those whose worker has ended and that have nothing
 * more are removed. */
void ring_each(const char *folder, void (*visit)(struct ring_view *view, void *context),
               void *context);

struct text ring_release(const struct ring_view *view);
struct text ring_environment(const struct ring_view *view);
/* Its worker has ended. */
bool ring_has_ended(const struct ring_view *view);

/* The record that is `ahead` of the oldest, copied and checked. False: there is none yet. */
struct ring_copy {
    struct text parts[RING_PARTS];
    _Alignas(8) unsigned char room[RING_RECORD_SIZE];
    struct ring_record record; /* without its bytes, which are in `room` */
};
bool ring_peek(const struct ring_view *view, size_t ahead, struct ring_copy *out);
/* So many have been dealt with. */
void ring_drop(struct ring_view *view, size_t count);
/* How many were lost since it was last asked. */
uint64_t ring_take_lost(struct ring_view *view);

/* Takes the counts of a minute that is over, or of one that is not where the worker has ended.
 * False: there are no more. */
struct ring_minute {
    int64_t minute; /* since 1970 */
    uint32_t counts[SESSION_ENDS];
};
bool ring_take_minute(struct ring_view *view, int64_t now, struct ring_minute *out);
