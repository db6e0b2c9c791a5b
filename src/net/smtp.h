/* Sending a mail to a server (RFC 5321), with libcurl. Blocks: for the clerk. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;

struct smtp_mail {
    struct text sender; /* addresses alone: "site@example.com" */
    struct text recipient;
    struct text message; /* headers and body, lines ending with CRLF */
};

/* `url`: smtp://user:password@host:587 or smtps://…; `starttls`: refuse to go on without it. BUSY:
 * the server cannot be had, or refuses what another try may get through; INVALID: it refuses this
 * recipient or this message for good. */
enum status smtp_send(struct arena *arena, struct text url, bool starttls, int64_t timeout,
                      const struct smtp_mail *mail);
