/* A record of the spool as an event in Sentry's form (develop.sentry.dev, "event payloads"). */
#pragma once

#include <jansson.h>

#include "base/text.h"

struct event_origin {
    struct text release;
    struct text environment;
    struct text source_dir; /* where the program's sources lie, if anywhere: lines around a frame */
    const char *server_name;
    struct text traces_rate; /* SENTRY_TRACES_SAMPLE_RATE */
    const char *database;    /* "sqlite" or "postgresql" */
};

/* Under `contexts.trace` it has `dynamic_sampling_context`, which envelope_write() makes a header.
 *
 * `record`: the lines of a file of the spool (record.h), `name`: that file's, without its ending;
 * the event's id is of it. Its stack gets functions, files, lines and source, as far as debug
 * information and sources are at hand. NULL: it is no record. The caller's (json_decref()). */
struct symbols;
json_t *event_from_record(struct text name, struct text record, struct symbols *symbols,
                          const struct event_origin *origin);

/* One to see whether events arrive, from a place in the program. The caller's. */
struct failure;
json_t *event_of_test(struct text name, const struct failure *failure,
                      const struct event_origin *origin);
