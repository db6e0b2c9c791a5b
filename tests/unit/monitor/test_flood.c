/* Which of equal failures are written down, and for how many each stands. */
#include "unit.h"

#include "monitor/flood.h"

#define SECOND ((int64_t)1000000)

static void test_ten_then_fewer(void **state)
{
    (void)state;
    uint64_t sum = 0;
    size_t whole = 0;
    for (int i = 1; i <= 1000; i++) {
        uint64_t stands_for = flood_ask(7, SECOND);
        check(i > 10 || stands_for == 1, "number %d", i);
        whole += stands_for > 0;
        sum += stands_for;
    }
    assert_int_equal(whole, 10 + 9 + 9);
    assert_int_equal(sum, 1000);
}

static void test_a_minute_later_it_begins_again(void **state)
{
    (void)state;
    for (int i = 0; i < 15; i++)
        flood_ask(8, SECOND);
    assert_int_equal(flood_ask(8, 30 * SECOND), 0);
    assert_int_equal(flood_ask(8, 90 * SECOND), 7); /* itself and the six before it */
    assert_int_equal(flood_ask(8, 90 * SECOND), 1);
    assert_int_equal(flood_ask(9, 90 * SECOND), 1);
}

static const struct CMUnitTest tests[] = {TEST(test_ten_then_fewer),
                                          TEST(test_a_minute_later_it_begins_again)};
UNIT_MAIN(tests)
