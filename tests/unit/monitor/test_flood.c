/* Which of equal failures are written down, and for how many each stands. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

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

/* What was written again: the last text, and the sum. */
static char last[64];
static uint64_t told;
static size_t times;
static bool disk_is_full;

static bool take(struct text record, uint64_t stands_for)
{
    if (disk_is_full)
        return false;
    snprintf(last, sizeof last, "%.*s", (int)record.length, record.at);
    told += stands_for;
    times++;
    return true;
}

static void forget(void)
{
    flood_flush(0, true, take);
    last[0] = '\0';
    told = 0;
    times = 0;
}

static void flood_with(uint64_t key, int count, int64_t now)
{
    for (int i = 0; i < count; i++)
        if (flood_ask(key, now))
            flood_keep(key, TEXT("first "), TEXT("second"));
}

static void test_what_was_only_counted_is_told_of_in_a_pause(void **state)
{
    (void)state;
    forget();
    flood_with(20, 17, 200 * SECOND);
    flood_flush(200 * SECOND + SECOND / 2, false, take);
    assert_int_equal(times, 0);
    flood_flush(202 * SECOND, false, take);
    assert_int_equal(times, 1);
    assert_int_equal(told, 7);
    assert_string_equal(last, "first second");
    flood_flush(204 * SECOND, false, take);
    assert_int_equal(times, 1);
}

static void test_and_while_it_goes_on_every_ten_seconds(void **state)
{
    (void)state;
    forget();
    uint64_t sum = 0;
    for (int64_t now = 300 * SECOND; now < 330 * SECOND; now += SECOND / 4) {
        uint64_t stands_for = now < 303 * SECOND || now >= 304 * SECOND ? flood_ask(21, now) : 0;
        sum += stands_for;
        if (stands_for)
            flood_keep(21, TEXT("of a flood"), TEXT_NONE);
        flood_flush(now, false, take);
    }
    flood_flush(330 * SECOND, true, take);
    assert_int_equal(sum + told, 116);
    check(times < 6, "%zu", times);
}

static void test_a_clock_that_is_put_back_or_on_loses_none(void **state)
{
    (void)state;
    forget();
    flood_with(22, 14, 500 * SECOND);
    flood_flush(400 * SECOND, false, take);
    assert_int_equal(told, 4);
    assert_int_equal(flood_ask(22, 400 * SECOND), 1);
    assert_int_equal(flood_ask(22, (int64_t)1 << 60), 1);
}

static void test_what_could_not_be_written_is_told_of_later(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i < 5; i++) {
        uint64_t stands_for = flood_ask(23, 600 * SECOND);
        flood_keep(23, TEXT("no room"), TEXT_NONE);
        flood_put_back(23, stands_for);
    }
    disk_is_full = true;
    flood_flush(602 * SECOND, false, take);
    disk_is_full = false;
    assert_int_equal(told, 0);
    flood_flush(604 * SECOND, false, take);
    assert_int_equal(told, 5);
    assert_string_equal(last, "no room");
}

/* More kinds than are counted: each of those is written down. */
static void test_kinds_beyond_the_table(void **state)
{
    (void)state;
    forget();
    uint64_t sum = 0;
    for (uint64_t kind = 0; kind < 1000; kind++)
        for (int i = 0; i < 20; i++) {
            uint64_t stands_for = flood_ask(1000 + kind * 7919, 700 * SECOND);
            sum += stands_for;
            if (stands_for)
                flood_keep(1000 + kind * 7919, TEXT("one of many"), TEXT_NONE);
        }
    flood_flush(700 * SECOND, true, take);
    assert_int_equal(sum + told, 20 * 1000);

    /* All have been told of: a minute later there is room for others. */
    uint64_t written = 0;
    for (int i = 0; i < 30; i++)
        written += flood_ask(77, 770 * SECOND) != 0;
    assert_int_equal(written, 12);
}

/* What is longer than there is room for is not kept by halves. */
static void test_a_long_record_is_kept_as_far_as_its_first_line(void **state)
{
    (void)state;
    static char line[24 * 1024];
    forget();
    memset(line, 'x', sizeof line);
    flood_ask(7, 800 * SECOND);
    flood_keep(7, TEXT("line"), (struct text){line, sizeof line});
    for (int i = 0; i < 10; i++)
        flood_ask(7, 800 * SECOND);
    flood_flush(800 * SECOND, true, take);
    assert_string_equal(last, "line");
}

/* Two threads that meet the same failure: what is kept is one's or the other's. */
static atomic_bool enough;

static void *keep_own(void *context)
{
    char record[1000];
    char more[1000];
    memset(record, *(const char *)context, sizeof record);
    memset(more, *(const char *)context, sizeof more);
    while (!enough)
        flood_keep(24, (struct text){record, sizeof record}, (struct text){more, sizeof more});
    return NULL;
}

static size_t mixed;

static bool look_at(struct text record, uint64_t stands_for)
{
    (void)stands_for;
    for (size_t i = 1; i < record.length; i++)
        mixed += record.at[i] != record.at[0];
    return record.length != 2000;
}

static void test_threads_do_not_mix(void **state)
{
    pthread_t threads[2];
    (void)state;
    forget();
    flood_ask(24, 900 * SECOND);
    flood_keep(24, TEXT("x"), TEXT_NONE);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_own, &"ab"[i]), 0);
    for (int i = 0; i < 20000; i++) {
        for (int k = 0; k < 11; k++)
            flood_ask(24, 900 * SECOND);
        flood_flush(900 * SECOND, true, look_at);
    }
    enough = true;
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(mixed, 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_ten_then_fewer),
    TEST(test_a_minute_later_it_begins_again),
    TEST(test_what_was_only_counted_is_told_of_in_a_pause),
    TEST(test_and_while_it_goes_on_every_ten_seconds),
    TEST(test_a_clock_that_is_put_back_or_on_loses_none),
    TEST(test_what_could_not_be_written_is_told_of_later),
    TEST(test_kinds_beyond_the_table),
    TEST(test_a_long_record_is_kept_as_far_as_its_first_line),
    TEST(test_threads_do_not_mix),
};
UNIT_MAIN(tests)
