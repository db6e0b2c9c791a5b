/* Whether the release that still runs can go on with the tables that a migration leaves: it reads
 * the columns, and writes the rows, that it knows. Seen from the tables themselves, whatever the
 * SQL was; what a migration does to rows nobody but its author can know. */
#pragma once

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "db/db.h"

struct arena;

struct migration_table {
    struct text name;
    struct db_table table;
};
struct migration_tables {
    LIST(struct migration_table) items;
};
enum status migration_tables_read(struct db *db, struct arena *arena, struct migration_tables *out);

/* INVALID: what was there before is gone or narrower, in words. What has come in between, and went
 * again, nobody has seen. */
enum status migration_tables_check(struct db *db, struct arena *arena,
                                   const struct migration_tables *before);
