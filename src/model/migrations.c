#include "model/migrations.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/dialect.h"
#include "model/migration_file.h"
#include "model/migration_safety.h"

/* The record: Django's own table. */

static const struct migration record_table = {
    .app_label = "django",
    .name = TEXT("migrations"),
    .path = __FILE__,
    .sql = TEXT("CREATE TABLE IF NOT EXISTS \"django_migrations\" (\"id\" {pk}, "
                "\"app\" varchar(255) NOT NULL, \"name\" varchar(255) NOT NULL, "
                "\"applied\" {datetime} NOT NULL)"),
};

static enum status make_record(struct db *db, void *context)
{
    (void)context;
    struct arena *arena = arena_new(1024);
    struct migration_sql sql;
    enum status status = migration_read(arena, &record_table, db_dialect(db), &sql);
    if (status == OK)
        status = db_script(db, sql.forward.at);
    arena_free(arena);
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

static enum status forget(struct db *db, const struct migration *migration)
{
    return db_run(db, "DELETE FROM django_migrations WHERE app = $1 AND name = $2",
                  DB_TEXT(text_of(migration->app_label)), DB_TEXT(migration->name));
}

static void mark(struct migration_list list, struct text app, struct text name, bool *applied)
{
    for (size_t i = 0; i < list.count; i++)
        if (text_is(app, list.items[i].app_label) && text_equal(name, list.items[i].name))
            applied[i] = true;
}

static enum status read_record(struct db *db, struct migration_list list, bool *applied)
{
    struct db_rows rows;
    db_query(db, &rows, "SELECT app, name FROM django_migrations");
    while (db_next(&rows))
        mark(list, db_text(&rows, "app"), db_text(&rows, "name"), applied);
    return db_finish(&rows);
}

enum status migrations_applied(struct db *db, struct migration_list list, bool *applied)
{
    struct db_table table = {0};
    struct arena *arena = arena_new(1024);
    for (size_t i = 0; i < list.count; i++)
        applied[i] = false;
    enum status status = db ? db_table_read(db, arena, TEXT("django_migrations"), &table) : OK;
    if (status == OK && table.columns.count)
        status = read_record(db, list, applied);
    arena_free(arena);
    return status;
}

/* Taking a step */

struct taking {
    struct migration_list list;
    const struct migration_step *step;
    const struct migration_tables *before; /* of the release that runs; NULL: none does */
    size_t line;                           /* where it failed; 0: not in the file */
    bool done;
};

static enum status run_sql(struct db *db, struct taking *taking)
{
    const struct migration_step *step = taking->step;
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct migration_sql sql;
    enum status status = migration_read(arena, step->migration, db_dialect(db), &sql);
    if (status == OK) {
        struct text text = step->backward ? sql.backward : sql.forward;
        const char *at;
        status = db_script_at(db, text.at, &at);
        taking->line = status == OK ? 0 : migration_line(text, at);
    }
    arena_free(arena);
    return status;
}

/* What forward needs must be applied, and backward must be needed by none that is. */
static enum status check_neighbours(const struct taking *taking, const bool *applied)
{
    const struct migration *items = taking->list.items;
    size_t own = (size_t)(taking->step->migration - items);
    for (size_t i = 0; i < taking->list.count; i++) {
        bool wrong = taking->step->backward
                         ? i > own && applied[i] && migration_needs(taking->list, i, own)
                         : i < own && !applied[i] && migration_needs(taking->list, own, i);
        if (wrong)
            return fail_as(CONFLICT, "another process has %s %s.%.*s meanwhile: migrate again",
                           taking->step->backward ? "applied" : "taken back", items[i].app_label,
                           TEXT_ARG(items[i].name));
    }
    return OK;
}

/* Looks again inside the transaction: another process may have been first. */
static enum status look_again(struct db *db, const struct taking *taking, bool *is_to_do)
{
    struct arena *arena = arena_new(1024);
    bool *applied = ARENA_ARRAY(arena, bool, taking->list.count);
    enum status status = read_record(db, taking->list, applied);
    *is_to_do = applied[taking->step->migration - taking->list.items] == taking->step->backward;
    if (status == OK && *is_to_do)
        status = check_neighbours(taking, applied);
    arena_free(arena);
    return status;
}

static enum status check_release(struct db *db, const struct taking *taking)
{
    if (!taking->before || taking->step->backward)
        return OK;
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = migration_tables_check(db, arena, taking->before);
    arena_free(arena);
    if (status != INVALID)
        return status;
    return fail_as(INVALID,
                   "%s, so that the release before it cannot go on: stop that first, then "
                   "`migrate --breaking`",
                   status_failure()->message);
}

static enum status take(struct db *db, void *context)
{
    struct taking *taking = context;
    const struct migration_step *step = taking->step;
    bool is_to_do;
    enum status status = look_again(db, taking, &is_to_do);
    if (status != OK || !is_to_do)
        return status;
    status = run_sql(db, taking);
    if (status == OK)
        status = check_release(db, taking);
    if (status == OK)
        status = step->backward ? forget(db, step->migration) : record(db, step->migration);
    taking->done = status == OK;
    return status;
}

static enum status name_step(const struct taking *taking, enum status status)
{
    const struct migration *migration = taking->step->migration;
    char place[512] = "";
    if (taking->line)
        snprintf(place, sizeof place, "%s:%zu: ", migration->path, taking->line);
    return fail_as(status, "%s %s.%.*s: %s%s", taking->step->backward ? "taking back" : "migration",
                   migration->app_label, TEXT_ARG(migration->name), place,
                   status_failure()->message);
}

/* Whether a release can run already. */
static enum status look_for_any(struct db *db, const struct migration_plan *plan, bool *any)
{
    struct arena *arena = arena_new(1024);
    bool *applied = ARENA_ARRAY(arena, bool, plan->list.count);
    enum status status = migrations_applied(db, plan->list, applied);
    *any = false;
    for (size_t i = 0; i < plan->list.count && status == OK; i++)
        *any = *any || applied[i];
    arena_free(arena);
    return status;
}

static enum status run_step(struct db *db, const struct migration_plan *plan, size_t index,
                            const struct migration_tables *before, size_t *done)
{
    struct taking taking = {.list = plan->list,
                            .step = &plan->steps.items[index],
                            .before = before};
    enum status status = db_schema_transaction(db, take, &taking);
    *done += status == OK && taking.done;
    return status == OK ? OK : name_step(&taking, status);
}

/* `before`: what the release that runs knows. What an initial step leaves is what it knows then. */
static enum status run_steps(struct db *db, struct arena *arena, const struct migration_plan *plan,
                             bool checks, size_t *done)
{
    struct migration_tables before = {0};
    enum status status = checks ? migration_tables_read(db, arena, &before) : OK;
    for (size_t i = 0; i < plan->steps.count && status == OK; i++) {
        bool initial = migration_is_initial(plan->steps.items[i].migration->sql);
        status = run_step(db, plan, i, checks && !initial ? &before : NULL, done);
        if (status == OK && checks && initial) {
            before = (struct migration_tables){0};
            status = migration_tables_read(db, arena, &before);
        }
    }
    return status;
}

enum status migrations_run(struct db *db, const struct migration_plan *plan, size_t *done)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    bool any = false;
    *done = 0;
    enum status status = db_transaction(db, make_record, NULL);
    if (status == OK && plan->keeps_release && plan->steps.count)
        status = look_for_any(db, plan, &any);
    if (status == OK)
        status = run_steps(db, arena, plan, any, done);
    arena_free(arena);
    return status;
}

