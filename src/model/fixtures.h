/* Fixtures: rows as JSON, in the form of Django's dumpdata
 * (docs.djangoproject.com/en/5.2/topics/db/fixtures/): [{"model": "app.name", "pk": 1,
 * "fields": {…}}]. */
#pragma once

#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct model;

/* Inserts all rows, or none. INVALID names the object and what is wrong with it. `count`: rows.
 * The statements are made in `arena`, which must outlive the connection. */
enum status fixture_load(struct db *db, struct arena *arena, struct text json,
                         const struct model *const *models, size_t *count);
