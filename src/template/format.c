#include "template/format.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "template/date_format.h"
#include "template/decimal.h"
#include "template/language.h"
#include "template/locale.h"
#include "template/set.h"
#include "template/zone.h"

#define DIGITS_SHOWN 200

const struct locale *format_locale(const struct render *render, bool local)
{
    const struct template_options *options = &render->set->host.options;
    const struct locale *plain = options->locale ? options->locale : &locale_plain;
    const struct locale *found =
        local ? locale_find(render->language ? render->language->code : TEXT("en")) : NULL;
    return found ? found : plain;
}

static bool is_local(const struct render *render)
{
    if (render->localize == LOCALIZE_AS_SET)
        return render->set->host.options.localize;
    return render->localize == LOCALIZE_ON;
}

struct text format_named(const struct render *render, struct text format)
{
    enum locale_format which;
    if (!locale_format_of(format, &which))
        return format;
    return text_of(format_locale(render, render->set->host.options.localize)->formats[which]);
}

/* "1.5e+300": what is too long to be written out. */
static void put_exponent(struct buffer *out, struct decimal number, const struct locale *locale,
                         int places)
{
    struct buffer lead = {.arena = out->arena};
    int64_t exponent = (int64_t)number.digits.length - 1 + number.exponent;
    number.exponent = 1 - (int32_t)number.digits.length;
    decimal_print_fixed(&lead, number);
    locale_put_number(out, locale, buffer_contents(&lead), places, false);
    buffer_format(out, "e%c%lld", exponent < 0 ? '-' : '+', (long long)llabs(exponent));
}

/* A float with an exponent, and any decimal, by all its digits; another number as str() has it. */
static bool plain_digits(struct value value, struct arena *arena, struct decimal *number,
                         struct text *out)
{
    struct buffer digits = {.arena = arena};
    *out = value_to_text(value, arena);
    bool decimal = value.kind == VALUE_DECIMAL && !value_is_integer(value);
    if (!decimal && (value.kind != VALUE_FLOAT || text_find_char(*out, 'e') == TEXT_NOT_FOUND))
        return true;
    if (!decimal_of(number, value, arena) || number->kind != DECIMAL_FINITE)
        return true;
    if ((int64_t)number->digits.length + llabs((long long)number->exponent) > DIGITS_SHOWN)
        return false;
    decimal_print_fixed(&digits, *number);
    *out = buffer_contents(&digits);
    return true;
}

static struct text local_number(struct value value, struct render *render, bool local, bool group,
                                int places)
{
    struct decimal number;
    struct text digits;
    struct buffer out = {.arena = render->arena};
    const struct locale *locale = format_locale(render, local);
    if (value.kind == VALUE_DECIMAL && decimal_of(&number, value, render->arena)
        && number.kind != DECIMAL_FINITE) {
        struct text printed = value_as_text(value);
        render->status =
            render_fail(render, "TypeError", "%.*s has no digits to show", TEXT_ARG(printed));
    }
    if (plain_digits(value, render->arena, &number, &digits))
        locale_put_number(&out, locale, digits, places, group);
    else
        put_exponent(&out, number, locale, places);
    return buffer_contents(&out);
}

const struct zone *format_zone(const struct render *render)
{
    return render->set->zone;
}

static int64_t now_utc(const struct render *render)
{
    const struct template_host *host = &render->set->host;
    return host->now ? host->now(host->context) : clock_wall();
}

size_t format_pick(const struct render *render, size_t limit)
{
    const struct template_host *host = &render->set->host;
    uint32_t number;
    if (host->random)
        number = host->random(host->context);
    else if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = 0;
    return number % limit;
}

struct value_moment format_now(const struct render *render, bool aware)
{
    const struct template_host *host = &render->set->host;
    struct value_moment moment = moment_from_local(now_utc(render));
    if (!aware && host->now_local)
        moment = moment_from_local(host->now_local(host->context));
    else if (!aware)
        moment = zone_local(render->set->zone, now_utc(render));
    moment.aware = aware;
    if (aware)
        moment.zone = TEXT("UTC");
    return moment;
}

struct value_moment format_now_current(const struct render *render)
{
    return zone_local(render->zone, now_utc(render));
}

struct value format_localtime(struct value value, const struct render *render)
{
    if (value.kind != VALUE_DATETIME || !render->use_tz || !value.moment->aware
        || value.moment->fixed)
        return value;
    struct value_moment moment = zone_local(render->zone, moment_utc(value.moment));
    return value_moment(render->arena, VALUE_DATETIME, &moment);
}

struct zone_list {
    struct zone_list *next;
    struct text name;
    const struct zone *zone;
};

const struct zone *format_named_zone(struct render *render, struct text name)
{
    for (const struct zone_list *each = render->zones; each; each = each->next)
        if (text_equal(each->name, name))
            return each->zone;
    struct zone_list *opened = ARENA_NEW(render->arena, struct zone_list);
    bool is_offset = text_starts(name, TEXT("+")) || text_starts(name, TEXT("-"));
    *opened = (struct zone_list){.next = render->zones, .name = name};
    if (text_equal_nocase(name, TEXT("UTC")))
        opened->zone = zone_open(render->arena, TEXT("UTC"));
    else if (!is_offset)
        opened->zone = zone_open(render->arena, name);
    render->zones = opened;
    return opened->zone;
}

struct text format_places(struct value value, struct render *render, int places)
{
    const struct template_options *options = &render->set->host.options;
    return local_number(value, render, options->localize, options->localize && options->thousands,
                        places);
}

struct text format_number_grouped(struct value value, struct render *render)
{
    return local_number(value, render, true, true, -1);
}

static struct text local_moment(struct value value, struct render *render, bool local)
{
    static const enum locale_format formats[] = {
        [VALUE_DATE] = DATE_FORMAT, [VALUE_TIME] = TIME_FORMAT, [VALUE_DATETIME] = DATETIME_FORMAT};
    struct buffer out = {.arena = render->arena};
    struct text format = text_of(format_locale(render, local)->formats[formats[value.kind]]);
    date_format(&out, format, value, render->set->zone, render->language, false);
    return out.at ? buffer_contents(&out) : TEXT("");
}

struct text format_localized(struct value value, struct render *render, bool local)
{
    switch (value.kind) {
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_DECIMAL:
        return local_number(value, render, local, local && render->set->host.options.thousands, -1);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: return local_moment(value, render, local);
    default: return value_to_text(value, render->arena);
    }
}

struct text format_local(struct value value, struct render *render)
{
    bool number = value_is_number(value);
    if (number && render->localize == LOCALIZE_OFF)
        return value_to_text(value, render->arena);
    if (value.kind == VALUE_DATETIME)
        value = format_localtime(value, render);
    return format_localized(value, render, is_local(render));
}
