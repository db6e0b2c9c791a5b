/* A slice of bytes, usually UTF-8, not owned and not terminated. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct text {
    const char *at;
    size_t length; /* bytes */
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE     ((struct text){NULL, 0})

/* Marks a literal that is translated where it is shown (template/language.h). */
#define N_(literal) literal
/* The same of one that is found within a context. */
#define NC_(context, literal) literal
/* The same of both forms of one that counts, as two literals; and within a context. */
#define NP_(one, many)           one, many
#define NPC_(context, one, many) one, many

/* For printf's "%.*s": of a variable, since a call would be made twice; with one it does not
 * compile. */
#define TEXT_ARG(text) ((int)(&(text))->length), ((&(text))->at)

#define TEXT_NOT_FOUND SIZE_MAX

/* The text of a C string; NULL gives TEXT_NONE. */
struct text text_of(const char *string);

bool text_equal(struct text a, struct text b);
bool text_is(struct text text, const char *string);
/* ASCII letters compare without case. */
bool text_equal_nocase(struct text a, struct text b);
/* Byte order, as strcmp. */
int text_compare(struct text a, struct text b);
bool text_starts(struct text text, struct text prefix);
bool text_ends(struct text text, struct text suffix);

/* The part [from, to); bounds beyond the end are cut to it. */
struct text text_part(struct text text, size_t from, size_t to);
struct text text_from(struct text text, size_t from);
/* At most so many bytes of UTF-8, cut between characters. */
struct text text_cut(struct text text, size_t most);
/* Without ASCII white space at both ends. */
struct text text_trim(struct text text);

/* Position of the first match, or TEXT_NOT_FOUND. */
size_t text_find(struct text text, struct text needle);
size_t text_find_char(struct text text, char needle);

/* Takes the part before the next `separator` off `rest`; false when `rest` is used up.
 * "a,,b" gives "a", "", "b"; start with the whole text in `rest`. */
bool text_next(struct text *rest, char separator, struct text *part);

/* Decimal, optional '-', nothing else around it. False: not a number, or out of range. */
bool text_to_int64(int64_t *out, struct text text);

/* Valid UTF-8 by RFC 3629: no surrogates, no overlong forms, at most U+10FFFF. */
bool text_is_utf8(struct text text);

/* Copies; both end with a NUL that the length does not count. */
char *text_string(struct arena *arena, struct text text);
struct text text_copy(struct arena *arena, struct text text);
struct text text_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
struct text text_vformat(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0), nonnull(2)));
