/* migrate, showmigrations, sqlmigrate. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "model/migrations.h"
#include "site/commands.h"
#include "site/settings.h"
#include "site/site.h"

/* The command line: options, and up to two words. */
struct words {
    bool option;
    bool breaking; /* of `migrate` alone */
    struct text module;
    struct text name;
};

/* 0, or the exit status. */
static int read_words(struct words *out, const char *command, const char *option, int count,
                      char **arguments)
{
    struct text *const places[] = {&out->module, &out->name, NULL};
    struct text *const *place = places;
    for (int i = 0; i < count; i++) {
        if (option && strcmp(arguments[i], option) == 0)
            out->option = true;
        else if (strcmp(command, "migrate") == 0 && strcmp(arguments[i], "--breaking") == 0)
            out->breaking = true;
        else if (arguments[i][0] == '-')
            return commands_misused(command, "is no option", arguments[i]);
        else if (!arguments[i][0])
            return commands_misused(command, "names nothing", arguments[i]);
        else if (!*place)
            return commands_misused(command, "is too much", arguments[i]);
        else
            **place++ = text_of(arguments[i]);
    }
    return 0;
}

/* NULL where there is no database yet. */
static enum status open_if_there(struct db **out)
{
    enum status status = commands_open(out, false);
    if (status == OK)
        status = db_allow_writes(*out, false);
    return status == NOT_FOUND ? OK : status;
}

/* migrate */

static const char *count_word(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_plan(const struct migration_plan *plan)
{
    for (size_t i = 0; i < plan->steps.count; i++)
        printf("%s %s.%.*s\n", plan->steps.items[i].backward ? "take back" : "apply    ",
               plan->steps.items[i].migration->app_label,
               TEXT_ARG(plan->steps.items[i].migration->name));
    if (plan->steps.count == 0)
        printf("Nothing to migrate.\n");
}

/* The steps of a plan that goes both ways begin with those back. */
static void print_done(const struct migration_plan *plan, size_t done)
{
    size_t back = 0;
    while (back < done && plan->steps.items[back].backward)
        back++;
    if (back)
        printf("Took back %zu migration%s.\n", back, count_word(back));
    if (done > back)
        printf("Applied %zu migration%s.\n", done - back, count_word(done - back));
}

static enum status print_what_would_be(struct arena *arena, struct migration_target target)
{
    struct db *db = NULL;
    struct migration_plan plan;
    enum status status = open_if_there(&db);
    if (status == OK)
        status = migrations_plan(arena, db, site_migrations(arena), target, &plan);
    if (status == OK)
        print_plan(&plan);
    db_close(db);
    return status;
}

static enum status run_plan(struct arena *arena, struct db *db, struct migration_target target,
                            bool breaking)
{
    struct migration_plan plan;
    size_t done = 0;
    size_t repaired = 0;
    struct migration_list list = site_migrations(arena);
    enum status status = migrations_plan(arena, db, list, target, &plan);
    plan.keeps_release = !breaking;
    if (status == OK)
        status = migrations_run(db, &plan, &done);
    if (status == OK)
        status = migrations_repair(db, list, &repaired);
    if (status == OK)
        status = site_migrated(db);
    if (repaired)
        printf("Made indexes and triggers again of %zu migration%s.\n", repaired,
               count_word(repaired));
    if (status == OK && done == 0 && repaired == 0)
        printf("Nothing to migrate.\n");
    else if (done)
        print_done(&plan, done);
    return status;
}

static enum status migrate(struct arena *arena, struct migration_target target, bool breaking)
{
    struct db *db = NULL;
    struct migration_plan plan;
    /* A name that is none must not make a database. */
    enum status status = migrations_plan(arena, NULL, site_migrations(arena), target, &plan);
    if (status == OK)
        status = commands_open(&db, true);
    if (status == OK)
        status = db_set_up(db);
    if (status == OK)
        status = run_plan(arena, db, target, breaking);
    db_close(db);
    return status;
}

int command_migrate(int count, char **arguments)
{
    struct words words = {0};
    int misused = read_words(&words, "migrate", "--plan", count, arguments);
    if (misused)
        return misused;
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct migration_target target = {words.module, words.name};
    enum status status = commands_start();
    if (status == OK)
        status = words.option ? print_what_would_be(arena, target)
                              : migrate(arena, target, words.breaking);
    arena_free(arena);
    return status == OK ? 0 : commands_failed();
}

/* showmigrations */

static void print_list(struct migration_list list, const bool *applied, struct text module)
{
    const char *label = "";
    for (size_t i = 0; i < list.count; i++) {
        const struct migration *migration = &list.items[i];
        if (module.length && !text_is(module, migration->app_label))
            continue;
        if (strcmp(label, migration->app_label) != 0)
            printf("%s\n", migration->app_label);
        label = migration->app_label;
        printf(" [%c] %.*s\n", applied[i] ? 'X' : ' ', TEXT_ARG(migration->name));
    }
}

static enum status show(struct arena *arena, struct text module)
{
    struct db *db = NULL;
    struct migration_plan plan;
    struct migration_list list = site_migrations(arena);
    bool *applied = ARENA_ARRAY(arena, bool, list.count);
    enum status status =
        migrations_plan(arena, NULL, list, (struct migration_target){.app_label = module}, &plan);
    if (status == OK)
        status = open_if_there(&db);
    if (status == OK)
        status = migrations_applied(db, list, applied);
    if (status == OK)
        print_list(list, applied, module);
    db_close(db);
    return status;
}

int command_showmigrations(int count, char **arguments)
{
    struct words words = {0};
    int misused = read_words(&words, "showmigrations", NULL, count, arguments);
    if (misused)
        return misused;
    if (words.name.length)
        return commands_misused("showmigrations", "is too much", words.name.at);
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = commands_start();
    if (status == OK)
        status = show(arena, words.module);
    arena_free(arena);
    return status == OK ? 0 : commands_failed();
}

/* sqlmigrate */

/* Without the empty lines that stand for other parts of the file. */
static void print_sql(struct text sql)
{
    struct text line;
    bool gap = true;
    while (text_next(&sql, '\n', &line)) {
        bool empty = text_trim(line).length == 0;
        if (!empty)
            printf("%.*s\n", TEXT_ARG(line));
        else if (!gap && sql.length && text_trim(sql).length)
            printf("\n");
        gap = empty;
    }
}

static enum status print_migration(struct arena *arena, const struct words *words)
{
    const struct migration *migration;
    struct migration_sql sql;
    enum status status =
        migration_find(site_migrations(arena), words->module, words->name, &migration);
    if (status == OK)
        status = migration_read(arena, migration, db_url_dialect(site_settings.database_url), &sql);
    if (status == OK && words->option && !sql.backward.at)
        status = fail_as(INVALID, "migration %s.%.*s cannot be taken back", migration->app_label,
                         TEXT_ARG(migration->name));
    if (status != OK)
        return status;
    printf("BEGIN;\n");
    print_sql(words->option ? sql.backward : sql.forward);
    printf("COMMIT;\n");
    return OK;
}

int command_sqlmigrate(int count, char **arguments)
{
    struct words words = {0};
    int misused = read_words(&words, "sqlmigrate", "--backward", count, arguments);
    if (misused)
        return misused;
    if (!words.name.length) {
        fprintf(stderr, "oc-lettings sqlmigrate: name a module and a migration: see --help\n");
        return 2;
    }
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = commands_start();
    if (status == OK)
        status = print_migration(arena, &words);
    arena_free(arena);
    return status == OK ? 0 : commands_failed();
}
