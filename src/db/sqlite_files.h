/* The files of an SQLite database as this process has them open, and what has become of them.
 *
 * SQLite keeps one mapping of the write-ahead log's index for all connections of a process to one
 * file (sqlite.org/walformat.html, 2.2), so what is known of it is kept once as well. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "db/db.h"

/* Which frames of which log were to be copied into the file. */
struct sqlite_checkpoint {
    uint64_t log;
    uint32_t frames;
    bool runs; /* not all of them are there yet */
};

/* Of one connection. */
struct sqlite_files {
    struct sqlite_place *place; /* shared by the connections to one file; NULL: none is open */
    bool wal;
    ino_t log;         /* of the write-ahead log */
    struct stat found; /* the file, when its index was last looked for */
    int64_t looked;
    struct sqlite_checkpoint checkpoint; /* the last, shortly before that */
    bool overwritten;
    bool same_log; /* as the time before */
};

/* `found`: the file as it was before it was opened; NULL: it was not there. */
void sqlite_files_open(struct sqlite_files *files, sqlite3 *handle, const struct stat *found,
                       bool wal);
/* Before the connection is closed: a log that was cut off from its file is not copied into what has
 * taken that one's place. */
void sqlite_files_close(struct sqlite_files *files, sqlite3 *handle);

/* The connection has changed to a write-ahead log. */
void sqlite_files_use_log(struct sqlite_files *files, sqlite3 *handle);

/* Another for each file that is open. */
uint64_t sqlite_files_number(const struct sqlite_files *files);
bool sqlite_files_state(const struct sqlite_files *files, sqlite3 *handle, struct db_state *out);
enum db_place sqlite_files_place(struct sqlite_files *files, sqlite3 *handle, bool writes);
bool sqlite_files_leave_log(const struct sqlite_files *files, sqlite3 *handle);
