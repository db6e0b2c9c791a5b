/* Spans of time in words: "3 weeks, 1 day". */
#pragma once

#include "base/text.h"
#include "template/value.h"

struct buffer;
struct language;

/* What the words are for: "… ago" and "… from now" may ask for other forms. */
enum span_words { SPAN_PLAIN, SPAN_PAST, SPAN_FUTURE };

/* The two largest units between two days or datetimes, leap days left out (django.utils.timesince);
 * "0 minutes" when `to` is not after `from`. */
void time_span_put(struct buffer *out, const struct language *language, enum span_words words,
                   const struct value_moment *from, const struct value_moment *to);
