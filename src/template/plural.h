/* Which of a message's plural forms goes with a number: the expression of a catalogue's line
 * Plural-Forms, "nplurals=2; plural=(n > 1);"
 * (gnu.org/software/gettext/manual/html_node/Plural-forms.html). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct plural_node;

struct plural {
    size_t count; /* of forms */
    const struct plural_node *form;
};

/* INVALID, with the reason: it is no such line, has too many forms or levels, or gives a form that
 * there is not, or divides by zero, for a number from 0 to 1000. An empty line is that of English.
 */
enum status plural_parse(struct arena *arena, struct text line, struct plural *out);

/* Below `count`; 0 where the expression gives none. */
size_t plural_form(const struct plural *plural, int64_t n);
