/* The rows that templates reach through references, where no query read them along: each is read
 * once for a rendering, when it is first named. */
#pragma once

#include "base/list.h"
#include "template/value.h"

struct arena;
struct db;
struct model;

struct loaded_model {
    const struct model *model;
    struct value_map *rows; /* by key; null: there is no such row */
};

/* Begins with db and arena, the rest zero. */
struct value_source {
    struct db *db; /* NULL: there is none, and what needs it fails */
    struct arena *arena;
    LIST(struct loaded_model) loaded;
};
