#include "uploads/uploads.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/temporary.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "db/db.h"

#define LETTERS   TEXT("abcdefghijklmnopqrstuvwxyz0123456789")
#define NAME_SIZE 32
#define SECOND    INT64_C(1000000)
#define KEPT_FOR  INT64_C(3600) /* seconds */
#define PART_SIZE ((size_t)192 * 1024)

/* Keeping */

struct keeping {
    int64_t owner;
    FILE *in;
    struct text name;
    int64_t now; /* seconds since 1970 */
    int64_t parts;
};

static enum status keep_part(struct db *db, const struct keeping *keeping, int64_t number,
                             struct text part)
{
    struct arena *arena = arena_new(PART_SIZE * 2);
    enum status status = db_run(db,
                                "INSERT INTO uploads_part (upload, number, owner, kept_at, content)"
                                " VALUES ($1, $2, $3, $4, $5)",
                                DB_TEXT(keeping->name), DB_INT(number), DB_INT(keeping->owner),
                                DB_INT(keeping->now), DB_TEXT(base64_encode(arena, part)));
    arena_free(arena);
    return status;
}

static enum status keep(struct db *db, void *context)
{
    struct keeping *keeping = context;
    struct arena *arena = arena_new(PART_SIZE);
    char *bytes = arena_alloc(arena, PART_SIZE);
    enum status status = OK;
    size_t size;
    while (status == OK && (size = fread(bytes, 1, PART_SIZE, keeping->in)) > 0)
        status = keep_part(db, keeping, keeping->parts++, (struct text){bytes, size});
    if (status == OK && ferror(keeping->in))
        status = fail("what is to be kept cannot be read: %s", strerror(errno));
    arena_free(arena);
    return status;
}

enum status uploads_keep(struct db *db, struct arena *arena, int64_t owner, FILE *in,
                         struct text *name)
{
    struct keeping keeping = {owner, in, random_text(arena, LETTERS, NAME_SIZE),
                              clock_wall() / SECOND, 0};
    *name = keeping.name;
    enum status status = db_transaction_on(db, NULL, 0, keep, &keeping);
    if (keeping.parts > 1)
        db_trim(db);
    return status;
}

enum status uploads_keep_bytes(struct db *db, struct arena *arena, int64_t owner, struct text bytes,
                               struct text *name)
{
    FILE *in = fmemopen((char *)(uintptr_t)bytes.at, bytes.length, "rb");
    if (!in)
        return fail("what is to be kept cannot be read: %s", strerror(errno));
    enum status status = uploads_keep(db, arena, owner, in, name);
    fclose(in);
    return status;
}

/* Finding it again */

struct copying {
    int64_t owner;
    struct text name;
    FILE *out;
    int64_t parts;
};

static enum status write_part(const struct copying *copying, struct text content)
{
    struct arena *arena = arena_new(PART_SIZE * 2);
    struct text bytes;
    enum status status = OK;
    if (!base64_decode(arena, content, &bytes))
        status = fail("a part of an upload is no base64");
    else if (fwrite(bytes.at, 1, bytes.length, copying->out) != bytes.length)
        status = fail("an upload cannot be copied: %s", strerror(errno));
    arena_free(arena);
    return status;
}

static enum status copy(struct db *db, void *context)
{
    struct copying *copying = context;
    struct db_rows rows;
    enum status status = OK;
    db_query(db, &rows,
             "SELECT content FROM uploads_part WHERE upload = $1 AND owner = $2 AND kept_at > $3"
             " ORDER BY number",
             DB_TEXT(copying->name), DB_INT(copying->owner),
             DB_INT(clock_wall() / SECOND - KEPT_FOR));
    while (status == OK && db_next(&rows)) {
        status = write_part(copying, db_text(&rows, "content"));
        copying->parts++;
    }
    enum status finished = db_finish(&rows);
    return status == OK ? finished : status;
}

static enum status fill(struct db *db, struct copying *copying)
{
    enum status status = db_snapshot(db, copy, copying);
    if (status == OK && !copying->parts)
        return NOT_FOUND;
    if (status == OK && (fflush(copying->out) != 0 || fseek(copying->out, 0, SEEK_SET) != 0))
        return fail("an upload cannot be copied: %s", strerror(errno));
    return status;
}

enum status uploads_open(struct db *db, int64_t owner, struct text name, FILE **out)
{
    int fd;
    enum status status = temporary_open(&fd);
    if (status != OK)
        return status;
    struct copying copying = {owner, name, fdopen(fd, "w+b"), 0};
    if (!copying.out) {
        close(fd);
        return fail("an upload cannot be copied: %s", strerror(errno));
    }
    status = fill(db, &copying);
    if (status == OK)
        *out = copying.out;
    else
        fclose(copying.out);
    return status;
}

enum status uploads_drop(struct db *db, int64_t owner, struct text name)
{
    return db_run(db, "DELETE FROM uploads_part WHERE upload = $1 AND owner = $2", DB_TEXT(name),
                  DB_INT(owner));
}

enum status uploads_clear(struct db *db)
{
    struct arena *arena = arena_new(1024);
    struct text table;
    enum status status = db_object_sql(db, arena, TEXT("uploads_part"), &table);
    arena_free(arena);
    if (status == NOT_FOUND) /* before `migrate` */
        return OK;
    return status == OK ? db_run(db, "DELETE FROM uploads_part WHERE kept_at <= $1",
                                 DB_INT(clock_wall() / SECOND - KEPT_FOR))
                        : status;
}
