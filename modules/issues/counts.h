/* How often an issue came, by hours. */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "template/value.h"

struct arena;
struct db;
struct value_map;

#define COUNTS_HOURS 24
#define COUNTS_DAYS  14

/* Sets `day` (24 hours) and `fortnight` (14 days), plots up to `now`. */
enum status counts_add(struct db *db, struct arena *arena, int64_t issue, int64_t now,
                       struct value_map *out);
