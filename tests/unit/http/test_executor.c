#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "http/executor.h"

static atomic_int finished;
static atomic_int begun;

/* Work waits at this gate while it is closed. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;

static void set_gate(bool open)
{
    pthread_mutex_lock(&mutex);
    is_open = open;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_at_gate(void *item)
{
    (void)item;
    atomic_fetch_add(&begun, 1);
    pthread_mutex_lock(&mutex);
    while (!is_open)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    atomic_fetch_add(&finished, 1);
}

static void count(void *item)
{
    atomic_fetch_add((atomic_int *)item, 1);
    atomic_fetch_add(&finished, 1);
}

static struct executor *start(unsigned threads, unsigned limit, void (*run)(void *))
{
    struct executor *executor = NULL;
    atomic_store(&finished, 0);
    atomic_store(&begun, 0);
    assert_status(executor_start(&executor, threads, limit, METRIC_EXECUTOR, run), OK);
    return executor;
}

static void wait_until_begun(int expected)
{
    for (int i = 0; i < 5000 && atomic_load(&begun) < expected; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&begun), expected);
}

static void test_every_item_runs_once(void **state)
{
    static atomic_int items[500];
    (void)state;
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        struct executor *executor = start(threads, 7, count);
        memset(items, 0, sizeof items);
        for (size_t i = 0; i < COUNT(items); i++)
            while (!executor_submit(executor, &items[i]))
                usleep(50);
        executor_stop(executor);
        assert_int_equal(atomic_load(&finished), COUNT(items));
        for (size_t i = 0; i < COUNT(items); i++)
            check(atomic_load(&items[i]) == 1, "item %zu, %u threads", i, threads);
    }
}

static void test_full_queue_refuses(void **state)
{
    int item;
    (void)state;
    set_gate(false);
    struct executor *executor = start(2, 3, wait_at_gate);
    for (int i = 0; i < 2; i++)
        assert_true(executor_submit(executor, &item));
    wait_until_begun(2); /* both threads are taken: from here on items wait */
    for (int i = 0; i < 3; i++)
        assert_true(executor_submit(executor, &item));
    for (int i = 0; i < 3; i++)
        assert_false(executor_submit(executor, &item));
    set_gate(true);
    executor_stop(executor);
    assert_int_equal(atomic_load(&finished), 5);
}

static void test_there_is_room_again(void **state)
{
    int item;
    (void)state;
    set_gate(false);
    struct executor *executor = start(1, 1, wait_at_gate);
    assert_true(executor_submit(executor, &item));
    wait_until_begun(1);
    assert_true(executor_submit(executor, &item));
    assert_false(executor_submit(executor, &item));
    set_gate(true);
    wait_until_begun(2);
    assert_true(executor_submit(executor, &item));
    executor_stop(executor);
    assert_int_equal(atomic_load(&finished), 3);
}

static void *open_gate_later(void *context)
{
    usleep(20000);
    set_gate(true);
    return context;
}

static void test_stop_finishes_the_queue(void **state)
{
    int item;
    pthread_t thread;
    (void)state;
    set_gate(false);
    struct executor *executor = start(2, 100, wait_at_gate);
    for (int i = 0; i < 50; i++)
        assert_true(executor_submit(executor, &item));
    assert_int_equal(pthread_create(&thread, NULL, open_gate_later, NULL), 0);
    executor_stop(executor);
    assert_int_equal(atomic_load(&finished), 50);
    pthread_join(thread, NULL);
}

static void test_stop_without_work(void **state)
{
    (void)state;
    executor_stop(start(4, 1, count));
    assert_int_equal(atomic_load(&finished), 0);
}

static size_t order[100];
static size_t ordered;

static void note(void *item)
{
    order[ordered++] = (size_t)(uintptr_t)item;
}

static void test_one_thread_keeps_the_order(void **state)
{
    (void)state;
    struct executor *executor = start(1, COUNT(order), note);
    for (size_t i = 0; i < COUNT(order); i++)
        assert_true(executor_submit(executor, (void *)(uintptr_t)(i + 1)));
    executor_stop(executor);
    assert_int_equal(ordered, COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++)
        assert_int_equal(order[i], i + 1);
}

static const struct CMUnitTest tests[] = {
    TEST(test_every_item_runs_once), TEST(test_full_queue_refuses),
    TEST(test_there_is_room_again),  TEST(test_stop_finishes_the_queue),
    TEST(test_stop_without_work),    TEST(test_one_thread_keeps_the_order),
};

UNIT_MAIN(tests)
