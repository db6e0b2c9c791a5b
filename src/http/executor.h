/* Threads for what may block, behind a bounded queue. */
#pragma once

#include <stdbool.h>

#include "base/metrics.h"
#include "base/status.h"

struct executor;

/* `run` is called on one of `threads` threads for each item; at most `limit` items wait. `metrics`:
 * the first of its three (base/metrics.h). */
enum status executor_start(struct executor **out, unsigned threads, unsigned limit,
                           enum metric metrics, void (*run)(void *item));

/* False: the queue is full. */
bool executor_submit(struct executor *executor, void *item);

/* Ends the threads once the queue is empty, and frees all. */
void executor_stop(struct executor *executor);
