#include "monitor/retries.h"

#include <inttypes.h>
#include <stdlib.h>

#define SECOND ((int64_t)1000000)

struct retry retry_of(struct text name)
{
    int64_t tries;
    int64_t tried;
    struct text count;
    struct text moment;
    text_next(&name, '.', &moment);
    if (text_next(&name, '.', &moment) && text_next(&moment, '-', &count)
        && text_to_int64(&tries, count) && tries > 0 && tries <= RETRIES_MOST
        && text_to_int64(&tried, moment))
        return (struct retry){(int)tries, tried};
    return (struct retry){0, 0};
}

struct text retry_name(struct arena *arena, struct text name, const struct retry *retry)
{
    size_t ending = name.length;
    while (ending > 0 && name.at[ending - 1] != '.')
        ending--;
    struct text stem = text_part(name, 0, text_find_char(name, '.'));
    struct text kind = text_from(name, ending);
    return text_format(arena, "%.*s.%d-%" PRId64 ".%.*s", TEXT_ARG(stem), retry->tries,
                       retry->tried, TEXT_ARG(kind));
}

/* 4 seconds, 16, then a minute */
static int64_t pause_after(int tries)
{
    int64_t pause = SECOND << (2 * tries);
    return pause < RETRIES_PAUSE ? pause : RETRIES_PAUSE;
}

/* A clock that was put back does not make it wait. */
bool retry_is_due(const struct retry *retry, int64_t now)
{
    return now < retry->tried || now - retry->tried >= pause_after(retry->tries);
}

struct retry retry_after(const struct retry *last, int64_t answered, int64_t now)
{
    bool counts = !last->tries || answered > last->tried;
    return (struct retry){last->tries + counts, now};
}

static int by_last_try(const void *a, const void *b)
{
    const struct text *names[] = {a, b};
    int64_t one = retry_of(*names[0]).tried;
    int64_t other = retry_of(*names[1]).tried;
    return (one > other) - (one < other);
}

void retries_sort(struct text *names, size_t count)
{
    if (count)
        qsort(names, count, sizeof *names, by_last_try);
}
