/* A mail as it is sent (RFC 5322). */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct arena;
struct outgoing;

/* Lines end with CRLF. `now`: microseconds since 1970; the same mail has the same Message-ID each
 * time that it is tried. */
struct text mail_message(struct arena *arena, const struct outgoing *mail, struct text sender,
                         int64_t now);

/* "site@example.com" of "Holiday Homes <site@example.com>". */
struct text mail_address(struct text sender);
