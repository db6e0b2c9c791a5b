/* What a receiver asks not to be sent for a while (develop.sentry.dev, "rate limiting"), and what
 * was lost on the way, by reason ("client reports"). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum category { CATEGORY_ERROR, CATEGORY_TRANSACTION, CATEGORY_SESSION, CATEGORY_SPAN, CATEGORIES };

/* "error" */
const char *category_name(enum category category);
/* Of an envelope's item: "event", "transaction", "sessions". */
enum category category_of(struct text type);

struct limits {
    int64_t until[CATEGORIES]; /* clock_monotonic(); 0: none */
};

/* Headers that are not there are TEXT_NONE. */
struct limits_answer {
    int status;
    struct text rate_limits; /* X-Sentry-Rate-Limits */
    struct text retry_after;
};

/* After any answer to what is of the category `sent`. After a 429 no more of that category is sent
 * for two seconds at least, whatever the headers say. Of what was said before, what lasts longer
 * stays. `wall`: for a date. */
void limits_read(struct limits *limits, enum category sent, const struct limits_answer *answer,
                 int64_t now, int64_t wall);
bool limits_hold(const struct limits *limits, enum category category, int64_t now);

enum loss {
    LOSS_QUEUE,   /* too fast for those who write it down */
    LOSS_SPOOL,   /* the spool's bounds */
    LOSS_LIMIT,   /* a limit of the receiver's */
    LOSS_SAMPLE,  /* by SENTRY_SAMPLE_RATE */
    LOSS_REFUSED, /* by the receiver */
    LOSS_NETWORK, /* on the way to it */
    LOSS_BROKEN,  /* what lay in the spool was none */
    LOSSES,
};

struct losses {
    uint64_t count[LOSSES][CATEGORIES];
};

/* The payload of a client report, or NULL: nothing was lost. The caller's. */
json_t *losses_report(const struct losses *losses, int64_t wall);
/* The ones without the others, which are part of them. */
void losses_subtract(struct losses *from, const struct losses *others);
uint64_t losses_sum(const struct losses *losses);
