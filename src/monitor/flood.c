#include "monitor/flood.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#define KINDS  64
#define PROBES 8
#define WHOLE  10
#define SECOND ((int64_t)1000000)
#define WINDOW (60 * SECOND)
#define QUIET  SECOND
#define LATE   (10 * SECOND)
#define ROOM   ((size_t)24 * 1024) /* a record's first two lines (fault.c) */

struct kind {
    _Atomic uint64_t key;
    _Atomic int64_t since;
    _Atomic uint64_t count;   /* since then */
    _Atomic uint64_t pending; /* since one was written down */
    _Atomic int64_t newest;
    _Atomic int64_t written;
    atomic_flag kept_is_used; /* of what follows */
    size_t kept_length;
    char kept[ROOM];
};

static struct kind kinds[KINDS];

/* A clock that was put back counts as one that has gone on. */
static bool has_passed(int64_t since, int64_t duration, int64_t now)
{
    return now - since > duration || now < since;
}

/* NULL: it has no place. */
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
    return NULL;
}

/* The place of one that has not been seen for long, and of which all is told. NULL: there is none.
 */
static struct kind *take_over(uint64_t key, int64_t now)
{
    struct kind *taken = NULL;
    key = key ? key : 1;
    for (size_t i = 0; i < PROBES && !taken; i++) {
        struct kind *kind = &kinds[(key + i) % KINDS];
        uint64_t old = kind->key;
        if (kind->pending || !has_passed(kind->newest, WINDOW, now)
            || atomic_flag_test_and_set(&kind->kept_is_used))
            continue;
        if (atomic_compare_exchange_strong(&kind->key, &old, key)) {
            kind->since = 0;
            kind->kept_length = 0;
            taken = kind;
        }
        atomic_flag_clear(&kind->kept_is_used);
    }
    return taken;
}

/* 1 to 10, 20, 30 … 100, 200 … */
static bool is_due(uint64_t number)
{
    uint64_t step = 1;
    while (number > step * WHOLE)
        step *= WHOLE;
    return number % step == 0;
}

uint64_t flood_ask(uint64_t key, int64_t now)
{
    struct kind *kind = kind_of(key);
    if (!kind)
        kind = take_over(key, now);
    if (!kind)
        return 1;
    int64_t since = kind->since;
    if (has_passed(since, WINDOW, now) && atomic_compare_exchange_strong(&kind->since, &since, now))
        kind->count = 0;
    kind->pending++;
    kind->newest = now;
    if (!is_due(++kind->count))
        return 0;
    kind->written = now;
    return atomic_exchange(&kind->pending, 0);
}

void flood_put_back(uint64_t key, uint64_t stands_for)
{
    struct kind *kind = kind_of(key);
    if (kind)
        kind->pending += stands_for;
}

static void append(struct kind *kind, struct text text)
{
    if (!text.length || text.length > ROOM - kind->kept_length)
        return;
    memcpy(kind->kept + kind->kept_length, text.at, text.length);
    kind->kept_length += text.length;
}

/* Whole, or not at all: another thread may have an equal one. */
void flood_keep(uint64_t key, struct text record, struct text more)
{
    struct kind *kind = kind_of(key);
    if (!kind || atomic_flag_test_and_set(&kind->kept_is_used))
        return;
    kind->kept_length = 0;
    append(kind, record);
    append(kind, more);
    atomic_flag_clear(&kind->kept_is_used);
}

static void flush(struct kind *kind, bool (*write)(struct text record, uint64_t stands_for))
{
    if (atomic_flag_test_and_set(&kind->kept_is_used))
        return;
    uint64_t pending = kind->kept_length ? atomic_exchange(&kind->pending, 0) : 0;
    if (pending && !write((struct text){kind->kept, kind->kept_length}, pending))
        kind->pending += pending;
    atomic_flag_clear(&kind->kept_is_used);
}

void flood_flush(int64_t now, bool all, bool (*write)(struct text record, uint64_t stands_for))
{
    for (size_t i = 0; i < KINDS; i++) {
        struct kind *kind = &kinds[i];
        if (!kind->pending
            || !(all || has_passed(kind->newest, QUIET, now)
                 || has_passed(kind->written, LATE, now)))
            continue;
        kind->written = now;
        flush(kind, write);
    }
}
