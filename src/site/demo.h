/* What modules make up rows from: the same for the same seed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct arena;

struct demo_random {
    uint64_t state; /* the seed */
};

/* Below `limit`, which is above 0. */
uint64_t demo_below(struct demo_random *random, uint64_t limit);

#define demo_pick(random, words) ((words)[demo_below((random), sizeof(words) / sizeof *(words))])

/* A town: few of them are large, and many small. */
struct demo_place {
    struct text city;
    struct text state; /* "NJ" */
    int64_t zip_code;
};
struct demo_place demo_place(struct demo_random *random, struct arena *arena);
