/* The table of django.contrib.sessions. */
#pragma once

#include "model/model.h"

#define SESSION_FIELDS(F)                                                                          \
    F(session_key, TEXT, N_("session key"), .max_length = 40)                                      \
    F(session_data, LONG_TEXT, N_("session data"))                                                 \
    F(expire_date, DATETIME, N_("expire date"), .index = true)

MODEL_ROW(session, SESSION_FIELDS);
