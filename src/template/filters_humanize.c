/* The library "humanize": ordinal, intcomma, intword, apnumber, naturalday, naturaltime. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "template/date_format.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/language.h"
#include "template/locale.h"
#include "template/moment.h"
#include "template/number.h"
#include "template/set.h"
#include "template/time_span.h"
#include "template/unicode.h"

/* False when the value has no integer, and is to be given back as it is; or it failed. */
static bool take_whole(struct filter_call *call, struct value value, struct decimal *out)
{
    const char *kind = number_whole(value, call->arena, out);
    if (kind && strcmp(kind, "OverflowError") == 0)
        filter_fail(call, kind, "a number without end has no integer");
    return !kind;
}

static struct text words(const struct filter_call *call, const char *context, const char *message)
{
    return language_text(call->render->language, text_of(context), text_of(message));
}

/* ---- numbers ---- */

/* number % size, as Python has it for negative ones. */
static int remainder_of(struct decimal number, int size)
{
    struct text digits = number.digits;
    if (digits.length > 2)
        digits = text_from(digits, digits.length - 2);
    int rest = 0;
    for (size_t i = 0; i < digits.length; i++)
        rest = (rest * 10 + (digits.at[i] - '0')) % size;
    return number.negative && rest ? size - rest : rest;
}

static struct text ordinal_words(const struct filter_call *call, struct decimal number)
{
    static const struct {
        const char *context;
        const char *word;
    } rows[] = {
        {"ordinal 0", NC_("ordinal 0", "{}th")}, {"ordinal 1", NC_("ordinal 1", "{}st")},
        {"ordinal 2", NC_("ordinal 2", "{}nd")}, {"ordinal 3", NC_("ordinal 3", "{}rd")},
        {"ordinal 4", NC_("ordinal 4", "{}th")}, {"ordinal 5", NC_("ordinal 5", "{}th")},
        {"ordinal 6", NC_("ordinal 6", "{}th")}, {"ordinal 7", NC_("ordinal 7", "{}th")},
        {"ordinal 8", NC_("ordinal 8", "{}th")}, {"ordinal 9", NC_("ordinal 9", "{}th")},
    };
    int last = remainder_of(number, 100);
    if (last >= 11 && last <= 13)
        return words(call, "ordinal 11, 12, 13", NC_("ordinal 11, 12, 13", "{}th"));
    return words(call, rows[last % 10].context, rows[last % 10].word);
}

FILTER(ordinal)
{
    struct decimal number;
    struct buffer out = filter_buffer(call);
    (void)argument;
    if (!take_whole(call, value, &number))
        return value;
    struct text form = ordinal_words(call, number);
    size_t place = text_find(form, TEXT("{}"));
    buffer_text(&out, text_part(form, 0, place));
    if (place != TEXT_NOT_FOUND)
        decimal_print_fixed(&out, number);
    if (place != TEXT_NOT_FOUND)
        buffer_text(&out, text_from(form, place + 2));
    return value_safe(value_as_text(filter_result(call, &out)));
}

/* Bytes of the digits, of any script, at the start. */
static size_t digits_size(struct text text, size_t *count)
{
    struct text rest = text;
    *count = 0;
    while (rest.length) {
        struct text after = rest;
        if (unicode_digit(unicode_take(&after)) < 0)
            break;
        rest = after;
        ++*count;
    }
    return text.length - rest.length;
}

/* Commas between the thousands that a text begins with, whatever follows. */
static struct value text_comma(struct filter_call *call, struct text text)
{
    struct buffer out = filter_buffer(call);
    size_t count;
    bool negative = text_starts(text, TEXT("-"));
    struct text rest = text_from(text, negative);
    size_t size = digits_size(rest, &count);
    struct text digits = text_part(rest, 0, size);
    buffer_text(&out, text_part(text, 0, negative));
    for (size_t left = count; digits.length; left--) {
        struct text before = digits;
        unicode_take(&digits);
        if (left < count && left % 3 == 0)
            buffer_char(&out, ',');
        buffer_text(&out, text_part(before, 0, before.length - digits.length));
    }
    buffer_text(&out, text_from(rest, size));
    return filter_result(call, &out);
}

