/* Search in titles, cities and states. What somebody types is cut into words, and only these go
 * into FTS5's language, quoted: nothing in them is syntax. */
#pragma once

#include "lettings/queries.h"
#include "lettings/words.h"

#define SEARCH_LIMIT 200 /* lettings that are found at most */

struct search_hits {
    int64_t *items; /* keys of lettings */
    size_t count;
    size_t capacity;
};

/* At most `limit` hits, best first: all words in the title, then in title, city and state, then
 * the last word as the beginning of one; each by key. The name of a state is also its code. */
enum status search_find(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        size_t limit, struct search_hits *out);

/* The first of all that search_find() would find, by key. */
enum status search_all(struct db *db, struct arena *arena, const struct letting_filter *filter,
                       size_t limit, struct search_hits *out);

/* The query with words that nothing has replaced by the most similar ones, or without those that
 * nothing is like, if it then finds something within the filter. NOT_FOUND: there is no such. */
enum status search_suggest(struct db *db, struct arena *arena, const struct letting_filter *filter,
                           struct text *out);

/* Whether anything has all words that are not ignored, or with `begins` the last as the beginning
 * of one. */
enum status search_any(struct db *db, struct arena *arena, const struct words *words,
                       const struct letting_filter *filter, bool begins, bool *out);
