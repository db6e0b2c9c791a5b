/* What a SQLite database says of changes to some of its tables, whoever writes: a stamp, which
 * triggers on them set anew. */
#pragma once

#include <sqlite3.h>

#include "base/buffer.h"
#include "db/db.h"

#define SQLITE_STAMP_TABLE "oc_lettings_changed"

struct sqlite_stamp {
    sqlite3_stmt *statement; /* NULL: not prepared yet */
    bool is_looked_at;       /* the schema, as the statement was prepared for it the last time: */
    int prepared;            /* how many times it has been again */
    bool is_kept;            /* each table has its triggers */
    int64_t schema;          /* its version */
};

/* Whose changes sqlite_stamp() tells of; of the process. */
enum status sqlite_stamp_listen(const struct db_options *options,
                                const struct db_listening *listening);

/* The member of struct db_engine, of a connection. */
bool sqlite_stamp_read(struct sqlite_stamp *stamp, sqlite3 *handle, struct db_stamp *out);
void sqlite_stamp_close(struct sqlite_stamp *stamp);

extern const char sqlite_told_sql[];
void sqlite_put_tell_sql(struct buffer *out, struct text table, bool told);
