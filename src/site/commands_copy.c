/* `oc-lettings copy` */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "model/copy.h"
#include "model/migrations.h"
#include "site/commands.h"
#include "site/settings.h"
#include "site/site.h"

const char command_copy_help[] =
    "Copies every table of this site from one database to another, of the same or the other "
    "kind:\n"
    "sqlite:///FILE, postgres://USER@HOST/NAME. Stop the site first. The second must be empty; its "
    "tables\n"
    "are made by `migrate`'s means. At the end the keys go on where they were, and rows and "
    "checksums of\n"
    "both are compared. When it is interrupted, the same command goes on.\n";

struct copying {
    struct arena *arena;
    struct text from_url;
    struct text to_url;
    struct db *from;
    struct db *to;
    struct copy_tables tables;
};

/* The mark of a copy that is not finished: of which database, without its password. */

static struct text source_of(const struct copying *copying)
{
    struct digest_value digest = digest_of(DIGEST_SHA256, &copying->from_url, 1);
    return hex_of(copying->arena, digest_bytes(&digest));
}

static enum status write_mark(struct db *db, void *context)
{
    const struct copying *copying = context;
    enum status status = db_run(db, "CREATE TABLE oc_copy (source varchar(64) NOT NULL)");
    return status == OK
               ? db_run(db, "INSERT INTO oc_copy (source) VALUES ($1)", DB_TEXT(source_of(copying)))
               : status;
}

static enum status check_mark(const struct copying *copying)
{
    struct db_rows rows;
    db_query(copying->to, &rows, "SELECT source FROM oc_copy");
    bool same = db_next(&rows) && text_equal(db_text(&rows, "source"), source_of(copying));
    enum status status = db_finish(&rows);
    return status != OK || same
               ? status
               : fail_as(CONFLICT, "a copy of another database was begun there: empty it first");
}

/* Empty, or of the same copy that was interrupted. */
static enum status prepare_target(const struct copying *copying)
{
    struct db_names names = {0};
    enum status status = db_tables(copying->to, copying->arena, &names);
    if (status != OK)
        return status;
    for (size_t i = 0; i < names.count; i++)
        if (text_is(names.items[i], "oc_copy"))
            return check_mark(copying);
    if (names.count)
        return fail_as(CONFLICT,
                       "the database to copy to is not empty (it has the table %.*s): name another",
                       TEXT_ARG(names.items[0]));
    return db_transaction(copying->to, write_mark, (void *)copying);
}

static enum status check_source(const struct copying *copying)
{
    struct migration_list list = site_migrations(copying->arena);
    bool *applied = ARENA_ARRAY(copying->arena, bool, list.count);
    enum status status = migrations_applied(copying->from, list, applied);
    for (size_t i = 0; i < list.count && status == OK; i++)
        if (!applied[i])
            status = fail_as(INVALID,
                             "the database to copy from lacks the migration %s.%.*s: run "
                             "`oc-lettings migrate` on it first",
                             list.items[i].app_label, TEXT_ARG(list.items[i].name));
    return status;
}

/* What triggers fill is filled by them. */

struct deriving {
    struct text table;
    bool found;
};

static enum status look_whether_derived(const struct module *module, void *context)
{
    struct deriving *deriving = context;
    deriving->found = deriving->found
                      || (module->derived_tables
                          && text_starts(deriving->table, text_of(module->derived_tables)));
    return OK;
}

static bool is_wanted(struct text table, void *context)
{
    (void)context;
    struct deriving deriving = {.table = table};
    site_each_module(look_whether_derived, &deriving);
    return !deriving.found && !text_is(table, "django_migrations") && !text_is(table, "oc_copy");
}

static bool is_copied(const struct copying *copying, struct text name)
{
    for (size_t i = 0; i < copying->tables.items.count; i++)
        if (text_equal(copying->tables.items.items[i].name, name))
            return true;
    return false;
}

static enum status name_others(const struct copying *copying)
{
    struct db_names names = {0};
    enum status status = db_tables(copying->from, copying->arena, &names);
    for (size_t i = 0; i < names.count && status == OK; i++)
        if (is_wanted(names.items[i], NULL) && !is_copied(copying, names.items[i]))
            printf("NOT copied: %.*s, which no module of this program has\n",
                   TEXT_ARG(names.items[i]));
    for (size_t i = 0; i < copying->tables.items.count && status == OK; i++) {
        const struct copy_table *table = &copying->tables.items.items[i];
        for (size_t k = 0; k < table->left_out.count; k++)
            printf("NOT copied: the column %.*s of %.*s, which no module of this program has\n",
                   TEXT_ARG(table->left_out.items[k]), TEXT_ARG(table->name));
    }
    return status;
}

/* Copying */

static void print_progress(struct text table, int64_t rows)
{
    printf("%.*s: %" PRId64 " rows\n", TEXT_ARG(table), rows);
    fflush(stdout);
}

static enum status tell_changes(struct db *db, void *context)
{
    (void)context;
    return site_tell_changes(db);
}

