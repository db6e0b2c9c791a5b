/* Mails to people: put into an outbox with what caused them, and sent by the clerk. */
#pragma once

#include "base/status.h"
#include "base/text.h"

struct db;

/* Plain text; `subject` is one line. In the caller's transaction: what is rolled back is not sent,
 * and what is committed is not lost. INVALID: that is no address, or no line. */
enum status mail_put(struct db *db, struct text recipient, struct text subject, struct text body);
