#include "monitor/flood.h"

#include <stdatomic.h>
#include <stddef.h>

#define KINDS  64
#define PROBES 8
#define WHOLE  10
#define WINDOW ((int64_t)60 * 1000000)

struct kind {
    _Atomic uint64_t key;
    _Atomic int64_t since;
    _Atomic uint64_t count;   /* since then */
    _Atomic uint64_t pending; /* since one was written down */
};

static struct kind kinds[KINDS];

static struct kind *kind_of(uint64_t key)
{
    key = key ? key : 1;
    for (size_t i = 0; i < PROBES; i++) {
        struct kind *kind = &kinds[(key + i) % KINDS];
        uint64_t free = 0;
        if (kind->key == key || atomic_compare_exchange_strong(&kind->key, &free, key)
            || free == key)
            return kind;
    }
    return &kinds[key % KINDS]; /* counted among another's */
}

/* 1 to 10, 20, 30 … 100, 200 … */
static int is_due(uint64_t number)
{
    uint64_t step = 1;
    while (number > step * WHOLE)
        step *= WHOLE;
    return number % step == 0;
}

uint64_t flood_ask(uint64_t key, int64_t now)
{
    struct kind *kind = kind_of(key);
    int64_t since = kind->since;
    if ((now - since > WINDOW || now < since)
        && atomic_compare_exchange_strong(&kind->since, &since, now))
        kind->count = 0;
    kind->pending++;
    return is_due(++kind->count) ? atomic_exchange(&kind->pending, 0) : 0;
}
