/* Attributes of dates and times, and methods of theirs that need no argument. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/format.h"
#include "template/lookup.h"
#include "template/moment.h"
#include "template/zone.h"

#define ORDINAL_OF_1970 719163 /* days since the first of the year 1, which is 1 */

static struct value ctime_of(struct arena *arena, const struct value_moment *moment)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *day = days + (size_t)moment_weekday(moment) * 3;
    const char *month = months + ((size_t)moment->month - 1) * 3;
    return value_text(text_format(arena, "%.3s %.3s %2d %02d:%02d:%02d %04d", day, month,
                                  moment->day, moment->hour, moment->minute, moment->second,
                                  moment->year));
}

static bool date_attribute(const struct value_moment *moment, struct text name, struct arena *arena,
                           struct value *out)
{
    if (text_is(name, "year"))
        *out = value_integer(moment->year);
    else if (text_is(name, "month"))
        *out = value_integer(moment->month);
    else if (text_is(name, "day"))
        *out = value_integer(moment->day);
    else if (text_is(name, "weekday") || text_is(name, "isoweekday"))
        *out = value_integer(moment_weekday(moment) + (name.at[0] == 'i'));
    else if (text_is(name, "toordinal"))
        *out =
            value_integer(moment_days(moment->year, moment->month, moment->day) + ORDINAL_OF_1970);
    else if (text_is(name, "ctime"))
        *out = ctime_of(arena, moment);
    else
        return false;
    return true;
}

static bool time_attribute(const struct value_moment *moment, struct text name, struct value *out)
{
    if (text_is(name, "hour"))
        *out = value_integer(moment->hour);
    else if (text_is(name, "minute"))
        *out = value_integer(moment->minute);
    else if (text_is(name, "second"))
        *out = value_integer(moment->second);
    else if (text_is(name, "microsecond"))
        *out = value_integer(moment->microsecond);
    else if (text_is(name, "fold"))
        *out = value_integer(0);
    else
        return false;
    return true;
}

static struct value seconds_value(int64_t seconds)
{
    return (struct value){.kind = VALUE_DURATION, .integer = seconds * MICROSECONDS};
}

static struct text zone_text(struct arena *arena, const struct value_moment *moment)
{
    int minutes = abs(moment->offset) / 60;
    if (moment->zone.length || moment->offset == 0)
        return moment->zone.length ? moment->zone : TEXT("UTC");
    return text_format(arena, "UTC%c%02d:%02d", moment->offset < 0 ? '-' : '+', minutes / 60,
                       minutes % 60);
}

/* Null without a zone. */
static bool zone_attribute(const struct value_moment *moment, struct text name, struct arena *arena,
                           struct value *out)
{
    struct value found = VALUE_NULL;
    if (text_is(name, "tzname") || text_is(name, "tzinfo"))
        found = value_text(zone_text(arena, moment));
    else if (text_is(name, "utcoffset"))
        found = seconds_value(moment->offset);
    else if (!text_is(name, "dst"))
        return false;
    else if (moment->zoned)
        found = seconds_value(moment->daylight ? 3600 : 0);
    *out = moment->aware ? found : VALUE_NULL;
    return true;
}

static struct value timestamp_of(struct render *render, const struct value_moment *moment)
{
    struct value_moment whole = *moment;
    if (!whole.aware)
        zone_attach(format_zone(render), &whole);
    return value_float((double)moment_utc(&whole) / (double)MICROSECONDS);
}

static bool datetime_attribute(const struct value_moment *moment, struct text name,
                               struct render *render, struct value *out)
{
    struct value_moment part = *moment;
    if (text_is(name, "date")) {
        *out = value_moment(render->arena, VALUE_DATE, &part);
        return true;
    }
    if (text_is(name, "timestamp")) {
        *out = timestamp_of(render, moment);
        return true;
    }
    if (!text_is(name, "time") && !text_is(name, "timetz"))
        return false;
    part.year = part.month = part.day = 0;
    part.aware &= text_is(name, "timetz");
    *out = value_moment(render->arena, VALUE_TIME, &part);
    return true;
}

static bool isoformat(struct value value, struct text name, struct arena *arena, struct value *out)
{
    if (!text_is(name, "isoformat"))
        return false;
    struct text text = text_copy(arena, value_to_text(value, arena));
    size_t space = text_find_char(text, ' ');
    if (space != TEXT_NOT_FOUND)
        ((char *)text.at)[space] = 'T';
    *out = value_text(text);
    return true;
}

bool lookup_moment(struct text name, struct render *render, struct value *value)
{
    const struct value_moment *moment = value->moment;
    struct arena *arena = render->arena;
    struct value whole = *value;
    bool has_time = whole.kind != VALUE_DATE;
    return (whole.kind != VALUE_TIME && date_attribute(moment, name, arena, value))
           || (has_time && time_attribute(moment, name, value))
           || (has_time && zone_attribute(moment, name, arena, value))
           || (whole.kind == VALUE_DATETIME && datetime_attribute(moment, name, render, value))
           || isoformat(whole, name, arena, value) || text_is(name, "replace");
}
