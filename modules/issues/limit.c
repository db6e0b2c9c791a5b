#include "issues/limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <xxhash.h>

#include "crypto/crypto.h"

#define KEYS      256
#define PROBES    8
#define ADDRESSES 1024 /* they share one where there are more */
#define MINUTE    (INT64_C(60) * 1000000)

int64_t limit_per_minute;

/* A minute's number above, and how many came in it below. */
typedef _Atomic uint64_t counter;

static struct {
    _Atomic uint64_t key; /* 0: none */
    counter count;
} keys[KEYS];
static counter addresses[ADDRESSES];

/* Nobody outside can tell which share a place. */
static uint64_t seed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    random_fill(&seed, sizeof seed);
}

static uint64_t digest(const void *bytes, size_t length, uint64_t what)
{
    pthread_once(&once, make_seed);
    return XXH3_64bits_withSeed(bytes, length, seed ^ what);
}

uint64_t limit_key(int64_t project, struct text key)
{
    uint64_t value = digest(key.at, key.length, (uint64_t)project);
    return value ? value : 1;
}

static counter *find(uint64_t key)
{
    for (size_t i = 0; key && i < PROBES; i++)
        if (atomic_load_explicit(&keys[(key + i) % KEYS].key, memory_order_relaxed) == key)
            return &keys[(key + i) % KEYS].count;
    return NULL;
}

static bool admits(counter *place, int64_t now)
{
    uint64_t minute = (uint64_t)(now / MINUTE) & UINT32_MAX;
    uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);
    for (;;) {
        uint64_t count = seen >> 32 == minute ? seen & UINT32_MAX : 0;
        if (limit_per_minute && count >= (uint64_t)limit_per_minute)
            return false;
        if (atomic_compare_exchange_weak_explicit(place, &seen, minute << 32 | (count + 1),
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    }
}

int64_t limit_wait(int64_t now)
{
    return (MINUTE - now % MINUTE + 999999) / 1000000;
}

bool limit_knows(uint64_t key)
{
    return find(key) != NULL;
}

bool limit_admits(uint64_t key, struct text address, int64_t now)
{
    counter *place = find(key);
    return admits(place ? place : &addresses[digest(address.at, address.length, 0) % ADDRESSES],
                  now);
}

/* In a free place, else in the first that it may have. */
static counter *add(uint64_t key)
{
    size_t place = key % KEYS;
    for (size_t i = 0; i < PROBES; i++) {
        uint64_t free = 0;
        if (atomic_compare_exchange_strong(&keys[(key + i) % KEYS].key, &free, key))
            return &keys[(key + i) % KEYS].count;
    }
    atomic_store(&keys[place].count, 0);
    atomic_store(&keys[place].key, key);
    return &keys[place].count;
}

bool limit_learn(uint64_t key, int64_t now)
{
    counter *place = find(key);
    return admits(place ? place : add(key), now);
}

void limit_forget(uint64_t key)
{
    for (size_t i = 0; i < PROBES; i++) {
        uint64_t known = key;
        if (atomic_compare_exchange_strong(&keys[(key + i) % KEYS].key, &known, 0))
            atomic_store(&keys[(key + i) % KEYS].count, 0);
    }
}
