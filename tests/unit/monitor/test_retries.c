/* What gets no answer while others do is given up after a few tries; where nobody does, it waits.
 */
#include "unit.h"

#include "base/arena.h"
#include "monitor/retries.h"

#define S    ((int64_t)1000000)
#define NAME TEXT("1790000000000000-71-2.sentry")

static void test_one_that_others_pass(void **state)
{
    (void)state;
    struct retry retry = {0};
    for (int i = 1; i <= RETRIES_MOST; i++) {
        retry = retry_after(&retry, 100 * i + 50, 100 * i + 100);
        assert_int_equal(retry.tries, i);
        assert_int_equal(retry.tried, 100 * i + 100);
    }
}

static void test_nobody_gets_an_answer(void **state)
{
    (void)state;
    struct retry retry = {0};
    for (int i = 1; i < 100; i++) {
        retry = retry_after(&retry, 0, i * S);
        assert_int_equal(retry.tries, 1);
    }
    retry = retry_after(&retry, 99 * S, 100 * S);
    assert_int_equal(retry.tries, 1);
    retry = retry_after(&retry, 100 * S + 1, 101 * S);
    assert_int_equal(retry.tries, 2);
}

static void test_pauses(void **state)
{
    (void)state;
    static const int64_t pauses[] = {4, 16, 60, 60, 60};
    for (size_t i = 0; i < COUNT(pauses); i++) {
        struct retry retry = {(int)i + 1, 100 * S};
        assert_false(retry_is_due(&retry, (100 + pauses[i]) * S - 1));
        assert_true(retry_is_due(&retry, (100 + pauses[i]) * S));
        assert_true(retry_is_due(&retry, 99 * S));
    }
}

static void test_names(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct retry retry = {3, 1790000000000001};
    struct text name = retry_name(arena, NAME, &retry);
    assert_true(text_is(name, "1790000000000000-71-2.3-1790000000000001.sentry"));
    assert_int_equal(retry_of(name).tries, 3);
    assert_int_equal(retry_of(name).tried, 1790000000000001);
    retry.tries = 4;
    name = retry_name(arena, name, &retry);
    assert_true(text_is(name, "1790000000000000-71-2.4-1790000000000001.sentry"));
    arena_free(arena);
}

static void test_names_that_say_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "1-2-3",
        "1-2-3.sentry",
        "1-2-3..sentry",
        "1-2-3.0-5.sentry",
        "1.7-5.s",
        "1.-1-5.s",
        "1.99999999-5.s",
        "1.1.sentry",
        "1.1-.sentry",
        "1.-5.sen",
        "1.x-5.sentr",
        "1.2-x.sentry",
        "1.2-3-4.sentry",
        ".",
        "..",
        "1.2 -3.s",
        "1.2-99999999999999999999.sentry-traces",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(retry_of(text_of(names[i])).tries, 0);
        assert_int_equal(retry_of(text_of(names[i])).tried, 0);
    }
}

static void test_order(void **state)
{
    (void)state;
    struct text names[] = {TEXT("1-a.2-300.s"), TEXT("2-b.1-100.s"), TEXT("3-c.s"),
                           TEXT("4-d.1-200.s")};
    static const char *const sorted[] = {"3-c.s", "2-b.1-100.s", "4-d.1-200.s", "1-a.2-300.s"};
    retries_sort(names, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(text_is(names[i], sorted[i]));
    retries_sort(NULL, 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_one_that_others_pass),
    TEST(test_nobody_gets_an_answer),
    TEST(test_pauses),
    TEST(test_names),
    TEST(test_names_that_say_nothing),
    TEST(test_order),
};
UNIT_MAIN(tests)
