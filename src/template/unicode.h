/* Characters of UTF-8 text. A byte that is not valid UTF-8 counts as one character, 0xDC00 + byte,
 * and is written back as that byte. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct arena;
struct buffer;

/* Takes the first character off; `rest` must not be empty. */
uint32_t unicode_take(struct text *rest);
/* Bytes of the first character of `text`, which must not be empty. */
size_t unicode_size(struct text text);
size_t unicode_length(struct text text);
/* Characters [from, to), bounds beyond the end are cut. */
struct text unicode_part(struct text text, size_t from, size_t to);
void unicode_put(struct buffer *out, uint32_t character);

uint32_t unicode_upper(uint32_t character);
uint32_t unicode_lower(uint32_t character);
/* Without its marks: "a" of "â". */
uint32_t unicode_bare(uint32_t character);
/* Composed, with compatible characters made one (Unicode's NFKC). */
struct text unicode_nfkc(struct arena *arena, struct text text);
/* Taken apart (Unicode's NFKD), what is not ASCII left out. */
struct text unicode_to_ascii(struct arena *arena, struct text text);
bool unicode_is_space(uint32_t character);
bool unicode_is_alpha(uint32_t character);
bool unicode_is_digit(uint32_t character);
/* Of a decimal digit of any script; -1: it is none. */
int unicode_digit(uint32_t character);
bool unicode_is_upper(uint32_t character);
bool unicode_is_printable(uint32_t character);
/* It combines with the one before. */
bool unicode_is_mark(uint32_t character);
/* Python's \w. */
bool unicode_is_word(uint32_t character);

/* Whole texts, with the few letters that become two ("ß" to "SS"). */
void unicode_put_upper(struct buffer *out, struct text text);
void unicode_put_lower(struct buffer *out, struct text text);
/* Python's casefold(). */
void unicode_put_casefold(struct buffer *out, struct text text);
/* In one case and one form, for comparing: Unicode's case folding and NFKC. */
void unicode_put_folded(struct buffer *out, struct text text);
/* Upper case at the start of each run of letters, lower case within. */
void unicode_put_title(struct buffer *out, struct text text);

/* Without white space at the ends. */
struct text unicode_trim(struct text text);
struct text unicode_trim_start(struct text text);
/* Takes the next run without white space off; false at the end. */
bool unicode_next_word(struct text *rest, struct text *word);