enum status migrations_apply(struct db *db, struct migration_list list, size_t *applied)
{
    struct arena *arena = arena_new(4096);
    struct migration_plan plan;
    *applied = 0;
    enum status status = migrations_plan(arena, db, list, (struct migration_target){0}, &plan);
    if (status == OK)
        status = migrations_run(db, &plan, applied);
    arena_free(arena);
    return status;
}

static enum status first_missing(struct migration_list list, const bool *applied)
{
    for (size_t i = 0; i < list.count; i++)
        if (!applied[i] && !migration_is_deferrable(list.items[i].sql))
            return fail_as(INVALID,
                           "the migration %s.%.*s is not applied: run `oc-lettings migrate`",
                           list.items[i].app_label, TEXT_ARG(list.items[i].name));
    return OK;
}

enum status migrations_check(struct db *db, struct migration_list list)
{
    struct arena *arena = arena_new(1024);
    bool *applied = ARENA_ARRAY(arena, bool, list.count);
    enum status status = list.count ? read_record(db, list, applied) : OK;
    if (status == FAILED)
        status = fail_as(INVALID,
                         "the list of applied migrations cannot be read (%s): run "
                         "`oc-lettings migrate`",
                         status_failure()->message);
    else if (status == OK)
        status = first_missing(list, applied);
    arena_free(arena);
    return status;
}
