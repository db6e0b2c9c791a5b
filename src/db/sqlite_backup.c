/* Whole copies of an SQLite database, out and in, while others use it (sqlite.org/backup.html). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/sqlite_internal.h"
#include "db/whole_file.h"

#define PAGES_AT_ONCE 1024

/* The locks of whoever has the file open, in either mode (sqlite.org/lockingv3.html). */
#define FIRST_LOCK   0x40000000
#define LOCKED_BYTES 512

/* Copying */

static void tell(const struct db_copying *copying, sqlite3_backup *backup)
{
    int all = sqlite3_backup_pagecount(backup);
    if (copying->progress)
        copying->progress(all - sqlite3_backup_remaining(backup), all);
}

/* `before_copying` runs once the target is locked and nothing of it is changed yet. */
struct copy {
    sqlite3 *from;
    sqlite3 *to;
    const struct db_copying *copying;
    enum status (*before_copying)(void *context);
    void *context;
};

static enum status run_backup(const struct copy *copy, sqlite3_backup *backup)
{
    int code = sqlite3_backup_step(backup, 0);
    enum status status = sqlite_status(copy->to, code);
    if (status == OK && copy->before_copying)
        status = copy->before_copying(copy->context);
    while (status == OK && code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, PAGES_AT_ONCE);
        tell(copy->copying, backup);
    }
    return status;
}

static enum status copy_pages(const struct copy *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy->to, "main", copy->from, "main");
    if (!backup)
        return sqlite_status(copy->to, sqlite3_errcode(copy->to));
    enum status status = run_backup(copy, backup);
    int code = sqlite3_backup_finish(backup);
    if (status != OK)
        return status;
    if (code == SQLITE_READONLY)
        return fail_as(INVALID, "its pages are of another size than those of the database in use: "
                                "stop the site, put the old file away, and restore again");
    return sqlite_status(copy->to, code);
}

