/* The spool as the clerk keeps it: records (record.h) become events, and each waits for each of its
 * sinks on its own: a file for each, which are links to one. What passes the bounds goes, the
 * oldest first.
 *
 *     <microseconds>-<process>-<number>.fault   a record; .part while it is written
 *                                      .event   an envelope (envelope.h) that has no sink yet
 *                                      .site    one that the site's own issues have not taken yet
 *                                      .sentry  one that is to be sent
 */
#pragma once

#include <stddef.h>

#include "base/status.h"
#include "monitor/event.h"

struct arena;
struct spool;

#define SPOOL_EVENTS ((size_t)1000) /* of each kind of file */
#define SPOOL_BYTES  ((size_t)50 * 1024 * 1024)
#define SPOOL_AGE    ((int64_t)30 * 24 * 60 * 60 * 1000000) /* microseconds */

enum spool_sink { SPOOL_SITE, SPOOL_SENTRY, SPOOL_SINKS };

struct spool_options {
    struct event_origin origin;
    bool sinks[SPOOL_SINKS];                 /* which there are */
    bool (*is_sampled)(const json_t *event); /* goes to Sentry too */
    void (*noticed)(const json_t *event);
};

/* One process has it at a time. NULL: it cannot be had (FAILED, with the reason), or another
 * process has it (BUSY). */
enum status spool_open(struct spool **out, const char *path);
/* The same beside whoever has it: for what waits, not to make events. */
enum status spool_look(struct spool **out, const char *path);
void spool_close(struct spool *spool);

/* `dropped`: how many events no longer wait for each sink; the last, records and what has none. */
void spool_keep(struct spool *spool, const struct spool_options *options,
                size_t dropped[SPOOL_SINKS + 1]);

/* The names of what waits for a sink, the oldest first, in the arena. */
struct spool_names {
    struct text *items;
    size_t count;
    size_t capacity;
};
void spool_waiting(struct spool *spool, struct arena *arena, enum spool_sink sink,
                   struct spool_names *out);
/* One of these: TEXT_NONE if it is gone or cannot be read. */
struct text spool_read(const struct spool *spool, struct arena *arena, struct text name);
void spool_remove(const struct spool *spool, struct text name);
