/* Pages about the last day or, with "?hours=168", the last week. */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct request;
struct value_map;

#define PERIOD_MOST (INT64_C(24) * 7)
#define PERIOD_HOUR (INT64_C(3600) * 1000000) /* microseconds */

struct period {
    int64_t first; /* hour since 1970 */
    int64_t hours;
};

/* The page's context, with its way from the list of issues. */
struct value_map *period_page(struct request *request, struct text title, struct period *out);
