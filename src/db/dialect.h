/* What differs between the engines in the SQL of migrations. */
#pragma once

#include "base/text.h"

struct db_word {
    const char *placeholder; /* "{pk}" */
    const char *sql;
};

struct db_dialect {
    const char *name;
    const struct db_word *words; /* ends with {0} */
};

extern const struct db_dialect db_dialect_sqlite, db_dialect_postgresql;

/* By its name; NULL: there is none. */
const struct db_dialect *db_dialect_named(struct text name);
