/* Which tables a server tells of the changes of. Of db.c's parts alone. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Whether a statement names a table of whose changes nobody tells. */
bool changes_are_untold(struct text sql);
