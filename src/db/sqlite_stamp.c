/* A random number stands for what the tables hold: it is never had twice, so that an old file that
 * is put back has its own. A change past the triggers, as of a table that is made anew, shows in
 * the schema's version (sqlite.org/pragma.html#pragma_schema_version). */
#include "db/sqlite_stamp.h"

#include <string.h>

static const struct db_listening *listened;

enum status sqlite_stamp_listen(const struct db_options *options,
                                const struct db_listening *listening)
{
    (void)options;
    listened = listening;
    return OK;
}

/* Telling */

const char sqlite_told_sql[] =
    "SELECT count(*) = 3 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 AND name IN"
    " ($1 || '_told_insert', $1 || '_told_update', $1 || '_told_delete')";

static void put_trigger(struct buffer *out, struct text table, const char *when, const char *name)
{
    buffer_format(out,
                  "DROP TRIGGER IF EXISTS \"%.*s_told_%s\";\n"
                  "CREATE TRIGGER \"%.*s_told_%s\" AFTER %s ON \"%.*s\"\n"
                  "BEGIN\n"
                  "    UPDATE " SQLITE_STAMP_TABLE " SET stamp = randomblob(16);\n"
                  "END;\n",
                  TEXT_ARG(table), name, TEXT_ARG(table), name, when, TEXT_ARG(table));
}

void sqlite_put_tell_sql(struct buffer *out, struct text table, bool told)
{
    buffer_text(out,
                TEXT("CREATE TABLE IF NOT EXISTS " SQLITE_STAMP_TABLE " (stamp BLOB NOT NULL);\n"
                     "DELETE FROM " SQLITE_STAMP_TABLE ";\n"
                     "INSERT INTO " SQLITE_STAMP_TABLE " VALUES (randomblob(16));\n"));
    if (told)
        return;
    put_trigger(out, table, "INSERT", "insert");
    put_trigger(out, table, "UPDATE", "update");
    put_trigger(out, table, "DELETE", "delete");
}

/* Reading */

static bool is_told(sqlite3 *handle, const char *table)
{
    sqlite3_stmt *statement = NULL;
    bool told = sqlite3_prepare_v2(handle, sqlite_told_sql, -1, &statement, NULL) == SQLITE_OK
                && sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC) == SQLITE_OK
                && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return told;
}

static bool read_version(sqlite3 *handle, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    bool done =
        sqlite3_prepare_v2(handle, "PRAGMA schema_version", -1, &statement, NULL) == SQLITE_OK
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
    stamp->is_kept = read_version(handle, &stamp->schema);
    for (const char *const *table = listened->told; *table && stamp->is_kept; table++)
        stamp->is_kept = is_told(handle, *table);
    stamp->prepared = prepared;
    stamp->is_looked_at = true;
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
