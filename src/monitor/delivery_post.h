/* One envelope on its way to Sentry: its bytes, the request, and the answer. */
#pragma once

#include <stdbool.h>

#include "monitor/delivery.h"
#include "net/http.h"

/* What is sent: the envelope's headers with what the spool's lack, its `items` (lines of headers
 * and payloads; "": none) and a report of the losses. */
struct text delivery_bytes(struct arena *arena, const struct delivery_options *options,
                           struct text headers, struct text items, const struct losses *losses);
/* As http_send_post(); `call` says what stops it. */
enum status delivery_post(struct http_client *client, struct arena *arena,
                          const struct delivery_options *options, struct text bytes,
                          struct http_post *call, struct http_answer *answer);
bool delivery_is_taken(const struct http_answer *answer);
/* Into the log: of an envelope with these headers it was not. */
void delivery_tell_refusal(const struct http_answer *answer, struct text headers);
