/* Rendered public pages, kept in the worker's memory and sent again only while the database is
 * proven to be as it was, or what they read of it (docs/architecture.md, "Fresh, and as cheap as a
 * file"). */
#pragma once

#include <stdbool.h>

struct request;
struct response;

/* Whether the request's page is kept and proven fresh without a connection (db_heard()): from a
 * thread that must not wait, before the steps, of which the second one then answers with it. */
bool page_cache_find(struct request *request);
bool page_cache_answer_found(struct request *request, struct response *response);
void page_cache_forget_found(struct request *request);

/* Steps around a view. Before: false, when a kept page is the answer. */
bool page_cache_answer(struct request *request, struct response *response);
/* The answer in the making is not to be kept. */
void page_cache_refuse(const struct request *request);
void page_cache_keep(struct request *request, struct response *response);

/* Forgets all, as of another database. */
void page_cache_clear(void);
