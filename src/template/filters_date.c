/* date, time, timesince, timeuntil. */
#include "base/arena.h"
#include "template/date_format.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/set.h"
#include "template/time_span.h"

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
    const struct language *language = call->render->language;
    struct text raw = filter_text(call, argument);
    struct text format =
        call->has_argument && value_truth(argument, call->arena)
            ? format_named(call->render, raw)
            : format_named(call->render, time ? TEXT("TIME_FORMAT") : TEXT("DATE_FORMAT"));
    if (is_empty(value))
        return value_text(TEXT(""));
    bool named =
        !call->has_argument || value_is_text(argument) || !value_truth(argument, call->arena);
    bool keyed = argument.kind != VALUE_LIST && argument.kind != VALUE_MAP;
    if (!named && !time && (!keyed || call->render->set->host.options.localize))
        return filter_fail(call, "TypeError", "a format is a text");
    enum date_format_status status = date_format(&out, format, value, zone, language, time);
    if (status == DATE_FORMAT_OK)
        return filter_result(call, &out);
    if (status == DATE_FORMAT_NO_ATTRIBUTE || time)
        status = date_format(&again, raw, value, zone, language, time);
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
    time_span_put(&out, call->render->language, SPAN_PLAIN, until ? &now : &from,
                  until ? &from : &now);
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
