/* The SQL of a query, what it depends on, and the values bound to it. For query.c alone. */
#pragma once

#include "base/list.h"
#include "db/db.h"
#include "model/query.h"

enum query_kind { QUERY_SELECT, QUERY_COUNT, QUERY_KEYS };

/* Kept with a statement: the tables whose columns it gives, the query's own first. */
struct query_table {
    const struct model *model;
    const struct field *reference; /* of the table number `parent`, that points to this one */
    size_t parent;
};
struct query_plan {
    size_t count;
    struct query_table tables[];
};

/* For db_query_keyed(): the context is a struct query_building. */
struct query_building {
    struct arena *arena;
    const struct query *query;
    const struct db_dialect *dialect;
};
db_builder query_build_select, query_build_count, query_build_keys;

/* All that the SQL depends on, which is everything but the values. */
struct text query_key(struct arena *arena, const struct query *query, enum query_kind kind);

struct parameter_list {
    struct db_parameter *items;
    size_t count;
    size_t capacity;
};
/* Of $1, $2 … */
void query_parameters(struct arena *arena, const struct query *query, enum query_kind kind,
                      struct parameter_list *out);
