/* Messages that differ in what they are about alone, made equal. */
#pragma once

#include "base/text.h"

struct arena;

/* The first two lines that have anything, with addresses, numbers and the like replaced by what
 * they are: "user <int> is gone". */
struct text message_normal(struct arena *arena, struct text message);