FILTER(intcomma)
{
    struct decimal number;
    bool local = !call->has_argument || value_truth(argument, call->arena);
    bool real =
        value.kind == VALUE_FLOAT || (value.kind == VALUE_DECIMAL && !value_is_integer(value));
    bool whole = local && !real && take_whole(call, value, &number);
    if (call->status != OK)
        return VALUE_NULL;
    if (!local || (!real && !whole))
        return text_comma(call, filter_text(call, value));
    if (whole)
        value = number_value(number, call->arena);
    struct text text = format_number_grouped(value, call->render);
    call->status = call->render->status;
    return value_text(text);
}

static const struct {
    int exponent;
    const char *one;
    const char *many;
} large_words[] = {
    {6, NP_("%(value)s million", "%(value)s million")},
    {9, NP_("%(value)s billion", "%(value)s billion")},
    {12, NP_("%(value)s trillion", "%(value)s trillion")},
    {15, NP_("%(value)s quadrillion", "%(value)s quadrillion")},
    {18, NP_("%(value)s quintillion", "%(value)s quintillion")},
    {21, NP_("%(value)s sextillion", "%(value)s sextillion")},
    {24, NP_("%(value)s septillion", "%(value)s septillion")},
    {27, NP_("%(value)s octillion", "%(value)s octillion")},
    {30, NP_("%(value)s nonillion", "%(value)s nonillion")},
    {33, NP_("%(value)s decillion", "%(value)s decillion")},
    {100, NP_("%(value)s googol", "%(value)s googol")},
};

/* The number that chooses the plural: away from one. */
static int64_t count_of(double number)
{
    double beyond = number - 1;
    return (int64_t)fabs((beyond < 0 ? floor(beyond) : ceil(beyond)) + 1);
}

static struct value large_number(struct filter_call *call, struct decimal number, size_t row)
{
    struct decimal places;
    struct buffer digits = filter_buffer(call);
    struct buffer shown = filter_buffer(call);
    struct buffer out = filter_buffer(call);
    bool local = call->render->set->host.options.localize;
    struct text quotient = text_format(call->arena, "%s%.*se-%d", number.negative ? "-" : "",
                                       TEXT_ARG(number.digits), large_words[row].exponent);
    double real = strtod(quotient.at, NULL);
    decimal_of(&places, value_float(real), call->arena);
    places = decimal_round(places, 1, call->arena);
    places.negative &= !decimal_is_zero(places);
    decimal_print_fixed(&digits, places);
    locale_put_number(&shown, format_locale(call->render, local), buffer_contents(&digits), 1,
                      local && call->render->set->host.options.thousands);
    struct text form =
        language_count(call->render->language, TEXT_NONE, text_of(large_words[row].one),
                       text_of(large_words[row].many), count_of(real));
    language_fill(&out, form, buffer_contents(&shown));
    return filter_result(call, &out);
}

FILTER(intword)
{
    struct decimal number;
    (void)argument;
    if (!take_whole(call, value, &number))
        return value;
    size_t digits = number.digits.length;
    for (size_t i = 0; digits > 6 && i < sizeof large_words / sizeof *large_words; i++)
        if (digits <= (size_t)large_words[i].exponent + 3)
            return large_number(call, number, i);
    return number_value(number, call->arena);
}

FILTER(apnumber)
{
    static const char *const names[] = {N_("one"), N_("two"),   N_("three"), N_("four"), N_("five"),
                                        N_("six"), N_("seven"), N_("eight"), N_("nine")};
    struct decimal number;
    (void)argument;
    if (!take_whole(call, value, &number))
        return value;
    struct value whole = number_value(number, call->arena);
    if (whole.kind != VALUE_INTEGER || whole.integer < 1 || whole.integer > 9)
        return whole;
    return value_text(words(call, NULL, names[whole.integer - 1]));
}

/* ---- days and times ---- */

/* Days since 1970 of now, where the value is. */
static int64_t today_of(const struct filter_call *call, const struct value_moment *moment)
{
    if (!moment->aware) {
        struct value_moment now = format_now(call->render, false);
        return moment_days(now.year, now.month, now.day);
    }
    struct value_moment now = format_now(call->render, true);
    struct value_moment there = moment_from_local(moment_utc(&now) + moment->offset * MICROSECONDS);
    if (call->render->use_tz && !moment->fixed)
        there = format_now_current(call->render);
    return moment_days(there.year, there.month, there.day);
}

