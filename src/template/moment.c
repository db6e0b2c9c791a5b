#include "template/moment.h"

#include <stdlib.h>

#include "base/buffer.h"

bool moment_is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int moment_month_days(int32_t year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && moment_is_leap(year));
}

/* Counts from 1 March of year 0, so that the leap day is a year's last. */
int64_t moment_days(int32_t year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of_days(struct value_moment *out, int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t march = (5 * of_year + 2) / 153;
    out->day = (uint8_t)(of_year - (153 * march + 2) / 5 + 1);
    out->month = (uint8_t)(march < 10 ? march + 3 : march - 9);
    out->year = (int32_t)(year + era * 400 + (out->month <= 2));
}

static int64_t days_of(const struct value_moment *moment)
{
    return moment_days(moment->year, moment->month, moment->day);
}

int moment_weekday(const struct value_moment *moment)
{
    int64_t day = (days_of(moment) + 3) % 7;
    return (int)(day < 0 ? day + 7 : day);
}

int moment_year_day(const struct value_moment *moment)
{
    return (int)(days_of(moment) - moment_days(moment->year, 1, 1)) + 1;
}

int moment_iso_week(const struct value_moment *moment, int32_t *year)
{
    int64_t thursday = days_of(moment) - moment_weekday(moment) + 3;
    struct value_moment there = {0};
    date_of_days(&there, thursday);
    *year = there.year;
    return (int)((thursday - moment_days(there.year, 1, 1)) / 7) + 1;
}

int64_t moment_local(const struct value_moment *moment)
{
    int64_t days = moment->month ? days_of(moment) : 0;
    int64_t minutes = (int64_t)moment->hour * 60 + moment->minute;
    int64_t seconds = days * DAY_SECONDS + minutes * 60 + moment->second;
    return seconds * MICROSECONDS + moment->microsecond;
}

int64_t moment_utc(const struct value_moment *moment)
{
    return moment_local(moment) - (moment->aware ? moment->offset * MICROSECONDS : 0);
}

struct value_moment moment_from_local(int64_t microseconds)
{
    struct value_moment moment = {0};
    int64_t day = DAY_SECONDS * MICROSECONDS;
    int64_t days = microseconds / day - (microseconds % day < 0);
    int64_t left = microseconds - days * day;
    date_of_days(&moment, days);
    moment.microsecond = (uint32_t)(left % MICROSECONDS);
    left /= MICROSECONDS;
    moment.hour = (uint8_t)(left / 3600);
    moment.minute = (uint8_t)(left / 60 % 60);
    moment.second = (uint8_t)(left % 60);
    return moment;
}

struct value_moment moment_from_utc(int64_t microseconds)
{
    struct value_moment moment = moment_from_local(microseconds);
    moment.aware = true;
    moment.zone = TEXT("UTC");
    return moment;
}

bool moment_compare(const struct value_moment *a, const struct value_moment *b, int *order)
{
    int64_t x = moment_utc(a);
    int64_t y = moment_utc(b);
    *order = (x > y) - (x < y);
    return a->aware == b->aware;
}

/* `count` digits off `rest`. */
static bool take_digits(struct text *rest, size_t count, int32_t *out)
{
    *out = 0;
    if (rest->length < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '9')
            return false;
        *out = *out * 10 + (rest->at[i] - '0');
    }
    *rest = text_from(*rest, count);
    return true;
}

static bool take_char(struct text *rest, const char *any)
{
    for (; *any; any++) {
        if (rest->length && rest->at[0] == *any) {
            *rest = text_from(*rest, 1);
            return true;
        }
    }
    return false;
}

static bool parse_date(struct text *rest, struct value_moment *out)
{
    int32_t month;
    int32_t day;
    if (!take_digits(rest, 4, &out->year))
        return false;
    bool parted = take_char(rest, "-");
    if (!take_digits(rest, 2, &month) || take_char(rest, "-") != parted
        || !take_digits(rest, 2, &day))
        return false;
    if (out->year < 1 || month < 1 || month > 12 || day < 1
        || day > moment_month_days(out->year, month))
        return false;
    out->month = (uint8_t)month;
    out->day = (uint8_t)day;
    return true;
}

static void parse_fraction(struct text *rest, struct value_moment *out)
{
    uint32_t unit = 100000;
    while (rest->length && rest->at[0] >= '0' && rest->at[0] <= '9') {
        out->microsecond += (uint32_t)(rest->at[0] - '0') * unit;
        unit /= 10;
        *rest = text_from(*rest, 1);
    }
}

static bool parse_offset(struct text *rest, struct value_moment *out)
{
    int32_t hours;
    int32_t minutes = 0;
    int32_t seconds = 0;
    if (take_char(rest, "Zz")) {
        out->aware = true;
        out->zone = TEXT("UTC");
        return true;
    }
    bool negative = rest->length && rest->at[0] == '-';
    if (!take_char(rest, "+-"))
        return true;
    if (!take_digits(rest, 2, &hours))
        return false;
    take_char(rest, ":");
    if (rest->length && !take_digits(rest, 2, &minutes))
        return false;
    if (take_char(rest, ":") && !take_digits(rest, 2, &seconds))
        return false;
    out->offset = (hours * 60 + minutes) * 60 + seconds;
    out->offset = negative ? -out->offset : out->offset;
    out->aware = true;
    return hours < 24 && minutes < 60 && seconds < 60;
}

