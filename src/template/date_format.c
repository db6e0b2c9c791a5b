#include "template/date_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "template/zone.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const press_months[] = {"Jan.", "Feb.", "March", "April", "May",  "June",
                                           "July", "Aug.", "Sept.", "Oct.",  "Nov.", "Dec."};
static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

#define LETTERS_OF_TIME "aABefgGhHiOPsTuZ"
#define LETTERS_OF_DATE "bcdDEFIjlLmMnNorStUwWyYz"

struct writer {
    struct buffer *out;
    struct value value;
    const struct value_moment *moment;
    struct value_moment local; /* with the zone that applies, when has_zone */
    bool has_zone;
    int32_t offset; /* of the zone, for a date too */
};

static void put_hour12(struct buffer *out, const struct value_moment *moment, const char *format)
{
    int hour = moment->hour % 12 ? moment->hour % 12 : 12;
    buffer_format(out, format[0] == '0' ? "%02d" : "%d", hour);
}

static const char *half_of_day(const struct value_moment *moment)
{
    return moment->hour < 12 ? "a.m." : "p.m.";
}

/* "1", "1:30" */
static void put_short_time(struct buffer *out, const struct value_moment *moment)
{
    put_hour12(out, moment, "");
    if (moment->minute)
        buffer_format(out, ":%02d", moment->minute);
}

/* "1 a.m.", "1:30 p.m.", "midnight", "noon" */
static void put_press_time(struct buffer *out, const struct value_moment *moment)
{
    if (moment->minute == 0 && moment->hour % 12 == 0) {
        buffer_text(out, moment->hour ? TEXT("noon") : TEXT("midnight"));
        return;
    }
    put_short_time(out, moment);
    buffer_format(out, " %s", half_of_day(moment));
}

