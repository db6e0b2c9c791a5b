/* How many requests are taken with each key, and of each address without one that is right. */
#include "unit.h"

#include "issues/limit.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)

static int count_admitted(uint64_t key, const char *address, int64_t now, int tries)
{
    int admitted = 0;
    for (int i = 0; i < tries; i++)
        admitted += limit_admits(key, text_of(address), now);
    return admitted;
}

static void test_a_key_that_is_right_has_its_own(void **state)
{
    (void)state;
    limit_per_minute = 5;
    int64_t now = 100 * MINUTE;
    uint64_t right = limit_key(1, TEXT("right"));
    uint64_t wrong = limit_key(1, TEXT("wrong"));
    assert_int_not_equal(right, limit_key(2, TEXT("right")));
    assert_false(limit_knows(right));
    assert_true(limit_learn(right, now));
    assert_true(limit_knows(right));
    assert_int_equal(count_admitted(wrong, "192.0.2.1", now, 100), 5);
    assert_int_equal(count_admitted(0, "192.0.2.1", now, 100), 0);
    assert_int_equal(count_admitted(right, "192.0.2.1", now, 100), 4);
    assert_int_equal(count_admitted(right, "192.0.2.2", now, 100), 0);
    assert_int_equal(count_admitted(wrong, "192.0.2.2", now, 100), 5);
    assert_int_equal(count_admitted(right, "192.0.2.1", now + MINUTE, 100), 5);
    limit_forget(right);
    assert_false(limit_knows(right));
    assert_int_equal(count_admitted(right, "192.0.2.3", now + MINUTE, 100), 5);
}

static void test_requests_that_show_a_key_in_their_bodies_count_for_it(void **state)
{
    (void)state;
    limit_per_minute = 3;
    uint64_t key = limit_key(3, TEXT("in the body"));
    for (int i = 0; i < 5; i++)
        check(limit_learn(key, 200 * MINUTE) == (i < 3), "request %d", i);
    assert_false(limit_admits(key, TEXT("192.0.2.9"), 200 * MINUTE));
}

static void test_more_keys_than_there_are_places(void **state)
{
    (void)state;
    limit_per_minute = 2;
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "key %d", i);
        uint64_t key = limit_key(4, text_of(name));
        check(limit_learn(key, 300 * MINUTE), "key %d", i);
        check(limit_knows(key), "key %d", i);
        check(limit_admits(key, TEXT("192.0.2.9"), 300 * MINUTE), "key %d", i);
        check(!limit_admits(key, TEXT("192.0.2.9"), 300 * MINUTE), "key %d", i);
    }
}

static void test_no_limit(void **state)
{
    (void)state;
    limit_per_minute = 0;
    assert_int_equal(count_admitted(0, "192.0.2.1", 400 * MINUTE, 5000), 5000);
}

static void test_how_long_to_wait(void **state)
{
    (void)state;
    assert_int_equal(limit_wait(500 * MINUTE), 60);
    assert_int_equal(limit_wait(500 * MINUTE + 59 * SECOND), 1);
    assert_int_equal(limit_wait(501 * MINUTE - 1), 1);
}

static const struct CMUnitTest tests[] = {
    TEST(test_a_key_that_is_right_has_its_own),
    TEST(test_requests_that_show_a_key_in_their_bodies_count_for_it),
    TEST(test_more_keys_than_there_are_places),
    TEST(test_no_limit),
    TEST(test_how_long_to_wait),
};
UNIT_MAIN(tests)
