/* What is done to several rows of a list at once. */
#pragma once

#include "base/status.h"

struct list;
struct response;
struct value_map;

/* Sets `actions`: those that the visitor may (value, label). */
enum status actions_add_context(const struct list *list, struct value_map *context);

/* What the list's form sent: an action, and which rows. */
enum status actions_take(struct list *list, struct response *response);
