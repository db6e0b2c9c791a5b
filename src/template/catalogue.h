/* The texts of a language: a .mo file, as GNU msgfmt writes it
 * (gnu.org/software/gettext/manual/html_node/MO-Files.html), of either byte order. */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct catalogue;

/* `file` is borrowed: the catalogue's texts are parts of it, each with a NUL behind. INVALID, with
 * the reason: it is cut short, points beyond its end, is not sorted, not UTF-8, or its Plural-Forms
 * will not do. */
enum status catalogue_read(struct arena *arena, struct text file, const struct catalogue **out);

/* A line of the header: "Language", "X-Language-Name"; empty when it is not there. */
struct text catalogue_header(const struct catalogue *catalogue, struct text name);

/* False: it is not there, or not translated. `context` TEXT_NONE: none (pgettext's otherwise). No
 * catalogue (NULL) has nothing. */
bool catalogue_find(const struct catalogue *catalogue, struct text context, struct text message,
                    struct text *out);
/* The form for `n` of the message whose singular this is. */
bool catalogue_find_plural(const struct catalogue *catalogue, struct text context,
                           struct text message, int64_t n, struct text *out);
