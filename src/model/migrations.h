/* Migrations: numbered SQL files of each module, recorded in Django's `django_migrations` under the
 * module's label. One that Django has applied under the same name counts as applied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;

struct migration {
    const char *app_label;
    struct text name; /* "0001_initial" */
    struct text sql;  /* with {pk}, {bool} and {datetime} for the words that differ by engine */
};

/* Applies what is missing, in the order given, each in a transaction; `applied` counts them.
 * FAILED names the migration; it leaves nothing of itself behind. */
enum status migrations_apply(struct db *db, const struct migration *migrations, size_t count,
                             size_t *applied);

/* OK when all are applied; INVALID names the first that is missing. */
enum status migrations_check(struct db *db, const struct migration *migrations, size_t count);
