/* Search in titles, cities and states. What somebody types is cut into words, and only these go
 * into FTS5's language, quoted: nothing in them is syntax. */
#pragma once

#include "lettings/queries.h"

#define SEARCH_LIMIT 200 /* lettings that are found at most */

struct search_hits {
    int64_t *items; /* keys of lettings */
    size_t count;
    size_t capacity;
};

/* At most `limit` hits, best first: all words in the title, then in title, city and state, then
 * the last word as the beginning of one; each by key. */
enum status search_find(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        size_t limit, struct search_hits *out);

/* The query with words that nothing has replaced by the most similar ones, if it then finds
 * something within the filter. NOT_FOUND: there is no such. */
enum status search_suggest(struct db *db, struct arena *arena, const struct letting_filter *filter,
                           struct text *out);

/* What search.c and suggest.c share. */

#define SEARCH_WORDS      8
#define SEARCH_WORD_BYTES 64

struct search_words {
    struct text items[SEARCH_WORDS];
    size_t count;
};

/* The first words of a text, cut to a length; parts without letter or digit are no words. */
void search_words_of(struct search_words *out, struct text text);

/* Whether any letting has the word, or with `begins` one that begins so. */
enum status search_has(struct db *db, struct arena *arena, struct text word, bool begins,
                       bool *out);
