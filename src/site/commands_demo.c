/* demo: the modules' fixtures, or any number of made-up rows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "site/commands.h"
#include "site/demo.h"
#include "site/settings.h"
#include "site/site.h"

#define MOST_ROWS         100000000
#define PROGRESS_INTERVAL INT64_C(500000) /* microseconds */

const char command_demo_help[] =
    "Only with DEBUG=1: the demo's sign-in is public.\n"
    "--if-new           do nothing when there is a database already\n\n"
    "Or, also without DEBUG=1, any number of made-up rows, the same ones each time:\n"
    "--lettings COUNT   lettings, with their addresses\n"
    "--profiles COUNT   profiles, of users who cannot sign in\n"
    "--seed NUMBER      others\n"
    "--add              also where there are rows already\n";

struct demo_words {
    bool only_new;
    bool add;
    int64_t seed;
    bool makes_up;
};

/* Made-up rows */

struct option_search {
    const char *option; /* --<module>, with its count */
    const struct module *module;
};

static void show_progress(int64_t made)
{
    static int64_t shown;
    int64_t now = clock_monotonic();
    if (now - shown < PROGRESS_INTERVAL)
        return;
    shown = now;
    fprintf(stderr, isatty(STDERR_FILENO) ? "\r%" PRId64 " rows" : "%" PRId64 " rows\n", made);
}

static enum status find_module(const struct module *module, void *context)
{
    struct option_search *search = context;
    if (module->demo.insert && strncmp(search->option, "--", 2) == 0
        && strcmp(search->option + 2, module->name) == 0)
        search->module = module;
    return OK;
}

/* 0, or the exit status. */
static int read_number(int64_t *out, const char *option, const char *word, int64_t least)
{
    if (!word) {
        fprintf(stderr, "oc-lettings demo: %s lacks its number: see --help\n", option);
        return 2;
    }
    if (text_to_int64(out, text_of(word)) && *out >= least && *out <= MOST_ROWS)
        return 0;
    fprintf(stderr, "oc-lettings demo: %s must be a number from %" PRId64 " to %d, not \"%s\"\n",
            option, least, MOST_ROWS, word);
    return 2;
}

static int read_words(struct demo_words *out, int count, char **words)
{
    int status = 0;
    for (int i = 0; i < count && status == 0; i++) {
        struct option_search search = {.option = words[i]};
        int64_t rows;
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        site_each_module(find_module, &search);
        if (strcmp(words[i], "--if-new") == 0)
            out->only_new = true;
        else if (strcmp(words[i], "--add") == 0)
            out->add = true;
        else if (strcmp(words[i], "--seed") == 0)
            status = read_number(&out->seed, words[i++], value, 0);
        else if (search.module)
            status = read_number(&rows, words[i++], value, 1);
        else
            return commands_misused("demo", "is no option", words[i]);
        out->makes_up |= search.module != NULL;
    }
    return status;
}

static enum status make_rows(struct db *db, const struct demo_words *options, int count,
                             char **words)
{
    enum status status = OK;
    for (int i = 0; i + 1 < count && status == OK; i++) {
        struct option_search search = {.option = words[i]};
        int64_t rows;
        site_each_module(find_module, &search);
        if (!search.module || !text_to_int64(&rows, text_of(words[++i])))
            continue;
        const struct demo_order order = {rows, (uint64_t)options->seed, options->add,
                                         show_progress};
        status = demo_make(db, search.module, &order);
        if (status == OK)
            printf("Made %" PRId64 " %s.\n", rows, search.module->name);
    }
    return status;
}

static enum status open_migrated(struct db **db)
{
    size_t applied;
    enum status status = commands_open(db, true);
    if (status == OK)
        status = db_set_up(*db);
    return status == OK ? site_migrations_apply(*db, &applied) : status;
}

static enum status make_up(const struct demo_words *options, int count, char **words)
{
    struct db *db = NULL;
    enum status status = open_migrated(&db);
    if (status == OK)
        status = make_rows(db, options, count, words);
    db_close(db);
    return status;
}

/* The fixtures */

static enum status load_fixtures(void)
{
    struct db *db = NULL;
    size_t rows = 0;
    if (!site_settings.debug)
        return fail_as(INVALID, "the demo's password is public: its data is loaded with DEBUG=1 "
                                "only");
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = open_migrated(&db);
    if (status == OK)
        status = site_demo_load(db, arena, &rows);
    if (status == OK)
        printf("Made the database and filled it with %zu demo rows.\n", rows);
    db_close(db);
    arena_free(arena);
    return status;
}

/* On a server it is there before it has a table. */
static bool database_exists(void)
{
    struct db *db = NULL;
    struct db_table table = {0};
    struct arena *arena = arena_new(1024);
    enum status status = commands_open(&db, false);
    bool exists = status != NOT_FOUND;
    if (status == OK && db_url_is_server(site_settings.database_url))
        exists = db_table_read(db, arena, TEXT("django_migrations"), &table) != OK
                 || table.columns.count > 0;
    db_close(db);
    arena_free(arena);
    return exists;
}

int command_demo(int count, char **words)
{
    struct demo_words options = {0};
    int misused = read_words(&options, count, words);
    if (misused)
        return misused;
    if (commands_start() != OK)
        return commands_failed();
    if (options.only_new && database_exists())
        return 0;
    enum status status = options.makes_up ? make_up(&options, count, words) : load_fixtures();
    return status == OK ? 0 : commands_failed();
}
