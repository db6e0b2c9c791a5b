/* Where a database differs from what the models declare. */
#pragma once

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct model;

struct difference_list {
    LIST(struct text) items; /* one sentence each, without a full stop */
};

/* Adds what is different in the model's table and its tables of pairs: a table or column that is
 * missing, a column of another kind or that may be NULL otherwise, one that every insert would have
 * to fill and the model does not know. */
enum status model_differences(struct db *db, struct arena *arena, const struct model *model,
                              struct difference_list *out);
