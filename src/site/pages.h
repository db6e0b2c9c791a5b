/* Lists in pages by key: the last page costs what the first does. `?after=` and `?before=` name
 * the key of the neighbouring row, `?last` asks for the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/status.h"
#include "template/value.h"

struct arena;
struct db;
struct model;
struct request;
struct value_map;

#define PAGE_SIZE 50

/* What a module's query is asked for: up to `limit` rows with keys above `key` in rising order, or,
 * `backward`, below it in falling order. */
struct page_query {
    bool backward;
    int64_t key;
    int64_t limit;
};

typedef LIST(const void *) page_rows;

typedef enum status page_fetch(struct db *db, struct arena *arena, const struct page_query *query,
                               page_rows *out);

/* Sets `name` in the context to the list of rows the request asks for, and `page` to its links:
 * first, previous, next, last, each absent where there is nothing to go to. NOT_FOUND: there is no
 * such page. */
enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct model *model, page_fetch *fetch);
