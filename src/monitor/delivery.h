/* Sending what is in the spool to Sentry, by a thread of the clerk's: at least once under one
 * event_id, within the spool's bounds. What the receiver's limits keep back and what cannot be sent
 * waits; what the receiver refuses is gone. */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "monitor/dsn.h"
#include "monitor/limits.h"

struct arena;
struct delivery;

struct delivery_options {
    struct dsn dsn;
    const char *spool;  /* its folder */
    const char *client; /* "oc-lettings/1.0" */
    const char *mark;   /* a further header line, by which a site knows its own */
    bool tells;         /* the log has each sending */
};

/* These must outlive it. */
struct delivery *delivery_start(const struct delivery_options *options);
/* There may be something new. */
void delivery_wake(struct delivery *delivery);
/* Counts what was dropped before it got here. */
void delivery_lost(struct delivery *delivery, enum loss loss, enum category category,
                   uint64_t count);
/* The receiver is who sends (508, RFC 5842): what waited is gone, and no more is sent. */
bool delivery_loops(struct delivery *delivery);
/* Sends what waits, for 2 seconds at most. */
void delivery_stop(struct delivery *delivery);

/* Sends one envelope, here and now, and waits for the answer; TIMEOUT after 30 seconds or so. Not
 * OK: says why. */
enum status delivery_send(struct arena *arena, const struct delivery_options *options,
                          struct text envelope);
