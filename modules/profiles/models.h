#pragma once

#include "auth/auth.h"
#include "model/model.h"

#define PROFILE_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(user, ONE_TO_ONE, N_("user"), .to = &user_model, .on_delete = CASCADE)                       \
    F(favorite_city, TEXT, N_("favorite city"), .max_length = 64, .blank = true)

MODEL_ROW(profile, PROFILE_FIELDS);
