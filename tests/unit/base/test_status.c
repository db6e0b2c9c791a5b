#include "unit.h"

#include <pthread.h>

static enum status refuse(const char *what)
{
    return fail_as(INVALID, "no good: %s", what);
}

static void test_failure_tells_what_and_where(void **state)
{
    (void)state;
    int line = __LINE__ + 1;
    enum status status = fail("cannot open %s: %d", "x", 7);
    const struct failure *failure = status_failure();
    assert_int_equal(status, FAILED);
    assert_string_equal(failure->message, "cannot open x: 7");
    assert_int_equal(failure->line, line);
    assert_string_equal(failure->function, __func__);
    assert_non_null(strstr(failure->file, "test_status.c"));
}

static void test_status_is_given_back(void **state)
{
    static const enum status all[] = {NOT_FOUND, INVALID, CONFLICT, BUSY, FAILED};
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        assert_int_equal(fail_as(all[i], "row %zu", i), all[i]);
    assert_failure_says("row 4");
    assert_int_equal(OK, 0);
}

static void test_message_may_hold_the_one_before(void **state)
{
    (void)state;
    refuse("inner");
    assert_int_equal(fail("outer: %s", status_failure()->message), FAILED);
    assert_string_equal(status_failure()->message, "outer: no good: inner");
}

static void test_long_message_is_cut(void **state)
{
    (void)state;
    size_t room = sizeof status_failure()->message;
    fail("%2000d", 1);
    assert_int_equal(strlen(status_failure()->message), room - 1);
    fail("%s", "");
    assert_string_equal(status_failure()->message, "");
}

static void test_clear_forgets(void **state)
{
    (void)state;
    fail("of the request before");
    status_clear();
    assert_string_equal(status_failure()->message, "");
    assert_null(status_failure()->file);
    assert_null(status_failure()->function);
    assert_int_equal(status_failure()->line, 0);
    fail("of this one");
    assert_failure_says("of this one");
}

__attribute__((noinline)) static enum status fail_with(enum status status)
{
    return fail_as(status, "with a stack, or without");
}

/* What may become an event has its callers, what tells a visitor what to do better has none. */
static void test_stack_of_failures(void **state)
{
    static const struct {
        enum status status;
        bool has_stack;
    } cases[] = {{FAILED, true},   {BUSY, true},      {TIMEOUT, true},
                 {INVALID, false}, {CONFLICT, false}, {NOT_FOUND, false}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        fail_with(cases[i].status);
        check((status_failure()->frame_count > 2) == cases[i].has_stack, "row %zu", i);
    }
    fail_with(FAILED);
    uintptr_t inner = status_failure()->frames[0];
    check(inner - (uintptr_t)fail_with < 200, "the first is in who fails: %#jx", (uintmax_t)inner);
    status_clear();
    assert_int_equal(status_failure()->frame_count, 0);
}

static enum status dive(int depth)
{
    return depth ? dive(depth - 1) : fail("from the depth");
}

static void test_stack_has_a_bound(void **state)
{
    (void)state;
    dive(1000);
    assert_int_equal(status_failure()->frame_count, FAILURE_FRAMES);
}

static void test_restored_failure_is_the_same(void **state)
{
    (void)state;
    fail("the first");
    struct failure before = *status_failure();
    fail_as(BUSY, "while tidying up");
    status_restore(&before);
    assert_failure_says("the first");
    assert_memory_equal(status_failure(), &before, sizeof before);
}

static void *fail_elsewhere(void *context)
{
    bool *was_empty = context;
    *was_empty = status_failure()->message[0] == '\0';
    fail("in the other thread");
    return NULL;
}

static void test_each_thread_has_its_own(void **state)
{
    pthread_t thread;
    bool was_empty = false;
    (void)state;
    fail("in this thread");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &was_empty), 0);
    pthread_join(thread, NULL);
    assert_true(was_empty);
    assert_string_equal(status_failure()->message, "in this thread");
}

static const struct CMUnitTest tests[] = {
    TEST(test_failure_tells_what_and_where),
    TEST(test_status_is_given_back),
    TEST(test_message_may_hold_the_one_before),
    TEST(test_long_message_is_cut),
    TEST(test_clear_forgets),
    TEST(test_stack_of_failures),
    TEST(test_stack_has_a_bound),
    TEST(test_restored_failure_is_the_same),
    TEST(test_each_thread_has_its_own),
};

UNIT_MAIN(tests)
