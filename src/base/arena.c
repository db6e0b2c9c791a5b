#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define RED_ZONE 16
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define RED_ZONE                              0
#endif

#define ALIGNMENT alignof(max_align_t)

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* the newest first */
    struct block *first;
    struct block *large; /* each of one allocation that no block has room for */
    size_t block_size;
    size_t used;
};

static _Noreturn void out_of_memory(void)
{
    static const char line[] = "out of memory\n";
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    abort();
}

static struct block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        out_of_memory();
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        out_of_memory();
    *block = (struct block){.size = size};
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    return block;
}

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

struct arena *arena_new(size_t block_size)
{
    struct arena *arena = malloc(sizeof *arena);
    if (!arena)
        out_of_memory();
    struct block *block = block_new(block_size);
    *arena = (struct arena){.blocks = block, .first = block, .block_size = block_size};
    return arena;
}

static void free_until(struct block **blocks, const struct block *end)
{
    while (*blocks != end) {
        struct block *block = *blocks;
        *blocks = block->next;
        block_free(block);
    }
}

static void free_all_but_first(struct arena *arena)
{
    free_until(&arena->blocks, arena->first);
    free_until(&arena->large, NULL);
}

void arena_reset(struct arena *arena)
{
    free_all_but_first(arena);
    arena->used = 0;
    arena->first->used = 0;
    ASAN_POISON_MEMORY_REGION(arena->first->bytes, arena->first->size);
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_all_but_first(arena);
    block_free(arena->first);
    free(arena);
}

static size_t padded(size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT - RED_ZONE)
        out_of_memory();
    return (size + RED_ZONE + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct block *block_add(struct block **blocks, size_t size)
{
    struct block *block = block_new(size);
    block->next = *blocks;
    *blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need = padded(size);
    struct block *block = arena->blocks;
    if (need > arena->block_size)
        block = block_add(&arena->large, need);
    else if (need > block->size - block->used)
        block = block_add(&arena->blocks, arena->block_size);
    void *at = block->bytes + block->used;
    block->used += need;
    arena->used += need;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return at;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory();
    return memset(arena_alloc(arena, total), 0, total);
}

void *arena_grow(struct arena *arena, void *old, size_t old_size, size_t new_size)
{
    struct block *block = arena->blocks;
    size_t old_need = padded(old_size);
    size_t new_need = padded(new_size);
    if (old && new_need >= old_need && (unsigned char *)old + old_need == block->bytes + block->used
        && new_need - old_need <= block->size - block->used) {
        block->used += new_need - old_need;
        arena->used += new_need - old_need;
        ASAN_UNPOISON_MEMORY_REGION(old, new_size);
        return old;
    }
    void *grown = arena_alloc(arena, new_size);
    if (old)
        memcpy(grown, old, old_size < new_size ? old_size : new_size);
    return grown;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
