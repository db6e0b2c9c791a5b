#pragma once

#include "model/model.h"

#define GIZMO_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(title, TEXT, "title", .max_length = 200)                                                     \
    F(description, LONG_TEXT, "description", .blank = true)

MODEL_ROW(gizmo, GIZMO_FIELDS);
