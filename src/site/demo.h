/* Made-up rows, the same for the same seed, and what modules make them from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct module;

struct demo_order {
    int64_t count;
    uint64_t seed;
    bool add; /* also where there are rows */
    /* Called now and then with the number of those made. */
    void (*progress)(int64_t made);
};

/* Makes up rows of a module that has a demo, without its tables' triggers, which are restored when
 * all are there. CONFLICT: there are some, and they are not to be added to. */
enum status demo_make(struct db *db, const struct module *module, const struct demo_order *order);

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
