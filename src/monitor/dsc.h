/* What an envelope says of the trace it is part of, so that a receiver can decide on all of a trace
 * alike (develop.sentry.dev, "dynamic sampling context"). */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct dsc_source {
    struct text trace_id;
    struct text baggage; /* the members that came with the trace, which then say all of it */
    struct text release;
    struct text environment;
    struct text transaction; /* a route's pattern; empty: none */
    struct text rate;        /* SENTRY_TRACES_SAMPLE_RATE; empty: nothing is sampled */
    json_int_t sample_rand;  /* millionths */
    bool sampled;
};

/* An object of strings, without the key, which only who sends it knows. The caller's. */
json_t *dsc_make(const struct dsc_source *source);
