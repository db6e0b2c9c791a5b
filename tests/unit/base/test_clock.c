#include "unit.h"

#include "base/clock.h"

#define SECOND INT64_C(1000000)

static const struct {
    int64_t wall;
    const char *iso;
} rows[] = {
    {0, "1970-01-01T00:00:00.000000Z"},
    {1, "1970-01-01T00:00:00.000001Z"},
    {-1, "1969-12-31T23:59:59.999999Z"},
    {-SECOND, "1969-12-31T23:59:59.000000Z"},
    {-SECOND - 1, "1969-12-31T23:59:58.999999Z"},
    {784111777 * SECOND, "1994-11-06T08:49:37.000000Z"},
    {784111777 * SECOND + 120, "1994-11-06T08:49:37.000120Z"},
    {951782399 * SECOND + 999999, "2000-02-28T23:59:59.999999Z"},
    {951782400 * SECOND, "2000-02-29T00:00:00.000000Z"},
    {2147483648 * SECOND, "2038-01-19T03:14:08.000000Z"},
    {-11644473600 * SECOND, "1601-01-01T00:00:00.000000Z"},
    {253402300799 * SECOND, "9999-12-31T23:59:59.000000Z"},
};

static void test_iso(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[CLOCK_ISO_SIZE];
        clock_iso(out, rows[i].wall);
        assert_string_equal(out, rows[i].iso);
    }
}

/* The zone of the machine has no say. */
static void test_zone_is_utc(void **state)
{
    (void)state;
    setenv("TZ", "Pacific/Auckland", 1);
    test_iso(state);
    unsetenv("TZ");
}

static void test_clocks_advance(void **state)
{
    (void)state;
    int64_t before = clock_monotonic();
    int64_t wall = clock_wall();
    usleep(2000);
    assert_true(clock_monotonic() - before >= 2000);
    assert_true(wall > 1700000000 * SECOND);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();
        assert_true(now >= before);
        before = now;
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_iso),
    TEST(test_zone_is_utc),
    TEST(test_clocks_advance),
};

UNIT_MAIN(tests)
