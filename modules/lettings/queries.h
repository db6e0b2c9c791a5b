#pragma once

#include "base/status.h"
#include "lettings/models.h"
#include "site/pages.h"

/* Lettings with their addresses, by id. */
page_fetch lettings_fetch;

/* One with its address, in the arena; NOT_FOUND. */
enum status letting_find(struct db *db, struct arena *arena, int64_t id,
                         const struct letting **out);
