/* date, time, timesince, timeuntil. */
#include "base/arena.h"
#include "template/date_format.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/set.h"

static bool is_empty(struct value value)
{
    return value.kind == VALUE_NONE || (value_is_text(value) && value.length == 0);
}

/* By the format, or else by the argument as it stands; empty when neither fits the value. */
static struct value formatted(struct filter_call *call, struct value value, struct value argument,
                              bool time)
{
    struct buffer out = filter_buffer(call);
    struct buffer again = filter_buffer(call);
    const struct zone *zone = format_zone(call->render);
    struct text raw = filter_text(call, argument);
    struct text format = call->has_argument && value_truth(argument, call->arena)
                             ? date_format_named(raw)
                             : text_of(time ? "P" : "N j, Y");
    if (is_empty(value))
        return value_text(TEXT(""));
    enum date_format_status status = date_format(&out, format, value, zone, time);
    if (status == DATE_FORMAT_OK)
        return filter_result(call, &out);
    if (status == DATE_FORMAT_NO_ATTRIBUTE || time)
        status = date_format(&again, raw, value, zone, time);
    if (status == DATE_FORMAT_OK)
        return filter_result(call, &again);
    if (status == DATE_FORMAT_TIME_OF_DATE && !time)
        return filter_fail(call, "TypeError", "a date has no time to show by \"%.*s\"",
                           TEXT_ARG(format));
    return value_text(TEXT(""));
}

FILTER(date)
{
    return formatted(call, value, argument, false);
}

FILTER(time_of)
{
    return formatted(call, value, argument, true);
}

static int leap_days(int32_t from, int32_t to)
{
    int before_from = (from - 1) / 4 - (from - 1) / 100 + (from - 1) / 400;
    int before_to = (to - 1) / 4 - (to - 1) / 100 + (to - 1) / 400;
    return before_to - before_from;
}

static int64_t seconds_between(const struct value_moment *from, const struct value_moment *to)
{
    int leaps = leap_days(from->year, to->year);
    if (leaps != 0 && moment_is_leap(from->year))
        leaps--;
    else if (leaps != 0 && moment_is_leap(to->year))
        leaps++;
    int64_t gap = moment_utc(to) - moment_utc(from);
    int64_t seconds = gap / MICROSECONDS - (gap % MICROSECONDS < 0);
    return seconds - leaps * DAY_SECONDS;
}

/* The two largest units: "3 weeks, 1 day". */
static void put_span(struct buffer *out, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{365 * DAY_SECONDS, "year"},
                 {30 * DAY_SECONDS, "month"},
                 {7 * DAY_SECONDS, "week"},
                 {DAY_SECONDS, "day"},
                 {3600, "hour"},
                 {60, "minute"}};
    const size_t count = sizeof units / sizeof *units;
    size_t at = 0;
    while (at < count - 1 && seconds < units[at].seconds)
        at++;
    if (seconds < 60) {
        buffer_text(out, TEXT("0\xC2\xA0minutes"));
        return;
    }
    for (size_t shown = 0; at < count && shown < 2; shown++, at++) {
        int64_t number = seconds / units[at].seconds;
        if (number == 0)
            break;
        buffer_format(out, "%s%lld\xC2\xA0%s%s", shown ? ", " : "", (long long)number,
                      units[at].name, number == 1 ? "" : "s");
        seconds -= number * units[at].seconds;
    }
}

static bool is_day(struct value value)
{
    return value.kind == VALUE_DATE || value.kind == VALUE_DATETIME;
}

static struct value_moment midnight_of(struct value value)
{
    struct value_moment moment = *value.moment;
    if (value.kind == VALUE_DATE) {
        moment.hour = moment.minute = moment.second = 0;
        moment.microsecond = 0;
        moment.aware = false;
    }
    return moment;
}

static struct value span(struct filter_call *call, struct value value, struct value argument,
                         bool until)
{
    struct buffer out = filter_buffer(call);
    if (!value_truth(value, call->arena))
        return value_text(TEXT(""));
    bool given = call->has_argument && value_truth(argument, call->arena);
    if (!is_day(value) || (given && !is_day(argument)))
        return filter_fail(call, "AttributeError", "there is no date to count from");
    struct value_moment from = midnight_of(value);
    struct value_moment now = given ? midnight_of(argument) : format_now(call->render, from.aware);
    if (from.aware != now.aware)
        return value_text(TEXT(""));
    put_span(&out, until ? seconds_between(&now, &from) : seconds_between(&from, &now));
    return filter_result(call, &out);
}

FILTER(timesince)
{
    return span(call, value, argument, false);
}

FILTER(timeuntil)
{
    return span(call, value, argument, true);
}

static const struct template_filter rows[] = {
    {"date", date, ARGUMENT_OPTIONAL, FILTER_LOCAL},
    {"time", time_of, ARGUMENT_OPTIONAL, FILTER_LOCAL},
    {"timesince", timesince, ARGUMENT_OPTIONAL, 0},
    {"timeuntil", timeuntil, ARGUMENT_OPTIONAL, 0},
    {0},
};
const struct template_library filters_date = {"", .filters = rows};
