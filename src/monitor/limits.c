#include "monitor/limits.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SECOND      ((int64_t)1000000)
#define LONGEST     ((int64_t)24 * 60 * 60 * SECOND)
#define UNSAID      (60 * SECOND)
#define LEAST       (2 * SECOND) /* after a 429, whatever it says */
#define TOO_MANY    429
#define MOST_DIGITS 20

static const char *const names[CATEGORIES] = {
    [CATEGORY_ERROR] = "error",
    [CATEGORY_TRANSACTION] = "transaction",
    [CATEGORY_SESSION] = "session",
    [CATEGORY_SPAN] = "span",
};

static const char *const reasons[LOSSES] = {
    [LOSS_QUEUE] = "queue_overflow",      [LOSS_SPOOL] = "cache_overflow",
    [LOSS_LIMIT] = "ratelimit_backoff",   [LOSS_SAMPLE] = "sample_rate",
    [LOSS_REFUSED] = "send_error",        [LOSS_NETWORK] = "network_error",
    [LOSS_BROKEN] = "internal_sdk_error",
};

const char *category_name(enum category category)
{
    return names[category];
}

enum category category_of(struct text type)
{
    if (text_is(type, "transaction"))
        return CATEGORY_TRANSACTION;
    return text_is(type, "sessions") ? CATEGORY_SESSION : CATEGORY_ERROR;
}

/* Seconds, which may have a fraction, in microseconds; -1: it is no number. */
static int64_t read_seconds(struct text text)
{
    char digits[MOST_DIGITS + 1] = "";
    char *end;
    text = text_trim(text);
    if (!text.length || text.length > MOST_DIGITS)
        return -1;
    memcpy(digits, text.at, text.length);
    double seconds = strtod(digits, &end);
    if (*end || !(seconds >= 0))
        return -1;
    return seconds * (double)SECOND < (double)LONGEST ? (int64_t)(seconds * (double)SECOND)
                                                      : LONGEST;
}

static int64_t read_retry_after(struct text text, int64_t wall)
{
    char date[64] = "";
    int64_t wait = read_seconds(text);
    if (wait >= 0 || text.length >= sizeof date)
        return wait;
    if (text.length)
        memcpy(date, text.at, text.length);
    time_t moment = curl_getdate(date, NULL);
    if (moment < 0)
        return -1;
    wait = (int64_t)moment * SECOND - wall;
    return wait < 0 ? 0 : wait > LONGEST ? LONGEST : wait;
}

static void prolong(struct limits *limits, enum category category, int64_t until)
{
    if (limits->until[category] < until)
        limits->until[category] = until;
}

static void prolong_all(struct limits *limits, int64_t until)
{
    for (int i = 0; i < CATEGORIES; i++)
        prolong(limits, (enum category)i, until);
}

/* "60:transaction;error:organization": seconds, categories (none: all), and what is not for us. */
static void read_limit(struct limits *limits, struct text limit, int64_t now,
                       bool named[CATEGORIES])
{
    struct text seconds;
    struct text categories = TEXT_NONE;
    struct text category;
    text_next(&limit, ':', &seconds);
    text_next(&limit, ':', &categories);
    categories = text_trim(categories);
    int64_t wait = read_seconds(seconds);
    if (wait < 0)
        return;
    bool all = !categories.length;
    for (bool more = true; more; more = categories.length) {
        category = TEXT_NONE;
        text_next(&categories, ';', &category);
        for (int i = 0; i < CATEGORIES; i++)
            if (all || text_is(text_trim(category), names[i])) {
                named[i] = true;
                prolong(limits, (enum category)i, now + wait);
            }
    }
}

/* A 429 without a limit of what was sent: Retry-After is of it, and of all where none is named. */
static void refuse(struct limits *limits, enum category sent, const bool named[CATEGORIES],
                   int64_t wait, int64_t now)
{
    bool any = false;
    for (int i = 0; i < CATEGORIES; i++)
        any = any || named[i];
    if (!any)
        prolong_all(limits, now + wait);
    else if (!named[sent])
        prolong(limits, sent, now + wait);
    prolong(limits, sent, now + LEAST);
}

void limits_read(struct limits *limits, enum category sent, const struct limits_answer *answer,
                 int64_t now, int64_t wall)
{
    struct text limit;
    struct text rest = answer->rate_limits;
    bool named[CATEGORIES] = {false};
    while (rest.length && text_next(&rest, ',', &limit))
        read_limit(limits, limit, now, named);
    if (answer->status != TOO_MANY)
        return;
    int64_t wait = read_retry_after(answer->retry_after, wall);
    refuse(limits, sent, named, wait < 0 ? UNSAID : wait, now);
}

bool limits_hold(const struct limits *limits, enum category category, int64_t now)
{
    return limits->until[category] > now;
}

json_t *losses_report(const struct losses *losses, int64_t wall)
{
    char moment[CLOCK_ISO_SIZE];
    json_t *list = json_array();
    for (size_t i = 0; i < LOSSES; i++)
        for (size_t k = 0; k < CATEGORIES; k++)
            if (losses->count[i][k])
                json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "reason", reasons[i],
                                                      "category", names[k], "quantity",
                                                      (json_int_t)losses->count[i][k]));
    if (json_array_size(list) == 0) {
        json_decref(list);
        return NULL;
    }
    clock_iso(moment, wall);
    return json_pack("{s:s, s:o}", "timestamp", moment, "discarded_events", list);
}

void losses_subtract(struct losses *from, const struct losses *others)
{
    for (size_t i = 0; i < LOSSES; i++)
        for (size_t k = 0; k < CATEGORIES; k++)
            from->count[i][k] -= others->count[i][k];
}

uint64_t losses_sum(const struct losses *losses)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < LOSSES; i++)
        for (size_t k = 0; k < CATEGORIES; k++)
            sum += losses->count[i][k];
    return sum;
}
