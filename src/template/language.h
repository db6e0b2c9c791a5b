/* The languages that texts can be had in, and the one of this thread.
 *
 *     site_error_page(request, response, 413, text_of(translate("The body is too large.")));
 *
 * Texts that are only mentioned are marked with N_() (base/text.h) and translated where they are
 * shown. script/messages finds both. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct arena;
struct buffer;
struct catalogue;

struct language {
    struct text code; /* "fr", "pt-br" */
    struct text name; /* its own for itself: "Français" */
    size_t index;     /* in its list */
    /* NULL: texts are as they stand in the source. */
    const struct catalogue *catalogue;
};

struct language_list {
    const struct language *items;
    size_t count;
};

/* The one of that code, without regard to case; NULL: none. */
const struct language *language_find(const struct language_list *list, struct text code);
/* As Django chooses: that code, else what is left when its last part is cut off ("fr-CH", "fr"),
 * else one that begins like it ("pt", "pt-br"); NULL: none. */
const struct language *language_match(const struct language_list *list, struct text code);
/* The one that an Accept-Language asks for most (RFC 9110, 12.5.4); `*` is `fallback`. NULL: none
 * of them. */
const struct language *language_accepted(const struct language_list *list, struct text header,
                                         const struct language *fallback);

struct language_names {
    struct text code; /* "fr" when "fr-ch" was asked for */
    struct text english;
    struct text own;
};
/* Of any language that Django knows; false: of another. */
bool language_names(struct text code, struct language_names *out);
/* The `index`th of them; false: there are fewer. */
bool language_names_at(size_t index, struct language_names *out);

/* Written from right to left. */
bool language_is_bidi(struct text code);

/* The texts of one message; `language` NULL, and what is not translated: as in the source.
 * `context` TEXT_NONE: none. */
struct text language_text(const struct language *language, struct text context,
                          struct text message);
/* The form of a text that counts, as the language has it for `n`. */
struct text language_count(const struct language *language, struct text context, struct text one,
                           struct text many, int64_t n);

/* With "\n" for each end of a line, as messages have them. */
struct text language_line_ends(struct text text, struct arena *arena);

/* Appends a text with `value` in the place of its "%s", "%d", "%(name)s" or "%(name)d". */
void language_fill(struct buffer *out, struct text format, struct text value);

/* From now on, what translate() of this thread gives; NULL: the source's texts. */
void language_activate(const struct language *language);
/* In the language of this thread. May be printf's format: msgfmt checks that its arguments stay. */
const char *translate(const char *message) __attribute__((format_arg(1)));
