/* The spool as the clerk keeps it: records (record.h) become events, and each waits for each of its
 * sinks on its own: a file for each, which are links to one. What passes the bounds goes, the
 * oldest first.
 *
 *     <microseconds>-<process>-<number>.fault   a record; .part while it is written
 *                                      .event   an envelope (envelope.h) that has no sink yet
 *                                      .site    one that the site's own issues have not taken yet
 *                                      .sentry  one that is to be sent; retries.h of its name
 *                                      .site-traces, .sentry-traces  the same of transactions and
 *                                               sessions, which push no error out
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
/* Kinds of files: what waits for each sink, and what has none yet. */
enum spool_kind {
    SPOOL_UNASSIGNED = SPOOL_SINKS,
    SPOOL_SITE_TRACES,
    SPOOL_SENTRY_TRACES,
    SPOOL_KINDS,
};

struct spool_options {
    struct event_origin origin;
    bool sinks[SPOOL_SINKS];                 /* which there are */
    bool (*is_sampled)(const json_t *event); /* goes to Sentry too */
    void (*noticed)(const json_t *event, bool sampled);
};

/* One process has it at a time. NULL: it cannot be had (FAILED, with the reason), or another
 * process has it (BUSY). */
enum status spool_open(struct spool **out, const char *path);
/* The same beside whoever has it: for what waits, not to make events. */
enum status spool_look(struct spool **out, const char *path);
void spool_close(struct spool *spool);

/* How many files are gone. */
struct spool_losses {
    size_t dropped[SPOOL_KINDS];  /* by the bounds; records are among those without a sink */
    size_t sessions[SPOOL_KINDS]; /* those of them that were sessions */
    size_t spans[SPOOL_KINDS];    /* and how many spans the others had, themselves among them */
    size_t broken;                /* records that were none */
};
void spool_keep(struct spool *spool, const struct spool_options *options,
                struct spool_losses *losses);

/* Adds an envelope that waits, once under a stem: "<microseconds>-<anything>". False: it cannot. */
bool spool_add(struct spool *spool, struct arena *arena, int kind, struct text stem,
               struct text envelope);

/* The names of what waits for a sink, the oldest first, in the arena. */
struct spool_names {
    struct text *items;
    size_t count;
    size_t capacity;
};
void spool_waiting(struct spool *spool, struct arena *arena, int kind, struct spool_names *out);
/* One of these. NOT_FOUND: it is gone, FAILED: it cannot be read now; then it is TEXT_NONE. */
enum status spool_read(struct text *out, const struct spool *spool, struct arena *arena,
                       struct text name);
void spool_remove(const struct spool *spool, struct text name);
/* Both names end with a NUL, as those of spool_waiting() do. */
void spool_rename(const struct spool *spool, struct text name, struct text to);

/* The name of one transaction's file ends with the number of its spans, itself among them:
 * "<microseconds>-<id>-<spans>.sentry-traces". 0: it is none, but sessions. */
uint64_t spool_spans(struct text name);
