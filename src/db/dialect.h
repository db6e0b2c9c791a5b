/* What differs between the engines in the SQL that migrations and queries are made of. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct db_word {
    const char *placeholder; /* "{pk}" */
    const char *sql;
};

struct db_dialect {
    const char *name;
    const struct db_word *words; /* ends with {0} */
    /* Around a column and a pattern of LIKE where capital and small letters are the same: as
     * indexes for it have the column. */
    const char *fold;
    const char *fold_end;
    /* Makes the keys that are given follow the highest that is there, of a {table} and its {key};
     * NULL: they do by themselves. */
    const char *follow_keys;
    /* Triggers are worth putting aside while many rows are written: each runs for one row alone. */
    bool suspends_triggers;
};

extern const struct db_dialect db_dialect_sqlite, db_dialect_postgresql;

/* Of a script: where the next statement begins, behind white space, semicolons and comments. */
const char *dialect_statement(const char *sql);

/* By its name; NULL: there is none. */
const struct db_dialect *db_dialect_named(struct text name);
