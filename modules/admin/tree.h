/* What goes when rows are deleted, as pages show it. */
#pragma once

#include "base/status.h"

struct deletion;
struct request;
struct value;
struct value_map;

/* Sets `deleted`, `unlinked` and `protectors`: lists of a table's rows. */
enum status tree_add_context(const struct request *request, const struct deletion *deletion,
                             struct value_map *context);

/* The tables of which the visitor may delete nothing, a list of names. A table that is not in the
 * admin asks for no right of its own: its rows belong to the others'. */
enum status tree_find_missing(const struct request *request, const struct deletion *deletion,
                              struct value *out);
