/* Who may write beside whom: advisory locks of a transaction
 * (postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS). */
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "db/postgres.h"

/* Of everything: "oclettin" in ASCII. */
#define ROOT INT64_C(8026378143905638766)

#define MOST_PARTS 100 /* rows of which each has a lock of its own */

struct lock {
    int64_t key;
    bool is_shared;
};

struct locks {
    struct lock *items;
    size_t count;
    size_t capacity;
};

/* The same in each release. */
static int64_t key_of(struct text path)
{
    return path.length ? (int64_t)XXH3_64bits(path.at, path.length) : ROOT;
}

static void add(struct arena *arena, struct locks *locks, struct text path, bool is_shared)
{
    *LIST_PUSH(arena, locks) = (struct lock){key_of(path), is_shared};
}

/* With what is above it, which others have beside us, and nobody alone. */
static void add_path(struct arena *arena, struct locks *locks, struct text path, bool whole)
{
    size_t slash = text_find_char(path, '/');
    struct text first = text_part(path, 0, slash);
    bool is_part = slash != TEXT_NOT_FOUND && !whole;
    if (path.length)
        add(arena, locks, TEXT(""), true);
    if (is_part)
        add(arena, locks, first, true);
    add(arena, locks, is_part ? path : first, false);
}

/* Everybody takes them in this order, so that no two wait for each other. */
static int compare(const void *a, const void *b)
{
    const struct lock *one = a;
    const struct lock *other = b;
    if (one->key != other->key)
        return one->key < other->key ? -1 : 1;
    return (one->is_shared > other->is_shared) - (one->is_shared < other->is_shared);
}

void postgres_claim(void *connection, const struct text *paths, size_t count)
{
    struct postgres *own = connection;
    struct locks locks = {0};
    if (!own->claims)
        own->claims = arena_new(512);
    arena_reset(own->claims);
    if (count == 0)
        add(own->claims, &locks, TEXT(""), true);
    for (size_t i = 0; i < count; i++)
        add_path(own->claims, &locks, paths[i], count > MOST_PARTS);
    qsort(locks.items, locks.count, sizeof *locks.items, compare);
    struct buffer sql = {.arena = own->claims};
    for (size_t i = 0; i < locks.count; i++)
        if (i == 0 || locks.items[i].key != locks.items[i - 1].key)
            buffer_format(&sql, "%s pg_advisory_xact_lock%s(%lld)", i ? "," : "SELECT",
                          locks.items[i].is_shared ? "_shared" : "", (long long)locks.items[i].key);
    buffer_char(&sql, '\0');
    own->claim = sql.at;
}
