/* A request that was traced as a transaction in Sentry's form (develop.sentry.dev, "transaction
 * payloads"). */
#pragma once

#include <jansson.h>

#include "monitor/event.h"
#include "monitor/ring.h"

/* `origin`: its release and environment are the worker's. The caller's (json_decref()). */
json_t *transaction_of(const struct ring_copy *copy, const struct event_origin *origin);
/* Its id: 32 hexadecimal digits. */
#define TRANSACTION_ID_SIZE 33
void transaction_id(char out[TRANSACTION_ID_SIZE], const struct ring_copy *copy);
