#include "template/time_span.h"

#include "base/buffer.h"
#include "template/language.h"
#include "template/moment.h"

#define UNITS 6

struct unit {
    const char *one;
    const char *many;
};

static const int64_t seconds_of[UNITS] = {
    365 * DAY_SECONDS, 30 * DAY_SECONDS, 7 * DAY_SECONDS, DAY_SECONDS, 3600, 60,
};

static const char *const contexts[] = {
    [SPAN_PLAIN] = NULL,
    [SPAN_PAST] = "naturaltime-past",
    [SPAN_FUTURE] = "naturaltime-future",
};

static const struct unit names[][UNITS] = {
    [SPAN_PLAIN] = {{NP_("%d year", "%d years")},
                    {NP_("%d month", "%d months")},
                    {NP_("%d week", "%d weeks")},
                    {NP_("%d day", "%d days")},
                    {NP_("%d hour", "%d hours")},
                    {NP_("%d minute", "%d minutes")}},
    [SPAN_PAST] = {{NPC_("naturaltime-past", "%d year", "%d years")},
                   {NPC_("naturaltime-past", "%d month", "%d months")},
                   {NPC_("naturaltime-past", "%d week", "%d weeks")},
                   {NPC_("naturaltime-past", "%d day", "%d days")},
                   {NPC_("naturaltime-past", "%d hour", "%d hours")},
                   {NPC_("naturaltime-past", "%d minute", "%d minutes")}},
    [SPAN_FUTURE] = {{NPC_("naturaltime-future", "%d year", "%d years")},
                     {NPC_("naturaltime-future", "%d month", "%d months")},
                     {NPC_("naturaltime-future", "%d week", "%d weeks")},
                     {NPC_("naturaltime-future", "%d day", "%d days")},
                     {NPC_("naturaltime-future", "%d hour", "%d hours")},
                     {NPC_("naturaltime-future", "%d minute", "%d minutes")}},
};

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

/* With spaces that do not break. */
static void put_unit(struct buffer *out, const struct language *language, enum span_words words,
                     size_t unit, int64_t number)
{
    char digits[32];
    char room[256];
    struct buffer count = BUFFER_ON(digits);
    struct buffer filled = BUFFER_ON(room);
    const struct unit *name = &names[words][unit];
    buffer_int(&count, number);
    language_fill(&filled,
                  language_count(language, text_of(contexts[words]), text_of(name->one),
                                 text_of(name->many), number),
                  buffer_contents(&count));
    for (size_t i = 0; i < filled.length; i++)
        buffer_text(out, room[i] == ' ' ? TEXT("\xC2\xA0") : (struct text){room + i, 1});
}

void time_span_put(struct buffer *out, const struct language *language, enum span_words words,
                   const struct value_moment *from, const struct value_moment *to)
{
    int64_t seconds = seconds_between(from, to);
    size_t at = 0;
    while (at < UNITS - 1 && seconds < seconds_of[at])
        at++;
    if (seconds < seconds_of[UNITS - 1]) {
        put_unit(out, language, words, UNITS - 1, 0);
        return;
    }
    for (size_t shown = 0; at < UNITS && shown < 2; shown++, at++) {
        int64_t number = seconds / seconds_of[at];
        if (number == 0)
            break;
        if (shown)
            buffer_text(out, language_text(language, TEXT_NONE, TEXT(N_(", "))));
        put_unit(out, language, words, at, number);
        seconds -= number * seconds_of[at];
    }
}
