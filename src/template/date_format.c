#include "template/date_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "template/language.h"
#include "template/unicode.h"
#include "template/zone.h"

static const char *const months[] = {N_("January"), N_("February"), N_("March"),
                                     N_("April"),   N_("May"),      N_("June"),
                                     N_("July"),    N_("August"),   N_("September"),
                                     N_("October"), N_("November"), N_("December")};
static const char *const short_months[] = {N_("jan"), N_("feb"), N_("mar"), N_("apr"),
                                           N_("may"), N_("jun"), N_("jul"), N_("aug"),
                                           N_("sep"), N_("oct"), N_("nov"), N_("dec")};
static const char *const press_months[] = {
    NC_("abbrev. month", "Jan."),  NC_("abbrev. month", "Feb."), NC_("abbrev. month", "March"),
    NC_("abbrev. month", "April"), NC_("abbrev. month", "May"),  NC_("abbrev. month", "June"),
    NC_("abbrev. month", "July"),  NC_("abbrev. month", "Aug."), NC_("abbrev. month", "Sept."),
    NC_("abbrev. month", "Oct."),  NC_("abbrev. month", "Nov."), NC_("abbrev. month", "Dec.")};
/* As they stand beside a day, where that differs. */
static const char *const other_months[] = {
    NC_("alt. month", "January"), NC_("alt. month", "February"), NC_("alt. month", "March"),
    NC_("alt. month", "April"),   NC_("alt. month", "May"),      NC_("alt. month", "June"),
    NC_("alt. month", "July"),    NC_("alt. month", "August"),   NC_("alt. month", "September"),
    NC_("alt. month", "October"), NC_("alt. month", "November"), NC_("alt. month", "December")};
static const char *const days[] = {N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
                                   N_("Friday"), N_("Saturday"), N_("Sunday")};
static const char *const short_days[] = {N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"),
                                         N_("Fri"), N_("Sat"), N_("Sun")};

#define LETTERS_OF_TIME "aAefgGhHiOPsTuZ"
#define LETTERS_OF_DATE "bcdDEFIjlLmMnNorStUwWyYz"

struct writer {
    struct buffer *out;
    struct value value;
    const struct value_moment *moment;
    struct value_moment local; /* with the zone that applies, when has_zone */
    bool has_zone;
    bool unclear;   /* its zone shows that time twice, or never */
    int32_t offset; /* of the zone, for a date too */
    const struct language *language;
};

static void put_word(const struct writer *writer, const char *word)
{
    buffer_text(writer->out, language_text(writer->language, TEXT_NONE, text_of(word)));
}

static void put_word_of(const struct writer *writer, struct text context, const char *word)
{
    buffer_text(writer->out, language_text(writer->language, context, text_of(word)));
}

static void put_hour12(struct buffer *out, const struct value_moment *moment, const char *format)
{
    int hour = moment->hour % 12 ? moment->hour % 12 : 12;
    buffer_format(out, format[0] == '0' ? "%02d" : "%d", hour);
}

static const char *half_of_day(const struct value_moment *moment)
{
    return moment->hour < 12 ? N_("a.m.") : N_("p.m.");
}

/* "1", "1:30" */
static void put_short_time(struct buffer *out, const struct value_moment *moment)
{
    put_hour12(out, moment, "");
    if (moment->minute)
        buffer_format(out, ":%02d", moment->minute);
}

/* "1 a.m.", "1:30 p.m.", "midnight", "noon" */
static void put_press_time(const struct writer *writer)
{
    const struct value_moment *moment = writer->moment;
    if (moment->minute == 0 && moment->hour % 12 == 0) {
        put_word(writer, moment->hour ? N_("noon") : N_("midnight"));
        return;
    }
    put_short_time(writer->out, moment);
    buffer_char(writer->out, ' ');
    put_word(writer, half_of_day(moment));
}

