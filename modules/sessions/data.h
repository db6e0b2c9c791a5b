/* What is in the column session_data. */
#pragma once

#include <jansson.h>

#include "base/text.h"

struct arena;

/* The object that it holds, also in the form that Django had before 3.1; NULL: not signed with this
 * key. To be released with json_decref(). */
json_t *session_decode(struct arena *arena, struct text data, struct text key);

/* `now`: seconds since 1970. */
struct text session_encode(struct arena *arena, json_t *values, int64_t now, struct text key);
