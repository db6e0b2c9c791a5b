/* What sqlite.c and its parts share. */
#pragma once

#include <sqlite3.h>

#include "db/db.h"

/* Where the database of these options is; the path is of the arena. */
enum status sqlite_path(struct arena *arena, const struct db_options *options, const char **out);

/* Opens it as every connection is opened. The handle is to be closed also where that fails. */
enum status sqlite_open(sqlite3 **handle, const char *path, const struct db_options *options);

/* What a result code of a call means. */
enum status sqlite_status(sqlite3 *handle, int code);

enum status sqlite_run(sqlite3 *handle, const char *sql);

/* The members of struct db_engine (sqlite_backup.c). */
enum status sqlite_backup(const struct db_options *options, const char *path,
                          const struct db_copying *copying);
enum status sqlite_restore(const struct db_options *options, const char *path,
                           const struct db_copying *copying);
