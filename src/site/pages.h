/* Lists in pages by key: the last page costs what the first does. `?after=` and `?before=` name
 * the key of the neighbouring row, `?last` asks for the end. */
#pragma once

#include "base/status.h"

struct query;
struct request;
struct value_map;

#define PAGE_SIZE 50

/* Sets `name` in the context to the list of rows the request asks for of what `query` gives, by
 * key, and `page` to its links: first, previous, next, last, each absent where there is nothing to
 * go to. NOT_FOUND: there is no such page. */
enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct query *query);
