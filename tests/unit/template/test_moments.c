/* The calendar, and time zones. */
#include "unit.h"

#include "base/buffer.h"
#include "template/moment.h"
#include "template/zone.h"

static void test_calendar(void **state)
{
    static const struct {
        int32_t year;
        int month, day;
        int64_t days;
        int weekday, week;
    } rows[] = {
        {1970, 1, 1, 0, 3, 1},          {1969, 12, 31, -1, 2, 1},   {2000, 2, 29, 11016, 1, 9},
        {2024, 12, 30, 20087, 0, 1},    {2021, 1, 3, 18630, 6, 53}, {1, 1, 1, -719162, 0, 1},
        {9999, 12, 31, 2932896, 4, 52},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t microseconds = rows[i].days * DAY_SECONDS * MICROSECONDS;
        struct value_moment moment = moment_from_local(microseconds + 1);
        int32_t year;
        check(moment_days(rows[i].year, rows[i].month, rows[i].day) == rows[i].days, "row %zu", i);
        check(moment.year == rows[i].year && moment.month == rows[i].month
                  && moment.day == rows[i].day && moment.microsecond == 1,
              "row %zu", i);
        check(moment_weekday(&moment) == rows[i].weekday, "row %zu", i);
        check(moment_iso_week(&moment, &year) == rows[i].week, "row %zu", i);
    }
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: refused */
    } rows[] = {
        {"2024-02-29", "2024-02-29"},
        {"2024-02-29T13:05", "2024-02-29 13:05:00"},
        {"2024-02-29 13:05:09.5", "2024-02-29 13:05:09.500000"},
        {"2024-02-29T13:05:09+02:00", "2024-02-29 13:05:09+02:00"},
        {"2024-02-29T13:05:09Z", "2024-02-29 13:05:09+00:00"},
        {"13:05", "13:05:00"},
        {"2023-02-29", NULL},
        {"2024-13-01", NULL},
        {"2024-00-01", NULL},
        {"0000-01-01", NULL},
        {"2024-1-1", NULL},
        {"2024-01-01T", NULL},
        {"2024-01-01T24:00", NULL},
        {"2024-01-01T12:60", NULL},
        {"2024-01-01T12:00+99:00", NULL},
        {"2024-01-01T12:00x", NULL},
        {"", NULL},
        {"x", NULL},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct value_moment moment;
        enum value_kind kind;
        bool parsed = moment_parse(text_of(rows[i].text), &kind, &moment);
        check(parsed == (rows[i].printed != NULL), "%s", rows[i].text);
        if (parsed)
            check_text(value_to_text(value_moment(arena, kind, &moment), arena), rows[i].printed,
                       "%s", rows[i].text);
    }
}

/* In zones of which this machine has the files. */
static void test_zones(void **state)
{
    static const struct {
        const char *zone;
        const char *utc;
        const char *local;
        const char *name;
    } rows[] = {
        {"UTC", "2024-05-07T12:00:00", "2024-05-07 12:00:00+00:00", "UTC"},
        {"+0530", "2024-05-07T12:00:00", "2024-05-07 17:30:00+05:30", "+0530"},
        {"-09:30", "2024-05-07T12:00:00", "2024-05-07 02:30:00-09:30", "-09:30"},
        {"Europe/Paris", "2024-03-31T00:59:59", "2024-03-31 01:59:59+01:00", "CET"},
        {"Europe/Paris", "2024-03-31T01:00:00", "2024-03-31 03:00:00+02:00", "CEST"},
        {"Europe/Paris", "2050-07-01T12:00:00", "2050-07-01 14:00:00+02:00", "CEST"},
        {"Europe/Paris", "2050-10-30T01:00:00", "2050-10-30 02:00:00+01:00", "CET"},
        {"Europe/Paris", "1900-01-01T12:00:00", "1900-01-01 12:09:21+00:09:21", "PMT"},
        {"America/Chicago", "2024-01-01T05:59:59", "2023-12-31 23:59:59-06:00", "CST"},
        {"Australia/Sydney", "2060-01-01T00:00:00", "2060-01-01 11:00:00+11:00", "AEDT"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct zone *zone = zone_open(arena, text_of(rows[i].zone));
        struct value_moment utc;
        enum value_kind kind;
        if (!zone)
            continue;
        check(moment_parse(text_of(rows[i].utc), &kind, &utc), "row %zu", i);
        struct value_moment local = zone_local(zone, moment_utc(&utc));
        check_text(value_to_text(value_moment(arena, VALUE_DATETIME, &local), arena), rows[i].local,
                   "row %zu", i);
        check_text(local.zone, rows[i].name, "row %zu", i);
        struct value_moment naive = local;
        naive.aware = false;
        check(zone_attach(zone, &naive) && moment_utc(&naive) <= moment_utc(&utc), "row %zu", i);
    }
    assert_null(zone_open(arena, TEXT("")));
    assert_null(zone_open(arena, TEXT("../../../etc/passwd")));
    assert_null(zone_open(arena, TEXT("Nowhere/Land")));
    assert_null(zone_open(arena, TEXT("+1")));
}

static const struct CMUnitTest tests[] = {
    TEST(test_calendar),
    TEST(test_parse),
    TEST(test_zones),
};
UNIT_MAIN(tests)
