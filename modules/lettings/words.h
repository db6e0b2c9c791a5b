/* What somebody types into the search, as words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct arena;

#define WORDS_MOST      8
#define WORD_MOST_BYTES 64

struct word {
    struct text text; /* as it was typed, cut to a length */
    struct text lower;
    struct text state; /* the code of the state whose name begins here; else empty */
    size_t span;       /* words of that name; else 1 */
    bool again;        /* it comes once more */
    bool ignored;      /* it comes once more, or says nothing of what is looked for */
};
struct words {
    struct word items[WORDS_MOST];
    size_t count;
};

/* The first words of a text; parts without letter or digit are none. Where all say nothing, the
 * last is not ignored. */
void words_read(struct words *out, struct arena *arena, struct text text);

/* Whether its script puts no spaces between words. The index has each such character as a word
 * (migrations/0002_search.sql). */
bool word_stands_alone(uint32_t character);

/* In front of the bytes of a state or a city in hexadecimal: the index's word for the place. Words
 * that are read have neither. */
#define PLACE_STATE 0xE000
#define PLACE_CITY  0xE001
