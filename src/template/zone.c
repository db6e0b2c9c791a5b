#include "template/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"

#define FILE_MAX  65536
#define FOLDER    "/usr/share/zoneinfo"
#define TYPES_MAX 256

struct kind {
    int32_t offset;
    bool daylight;
    struct text name;
};

/* A day and time at which the clock changes: "M3.2.0/2". */
struct rule {
    char form; /* M, J, or 0 for the day of the year from 0 */
    int month;
    int week;
    int day;
    int32_t time;
};

struct zone {
    struct text name;
    size_t count;
    const int64_t *changes; /* seconds UTC, rising */
    const uint8_t *kinds;   /* from each change on */
    const struct kind *types;
    size_t type_count;
    bool has_footer; /* what goes for after the last change */
    bool has_rules;
    struct kind standard;
    struct kind summer;
    struct rule start;
    struct rule end;
};

static int64_t big_endian(const unsigned char *at, size_t size)
{
    int64_t value = at[0] & 0x80 ? -1 : 0;
    for (size_t i = 0; i < size; i++)
        value = (int64_t)((uint64_t)value << 8 | at[i]);
    return value;
}

struct header {
    size_t utc_count;
    size_t standard_count;
    size_t leap_count;
    size_t change_count;
    size_t type_count;
    size_t name_size;
};

#define HEADER_SIZE 44

static bool read_header(struct text file, size_t at, struct header *out)
{
    if (file.length < at + HEADER_SIZE || memcmp(file.at + at, "TZif", 4) != 0)
        return false;
    const unsigned char *counts = (const unsigned char *)file.at + at + 20;
    size_t *fields[] = {&out->utc_count,    &out->standard_count, &out->leap_count,
                        &out->change_count, &out->type_count,     &out->name_size};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int64_t count = big_endian(counts + i * 4, 4);
        if (count < 0 || count > FILE_MAX)
            return false;
        *fields[i] = (size_t)count;
    }
    return out->type_count > 0 && out->type_count <= TYPES_MAX;
}

static size_t body_size(const struct header *header, size_t time_size)
{
    return header->change_count * (time_size + 1) + header->type_count * 6 + header->name_size
           + header->leap_count * (time_size + 4) + header->standard_count + header->utc_count;
}

static bool read_types(struct zone *zone, struct arena *arena, const struct header *header,
                       const unsigned char *types, const char *names)
{
    struct kind *out = ARENA_ARRAY(arena, struct kind, header->type_count);
    for (size_t i = 0; i < header->type_count; i++) {
        size_t name = types[i * 6 + 5];
        if (name >= header->name_size)
            return false;
        out[i].offset = (int32_t)big_endian(types + i * 6, 4);
        out[i].daylight = types[i * 6 + 4] != 0;
        out[i].name = (struct text){names + name, strnlen(names + name, header->name_size - name)};
    }
    zone->types = out;
    zone->type_count = header->type_count;
    return true;
}

static bool read_body(struct zone *zone, struct arena *arena, const struct header *header,
                      const unsigned char *at)
{
    int64_t *changes = ARENA_ARRAY(arena, int64_t, header->change_count);
    const unsigned char *kinds = at + header->change_count * 8;
    const unsigned char *types = kinds + header->change_count;
    for (size_t i = 0; i < header->change_count; i++) {
        changes[i] = big_endian(at + i * 8, 8);
        if (kinds[i] >= header->type_count)
            return false;
    }
    zone->changes = changes;
    zone->kinds = kinds;
    zone->count = header->change_count;
    return read_types(zone, arena, header, types, (const char *)types + header->type_count * 6);
}

static bool take_number(struct text *rest, int *out)
{
    size_t digits = 0;
    *out = 0;
    while (digits < rest->length && rest->at[digits] >= '0' && rest->at[digits] <= '9'
           && digits < 4)
        *out = *out * 10 + (rest->at[digits++] - '0');
    *rest = text_from(*rest, digits);
    return digits > 0;
}

