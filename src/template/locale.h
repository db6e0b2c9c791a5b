/* How languages write dates and numbers: Django's formats (django.conf.locale), by its codes. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct buffer;

enum locale_format {
    DATE_FORMAT,
    TIME_FORMAT,
    DATETIME_FORMAT,
    YEAR_MONTH_FORMAT,
    MONTH_DAY_FORMAT,
    SHORT_DATE_FORMAT,
    SHORT_DATETIME_FORMAT,
    LOCALE_FORMATS,
};

struct locale {
    const char *code;
    const char *formats[LOCALE_FORMATS];
    const char *point;
    const char *separator; /* of groups of digits */
    int group;             /* digits in one; 0: none are made */
};

/* What Django's settings say by default. */
extern const struct locale locale_plain;

/* Of that language, else of the one without its last part ("de-at", "de"); NULL: unknown. */
const struct locale *locale_find(struct text code);
/* "DATE_FORMAT" …; false when it is the name of none. */
bool locale_format_of(struct text name, enum locale_format *out);

/* `number` is [-]digits[.digits]; `places` as many behind the point, cut or filled up; -1: as they
 * are. */
void locale_put_number(struct buffer *out, const struct locale *locale, struct text number,
                       int places, bool group);
