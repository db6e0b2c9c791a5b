/* Mails to people: put into an outbox with what caused them, and sent by the clerk. */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct db;

/* Plain text; `subject` is one line. In the caller's transaction: what is rolled back is not sent,
 * and what is committed is not lost. INVALID: that is no address, or no line. */
typedef enum status mail_putting(struct db *db, struct text recipient, struct text subject,
                                 struct text body);
mail_putting mail_put;

/* Costs what mail_put() does, and leaves nothing: for who must not learn whether a mail is sent. */
mail_putting mail_waste;

/* Whether there is anywhere to send them; else they wait. */
bool mail_has_way(void);
