/* The table of django.contrib.contenttypes: which models there are. */
#pragma once

#include "model/model.h"

#define CONTENTTYPE_FIELDS(F)                                                                      \
    F(id, ROWID, "ID")                                                                             \
    F(app_label, TEXT, N_("app label"), .max_length = 100)                                         \
    F(model, TEXT, N_("model name"), .max_length = 100)

MODEL_ROW(contenttype, CONTENTTYPE_FIELDS);
