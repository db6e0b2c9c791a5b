#include "db/dialect.h"

#include <string.h>

#include <stddef.h>

/* The types are those that Django gives its fields. */
static const struct db_word sqlite_words[] = {
    {"{pk}", "integer NOT NULL PRIMARY KEY AUTOINCREMENT"},
    {"{bool}", "bool"},
    {"{datetime}", "datetime"},
    {"{json}", "text"},
    {"{positive_integer}", "integer unsigned"},
    {"{positive_small_integer}", "smallint unsigned"},
    {0},
};

static const struct db_word postgresql_words[] = {
    {"{pk}", "serial NOT NULL PRIMARY KEY"},
    {"{bool}", "boolean"},
    {"{datetime}", "timestamp with time zone"},
    {"{json}", "jsonb"},
    {"{positive_integer}", "integer"},
    {"{positive_small_integer}", "smallint"},
    {0},
};

const struct db_dialect db_dialect_sqlite = {
    .name = "sqlite",
    .words = sqlite_words,
    .fold = "",
    .fold_end = "",
    .suspends_triggers = true,
};
const struct db_dialect db_dialect_postgresql = {
    .name = "postgresql",
    .words = postgresql_words,
    .fold = "upper(",
    .fold_end = ")",
    .follow_keys =
        "SELECT setval(s.name, m.key) FROM (SELECT CAST(pg_get_serial_sequence('\"{table}\"',"
        " '{key}') AS regclass) AS name) s, (SELECT max(\"{key}\") AS key FROM \"{table}\") m"
        " WHERE m.key > COALESCE(pg_sequence_last_value(s.name), 0)",
};

const struct db_dialect *db_dialect_named(struct text name)
{
    static const struct db_dialect *const all[] = {&db_dialect_sqlite, &db_dialect_postgresql};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (text_is(name, all[i]->name))
            return all[i];
    return NULL;
}

const char *dialect_statement(const char *sql)
{
    for (;;) {
        sql += strspn(sql, " \t\r\n;");
        if (strncmp(sql, "--", 2) != 0)
            return sql;
        sql += strcspn(sql, "\n");
    }
}
