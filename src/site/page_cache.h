/* Rendered public pages, kept in the worker's memory and sent again only while the database is
 * proven to be as it was (docs/architecture.md, "Fresh, and as cheap as a file"). */
#pragma once

#include <stdbool.h>

struct request;
struct response;

/* Steps around a view. Before: false, when a kept page is the answer. */
bool page_cache_answer(struct request *request, struct response *response);
/* When the view has read all it needs and would render: true, when that is what a kept page was
 * rendered of, which then is the answer. */
bool page_cache_answer_same(const struct request *request, struct response *response);
/* The answer in the making is neither to be kept nor what was kept. */
void page_cache_refuse(const struct request *request);
void page_cache_keep(struct request *request, struct response *response);

/* Forgets all, as of another database. */
void page_cache_clear(void);
