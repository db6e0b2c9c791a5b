/* Repeatable parts: what of them Django's remaking of its tables has taken away, or who writes many
 * rows has put aside. */
#include <stdio.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "db/dialect.h"
#include "model/migration_file.h"

/* `CREATE TRIGGER "name" AFTER INSERT ON "table" …`, the first line of a statement. */
struct creation {
    struct text name;
    struct text table; /* of a trigger; else empty */
    struct text rest;  /* the file from the name's quote on */
};

static struct text quoted(struct text line, size_t quote)
{
    struct text name = text_from(line, quote + 1);
    return text_part(name, 0, text_find_char(name, '"'));
}

static bool read_creation(struct text line, struct text sql, struct creation *out)
{
    static const char *const beginnings[] = {
        "CREATE TRIGGER ",
        "CREATE OR REPLACE TRIGGER ",
        "CREATE CONSTRAINT TRIGGER ",
        "CREATE INDEX ",
        "CREATE UNIQUE INDEX ",
        "CREATE TABLE ",
        "CREATE VIRTUAL TABLE ",
        "CREATE VIEW ",
    };
    bool makes = false;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        makes = makes || text_starts(line, text_of(beginnings[i]));
    size_t quote = text_find_char(line, '"');
    if (!makes || quote == TEXT_NOT_FOUND)
        return false;
    *out = (struct creation){
        .name = quoted(line, quote),
        .rest = text_from(sql, (size_t)(line.at - sql.at) + quote),
    };
    size_t table = text_find(line, TEXT(" ON \""));
    if (text_find(line, TEXT(" TRIGGER ")) < quote && table != TEXT_NOT_FOUND)
        out->table = quoted(line, table + 4);
    return true;
}

/* Whether the database still has the statement as the file does, up to its end. The beginning is
 * not kept as it was written (sqlite.org/schematab.html). */
static bool is_as_made(struct text kept, struct text file)
{
    struct text statement = text_from(kept, text_find_char(kept, '"'));
    return kept.length == 0
           || (statement.length && text_starts(file, statement)
               && text_starts(text_trim(text_from(file, statement.length)), TEXT(";")));
}

/* Calls `visit` with each statement of the applied migrations' repeatable parts that makes
 * something. */
struct visit {
    enum status (*creation)(struct visit *visit, const struct migration *migration,
                            const struct creation *creation);
    struct db *db;
    struct arena *arena;
    struct text table;            /* suspending */
    bool *dropped;                /* suspending */
    struct migration_losses *out; /* looking for losses */
};

static enum status visit_file(struct visit *visit, const struct migration *migration)
{
    struct migration_sql sql;
    struct creation creation;
    struct text line;
    enum status status = migration_read(visit->arena, migration, db_dialect(visit->db), &sql);
    struct text rest = sql.repeatable;
    while (status == OK && text_next(&rest, '\n', &line))
        if (read_creation(line, sql.repeatable, &creation))
            status = visit->creation(visit, migration, &creation);
    return status;
}

static enum status visit_applied(struct visit *visit, struct migration_list list)
{
    bool *applied = ARENA_ARRAY(visit->arena, bool, list.count);
    enum status status = migrations_applied(visit->db, list, applied);
    for (size_t i = 0; i < list.count && status == OK; i++)
        if (applied[i])
            status = visit_file(visit, &list.items[i]);
    return status;
}

/* Losses */

static enum status add_loss(struct visit *visit, const struct migration *migration,
                            const struct creation *creation)
{
    struct text kept;
    enum status status = db_object_sql(visit->db, visit->arena, creation->name, &kept);
    bool is_there = status == OK;
    if (status != OK && status != NOT_FOUND)
        return status;
    if (!is_there || !is_as_made(kept, creation->rest))
        *LIST_PUSH(visit->arena, &visit->out->items) =
            (struct migration_loss){migration, creation->name, is_there};
    return OK;
}

enum status migrations_losses(struct db *db, struct arena *arena, struct migration_list list,
                              struct migration_losses *out)
{
    struct visit visit = {.creation = add_loss, .db = db, .arena = arena, .out = out};
    *out = (struct migration_losses){0};
    return visit_applied(&visit, list);
}

/* Repairing */

static enum status run_again(struct db *db, struct arena *arena, const struct migration *migration)
{
    struct migration_sql sql;
    const char *at = NULL;
    enum status status = migration_read(arena, migration, db_dialect(db), &sql);
    if (status == OK)
        status = db_script_at(db, sql.repeatable.at, &at);
    if (status != OK && at)
        status = fail_as(status, "migration %s.%.*s, run again: %s:%zu: %s", migration->app_label,
                         TEXT_ARG(migration->name), migration->path,
                         migration_line(sql.repeatable, at), status_failure()->message);
    return status;
}

enum status migrations_restore(struct db *db, struct migration_list list, size_t *done)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct migration_losses losses;
    const struct migration *last = NULL;
    *done = 0;
    enum status status = migrations_losses(db, arena, list, &losses);
    for (size_t i = 0; i < losses.items.count && status == OK; i++) {
        const struct migration *migration = losses.items.items[i].migration;
        if (migration == last)
            continue;
        last = migration;
        status = run_again(db, arena, migration);
        *done += status == OK;
    }
    arena_free(arena);
    return status;
}

struct repair {
    struct migration_list list;
    size_t *done;
};

/* Looks again inside the transaction: another instance may have been first. */
static enum status repair(struct db *db, void *context)
{
    const struct repair *repairing = context;
    return migrations_restore(db, repairing->list, repairing->done);
}

enum status migrations_repair(struct db *db, struct migration_list list, size_t *done)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct migration_losses losses;
    struct repair repairing = {list, done};
    *done = 0;
    enum status status = migrations_losses(db, arena, list, &losses);
    if (status == OK && losses.items.count)
        status = db_transaction(db, repair, &repairing);
    if (status != OK)
        *done = 0;
    arena_free(arena);
    return status;
}

/* Putting aside */

static enum status drop_trigger(struct visit *visit, const struct migration *migration,
                                const struct creation *creation)
{
    struct text kept;
    (void)migration;
    if (!text_equal(creation->table, visit->table))
        return OK;
    enum status status = db_object_sql(visit->db, visit->arena, creation->name, &kept);
    if (status != OK)
        return status == NOT_FOUND ? OK : status;
    *visit->dropped = true;
    struct buffer sql = {.arena = visit->arena};
    buffer_format(&sql, "DROP TRIGGER \"%.*s\"", TEXT_ARG(creation->name));
    buffer_char(&sql, '\0');
    return db_script(visit->db, sql.at);
}

enum status migrations_suspend(struct db *db, struct migration_list list, struct text table,
                               bool *dropped)
{
    *dropped = false;
    if (!db_dialect(db)->suspends_triggers)
        return OK;
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct visit visit = {
        .creation = drop_trigger, .db = db, .arena = arena, .table = table, .dropped = dropped};
    enum status status = visit_applied(&visit, list);
    arena_free(arena);
    return status;
}
