/* What goes when rows are deleted, as pages show it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct deletion;
struct model;
struct request;
struct value;
struct value_map;

/* Sets `deleted`, `unlinked` and `protectors`: lists of a table's rows. */
enum status tree_add_context(const struct request *request, const struct deletion *deletion,
                             struct value_map *context);

/* Calls `visit` with each of these rows that is there, which are read some hundred at once, and
 * with the request whose arena is for these alone. Ends with the first status that is not OK. */
enum status tree_each_row(const struct request *request, const struct model *model,
                          const int64_t *keys, size_t count,
                          enum status (*visit)(const struct request *request, const void *row,
                                               void *context),
                          void *context);

/* The tables of which the visitor may not delete all that goes, a list of names. What is true of
 * it outside of the transaction that deletes may not be so within. A table that is not in the
 * admin asks for no right of its own: its rows belong to the others'. */
enum status tree_find_missing(const struct request *request, const struct deletion *deletion,
                              struct value *out);
