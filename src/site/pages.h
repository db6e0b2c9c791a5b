/* Lists in pages by key: the last page costs what the first does. `?after=` and `?before=` name
 * the key of the neighbouring row, `?last` asks for the end. */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "model/query.h"

struct request;
struct value_map;

#define PAGE_SIZE 50

/* Sets `name` in the context to the list of rows the request asks for of what `query` gives, by
 * key, and `page` to its links: first, previous, next, last, each absent where there is nothing to
 * go to. NOT_FOUND: there is no such page. */
enum status page_add(const struct request *request, struct value_map *context, const char *name,
                     const struct query *query);

/* Rows that come from elsewhere than one query. */
struct page_source {
    const struct model *model;
    /* At most `limit` rows of that side of `key`: rising for LOOKUP_GT, falling for LOOKUP_LT. */
    enum status (*read)(const struct request *request, const void *context, enum lookup side,
                        int64_t key, int64_t limit, struct row_list *out);
    const void *context;
    struct text parameters; /* that all links carry on: link_parameters() */
};
enum status page_add_from(const struct request *request, struct value_map *context,
                          const char *name, const struct page_source *source);

/* Sets `name` to a list of these rows. */
void page_set_rows(const struct request *request, struct value_map *context, const char *name,
                   const struct model *model, const struct row_list *rows);
