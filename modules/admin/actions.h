/* What is done to several rows of a list at once. */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct list;
struct response;
struct value_map;

/* Sets `actions`: those that the visitor may (value, label), and what was sent of the list's form:
 * `action`, the one that was chosen, and `across`. */
enum status actions_add_context(const struct list *list, struct value_map *context);
/* Whether the row of this key was ticked in the form that was sent. */
bool actions_has_ticked(const struct list *list, struct text key);

/* What the list's form sent: an action, and which rows. `refused`: nothing was done, the list is to
 * be shown again, and a message says why. */
enum status actions_take(struct list *list, struct response *response, bool *refused);