static enum status copy_all(const struct copying *copying)
{
    struct migration_list list = site_migrations(copying->arena);
    size_t repaired;
    bool dropped;
    enum status status = OK;
    for (size_t i = 0; i < copying->tables.items.count && status == OK; i++) {
        const struct copy_table *table = &copying->tables.items.items[i];
        status = migrations_suspend(copying->to, list, table->name, &dropped);
        if (status == OK)
            status = copy_rows(copying->from, copying->to, table, print_progress);
        if (status == OK)
            status = copy_sequence(copying->from, copying->to, table);
    }
    if (status == OK)
        status = migrations_repair(copying->to, list, &repaired);
    return status == OK ? db_transaction(copying->to, tell_changes, NULL) : status;
}

/* Where the sums differ, by what the second database would make of the first's rows now. */
static enum status compare_again(const struct copying *copying, const struct copy_table *table,
                                 const struct copy_sum *there, const struct copy_sum *here)
{
    struct copy_sum again = {0};
    enum status status = copy_sum_again(copying->from, copying->to, table, &again);
    if (status == OK && !copy_sum_equal(&again, here))
        return fail_as(CONFLICT,
                       "%.*s differs (%" PRId64 " rows there, %" PRId64 " here): was it written to "
                       "meanwhile? Stop the site, and copy into an empty database",
                       TEXT_ARG(table->name), there->rows, here->rows);
    if (status == OK)
        printf("%.*s: some values have another form here, as dates may, and are the same\n",
               TEXT_ARG(table->name));
    return status;
}

static enum status compare(const struct copying *copying)
{
    int64_t rows = 0;
    enum status status = OK;
    for (size_t i = 0; i < copying->tables.items.count && status == OK; i++) {
        const struct copy_table *table = &copying->tables.items.items[i];
        struct copy_sum there = {0};
        struct copy_sum here = {0};
        status = copy_sum_of(copying->from, table, &there);
        if (status == OK)
            status = copy_sum_of(copying->to, table, &here);
        if (status == OK && !copy_sum_equal(&there, &here))
            status = compare_again(copying, table, &there, &here);
        rows += status == OK ? here.rows : 0;
    }
    if (status == OK)
        printf("%zu tables, %" PRId64 " rows: the same in both\n", copying->tables.items.count,
               rows);
    return status;
}

/* Of one moment of the source. */
static enum status run(struct db *from, void *context)
{
    struct copying *copying = context;
    size_t applied;
    (void)from;
    enum status status = check_source(copying);
    if (status == OK)
        status = prepare_target(copying);
    if (status == OK)
        status = migrations_apply(copying->to, site_migrations(copying->arena), &applied);
    if (status == OK)
        status = copy_tables_find(copying->from, copying->to, copying->arena, is_wanted, NULL,
                                  &copying->tables);
    if (status == OK)
        status = name_others(copying);
    if (status == OK)
        status = copy_all(copying);
    if (status == OK)
        status = compare(copying);
    return status == OK ? db_run(copying->to, "DROP TABLE oc_copy") : status;
}

static enum status open_url(struct db **out, struct text url, bool writes)
{
    const struct db_options options = {
        .url = url,
        .directory = site_settings.data_dir,
        .writes = writes,
        .create = writes,
        .busy_timeout = site_settings.database_timeout,
    };
    return db_open(out, &options);
}

static enum status copy(struct copying *copying)
{
    if (text_equal(copying->from_url, copying->to_url))
        return fail_as(INVALID, "both are the same database");
    enum status status = open_url(&copying->from, copying->from_url, false);
    if (status == OK)
        status = open_url(&copying->to, copying->to_url, true);
    if (status == OK)
        status = db_set_up(copying->to);
    if (status == OK)
        status = db_snapshot(copying->from, run, copying);
    db_close(copying->to);
    db_close(copying->from);
    return status;
}

/* 0, or the exit status. */
static int read_words(struct copying *out, int count, char **arguments)
{
    for (int i = 0; i < count; i++) {
        struct text *place = strcmp(arguments[i], "--from") == 0 ? &out->from_url
                             : strcmp(arguments[i], "--to") == 0 ? &out->to_url
                                                                 : NULL;
        if (!place || i + 1 == count)
            return commands_misused("copy", place ? "needs a URL" : "is no option", arguments[i]);
        *place = text_of(arguments[++i]);
    }
    if (out->from_url.length && out->to_url.length)
        return 0;
    fprintf(stderr, "oc-lettings copy: name both databases: see --help\n");
    return 2;
}

int command_copy(int count, char **arguments)
{
    struct copying copying = {0};
    int misused = read_words(&copying, count, arguments);
    if (misused)
        return misused;
    copying.arena = arena_new((size_t)64 * 1024);
    enum status status = commands_start();
    if (status == OK)
        status = copy(&copying);
    log_flush();
    arena_free(copying.arena);
    return status == OK ? 0 : commands_failed();
}
