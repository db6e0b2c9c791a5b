#include "model/migrations.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

static const struct placeholder {
    const char *word;
    const char *sql;
} placeholders[] = {
    {"{pk}", "integer NOT NULL PRIMARY KEY AUTOINCREMENT"},
    {"{bool}", "bool"},
    {"{datetime}", "datetime"},
};

static const struct placeholder *placeholder_at(struct text sql)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (text_starts(sql, text_of(placeholders[i].word)))
            return &placeholders[i];
    return NULL;
}

/* Ends with a NUL. */
static struct text replaced(struct arena *arena, struct text sql)
{
    struct buffer out = {.arena = arena};
    while (sql.length) {
        const struct placeholder *placeholder = placeholder_at(sql);
        if (placeholder)
            buffer_text(&out, text_of(placeholder->sql));
        else
            buffer_char(&out, sql.at[0]);
        sql = text_from(sql, placeholder ? strlen(placeholder->word) : 1);
    }
    buffer_char(&out, '\0');
    return buffer_contents(&out);
}

static enum status is_applied(struct db *db, const struct migration *migration, bool *out)
{
    int64_t count;
    enum status status =
        db_integer(db, &count, 0,
                   "SELECT COUNT(*) FROM django_migrations WHERE app = $1 AND name = $2",
                   DB_TEXT(text_of(migration->app_label)), DB_TEXT(migration->name));
    *out = count > 0;
    return status;
}

static enum status record(struct db *db, const struct migration *migration)
{
    char now[CLOCK_ISO_SIZE];
    clock_iso(now, clock_wall());
    now[10] = ' '; /* as Django writes it: no T, no Z */
    struct text applied = text_part(text_of(now), 0, CLOCK_ISO_SIZE - 2);
    return db_run(db, "INSERT INTO django_migrations (app, name, applied) VALUES ($1, $2, $3)",
                  DB_TEXT(text_of(migration->app_label)), DB_TEXT(migration->name),
                  DB_TEXT(applied));
}

struct application {
    const struct migration *migration;
    bool done;
};

/* Looks again inside the transaction: another instance may have been first. */
static enum status apply_one(struct db *db, void *context)
{
    struct application *application = context;
    const struct migration *migration = application->migration;
    bool there;
    enum status status = is_applied(db, migration, &there);
    if (status != OK || there)
        return status;
    struct arena *arena = arena_new(8192);
    status = db_script(db, replaced(arena, migration->sql).at);
    arena_free(arena);
    if (status == OK)
        status = record(db, migration);
    application->done = status == OK;
    return status;
}

static enum status make_record(struct db *db, void *context)
{
    (void)context;
    struct arena *arena = arena_new(1024);
    struct text sql =
        replaced(arena, TEXT("CREATE TABLE IF NOT EXISTS \"django_migrations\" (\"id\" {pk}, "
                             "\"app\" varchar(255) NOT NULL, \"name\" varchar(255) NOT NULL, "
                             "\"applied\" {datetime} NOT NULL)"));
    enum status status = db_script(db, sql.at);
    arena_free(arena);
    return status;
}

enum status migrations_apply(struct db *db, const struct migration *migrations, size_t count,
                             size_t *applied)
{
    *applied = 0;
    enum status status = db_transaction(db, make_record, NULL);
    for (size_t i = 0; i < count && status == OK; i++) {
        struct application application = {.migration = &migrations[i]};
        status = db_transaction(db, apply_one, &application);
        *applied += application.done;
        if (status != OK)
            status = fail_as(status, "migration %s.%.*s: %s", migrations[i].app_label,
                             TEXT_ARG(migrations[i].name), status_failure()->message);
    }
    return status;
}

enum status migrations_check(struct db *db, const struct migration *migrations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool there;
        enum status status = is_applied(db, &migrations[i], &there);
        if (status == FAILED)
            return fail_as(INVALID,
                           "the list of applied migrations cannot be read (%s): run "
                           "`oc-lettings migrate`",
                           status_failure()->message);
        if (status != OK)
            return status;
        if (!there)
            return fail_as(INVALID,
                           "the migration %s.%.*s is not applied: run `oc-lettings migrate`",
                           migrations[i].app_label, TEXT_ARG(migrations[i].name));
    }
    return OK;
}
