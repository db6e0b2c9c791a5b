#include "http/executor.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"

struct executor {
    void (*run)(void *item);
    enum metric metrics;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    unsigned limit;
    unsigned first;
    unsigned waiting;
    void **ring;
    unsigned thread_count;
    pthread_t threads[];
};

/* NULL: no more will come. */
static void *take(struct executor *executor)
{
    void *item = NULL;
    pthread_mutex_lock(&executor->mutex);
    while (executor->waiting == 0 && !executor->stopping)
        pthread_cond_wait(&executor->changed, &executor->mutex);
    if (executor->waiting > 0) {
        item = executor->ring[executor->first];
        executor->first = (executor->first + 1) % executor->limit;
        executor->waiting--;
        metric_set(executor->metrics, executor->waiting);
    }
    pthread_mutex_unlock(&executor->mutex);
    return item;
}

static void *work(void *argument)
{
    struct executor *executor = argument;
    void *item;
    guard_thread();
    while ((item = take(executor))) {
        metric_add(executor->metrics + 1, 1);
        executor->run(item);
        metric_add(executor->metrics + 1, -1);
    }
    return NULL;
}

enum status executor_start(struct executor **out, unsigned threads, unsigned limit,
                           enum metric metrics, void (*run)(void *item))
{
    struct executor *executor = calloc(1, sizeof *executor + threads * sizeof(pthread_t));
    void **ring = calloc(limit, sizeof *ring);
    if (!executor || !ring)
        abort();
    executor->run = run;
    executor->metrics = metrics;
    executor->limit = limit;
    executor->ring = ring;
    pthread_mutex_init(&executor->mutex, NULL);
    pthread_cond_init(&executor->changed, NULL);
    for (; executor->thread_count < threads; executor->thread_count++) {
        int error =
            pthread_create(&executor->threads[executor->thread_count], NULL, work, executor);
        if (error) {
            executor_stop(executor);
            return fail("cannot start a thread: %s", strerror(error));
        }
    }
    *out = executor;
    return OK;
}

bool executor_submit(struct executor *executor, void *item)
{
    pthread_mutex_lock(&executor->mutex);
    bool has_room = executor->waiting < executor->limit;
    if (has_room) {
        executor->ring[(executor->first + executor->waiting) % executor->limit] = item;
        executor->waiting++;
        metric_set(executor->metrics, executor->waiting);
        pthread_cond_signal(&executor->changed);
    }
    pthread_mutex_unlock(&executor->mutex);
    if (!has_room)
        metric_add(executor->metrics + 2, 1);
    return has_room;
}

void executor_stop(struct executor *executor)
{
    pthread_mutex_lock(&executor->mutex);
    executor->stopping = true;
    pthread_cond_broadcast(&executor->changed);
    pthread_mutex_unlock(&executor->mutex);
    for (unsigned i = 0; i < executor->thread_count; i++)
        pthread_join(executor->threads[i], NULL);
    pthread_cond_destroy(&executor->changed);
    pthread_mutex_destroy(&executor->mutex);
    free(executor->ring);
    free(executor);
}