static bool parse_time(struct text *rest, struct value_moment *out)
{
    int32_t hour;
    int32_t minute;
    int32_t second = 0;
    if (!take_digits(rest, 2, &hour))
        return false;
    bool parted = take_char(rest, ":");
    if (!take_digits(rest, 2, &minute))
        return false;
    bool more =
        parted ? take_char(rest, ":") : rest->length && rest->at[0] >= '0' && rest->at[0] <= '9';
    if (more && !take_digits(rest, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    out->hour = (uint8_t)hour;
    out->minute = (uint8_t)minute;
    out->second = (uint8_t)second;
    if (take_char(rest, ".,"))
        parse_fraction(rest, out);
    return parse_offset(rest, out);
}

bool moment_parse(struct text text, enum value_kind *kind, struct value_moment *out)
{
    *out = (struct value_moment){0};
    if (text.length > 2 && text.at[2] == ':') {
        *kind = VALUE_TIME;
        return parse_time(&text, out) && text.length == 0;
    }
    *kind = VALUE_DATE;
    if (!parse_date(&text, out))
        return false;
    if (text.length == 0)
        return true;
    *kind = VALUE_DATETIME;
    return take_char(&text, "T t") && parse_time(&text, out) && text.length == 0;
}

static void print_clock(struct buffer *out, const struct value_moment *moment)
{
    buffer_format(out, "%02d:%02d:%02d", moment->hour, moment->minute, moment->second);
    if (moment->microsecond)
        buffer_format(out, ".%06u", moment->microsecond);
    if (!moment->aware)
        return;
    int32_t offset = abs(moment->offset);
    buffer_format(out, "%c%02d:%02d", moment->offset < 0 ? '-' : '+', offset / 3600,
                  offset / 60 % 60);
    if (offset % 60)
        buffer_format(out, ":%02d", offset % 60);
}

void moment_print(struct buffer *out, struct value value)
{
    const struct value_moment *moment = value.moment;
    if (value.kind != VALUE_TIME)
        buffer_format(out, "%04d-%02d-%02d", moment->year, moment->month, moment->day);
    if (value.kind == VALUE_DATETIME)
        buffer_char(out, ' ');
    if (value.kind != VALUE_DATE)
        print_clock(out, moment);
}

void moment_print_repr(struct buffer *out, struct value value)
{
    const struct value_moment *moment = value.moment;
    if (value.kind == VALUE_DATE) {
        buffer_format(out, "datetime.date(%d, %d, %d)", moment->year, moment->month, moment->day);
        return;
    }
    if (value.kind == VALUE_DATETIME)
        buffer_format(out, "datetime.datetime(%d, %d, %d, ", moment->year, moment->month,
                      moment->day);
    else
        buffer_text(out, TEXT("datetime.time("));
    buffer_format(out, "%d, %d", moment->hour, moment->minute);
    if (moment->second || moment->microsecond)
        buffer_format(out, ", %d", moment->second);
    if (moment->microsecond)
        buffer_format(out, ", %u", moment->microsecond);
    if (moment->aware && moment->offset == 0) {
        buffer_text(out, TEXT(", tzinfo=datetime.timezone.utc"));
    } else if (moment->aware) {
        buffer_text(out, TEXT(", tzinfo=datetime.timezone("));
        duration_print_repr(out, moment->offset * MICROSECONDS);
        buffer_char(out, ')');
    }
    buffer_char(out, ')');
}

void duration_print(struct buffer *out, int64_t microseconds)
{
    int64_t day = DAY_SECONDS * MICROSECONDS;
    int64_t days = microseconds / day - (microseconds % day < 0);
    int64_t left = microseconds - days * day;
    int64_t seconds = left / MICROSECONDS;
    if (days)
        buffer_format(out, "%lld day%s, ", (long long)days, llabs(days) == 1 ? "" : "s");
    buffer_format(out, "%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                  (int)(seconds % 60));
    if (left % MICROSECONDS)
        buffer_format(out, ".%06d", (int)(left % MICROSECONDS));
}

static void print_part(struct buffer *out, const char *name, int64_t count, bool *first)
{
    if (count == 0)
        return;
    buffer_format(out, "%s%s=%lld", *first ? "" : ", ", name, (long long)count);
    *first = false;
}

void duration_print_repr(struct buffer *out, int64_t microseconds)
{
    int64_t day = DAY_SECONDS * MICROSECONDS;
    int64_t days = microseconds / day - (microseconds % day < 0);
    int64_t left = microseconds - days * day;
    bool first = true;
    buffer_text(out, TEXT("datetime.timedelta("));
    print_part(out, "days", days, &first);
    print_part(out, "seconds", left / MICROSECONDS, &first);
    print_part(out, "microseconds", left % MICROSECONDS, &first);
    buffer_text(out, first ? TEXT("0)") : TEXT(")"));
}

struct value moment_plus(struct arena *arena, struct value value, int64_t microseconds)
{
    int64_t sum;
    int64_t day = DAY_SECONDS * MICROSECONDS;
    if (value.kind == VALUE_DATE)
        microseconds -= (microseconds % day + day) % day;
    if (__builtin_add_overflow(moment_local(value.moment), microseconds, &sum))
        return VALUE_NULL;
    struct value_moment moment = moment_from_local(sum);
    if (moment.year < 1 || moment.year > 9999)
        return VALUE_NULL;
    moment.aware = value.moment->aware;
    moment.offset = value.moment->offset;
    moment.zone = value.moment->zone;
    return value_moment(arena, value.kind, &moment);
}