static bool take(struct text *rest, char c)
{
    if (!rest->length || rest->at[0] != c)
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

static bool take_time(struct text *rest, int32_t *out)
{
    int parts[3] = {0};
    bool negative = take(rest, '-');
    if (!negative)
        take(rest, '+');
    if (!take_number(rest, &parts[0]))
        return false;
    for (size_t i = 1; i < 3 && take(rest, ':'); i++)
        if (!take_number(rest, &parts[i]))
            return false;
    *out = parts[0] * 3600 + parts[1] * 60 + parts[2];
    *out = negative ? -*out : *out;
    return true;
}

static struct text take_name(struct text *rest)
{
    struct text name;
    size_t size = 0;
    if (take(rest, '<')) {
        size = text_find_char(*rest, '>');
        name = text_part(*rest, 0, size);
        *rest = text_from(*rest, name.length + 1);
        return name;
    }
    while (size < rest->length && (rest->at[size] | 0x20) >= 'a' && (rest->at[size] | 0x20) <= 'z')
        size++;
    name = text_part(*rest, 0, size);
    *rest = text_from(*rest, size);
    return name;
}

static bool take_rule(struct text *rest, struct rule *out)
{
    *out = (struct rule){.time = 7200};
    if (!take(rest, ','))
        return false;
    if (take(rest, 'M')) {
        out->form = 'M';
        if (!take_number(rest, &out->month) || !take(rest, '.') || !take_number(rest, &out->week)
            || !take(rest, '.') || out->month < 1 || out->month > 12)
            return false;
    } else {
        out->form = take(rest, 'J') ? 'J' : '0';
    }
    if (!take_number(rest, &out->day))
        return false;
    return !take(rest, '/') || take_time(rest, &out->time);
}

/* POSIX's TZ, which tells the future: "CET-1CEST,M3.5.0,M10.5.0/3". */
static void read_footer(struct zone *zone, struct text footer)
{
    int32_t behind;
    zone->standard.name = take_name(&footer);
    if (!take_time(&footer, &behind))
        return;
    zone->standard.offset = -behind;
    zone->has_footer = true;
    if (footer.length == 0)
        return;
    zone->summer = (struct kind){.name = take_name(&footer), .daylight = true};
    zone->summer.offset = zone->standard.offset + 3600;
    if (footer.length && footer.at[0] != ',' && take_time(&footer, &behind))
        zone->summer.offset = -behind;
    zone->has_rules = take_rule(&footer, &zone->start) && take_rule(&footer, &zone->end);
}

static bool read_zone(struct zone *zone, struct arena *arena, struct text file)
{
    struct header first;
    struct header second;
    if (!read_header(file, 0, &first))
        return false;
    size_t at = HEADER_SIZE + body_size(&first, 4);
    if (!read_header(file, at, &second))
        return false;
    size_t body = at + HEADER_SIZE;
    size_t end = body + body_size(&second, 8);
    if (end > file.length
        || !read_body(zone, arena, &second, (const unsigned char *)file.at + body))
        return false;
    struct text footer = text_trim(text_from(file, end));
    if (footer.length)
        read_footer(zone, footer);
    return true;
}

static bool read_file(struct arena *arena, struct text name, struct text *out)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] == '.' || name.at[i] == '\0')
            return false;
    struct text path = text_format(arena, FOLDER "/%.*s", TEXT_ARG(name));
    FILE *file = name.length ? fopen(path.at, "re") : NULL;
    if (!file)
        return false;
    char *bytes = arena_alloc(arena, FILE_MAX);
    *out = (struct text){bytes, fread(bytes, 1, FILE_MAX, file)};
    fclose(file);
    return true;
}

static const struct zone *fixed(struct arena *arena, struct text name, int32_t offset)
{
    struct zone *zone = ARENA_NEW(arena, struct zone);
    zone->has_footer = true;
    zone->standard = (struct kind){.offset = offset, .name = text_copy(arena, name)};
    return zone;
}

/* "+0200", "-09:30" */
static bool parse_offset(struct text name, int32_t *out)
{
    char digits[5] = {0};
    size_t count = 0;
    if (name.length < 5 || (name.at[0] != '+' && name.at[0] != '-'))
        return false;
    for (size_t i = 1; i < name.length; i++) {
        bool digit = name.at[i] >= '0' && name.at[i] <= '9';
        if (digit && count < 4)
            digits[count++] = name.at[i];
        else if (digit || name.at[i] != ':')
            return false;
    }
    int number = (int)strtol(digits, NULL, 10);
    *out = (number / 100 * 60 + number % 100) * 60 * (name.at[0] == '-' ? -1 : 1);
    return count == 4;
}

