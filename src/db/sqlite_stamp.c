/* A random number stands for what the tables hold, of one file: loaded from a dump it comes back
 * with what was changed there. A change past the triggers, as of a table that is made anew, shows
 * in the schema's version (sqlite.org/pragma.html#pragma_schema_version). */
#include "db/sqlite_stamp.h"

#include <string.h>

/* No INSERT OR REPLACE: whoever fires it with OR IGNORE would have it ignored
 * (sqlite.org/lang_createtrigger.html). */
#define BODY "    UPDATE " SQLITE_STAMP_TABLE " SET stamp = randomblob(16);"

static const struct db_listening *listened;

enum status sqlite_stamp_listen(const struct db_options *options,
                                const struct db_listening *listening)
{
    (void)options;
    listened = listening;
    return OK;
}

/* Telling */

static const char *const events[] = {"INSERT", "UPDATE", "DELETE", NULL};

/* As SQLite keeps what put_trigger() makes. */
const char sqlite_told_sql[] =
    "SELECT count(*) = 3 AND EXISTS (SELECT 1 FROM sqlite_schema"
    "  WHERE type = 'table' AND name = '" SQLITE_STAMP_TABLE "')"
    " FROM (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) JOIN sqlite_schema"
    " ON type = 'trigger' AND sql = 'CREATE TRIGGER \"' || $1 || '_told_' || column1 || '\" AFTER '"
    "  || column1 || ' ON \"' || $1 || '\"' || char(10) || 'BEGIN' || char(10) || '" BODY "'"
    "  || char(10) || 'END'";

static void put_trigger(struct buffer *out, struct text table, const char *event)
{
    buffer_format(out,
                  "DROP TRIGGER IF EXISTS \"%.*s_told_%s\";\n"
                  "CREATE TRIGGER \"%.*s_told_%s\" AFTER %s ON \"%.*s\"\nBEGIN\n" BODY "\nEND;\n",
                  TEXT_ARG(table), event, TEXT_ARG(table), event, event, TEXT_ARG(table));
}

void sqlite_put_tell_sql(struct buffer *out, struct text table, bool told)
{
    buffer_text(out,
                TEXT("CREATE TABLE IF NOT EXISTS " SQLITE_STAMP_TABLE " (stamp BLOB NOT NULL);\n"
                     "INSERT INTO " SQLITE_STAMP_TABLE " (stamp) SELECT zeroblob(0)"
                     " WHERE NOT EXISTS (SELECT 1 FROM " SQLITE_STAMP_TABLE ");\n"
                     "UPDATE " SQLITE_STAMP_TABLE " SET stamp = randomblob(16)"));
    buffer_text(out, told ? TEXT(" WHERE length(stamp) <> 16;\n") : TEXT(";\n"));
    if (told)
        return;
    for (const char *const *event = events; *event; event++)
        put_trigger(out, table, *event);
}

/* Reading */

/* False: it cannot be asked now. */
static bool ask(sqlite3 *handle, const char *sql, const char *table, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    bool done =
        sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK
        && (!table || sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC) == SQLITE_OK)
        && sqlite3_step(statement) == SQLITE_ROW;
    if (done)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return done;
}

/* While the statement's row is read, so that both are of one state. A statement is prepared again
 * by itself where the schema has changed (sqlite.org/c3ref/c_stmtstatus_counter.html). */
static void look_at_schema(struct sqlite_stamp *stamp, sqlite3 *handle)
{
    int prepared = sqlite3_stmt_status(stamp->statement, SQLITE_STMTSTATUS_REPREPARE, 0);
    if (stamp->is_looked_at && prepared == stamp->prepared)
        return;
    int64_t told = 1;
    bool done = ask(handle, "PRAGMA schema_version", NULL, &stamp->schema);
    for (const char *const *table = listened->told; *table && done && told; table++)
        done = ask(handle, sqlite_told_sql, *table, &told);
    stamp->is_kept = done && told;
    stamp->prepared = prepared;
    stamp->is_looked_at = done;
}

bool sqlite_stamp_read(struct sqlite_stamp *stamp, sqlite3 *handle, struct db_stamp *out)
{
    if (!listened
        || (!stamp->statement
            && sqlite3_prepare_v3(handle, "SELECT stamp FROM " SQLITE_STAMP_TABLE, -1,
                                  SQLITE_PREPARE_PERSISTENT, &stamp->statement, NULL)
                   != SQLITE_OK))
        return false;
    bool is_there = sqlite3_step(stamp->statement) == SQLITE_ROW
                    && sqlite3_column_bytes(stamp->statement, 0) == sizeof out->words;
    if (is_there) {
        look_at_schema(stamp, handle);
        memcpy(out->words, sqlite3_column_blob(stamp->statement, 0), sizeof out->words);
        out->schema = stamp->schema;
    }
    sqlite3_reset(stamp->statement);
    return is_there && stamp->is_kept;
}

void sqlite_stamp_close(struct sqlite_stamp *stamp)
{
    sqlite3_finalize(stamp->statement);
    *stamp = (struct sqlite_stamp){0};
}
