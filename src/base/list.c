#include "base/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void *list_reserve(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count == *capacity) {
        size_t grown = *capacity ? *capacity * 2 : 8;
        size_t bytes;
        if (grown < *capacity || __builtin_mul_overflow(grown, size, &bytes))
            abort();
        items = arena_grow(arena, items, *capacity * size, bytes);
        *capacity = grown;
    }
    memset((char *)items + count * size, 0, size);
    return items;
}
