/* Against guessing passwords: how often one may be tried, by one client and by all together. */
#pragma once

#include "attempts/attempts.h"

/* A sign-in that is tried: at the account from this client, at any from this client, and at the
 * account from wherever nobody has signed in to it lately. */
struct guessing {
    struct attempt attempts[3];
    size_t count;
    struct text place; /* the account and the client */
};

/* Counts it; `wait` is 0, or the seconds until the next may be tried, and then nothing was counted.
 */
enum status guessing_begin(struct guessing *guessing, const struct request *request,
                           struct text username, int64_t *wait);

/* It was right: the client is known for the account from now on. Within the caller's transaction.
 */
enum status guessing_succeeded(const struct guessing *guessing, struct db *db, struct arena *arena);

/* Its owner has proven to be there otherwise, by a mail: nothing of before counts at the account.
 * Within the caller's transaction. */
enum status guessing_forget(struct db *db, const struct request *request, struct text username);
