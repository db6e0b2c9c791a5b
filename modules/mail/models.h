/* The outbox. */
#pragma once

#include "model/model.h"

#define OUTGOING_FIELDS(F)                                                                         \
    F(id, ROWID, "ID")                                                                             \
    F(recipient, TEXT, N_("recipient"), .max_length = 254,                                         \
      .validators = VALIDATORS(validate_email))                                                    \
    F(subject, TEXT, N_("subject"), .max_length = 200)                                             \
    F(body, LONG_TEXT, N_("text"))                                                                 \
    F(created_at, DATETIME, N_("written"), .default_to = "now", .hidden = true)                    \
    F(next_try_at, DATETIME, N_("next try"), .default_to = "now", .index = true)                   \
    F(tries, INTEGER, N_("tries"), .default_to = "0")                                              \
    F(error, LONG_TEXT, N_("last error"), .blank = true)

MODEL_ROW(outgoing, OUTGOING_FIELDS);
