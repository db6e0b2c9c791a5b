/* What Django's remaking of its tables has taken away. */
#include <stdio.h>

#include "base/arena.h"
#include "db/db.h"
#include "model/migration_file.h"

/* The name in `CREATE TRIGGER "name" …`, at the start of a line. */
static bool made_name(struct text line, struct text *name)
{
    static const char *const beginnings[] = {
        "CREATE TRIGGER ", "CREATE INDEX ",         "CREATE UNIQUE INDEX ",
        "CREATE TABLE ",   "CREATE VIRTUAL TABLE ", "CREATE VIEW ",
    };
    bool makes = false;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        makes = makes || text_starts(line, text_of(beginnings[i]));
    size_t open = text_find_char(line, '"');
    if (!makes || open == TEXT_NOT_FOUND)
        return false;
    *name = text_from(line, open + 1);
    *name = text_part(*name, 0, text_find_char(*name, '"'));
    return true;
}

static enum status find_losses(struct db *db, struct arena *arena,
                               const struct migration *migration, struct migration_losses *out)
{
    struct migration_sql sql;
    struct text line;
    struct text name;
    enum status status = migration_read(arena, migration, db_dialect(db), &sql);
    struct text rest = sql.repeatable;
    while (status == OK && text_next(&rest, '\n', &line)) {
        bool is_there = true;
        if (made_name(line, &name))
            status = db_has_object(db, name, &is_there);
        if (status == OK && !is_there)
            *LIST_PUSH(arena, &out->items) = (struct migration_loss){migration, name};
    }
    return status;
}

enum status migrations_losses(struct db *db, struct arena *arena, struct migration_list list,
                              struct migration_losses *out)
{
    bool *applied = ARENA_ARRAY(arena, bool, list.count);
    *out = (struct migration_losses){0};
    enum status status = migrations_applied(db, list, applied);
    for (size_t i = 0; i < list.count && status == OK; i++)
        if (applied[i])
            status = find_losses(db, arena, &list.items[i], out);
    return status;
}

struct repair {
    const struct migration *migration;
    struct arena *arena;
    bool done;
};

/* Looks again inside the transaction: another instance may have been first. */
static enum status repair(struct db *db, void *context)
{
    struct repair *repairing = context;
    const struct migration *migration = repairing->migration;
    struct migration_losses losses = {0};
    struct migration_sql sql;
    const char *at = NULL;
    enum status status = find_losses(db, repairing->arena, migration, &losses);
    if (status != OK || losses.items.count == 0)
        return status;
    status = migration_read(repairing->arena, migration, db_dialect(db), &sql);
    if (status == OK)
        status = db_script_at(db, sql.repeatable.at, &at);
    repairing->done = status == OK;
    if (status != OK && at)
        status = fail_as(status, "migration %s.%.*s, run again: %s:%zu: %s", migration->app_label,
                         TEXT_ARG(migration->name), migration->path,
                         migration_line(sql.repeatable, at), status_failure()->message);
    return status;
}

enum status migrations_repair(struct db *db, struct migration_list list, size_t *done)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct migration_losses losses;
    const struct migration *last = NULL;
    *done = 0;
    enum status status = migrations_losses(db, arena, list, &losses);
    for (size_t i = 0; i < losses.items.count && status == OK; i++) {
        struct repair repairing = {.migration = losses.items.items[i].migration, .arena = arena};
        if (repairing.migration == last)
            continue;
        last = repairing.migration;
        status = db_transaction(db, repair, &repairing);
        *done += repairing.done;
    }
    arena_free(arena);
    return status;
}
