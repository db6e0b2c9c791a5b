/* How often something may be tried in vain: after some free attempts each further one must wait
 * twice as long. Kept in the database, so that all instances count together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct request;

/* What is limited, and how. */
struct attempt_limit {
    const char *name; /* of its subjects: "account"; at most 15 letters, and not "known" */
    int64_t free;     /* attempts without waiting */
    int64_t longest;  /* seconds to wait at most */
};

struct attempt {
    const struct attempt_limit *limit;
    struct text subject; /* an account's name, an address: kept as a digest only */
};

/* Counts one attempt at each of them; `wait` is 0, or the seconds until the next is allowed, and
 * then nothing was counted. In a transaction of its own. */
enum status attempts_begin(struct db *db, struct arena *arena, const struct attempt *attempts,
                           size_t count, int64_t *wait);

/* It was not in vain: forgets what was tried at the first of them, and takes the count at the
 * others back. Within the caller's transaction. */
enum status attempts_succeeded(struct db *db, struct arena *arena, const struct attempt *attempts,
                               size_t count);

/* Forgets what was tried at it. Within the caller's transaction. */
enum status attempts_forget(struct db *db, struct arena *arena, const struct attempt *attempt);

/* Remembers for so many seconds that `subject` has succeeded; as a digest only. Within the caller's
 * transaction. */
enum status attempts_know(struct db *db, struct arena *arena, struct text subject, int64_t seconds);
enum status attempts_is_known(struct db *db, struct arena *arena, struct text subject,
                              bool *is_known);

/* The visitor's address; of IPv6 the network that one customer has (/64). */
struct text attempt_client(const struct request *request);

/* Deletes what is long over. */
enum status attempts_clear(struct db *db);