const struct zone *zone_open(struct arena *arena, struct text name)
{
    int32_t offset;
    struct text file;
    if (text_is(name, "UTC"))
        return fixed(arena, name, 0);
    if (parse_offset(name, &offset))
        return fixed(arena, name, offset);
    struct zone *zone = ARENA_NEW(arena, struct zone);
    zone->name = text_copy(arena, name);
    return read_file(arena, name, &file) && read_zone(zone, arena, file) ? zone : NULL;
}

struct text zone_name(const struct zone *zone)
{
    return zone->count || zone->has_rules || !zone->has_footer ? zone->name : zone->standard.name;
}

static int64_t rule_seconds(const struct rule *rule, int32_t year)
{
    int64_t day = moment_days(year, 1, 1);
    if (rule->form == 'M') {
        day = moment_days(year, rule->month, 1);
        int64_t weekday = (day + 4) % 7;
        int64_t first = day + (rule->day - (weekday < 0 ? weekday + 7 : weekday) + 7) % 7;
        int64_t last = day + moment_month_days(year, rule->month) - 1;
        day = first + (int64_t)(rule->week - 1) * 7;
        while (day > last)
            day -= 7;
    } else {
        bool skip = rule->form == 'J' && moment_is_leap(year) && rule->day >= 60;
        day += rule->day - (rule->form == 'J') + skip;
    }
    return day * DAY_SECONDS + rule->time;
}

static const struct kind *kind_by_rules(const struct zone *zone, int64_t seconds)
{
    if (!zone->has_rules)
        return &zone->standard;
    int64_t local = seconds + zone->standard.offset;
    int32_t year = moment_from_local(local * MICROSECONDS).year;
    int64_t start = rule_seconds(&zone->start, year) - zone->standard.offset;
    int64_t end = rule_seconds(&zone->end, year) - zone->summer.offset;
    bool summer =
        start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
    return summer ? &zone->summer : &zone->standard;
}

static const struct kind *kind_at(const struct zone *zone, int64_t seconds)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_footer)
        return kind_by_rules(zone, seconds);
    if (low > 0)
        return &zone->types[zone->kinds[low - 1]];
    for (size_t i = 0; i < zone->type_count; i++)
        if (!zone->types[i].daylight)
            return &zone->types[i];
    return &zone->types[0];
}

static void describe(struct value_moment *moment, const struct kind *kind)
{
    moment->aware = true;
    moment->offset = kind->offset;
    moment->zone = kind->name;
    moment->daylight = kind->daylight;
}

static int64_t floor_seconds(int64_t microseconds)
{
    return microseconds / MICROSECONDS - (microseconds % MICROSECONDS < 0);
}

struct value_moment zone_local(const struct zone *zone, int64_t utc)
{
    const struct kind *kind = kind_at(zone, floor_seconds(utc));
    struct value_moment moment = moment_from_local(utc + kind->offset * MICROSECONDS);
    describe(&moment, kind);
    moment.zoned = zone->type_count > 0;
    return moment;
}

bool zone_attach(const struct zone *zone, struct value_moment *moment)
{
    if (!zone || moment->month == 0)
        return false;
    int64_t local = floor_seconds(moment_local(moment));
    const struct kind *before = kind_at(zone, local - DAY_SECONDS);
    const struct kind *kind = kind_at(zone, local - before->offset);
    if (kind != before && kind_at(zone, local - kind->offset) != kind)
        kind = before;
    describe(moment, kind);
    moment->zoned = zone->type_count > 0;
    return true;
}

bool zone_is_exact(const struct zone *zone, const struct value_moment *moment)
{
    int64_t local = floor_seconds(moment_local(moment));
    int32_t before = kind_at(zone, local - DAY_SECONDS)->offset;
    int32_t after = kind_at(zone, local + DAY_SECONDS)->offset;
    bool by_before = kind_at(zone, local - before)->offset == before;
    bool by_after = kind_at(zone, local - after)->offset == after;
    return before == after ? by_before : by_before != by_after;
}
