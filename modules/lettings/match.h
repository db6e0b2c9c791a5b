/* Words and places in the language of an engine's index. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lettings/queries.h"
#include "lettings/words.h"

struct arena;
struct db;
struct db_rows;

struct match {
    struct arena *arena;
    const struct words *words;
    const struct letting_filter *filter; /* its places */
    bool titles;                         /* in nothing else */
    bool begins;                         /* the last word may be the beginning of one */
};

/* Begins to read the keys of lettings that have all words, in their order, at most `limit`. */
void match_find(struct db *db, struct db_rows *rows, const struct match *match, int64_t limit);
