/* Mails to staff of what is new: the first at once, what comes soon after it in one together. */
#pragma once

#include <stdbool.h>

#include "base/status.h"

struct arena;
struct db;
struct issue;

/* ISSUES_MAIL. */
extern bool mails_wanted;

/* Within the transaction that writes the issue: mails it, or has it wait for the next mail. Sets
 * what of its row says so. */
enum status mails_announce(struct db *db, struct arena *arena, struct issue *issue);

/* For the clerk: mails those that wait, once the last mail is old enough. */
enum status mails_send(struct db *db);
