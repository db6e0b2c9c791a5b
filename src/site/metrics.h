/* What the site counts (base/metrics.h), and its page for Prometheus, /metrics. */
#pragma once

#include <stdint.h>

#include "base/status.h"

struct request;
struct response;

/* Once the site has started, in each process of `serve`; `fd`: its WORKER_FD_METRICS or the like.
 */
void metrics_begin(int fd);

/* A request was answered, so many microseconds after it came. */
void metrics_answer(const struct request *request, const struct response *response,
                    int64_t microseconds);

/* The clerk's part: reads the modules' gauges, and what waits in the spool, every 10 seconds. */
void metrics_look(void);

/* The view. Of whoever has METRICS_TOKEN, or asks from this machine by no proxy. */
enum status metrics_page(struct request *request, struct response *response);
