#include "template/format.h"

#include <math.h>

#include "base/arena.h"
#include "base/clock.h"
#include "template/date_format.h"
#include "template/decimal.h"
#include "template/set.h"
#include "template/zone.h"

#define EXPONENT_SHOWN 200

static struct text format_number(struct value value, struct arena *arena)
{
    struct decimal number;
    struct buffer out = {.arena = arena};
    if ((value.kind == VALUE_FLOAT && !isfinite(value.real)) || !decimal_of(&number, value, arena)
        || number.kind != DECIMAL_FINITE)
        return value_to_text(value, arena);
    int64_t leading = (int64_t)number.digits.length - 1 + number.exponent;
    if (leading > EXPONENT_SHOWN || leading < -EXPONENT_SHOWN)
        return value_to_text(value, arena);
    struct text plain = value_to_text(value, arena);
    if (text_find_char(plain, 'e') == TEXT_NOT_FOUND
        && text_find_char(plain, 'E') == TEXT_NOT_FOUND)
        return plain;
    decimal_print_fixed(&out, number);
    return buffer_contents(&out);
}

const struct zone *format_zone(const struct render *render)
{
    return render->set->zone;
}

struct value_moment format_now(const struct render *render, bool utc)
{
    const struct template_host *host = &render->set->host;
    int64_t now = host->now ? host->now(host->context) : clock_wall();
    struct value_moment moment = moment_from_local(now);
    if (!utc && render->set->zone)
        moment = zone_local(render->set->zone, now);
    moment.aware = utc;
    return moment;
}

static struct text format_moment(struct value value, struct render *render)
{
    static const char *const formats[] = {
        [VALUE_DATE] = "N j, Y", [VALUE_TIME] = "P", [VALUE_DATETIME] = "N j, Y, P"};
    struct buffer out = {.arena = render->arena};
    date_format(&out, text_of(formats[value.kind]), value, render->set->zone, false);
    return buffer_contents(&out);
}

struct text format_local(struct value value, struct render *render)
{
    switch (value.kind) {
    case VALUE_FLOAT:
    case VALUE_DECIMAL: return format_number(value, render->arena);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: return format_moment(value, render);
    default: return value_to_text(value, render->arena);
    }
}
