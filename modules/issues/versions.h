/* Releases that are named by versions: "1.20.3", "v2.0", "shop@2.0.0-rc1+7" (semver.org, with any
 * number of numbers, and a "rc1" that follows without a dash). A suffix that is no word for what
 * comes before a version ("-1", "-5-g1f00ab", ".post1") tells nothing beside the version without
 * it. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Below 0: `a` is the earlier, 0: they are the same. False: they are no versions of one program, as
 * commits are none. */
bool versions_compare(struct text a, struct text b, int *out);
