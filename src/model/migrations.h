/* Migrations: numbered SQL files of each module, recorded in Django's `django_migrations` under the
 * module's label. One that Django has applied under the same name counts as applied.
 *
 * A file has what the engines have in common, with placeholders ({pk}, {bool}, {datetime}, {json},
 * {positive_integer}, {positive_small_integer}) for words that differ. Lines of their own say more:
 *
 *     -- needs: auth.0001_initial    must be applied before this one; any number of them
 *     -- deferrable:                 the site serves without it: it only widens, or changes nothing
 *     -- sqlite:                     what follows is for SQLite only
 *     -- postgresql:                 for PostgreSQL only
 *     -- all:                        for all again
 *     -- initial:                    no release has ever run without it, so that it breaks none
 *     -- breaks:                     the release before it cannot go on with what it leaves
 *                                    (migration_safety.h): `migrate --breaking` alone applies it
 *     -- repeatable:                 what follows, up to `-- backward:`, can be run any number of
 *                                    times, and `migrate` runs it again when something is gone that
 *                                    it makes, by a line that begins so: CREATE INDEX "name" …
 *                                    CREATE TRIGGER "name" AFTER INSERT ON "table" …
 *                                    (also CREATE OR REPLACE, IF NOT EXISTS): Django
 *                                    remakes its tables without what it does not know
 *     -- backward:                   what follows undoes the migration; without it, it stays */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct db_dialect;

struct migration {
    const char *app_label;
    struct text name; /* "0001_initial" */
    struct text sql;
    const char *path;         /* of the file, for messages */
    const char *const *needs; /* app labels that must be begun before the first of this one */
};

/* In an order in which they can be applied, those of one app together. */
struct migration_list {
    const struct migration *items;
    size_t count;
};

/* The SQL of a file in one dialect. Each text has all lines of the file, those of other parts being
 * empty, and ends with a NUL. */
struct migration_sql {
    struct text forward;
    struct text backward;   /* TEXT_NONE: there is no way back */
    struct text repeatable; /* what of `forward` may be run again */
};

/* INVALID names file and line of a mark that means nothing. */
enum status migration_read(struct arena *arena, const struct migration *migration,
                           const struct db_dialect *dialect, struct migration_sql *out);

/* Whether all files can be read and need only what comes before them; INVALID names the fault. */
enum status migrations_verify(struct migration_list list);

/* Where `migrate` is asked to go. */
struct migration_target {
    struct text app_label; /* empty: all, to their newest */
    struct text name;      /* or how it begins ("0001"); "zero": before the first; empty: newest */
};

struct migration_step {
    const struct migration *migration;
    bool backward;
};
struct migration_plan {
    struct migration_list list; /* what the steps are of */
    LIST(struct migration_step) steps;
    bool keeps_release; /* a step after which the release before could not go on is refused */
};

/* The one that is meant. INVALID: there is no such app or migration, or more than one. */
enum status migration_find(struct migration_list list, struct text app_label, struct text name,
                           const struct migration **out);

/* What is to be done in this database (NULL: a new one) to get there: with all that is needed, and
 * going back with all that needs what goes. INVALID: there is no such place, or no way back. */
enum status migrations_plan(struct arena *arena, struct db *db, struct migration_list list,
                            struct migration_target target, struct migration_plan *out);

/* Does it, each step in a transaction, recording it. `done` counts the steps taken, which are fewer
 * where another process was first. CONFLICT: another process went the other way meanwhile, so that
 * a step's needs are gone or still needed. A failure names migration, file and line; that step
 * leaves nothing of itself behind. */
enum status migrations_run(struct db *db, const struct migration_plan *plan, size_t *done);

/* Whether the file says of itself that it breaks the release before it; or that there is none. */
bool migration_is_breaking(struct text sql);
bool migration_is_initial(struct text sql);

/* Plans and runs all that is missing. */
enum status migrations_apply(struct db *db, struct migration_list list, size_t *applied);

/* Which are applied, by their place in the list. None in no database (NULL). */
enum status migrations_applied(struct db *db, struct migration_list list, bool *applied);

/* OK when all are applied that serving needs; INVALID names the first that is missing. */
enum status migrations_check(struct db *db, struct migration_list list);

/* What the applied migrations' repeatable parts have made and the database no longer has, or not as
 * they have made it. */
struct migration_loss {
    const struct migration *migration;
    struct text name; /* of a table, index, view or trigger; of the arena */
    bool is_changed;  /* it is there, but of another SQL */
};
struct migration_losses {
    LIST(struct migration_loss) items;
};
enum status migrations_losses(struct db *db, struct arena *arena, struct migration_list list,
                              struct migration_losses *out);

/* Runs the parts again that have lost something, in one transaction; `done` counts them. */
enum status migrations_repair(struct db *db, struct migration_list list, size_t *done);
/* The same within the transaction that there is. */
enum status migrations_restore(struct db *db, struct migration_list list, size_t *done);

/* For who writes many rows into a table: drops the triggers of repeatable parts on it, until
 * migrations_restore() or migrations_repair() runs these parts again, which does for all rows at
 * once what the triggers would have done for each. `dropped`: there were any. */
enum status migrations_suspend(struct db *db, struct migration_list list, struct text table,
                               bool *dropped);
