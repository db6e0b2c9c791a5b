#include "base/clock.h"

#include <time.h>

#define MICROSECONDS 1000000

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * MICROSECONDS + now.tv_nsec / 1000;
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

/* Gives the microseconds within the second. */
static int break_down(struct tm *out, int64_t wall)
{
    int64_t part = wall % MICROSECONDS;
    time_t seconds = (time_t)(wall / MICROSECONDS);
    if (part < 0) {
        part += MICROSECONDS;
        seconds--;
    }
    gmtime_r(&seconds, out);
    return (int)part;
}

void clock_iso(char out[CLOCK_ISO_SIZE], int64_t wall)
{
    struct tm tm;
    int part = break_down(&tm, wall);
    size_t length = strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
    for (size_t at = length - 2; length > 0 && part > 0; part /= 10)
        out[at--] = (char)('0' + part % 10);
}
