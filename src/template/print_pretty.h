/* Values in lines of at most 80 characters, as Python's pprint lays them out. */
#pragma once

#include "template/value.h"

struct buffer;

void value_print_pretty(struct buffer *out, struct value value, struct arena *arena);
