/* Any bytes as a fixture. What is taken must be dumped, loaded again and dumped the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/db.h"
#include "model/fixtures.h"
#include "site/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char folder[] = "/tmp/fuzz-fixtures-XXXXXX";
static struct db *db;
static struct arena *arena;
static const struct model *const *models;
static char *clear_sql;

static void require(enum status status)
{
    if (status == OK)
        return;
    fprintf(stderr, "%s\n", status_failure()->message);
    abort();
}

static void remove_folder(void)
{
    static const char *const names[] = {"x.sqlite3", "x.sqlite3-journal"};
    char path[64];
    db_close(db);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    arena_free(arena);
}

static char *make_clear_sql(void)
{
    struct text sql = TEXT("PRAGMA foreign_keys = OFF;");
    for (size_t i = 0; models[i]; i++)
        sql = text_format(arena, "%.*sDELETE FROM \"%s\";", TEXT_ARG(sql), model_table(models[i]));
    return text_string(arena, text_format(arena, "%.*sPRAGMA foreign_keys = ON;", TEXT_ARG(sql)));
}

static void start(void)
{
    size_t applied;
    if (!mkdtemp(folder))
        abort();
    const struct db_options options = {.url = TEXT("sqlite:///x.sqlite3"),
                                       .directory = text_of(folder),
                                       .writes = true,
                                       .create = true};
    arena = arena_new(8192);
    require(db_open(&db, &options));
    require(db_script(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY"));
    require(site_migrations_apply(db, &applied));
    models = site_models(arena);
    clear_sql = make_clear_sql();
    require(db_script(db, clear_sql));
    atexit(remove_folder);
}

static enum status load(struct text json, size_t *count)
{
    const struct fixture_loading options = {.models = models};
    const struct fixture_source source = {.name = "input", .text = json};
    return fixtures_load(db, &source, 1, &options, count);
}

/* To be freed. */
static struct text dump(void)
{
    const struct fixture_dumping options = {.models = models, .indent = 1};
    char *bytes = NULL;
    size_t length = 0;
    size_t written;
    FILE *file = open_memstream(&bytes, &length);
    if (!file)
        abort();
    require(fixtures_dump(db, file, &options, &written));
    fclose(file);
    return (struct text){bytes, length};
}

/* Fixtures have milliseconds: what was loaded is cut by its first dump. */
static void check_dump(void)
{
    size_t count;
    struct text first = dump();
    require(load(first, &count));
    struct text second = dump();
    require(load(second, &count));
    struct text third = dump();
    if (!text_equal(second, third))
        abort();
    free((char *)(uintptr_t)first.at);
    free((char *)(uintptr_t)second.at);
    free((char *)(uintptr_t)third.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t count;
    if (!db)
        start();
    if (load((struct text){(const char *)bytes, size}, &count) == OK && count) {
        check_dump();
        require(db_script(db, clear_sql));
    }
    return 0;
}
