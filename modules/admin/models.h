/* The table of django.contrib.admin: who changed what. */
#pragma once

#include "auth/auth.h"
#include "contenttypes/contenttypes.h"
#include "model/model.h"

#define LOGENTRY_FIELDS(F)                                                                         \
    F(id, ROWID, "ID")                                                                             \
    F(action_time, DATETIME, "action time", .default_to = "now", .hidden = true)                   \
    F(user, FOREIGN_KEY, "user", .to = &user_model, .on_delete = CASCADE)                          \
    F(content_type, FOREIGN_KEY, "content type", .to = &contenttype_model, .on_delete = SET_NULL,  \
      .null = true, .blank = true)                                                                 \
    F(object_id, LONG_TEXT, "object id", .null = true, .blank = true)                              \
    F(object_repr, TEXT, "object repr", .max_length = 200)                                         \
    F(action_flag, POSITIVE_SMALL_INTEGER, "action flag",                                          \
      .choices = CHOICES({"1", "Addition"}, {"2", "Change"}, {"3", "Deletion"}))                   \
    F(change_message, LONG_TEXT, "change message", .blank = true)

MODEL_ROW(logentry, LOGENTRY_FIELDS);
