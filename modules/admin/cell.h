/* What the admin shows of a row under a name: in lists, and where a form only shows. */
#pragma once

#include "base/text.h"
#include "template/value.h"

struct arena;
struct model_admin;

/* The name's words: "favorite city", or the table's for "__str__". */
struct text cell_label(struct arena *arena, const struct model_admin *admin, const char *name);

/* A map: `text`, or `yes` where `is_boolean`. The rows that the name leads through were read along.
 */
struct value_map *cell_value(struct arena *arena, const struct model_admin *admin, const char *name,
                             const void *row);
