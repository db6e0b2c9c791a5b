/* Attributes of Python's own types, and methods of theirs that need no argument. Each is false
 * where there is none of that name; `value` is what has it, and then what it is. */
#pragma once

#include "template/value.h"

struct render;

bool lookup_text(struct text name, struct arena *arena, struct value *value);
/* Of a bool, integer, float, decimal or duration. */
bool lookup_number(struct text name, struct arena *arena, struct value *value);
bool lookup_moment(struct text name, struct render *render, struct value *value);
