/* Memory with one lifetime: everything allocated from an arena is freed together.
 *
 * An `arena *` parameter means that what the function returns lives as long as that arena.
 * Running out of memory ends in abort(): there is nothing to check after an allocation.
 * An arena belongs to one thread at a time. Unused memory is poisoned under AddressSanitizer. */
#pragma once

#include <stddef.h>

struct arena;

/* `block_size`: bytes asked of malloc at a time; larger allocations get a block of their own. */
struct arena *arena_new(size_t block_size);
void arena_free(struct arena *arena);

/* Frees all that was allocated, keeps the first block for the next use. */
void arena_reset(struct arena *arena);

/* Aligned for any object; the contents are undefined. `size` may be 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed array; a product that overflows aborts. */
void *arena_zero(struct arena *arena, size_t count, size_t size);

/* Resizes the newest allocation in place where it can, else copies. */
void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#define ARENA_NEW(arena, type)          ((type *)arena_zero((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_zero((arena), (count), sizeof(type)))
