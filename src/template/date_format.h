/* Dates and times by Django's format letters: "N j, Y", "P". */
#pragma once

#include "template/moment.h"

struct language;
struct zone;

enum date_format_status {
    DATE_FORMAT_OK,
    DATE_FORMAT_NO_ATTRIBUTE, /* a letter that this kind of value has nothing for */
    DATE_FORMAT_TIME_OF_DATE, /* a letter of the time for a date */
};

/* `zone` is that of a naive datetime; NULL: none. `language`: of the names of months and days.
 * `time_only`: the letters of times alone. */
enum date_format_status date_format(struct buffer *out, struct text format, struct value value,
                                    const struct zone *zone, const struct language *language,
                                    bool time_only);
