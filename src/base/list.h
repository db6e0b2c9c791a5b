/* A growable array in an arena, typed by its declaration:
 *
 *     LIST(struct text) names = {0};
 *     *LIST_PUSH(arena, &names) = TEXT("a");
 *     for (size_t i = 0; i < names.count; i++) … names.items[i] …
 *
 * A push may move the items: keep no pointer to one across it. */
#pragma once

#include <stddef.h>

struct arena;

#define LIST(type)                                                                                 \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/* Appends a zeroed item; gives its address. */
#define LIST_PUSH(arena, list)                                                                     \
    ((list)->items = list_reserve((arena), (list)->items, (list)->count, &(list)->capacity,        \
                                  sizeof *(list)->items),                                          \
     &(list)->items[(list)->count++])

/* Room for one more item behind `count`, zeroed; gives where the items are now. */
void *list_reserve(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);
