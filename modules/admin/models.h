/* The table of django.contrib.admin: who changed what. */
#pragma once

#include "auth/auth.h"
#include "contenttypes/contenttypes.h"
#include "model/model.h"

#define LOGENTRY_FIELDS(F)                                                                         \
    F(id, ROWID, "ID")                                                                             \
    F(action_time, DATETIME, N_("action time"), .default_to = "now", .hidden = true)               \
    F(user, FOREIGN_KEY, N_("user"), .to = &user_model, .on_delete = CASCADE)                      \
    F(content_type, FOREIGN_KEY, N_("content type"), .to = &contenttype_model,                     \
      .on_delete = SET_NULL, .null = true, .blank = true)                                          \
    F(object_id, LONG_TEXT, N_("object id"), .null = true, .blank = true)                          \
    F(object_repr, TEXT, N_("object repr"), .max_length = 200)                                     \
    F(action_flag, POSITIVE_SMALL_INTEGER, N_("action flag"),                                      \
      .choices = CHOICES({"1", N_("Addition")}, {"2", N_("Change")}, {"3", N_("Deletion")}))       \
    F(change_message, LONG_TEXT, N_("change message"), .blank = true)

MODEL_ROW(logentry, LOGENTRY_FIELDS);