static struct value formatted_day(struct filter_call *call, struct value day, struct value argument)
{
    struct buffer out = filter_buffer(call);
    bool given = call->has_argument && value_truth(argument, call->arena);
    struct text format = given ? filter_text(call, argument) : TEXT("DATE_FORMAT");
    enum date_format_status status =
        date_format(&out, format_named(call->render, format), day, format_zone(call->render),
                    call->render->language, false);
    if (status == DATE_FORMAT_TIME_OF_DATE)
        return filter_fail(call, "TypeError", "a date has no time to show by \"%.*s\"",
                           TEXT_ARG(format));
    return filter_result(call, &out);
}

FILTER(naturalday)
{
    if (value.kind != VALUE_DATE && value.kind != VALUE_DATETIME)
        return value;
    struct value_moment day = *value.moment;
    if (value.kind == VALUE_DATE)
        day.aware = false;
    int64_t delta = moment_days(day.year, day.month, day.day) - today_of(call, &day);
    if (delta >= -1 && delta <= 1)
        return value_text(words(call, NULL,
                                delta == 0  ? N_("today")
                                : delta > 0 ? N_("tomorrow")
                                            : N_("yesterday")));
    return formatted_day(call, value_moment(call->arena, VALUE_DATE, &day), argument);
}

struct near_words {
    const char *one;
    const char *many;
};

static const struct near_words past_words[] = {
    {NP_("a second ago", "%(count)s\xC2\xA0seconds ago")},
    {NP_("a minute ago", "%(count)s\xC2\xA0minutes ago")},
    {NP_("an hour ago", "%(count)s\xC2\xA0hours ago")},
};
static const struct near_words future_words[] = {
    {NP_("a second from now", "%(count)s\xC2\xA0seconds from now")},
    {NP_("a minute from now", "%(count)s\xC2\xA0minutes from now")},
    {NP_("an hour from now", "%(count)s\xC2\xA0hours from now")},
};

/* Of less than a day. */
static void put_near(struct filter_call *call, struct buffer *out, int64_t seconds, bool past)
{
    const struct language *language = call->render->language;
    if (seconds == 0) {
        buffer_text(out, words(call, NULL, N_("now")));
        return;
    }
    size_t row = seconds < 60 ? 0 : seconds < 3600 ? 1 : 2;
    int64_t count = row == 0 ? seconds : row == 1 ? seconds / 60 : seconds / 3600;
    const struct near_words *near = past ? &past_words[row] : &future_words[row];
    struct text form =
        language_count(language, TEXT_NONE, text_of(near->one), text_of(near->many), count);
    if (text_find_char(form, '%') == TEXT_NOT_FOUND)
        buffer_text(out, form);
    else
        language_fill(out, form, text_format(call->arena, "%lld", (long long)count));
}

static void put_far(struct filter_call *call, struct buffer *out, const struct value_moment *value,
                    const struct value_moment *now, bool past)
{
    struct buffer span = {.arena = call->arena};
    const struct language *language = call->render->language;
    if (past)
        time_span_put(&span, language, SPAN_PAST, value, now);
    else
        time_span_put(&span, language, SPAN_FUTURE, now, value);
    const char *form = past ? N_("%(delta)s ago") : N_("%(delta)s from now");
    language_fill(out, words(call, NULL, form), buffer_contents(&span));
}

FILTER(naturaltime)
{
    struct buffer out = filter_buffer(call);
    (void)argument;
    if (value.kind == VALUE_DATE)
        return filter_fail(call, "AttributeError", "a date has no time of day");
    if (value.kind != VALUE_DATETIME)
        return value;
    struct value_moment now = format_now(call->render, value.moment->aware);
    int64_t delta = moment_utc(&now) - moment_utc(value.moment);
    bool past = delta > 0;
    int64_t seconds = (past ? delta : -delta) / MICROSECONDS;
    if (seconds >= DAY_SECONDS)
        put_far(call, &out, value.moment, &now, past);
    else
        put_near(call, &out, seconds, past);
    return filter_result(call, &out);
}

static const struct template_filter rows[] = {
    {"ordinal", ordinal, ARGUMENT_NONE, FILTER_SAFE},
    {"intcomma", intcomma, ARGUMENT_OPTIONAL, FILTER_SAFE},
    {"intword", intword, ARGUMENT_NONE, 0},
    {"apnumber", apnumber, ARGUMENT_NONE, FILTER_SAFE},
    {"naturalday", naturalday, ARGUMENT_OPTIONAL, FILTER_LOCAL},
    {"naturaltime", naturaltime, ARGUMENT_NONE, 0},
    {0},
};
const struct template_library filters_humanize = {"humanize", .filters = rows};
