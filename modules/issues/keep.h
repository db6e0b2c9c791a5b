/* Keeping what is reported. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct db;

/* How much is kept: the first event of an issue and its newest ones, and of a burst a few. */
#define KEPT_EVENTS     50
#define KEPT_PER_MINUTE 10
#define KEPT_IDS        INT64_C(20000) /* counted events that would be known again */
#define KEPT_TAGS       50             /* values of a tag of an issue */
#define KEPT_ALL_TAGS   500            /* values of all of them */
#define KEPT_VISITORS   INT64_C(10000) /* of an issue */

/* Within a transaction: whether an event or a transaction of this id was counted before; else it is
 * from now on. */
enum status keep_once(struct db *db, int64_t project, struct text event_id, bool *was_seen);

/* Of the project of that key; counted once under its event_id. INVALID: it is no event. In a
 * transaction of its own. */
enum status keep_event(struct db *db, int64_t project, const json_t *event);

/* Whether items of this type are kept; others are skipped. */
bool keep_takes(struct text type);
/* One of them. INVALID: it is not of that form. */
enum status keep_item(struct db *db, int64_t project, struct text type, const json_t *payload);

/* For module.h: what happens in this very site. */
enum status keep_own(struct db *db, const char *type, const json_t *payload);
