/* The calendar: Gregorian dates of the years 1 to 9999, times and durations, as Python's
 * datetime has them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "template/value.h"

struct arena;
struct buffer;

#define MICROSECONDS INT64_C(1000000)
#define DAY_SECONDS  INT64_C(86400)

/* Days since 1970-01-01. */
int64_t moment_days(int32_t year, int month, int day);
bool moment_is_leap(int32_t year);
int moment_month_days(int32_t year, int month);
/* 0 is Monday. */
int moment_weekday(const struct value_moment *moment);
/* 1 to 366. */
int moment_year_day(const struct value_moment *moment);
/* ISO 8601: the week's number and the year that it belongs to. */
int moment_iso_week(const struct value_moment *moment, int32_t *year);

/* Microseconds since 1970-01-01T00:00 of its own clock, and of UTC when it is aware. */
int64_t moment_local(const struct value_moment *moment);
int64_t moment_utc(const struct value_moment *moment);
struct value_moment moment_from_local(int64_t microseconds);
/* Aware, with no offset. */
struct value_moment moment_from_utc(int64_t microseconds);

/* False when one is aware and the other not. */
bool moment_compare(const struct value_moment *a, const struct value_moment *b, int *order);

/* "2024-05-07", "2024-05-07T14:05:00.5+02:00" (also with a space), "14:05", dates and times also
 * without the signs within them; aware with an offset or Z. The kind by what is there; false when
 * it is none of them. */
bool moment_parse(struct text text, enum value_kind *kind, struct value_moment *out);

/* str() and repr() of Python. */
void moment_print(struct buffer *out, struct value value);
void moment_print_repr(struct buffer *out, struct value value);
void duration_print(struct buffer *out, int64_t microseconds);
void duration_print_repr(struct buffer *out, int64_t microseconds);

/* A date or datetime and a duration; none beyond the years 1 to 9999. */
struct value moment_plus(struct arena *arena, struct value moment, int64_t microseconds);
