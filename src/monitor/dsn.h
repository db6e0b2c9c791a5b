/* Where events are sent, as Sentry writes it (develop.sentry.dev, "authentication"):
 * http[s]://PUBLIC_KEY[:SECRET_KEY]@HOST[:PORT][/PATH]/PROJECT */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;

struct dsn {
    struct text whole;
    struct text scheme;
    struct text public_key;
    struct text secret_key; /* "": none */
    struct text host;       /* of an IPv6 address with its brackets */
    int64_t port;
    struct text path; /* "" or "/prefix" */
    struct text project;
};

/* Parts of `text`. INVALID says what is wrong, without the keys. */
enum status dsn_read(struct dsn *out, struct text text);

/* In `arena`. */
struct text dsn_envelope_url(struct arena *arena, const struct dsn *dsn);
/* For people: without its keys. */
struct text dsn_shown(struct arena *arena, const struct dsn *dsn);
