/* What the files of filters share. */
#pragma once

#include "template/library.h"
#include "template/node.h"

#define FILTER(name)                                                                               \
    static struct value name(struct filter_call *call, struct value value, struct value argument)

/* int(value); false after filter_fail(). */
bool filter_integer(struct filter_call *call, struct value value, int64_t *out);
/* The same, but a text that is no number (ValueError) does not fail. */
bool filter_integer_or_text(struct filter_call *call, struct value value, int64_t *out);
/* Lines of at most `width` characters where that can be, broken at spaces. */
void text_wrap(struct buffer *out, struct text text, int64_t width);
/* A value as text, escaped unless it is safe. */
void put_escaped(struct buffer *out, const struct filter_call *call, struct value value);