/* All pages of one moment: the transaction keeps it, in both of SQLite's modes. */
static enum status copy_moment(const struct copy *copy)
{
    enum status status = sqlite_run(copy->from, "BEGIN; SELECT count(*) FROM sqlite_schema");
    if (status == OK)
        status = copy_pages(copy);
    sqlite3_exec(copy->from, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* "ok" is its one row when it finds nothing. */
static enum status check_whole(sqlite3 *handle, const char *path)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum status status = OK;
    if (code != SQLITE_ROW)
        status = fail_as(INVALID, "%s cannot be read: %s", path, sqlite3_errmsg(handle));
    else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
        status = fail_as(INVALID, "%s is damaged: %s", path, sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return status;
}

/* Files */

static const char *beside(struct arena *arena, const char *path, const char *ending)
{
    return text_format(arena, "%s%s", path, ending).at;
}

/* As a URI, for `immutable`: the file is read without a log or lock beside it. */
static const char *uri_of(struct arena *arena, const char *path)
{
    struct buffer uri = {.arena = arena};
    buffer_text(&uri, TEXT("file:"));
    for (; *path; path++)
        if (strchr("?#%", *path))
            buffer_format(&uri, "%%%02X", (unsigned)(unsigned char)*path);
        else
            buffer_char(&uri, *path);
    buffer_text(&uri, TEXT("?immutable=1"));
    buffer_char(&uri, '\0');
    return uri.at;
}

/* A file that nobody writes into; but where there is a log beside it, its end is in that. */
static enum status open_copy(struct arena *arena, sqlite3 **handle, const char *path)
{
    bool has_log =
        file_exists(beside(arena, path, "-wal")) || file_exists(beside(arena, path, "-journal"));
    int code = has_log ? sqlite3_open_v2(path, handle, SQLITE_OPEN_READWRITE, NULL)
                       : sqlite3_open_v2(uri_of(arena, path), handle,
                                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    return code == SQLITE_OK ? OK
                             : fail_as(INVALID, "cannot open %s: %s", path,
                                       *handle ? sqlite3_errmsg(*handle) : "out of memory");
}

static enum status check_copy(struct arena *arena, const char *path)
{
    sqlite3 *handle = NULL;
    enum status status = open_copy(arena, &handle, path);
    if (status == OK)
        status = check_whole(handle, path);
    sqlite3_close(handle);
    return status;
}

/* It is not there until it is whole, so it needs no journal of its own. */
static enum status fill(sqlite3 *from, const char *path, const struct db_copying *copying)
{
    struct copy copy = {.from = from, .copying = copying};
    int code = sqlite3_open_v2(path, &copy.to, SQLITE_OPEN_READWRITE, NULL);
    enum status status = sqlite_status(copy.to, code);
    if (status == OK)
        status = sqlite_run(copy.to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    if (status == OK)
        status = copy_moment(&copy);
    code = sqlite3_close(copy.to);
    return status == OK && code != SQLITE_OK ? fail("cannot write %s", path) : status;
}

static enum status write_copy(struct arena *arena, sqlite3 *from, const char *path,
                              const struct db_copying *copying)
{
    const char *part;
    enum status status = whole_file_begin(arena, path, &part);
    if (status != OK)
        return status;
    status = fill(from, part, copying);
    if (status == OK)
        status = check_copy(arena, part);
    return whole_file_end(arena, part, path, status);
}

enum status sqlite_backup(const struct db_options *options, const char *path,
                          const struct db_copying *copying)
{
    struct arena *arena = arena_new(4096);
    struct db_options reading = *options;
    const char *from;
    sqlite3 *handle = NULL;
    reading.writes = false;
    reading.create = false;
    enum status status = sqlite_path(arena, options, &from);
    if (status == OK)
        status = sqlite_open(&handle, from, &reading);
    if (status == OK)
        status = write_copy(arena, handle, path, copying);
    sqlite3_close(handle);
    arena_free(arena);
    return status;
}

/* Putting a copy in a database's place */

struct restoring {
    struct arena *arena;
    const struct db_options *options;
    const struct db_copying *copying;
    sqlite3 *copy;    /* what is to be there */
    const char *path; /* of the database */
    const char *kept; /* where what was there goes */
};

static enum status check_is_ours(sqlite3 *handle, const char *path)
{
    bool found = sqlite3_table_column_metadata(handle, "main", "django_migrations", NULL, NULL,
                                               NULL, NULL, NULL, NULL)
                 == SQLITE_OK;
    return found ? OK
                 : fail_as(INVALID, "%s has no table django_migrations: it is no backup of a site",
                           path);
}

/* Nobody can write meanwhile, so that all that was ever written is in what is kept. */
static enum status keep_current(void *context)
{
    struct restoring *restoring = context;
    struct db_options reading = *restoring->options;
    sqlite3 *current = NULL;
    static const struct db_copying quietly;
    reading.writes = false;
    enum status status = sqlite_open(&current, restoring->path, &reading);
    if (status == OK)
        status = write_copy(restoring->arena, current, restoring->kept, &quietly);
    sqlite3_close(current);
    return status;
}

/* In one transaction, which whoever has it open sees as any other. */
static enum status write_into(struct restoring *restoring, sqlite3 *handle)
{
    const struct copy copy = {
        .from = restoring->copy,
        .to = handle,
        .copying = restoring->copying,
        .before_copying = keep_current,
        .context = restoring,
    };
    enum status status = sqlite_run(handle, "PRAGMA journal_mode = WAL");
    return status == OK ? copy_pages(&copy) : status;
}

/* By others; a process does not see its own locks. */
static enum status check_unused(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = FIRST_LOCK, .l_len = LOCKED_BYTES};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return fail("cannot open %s: %s", path, strerror(errno));
    bool known = fcntl(fd, F_GETLK, &lock) == 0;
    close(fd);
    if (known && lock.l_type == F_UNLCK)
        return OK;
    return fail_as(BUSY,
                   "%s is damaged, and process %d has it open: stop the site, and restore again",
                   path, (int)lock.l_pid);
}

static enum status move(struct arena *arena, const char *from, const char *to, const char *ending)
{
    const char *old = beside(arena, from, ending);
    if (rename(old, beside(arena, to, ending)) == 0 || errno == ENOENT)
        return OK;
    return fail("cannot put %s away: %s", old, strerror(errno));
}

/* Whoever could open what was there can open what is. */
static enum status take_over_rights(const char *from, const char *to)
{
    struct stat old;
    bool good = stat(from, &old) == 0 && chmod(to, old.st_mode & 0777) == 0
                && (geteuid() != 0 || chown(to, old.st_uid, old.st_gid) == 0);
    return good ? OK : fail("cannot give %s to its owner: %s", to, strerror(errno));
}

/* What is no database any more goes away as it is, with its logs. */
static enum status put_away(struct restoring *restoring)
{
    struct arena *arena = restoring->arena;
    enum status status = check_unused(restoring->path);
    if (status == OK)
        status = move(arena, restoring->path, restoring->kept, "");
    if (status == OK)
        status = move(arena, restoring->path, restoring->kept, "-wal");
    if (status == OK)
        status = move(arena, restoring->path, restoring->kept, "-journal");
    if (status != OK)
        return status;
    unlink(beside(arena, restoring->path, "-shm"));
    status = write_copy(arena, restoring->copy, restoring->path, restoring->copying);
    return status == OK ? take_over_rights(restoring->kept, restoring->path) : status;
}

/* Opening it as a database might take its log away. */
static bool is_database(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char found[sizeof magic] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* which opening it will say more of */
    bool same =
        read(fd, found, sizeof found) == sizeof found && memcmp(found, magic, sizeof magic) == 0;
    close(fd);
    return same;
}

static bool is_damaged(int code)
{
    return (code & 0xFF) == SQLITE_NOTADB || (code & 0xFF) == SQLITE_CORRUPT;
}

static enum status replace(struct restoring *restoring)
{
    sqlite3 *handle = NULL;
    restoring->kept = whole_file_kept(restoring->arena, restoring->path);
    if (!is_database(restoring->path))
        return put_away(restoring);
    struct db_options writing = *restoring->options;
    writing.writes = true;
    enum status status = sqlite_open(&handle, restoring->path, &writing);
    if (status == OK)
        status = write_into(restoring, handle);
    bool damaged = status != OK && is_damaged(sqlite3_errcode(handle));
    sqlite3_close(handle);
    return damaged && !file_exists(restoring->kept) ? put_away(restoring) : status;
}

enum status sqlite_restore(const struct db_options *options, const char *path,
                           const struct db_copying *copying)
{
    struct arena *arena = arena_new(4096);
    struct restoring restoring = {.arena = arena, .options = options, .copying = copying};
    enum status status = sqlite_path(arena, options, &restoring.path);
    if (status == OK && !file_exists(path))
        status = fail_as(NOT_FOUND, "there is no file %s", path);
    if (status == OK)
        status = open_copy(arena, &restoring.copy, path);
    if (status == OK)
        status = check_whole(restoring.copy, path);
    if (status == OK)
        status = check_is_ours(restoring.copy, path);
    if (status == OK)
        status = file_exists(restoring.path)
                     ? replace(&restoring)
                     : write_copy(arena, restoring.copy, restoring.path, copying);
    if (status == OK && restoring.kept && copying->kept)
        copying->kept(restoring.kept);
    sqlite3_close(restoring.copy);
    arena_free(arena);
    return status;
}