static void put_offset(struct buffer *out, int32_t offset)
{
    int32_t size = abs(offset);
    buffer_format(out, "%c%02d%02d", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

static void put_zone(struct writer *writer, char letter)
{
    const struct value_moment *local = &writer->local;
    bool aware = writer->moment->aware && writer->value.kind == VALUE_DATETIME;
    if (!writer->has_zone || (letter == 'e' && !aware))
        return;
    if (letter == 'O')
        put_offset(writer->out, local->offset);
    else if (letter == 'Z')
        buffer_int(writer->out, local->offset);
    else if (local->zone.length)
        buffer_text(writer->out, local->zone);
    else
        buffer_text(writer->out, TEXT("UTC"));
}

static enum date_format_status put_time_letter(struct writer *writer, char letter)
{
    struct buffer *out = writer->out;
    const struct value_moment *moment = writer->moment;
    switch (letter) {
    case 'a': buffer_text(out, text_of(half_of_day(moment))); break;
    case 'A': buffer_text(out, moment->hour < 12 ? TEXT("AM") : TEXT("PM")); break;
    case 'f': put_short_time(out, moment); break;
    case 'g': put_hour12(out, moment, ""); break;
    case 'G': buffer_int(out, moment->hour); break;
    case 'h': put_hour12(out, moment, "0"); break;
    case 'H': buffer_format(out, "%02d", moment->hour); break;
    case 'i': buffer_format(out, "%02d", moment->minute); break;
    case 'P': put_press_time(out, moment); break;
    case 's': buffer_format(out, "%02d", moment->second); break;
    case 'u': buffer_format(out, "%06u", moment->microsecond); break;
    case 'B': return DATE_FORMAT_NO_ATTRIBUTE;
    default: put_zone(writer, letter); break;
    }
    return DATE_FORMAT_OK;
}

static const char *ordinal_of(int day)
{
    if (day >= 11 && day <= 13)
        return "th";
    return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

static void put_iso(struct writer *writer)
{
    char bytes[64];
    struct buffer text = BUFFER_ON(bytes);
    moment_print(&text, writer->value);
    for (size_t i = 0; i < text.length; i++)
        buffer_char(writer->out, text.at[i] == ' ' ? 'T' : text.at[i]);
}

/* RFC 5322 */
static void put_mail_date(struct writer *writer)
{
    const struct value_moment *moment = writer->moment;
    buffer_format(writer->out, "%.3s, %02d %.3s %04d %02d:%02d:%02d ", days[moment_weekday(moment)],
                  moment->day, months[moment->month - 1], moment->year, moment->hour,
                  moment->minute, moment->second);
    if (writer->has_zone)
        put_offset(writer->out, writer->local.offset);
    else
        buffer_text(writer->out, TEXT("-0000"));
}

static void put_lower(struct buffer *out, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer_char(out, (char)(word[i] | 0x20));
}

static void put_counted(struct writer *writer, char letter)
{
    struct buffer *out = writer->out;
    const struct value_moment *moment = writer->moment;
    int32_t year;
    int week = moment_iso_week(moment, &year);
    switch (letter) {
    case 'o': buffer_int(out, year); break;
    case 'S': buffer_text(out, text_of(ordinal_of(moment->day))); break;
    case 't': buffer_int(out, moment_month_days(moment->year, moment->month)); break;
    case 'U': buffer_int(out, moment_local(moment) / MICROSECONDS - writer->offset); break;
    case 'w': buffer_int(out, (moment_weekday(moment) + 1) % 7); break;
    case 'W': buffer_int(out, week); break;
    case 'z': buffer_int(out, moment_year_day(moment)); break;
    case 'I':
        if (writer->has_zone)
            buffer_char(out, writer->local.daylight ? '1' : '0');
        break;
    default: buffer_text(out, moment_is_leap(moment->year) ? TEXT("True") : TEXT("False")); break;
    }
}

static void put_date_letter(struct writer *writer, char letter)
{
    struct buffer *out = writer->out;
    const struct value_moment *moment = writer->moment;
    const char *month = months[moment->month - 1];
    const char *day = days[moment_weekday(moment)];
    switch (letter) {
    case 'b': put_lower(out, month, 3); break;
    case 'c': put_iso(writer); break;
    case 'd': buffer_format(out, "%02d", moment->day); break;
    case 'D': buffer_format(out, "%.3s", day); break;
    case 'E':
    case 'F': buffer_text(out, text_of(month)); break;
    case 'j': buffer_int(out, moment->day); break;
    case 'l': buffer_text(out, text_of(day)); break;
    case 'm': buffer_format(out, "%02d", moment->month); break;
    case 'M': buffer_format(out, "%.3s", month); break;
    case 'n': buffer_int(out, moment->month); break;
    case 'N': buffer_text(out, text_of(press_months[moment->month - 1])); break;
    case 'r': put_mail_date(writer); break;
    case 'y': buffer_format(out, "%02d", moment->year % 100); break;
    case 'Y': buffer_format(out, "%04d", moment->year); break;
    default: put_counted(writer, letter); break;
    }
}

static bool is_moment(struct value value)
{
    return value.kind == VALUE_DATE || value.kind == VALUE_TIME || value.kind == VALUE_DATETIME;
}

static enum date_format_status put_letter(struct writer *writer, char letter, bool time_only)
{
    bool of_time = strchr(LETTERS_OF_TIME, letter) != NULL;
    if (!is_moment(writer->value))
        return strchr("eOTZ", letter) ? DATE_FORMAT_OK : DATE_FORMAT_NO_ATTRIBUTE;
    if (of_time && writer->value.kind == VALUE_DATE)
        return DATE_FORMAT_TIME_OF_DATE;
    if (!of_time && (time_only || writer->value.kind == VALUE_TIME))
        return DATE_FORMAT_NO_ATTRIBUTE;
    if (of_time)
        return put_time_letter(writer, letter);
    put_date_letter(writer, letter);
    return DATE_FORMAT_OK;
}

enum date_format_status date_format(struct buffer *out, struct text format, struct value value,
                                    const struct zone *zone, bool time_only)
{
    static const struct value_moment nothing = {.year = 1, .month = 1, .day = 1};
    struct writer writer = {.out = out, .value = value, .moment = &nothing};
    enum date_format_status status = DATE_FORMAT_OK;
    if (is_moment(value)) {
        writer.moment = value.moment;
        writer.local = *value.moment;
        bool known = value.moment->aware || zone_attach(zone, &writer.local);
        writer.has_zone = known && value.kind == VALUE_DATETIME;
        writer.offset = known ? writer.local.offset : 0;
    }
    for (size_t i = 0; i < format.length && status == DATE_FORMAT_OK; i++) {
        char c = format.at[i];
        if (c == '\\' && i + 1 < format.length)
            buffer_char(out, format.at[++i]);
        else if (strchr(LETTERS_OF_TIME LETTERS_OF_DATE, c) && c)
            status = put_letter(&writer, c, time_only);
        else
            buffer_char(out, c);
    }
    return status;
}

struct text date_format_named(struct text format)
{
    static const struct {
        const char *name;
        const char *format;
    } names[] = {
        {"DATE_FORMAT", "N j, Y"},
        {"TIME_FORMAT", "P"},
        {"DATETIME_FORMAT", "N j, Y, P"},
        {"YEAR_MONTH_FORMAT", "F Y"},
        {"MONTH_DAY_FORMAT", "F j"},
        {"SHORT_DATE_FORMAT", "m/d/Y"},
        {"SHORT_DATETIME_FORMAT", "m/d/Y P"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(format, names[i].name))
            return text_of(names[i].format);
    return format;
}