static void put_offset(struct buffer *out, int32_t offset)
{
    int32_t size = abs(offset);
    buffer_format(out, "%c%02d%02d", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

/* "CET"; without a name "UTC+01:00", as Python's fixed zones have it. */
static void put_zone_name(struct buffer *out, const struct value_moment *local)
{
    int32_t size = abs(local->offset);
    buffer_text(out, local->zone.length ? local->zone : TEXT("UTC"));
    if (local->zone.length || !size)
        return;
    buffer_format(out, "%c%02d:%02d", local->offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
    if (size % 60)
        buffer_format(out, ":%02d", size % 60);
}

static void put_zone(struct writer *writer, char letter)
{
    const struct value_moment *local = &writer->local;
    bool aware = writer->moment->aware && writer->value.kind == VALUE_DATETIME;
    if (!writer->has_zone || (letter == 'e' ? !aware : writer->unclear))
        return;
    if (letter == 'O')
        put_offset(writer->out, local->offset);
    else if (letter == 'Z')
        buffer_int(writer->out, local->offset);
    else
        put_zone_name(writer->out, local);
}

static enum date_format_status put_time_letter(struct writer *writer, char letter)
{
    struct buffer *out = writer->out;
    const struct value_moment *moment = writer->moment;
    switch (letter) {
    case 'a': put_word(writer, half_of_day(moment)); break;
    case 'A': put_word(writer, moment->hour < 12 ? N_("AM") : N_("PM")); break;
    case 'f': put_short_time(out, moment); break;
    case 'g': put_hour12(out, moment, ""); break;
    case 'G': buffer_int(out, moment->hour); break;
    case 'h': put_hour12(out, moment, "0"); break;
    case 'H': buffer_format(out, "%02d", moment->hour); break;
    case 'i': buffer_format(out, "%02d", moment->minute); break;
    case 'P': put_press_time(writer); break;
    case 's': buffer_format(out, "%02d", moment->second); break;
    case 'u': buffer_format(out, "%06u", moment->microsecond); break;
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
        if (writer->has_zone && !writer->unclear)
            buffer_char(out, writer->local.daylight ? '1' : '0');
        break;
    default: buffer_text(out, moment_is_leap(moment->year) ? TEXT("True") : TEXT("False")); break;
    }
}

static void put_short_month(const struct writer *writer, int month, bool title)
{
    struct text word = language_text(writer->language, TEXT_NONE, text_of(short_months[month]));
    if (title)
        unicode_put_title(writer->out, word);
    else
        buffer_text(writer->out, word);
}

static void put_date_letter(struct writer *writer, char letter)
{
    struct buffer *out = writer->out;
    const struct value_moment *moment = writer->moment;
    int month = moment->month - 1;
    switch (letter) {
    case 'b': put_short_month(writer, month, false); break;
    case 'c': put_iso(writer); break;
    case 'd': buffer_format(out, "%02d", moment->day); break;
    case 'D': put_word(writer, short_days[moment_weekday(moment)]); break;
    case 'E': put_word_of(writer, TEXT("alt. month"), other_months[month]); break;
    case 'F': put_word(writer, months[month]); break;
    case 'j': buffer_int(out, moment->day); break;
    case 'l': put_word(writer, days[moment_weekday(moment)]); break;
    case 'm': buffer_format(out, "%02d", moment->month); break;
    case 'M': put_short_month(writer, month, true); break;
    case 'n': buffer_int(out, moment->month); break;
    case 'N': put_word_of(writer, TEXT("abbrev. month"), press_months[month]); break;
    case 'r': put_mail_date(writer); break;
    case 'y': buffer_format(out, "%02d", moment->year % 100); break;
    case 'Y': buffer_int(out, moment->year); break;
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
        return strchr("eOTZI", letter) ? DATE_FORMAT_OK : DATE_FORMAT_NO_ATTRIBUTE;
    if (of_time && writer->value.kind == VALUE_DATE)
        return DATE_FORMAT_TIME_OF_DATE;
    bool whole = letter == 'r' && !time_only; /* a datetime's */
    if (whole && writer->value.kind != VALUE_DATETIME)
        return writer->moment->aware && writer->value.kind == VALUE_TIME ? DATE_FORMAT_NO_ATTRIBUTE
                                                                         : DATE_FORMAT_TIME_OF_DATE;
    if (!of_time && (time_only || (writer->value.kind == VALUE_TIME && !strchr("cI", letter))))
        return DATE_FORMAT_NO_ATTRIBUTE;
    if (of_time)
        return put_time_letter(writer, letter);
    put_date_letter(writer, letter);
    return DATE_FORMAT_OK;
}

/* A letter behind a backslash stands for itself, even when that belongs to another backslash. */
static bool is_letter(struct text format, size_t at)
{
    char c = format.at[at];
    return c && strchr(LETTERS_OF_TIME LETTERS_OF_DATE, c)
           && (at == 0 || format.at[at - 1] != '\\');
}

static void find_zone(struct writer *writer, const struct zone *zone)
{
    const struct value_moment *moment = writer->value.moment;
    bool datetime = writer->value.kind == VALUE_DATETIME;
    writer->moment = moment;
    writer->local = *moment;
    bool known = moment->aware || zone_attach(zone, &writer->local);
    writer->has_zone = known && datetime;
    writer->offset = known ? writer->local.offset : 0;
    writer->unclear =
        moment->aware ? moment->unclear : datetime && zone && !zone_is_exact(zone, moment);
}

enum date_format_status date_format(struct buffer *out, struct text format, struct value value,
                                    const struct zone *zone, const struct language *language,
                                    bool time_only)
{
    static const struct value_moment nothing = {.year = 1, .month = 1, .day = 1};
    struct writer writer = {.out = out, .value = value, .moment = &nothing, .language = language};
    enum date_format_status status = DATE_FORMAT_OK;
    if (is_moment(value))
        find_zone(&writer, zone);
    for (size_t i = 0; i < format.length && status == DATE_FORMAT_OK; i++) {
        if (is_letter(format, i))
            status = put_letter(&writer, format.at[i], time_only);
        else if (format.at[i] == '\\' && i + 1 < format.length && format.at[i + 1] != '\n')
            buffer_char(out, format.at[++i]);
        else
            buffer_char(out, format.at[i]);
    }
    return status;
}
