/* An event as its page shows it. */
#pragma once

#include <jansson.h>

#include "template/value.h"

struct arena;

/* A map: exceptions, request, crumbs, tags, user, contexts, trace and so on, as far as it has them.
 */
struct value show_event(struct arena *arena, const json_t *event);
