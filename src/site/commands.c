#include "site/commands.h"

#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/assets.h"
#include "http/routes.h"
#include "model/differences.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/processes.h"
#include "site/report.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/version.h"

static char **original_environment;
static const char *running; /* the command's name */

/* What was typed wrong, or found to be wrong, is no failure of the program's. */
int commands_failed(void)
{
    if (status_failure()->status == FAILED)
        contain_note("command", running);
    log_flush();
    fprintf(stderr, "oc-lettings: %s\n", status_failure()->message);
    return 1;
}

static enum status load_settings(const char *process)
{
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    if (status == OK)
        status = site_settings_load(process);
    if (status == OK)
        contain_crashes("command", running);
    return status;
}

enum status commands_start(void)
{
    enum status status = load_settings(NULL);
    return status == OK ? site_start() : status;
}

int commands_misused(const char *command, const char *why, const char *argument)
{
    fprintf(stderr, "oc-lettings %s: \"%s\" %s: see --help\n", command, argument, why);
    return 2;
}

/* Where our own program lies, also after it was replaced there by a newer one. */
static const char *program_path(void)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0)
        return "/proc/self/exe";
    path[length] = '\0';
    return path;
}

/* In a process of its own: the supervisor opens no database. */
static bool migrate_first(const char *program)
{
    char *words[] = {"oc-lettings", "migrate", NULL};
    pid_t child;
    int ended = 0;
    log_warning("the data will not last", LOG_TEXT("data_dir", site_settings.data_dir));
    log_flush();
    int error = posix_spawn(&child, program, NULL, NULL, words, original_environment);
    if (error)
        fail("cannot start migrate: %s", strerror(error));
    else if (waitpid(child, &ended, 0) != child || ended != 0)
        fail("migrate failed, which DATA_EPHEMERAL=1 asks for at each start");
    return !error && ended == 0;
}

static int serve(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    if (load_settings("supervisor") != OK)
        return commands_failed();
    const char *program = program_path();
    if (site_settings.data_ephemeral && !migrate_first(program))
        return commands_failed();
    return supervisor_run(program, original_environment);
}

static int worker(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return worker_run();
}

static int clerk(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return clerk_run();
}

struct counts {
    size_t modules;
    size_t templates;
    size_t routes;
};

static enum status count_module(const struct module *module, void *context)
{
    struct counts *counts = context;
    counts->modules += module != &site_module;
    return OK;
}

static void print_faults(const struct difference_list *faults)
{
    log_flush();
    for (size_t i = 0; i < faults->items.count; i++)
        fprintf(stderr, "oc-lettings: %.*s\n", TEXT_ARG(faults->items.items[i]));
}

struct checking {
    struct db *db;
    struct arena *arena;
    struct difference_list *faults;
};

static enum status check_module(const struct module *module, void *context)
{
    const struct checking *checking = context;
    return module->check ? module->check(checking->db, checking->arena, checking->faults) : OK;
}

/* Not OK: what is wrong is printed. */
static enum status check_database(void)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct difference_list faults = {0};
    struct db *db;
    enum status status = site_database(&db, false);
    if (status == OK)
        status = site_database_faults(db, arena, &faults);
    if (status == OK && !faults.items.count)
        status = site_each_module(check_module, &(struct checking){db, arena, &faults});
    print_faults(&faults);
    if (status != OK)
        commands_failed();
    else if (faults.items.count)
        status = INVALID;
    site_database_close();
    arena_free(arena);
    return status;
}

/* It does not stop the site: events are not sent, which somebody should know. */
static enum status check_dsn(void)
{
    struct dsn dsn;
    enum status status = report_dsn(&dsn);
    return status == NOT_FOUND ? OK : status;
}

static int check(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    if (commands_start() != OK)
        return commands_failed();
    struct counts counts = {0};
    site_each_module(count_module, &counts);
    for (size_t i = 0; i < asset_count; i++)
        counts.templates += strncmp(assets[i].name, "templates/", strlen("templates/")) == 0;
    struct route_row row;
    while (router_row(site_router(), counts.routes, &row))
        counts.routes++;
    if (check_dsn() != OK)
        return commands_failed();
    if (check_database() != OK)
        return 1;
    printf("No faults: %zu modules, %zu routes, %zu templates.\n", counts.modules, counts.routes,
           counts.templates);
    return 0;
}

static void print_setting(const struct setting *row, void *context)
{
    struct arena *arena = context;
    bool good = settings_check(arena, row) == OK;
    struct text value = good ? settings_show(arena, row) : settings_show_given(arena, row);
    printf("%s=%.*s\n    %s\n    ", row->name, TEXT_ARG(value), row->help);
    if (!good)
        printf("WRONG: %s\n    ", status_failure()->message);
    if (row->choices)
        printf("one of: %s; ", row->choices);
    if (settings_is_set(row))
        printf("set; default: %s\n\n", row->fallback[0] ? row->fallback : "(empty)");
    else
        printf("default\n\n");
}

static int settings(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    if (settings_read_file(SITE_SETTINGS_FILE) != OK)
        return commands_failed();
    int status = site_settings_load(NULL) == OK ? 0 : commands_failed();
    struct arena *arena = arena_new(4096);
    site_settings_each(print_setting, arena);
    arena_free(arena);
    return status;
}

static void print_route(const char *methods, struct text path, const char *access, struct text name)
{
    printf("%-12s %-36.*s %-10s %.*s\n", methods, TEXT_ARG(path), access, TEXT_ARG(name));
}

static int routes(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    if (commands_start() != OK)
        return commands_failed();
    struct arena *arena = arena_new(4096);
    struct route_row row;
    print_route("METHODS", TEXT("PATH"), "ACCESS", TEXT("NAME"));
    for (size_t i = 0; router_row(site_router(), i, &row); i++)
        print_route(text_string(arena, http_methods_text(arena, route_methods(row.route))),
                    row.path, access_name(row.route->access), row.name);
    arena_free(arena);
    return 0;
}

static int version(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    printf("oc-lettings %s (%s)\n", PROGRAM_VERSION, PROGRAM_COMMIT);
    return 0;
}

enum status commands_open(struct db **out, bool create)
{
    const struct db_options options = {
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .writes = true,
        .create = create,
        .busy_timeout = site_settings.database_timeout,
        .pooled = site_settings.database_pooled,
        .encrypted = site_needs_encryption(),
    };
    return db_open(out, &options);
}

static const struct command commands[] = {
    {"serve", "", "serve the site until it is told to stop",
     "TERM and INT finish what has begun and stop; a second one stops at once. HUP starts new\n"
     "processes, with the settings and the program as they are then, and lets the old ones "
     "finish.\n",
     serve},
    {"check", "", "look for faults in settings, modules, routes, templates and database",
     "Of the database: migrations that are missing, and where its tables differ from the models.\n"
     "Exit status 1 names the first fault, or all of the database.\n",
     check},
    {"settings", "", "list every setting with its value, default and meaning",
     "Values come from the environment, then from the file .env, then from the default.\n"
     "Secrets are not shown. Exit status 1: one is wrong, and says why.\n",
     settings},
    {"routes", "", "list every route: methods, path, access, name", "", routes},
    {"migrate", "[--plan] [--breaking] [MODULE [NUMBER]]",
     "bring the database up to date, making it where there is none",
     "Applies what is missing of each module's migrations, each wholly or not at all. What Django\n"
     "has applied under the same name counts.\n\n"
     "MODULE   only this module's, and what they need\n"
     "NUMBER   forward or backward to this one: 0001, or its whole name; zero: all are taken "
     "back,\n"
     "         which drops the module's tables. What needs a migration is taken back with it\n"
     "--plan   print what would be done, and do nothing\n"
     "--breaking   also what the release before cannot go on with: stop that first\n",
     command_migrate},
    {"showmigrations", "[MODULE]", "list every module's migrations, [X] for those that are applied",
     "", command_showmigrations},
    {"sqlmigrate", "[--backward] MODULE NUMBER", "print the SQL of a migration",
     "In the words of the database that DATABASE_URL names. Nothing is run.\n\n"
     "--backward   print what takes it back\n",
     command_sqlmigrate},
    {"demo", "[--if-new] [--lettings COUNT]...", "fill the database with demo or made-up rows",
     command_demo_help, command_demo},
    {"loaddata", "[OPTION]... FIXTURE...", "load rows from fixtures: Django's JSON",
     command_loaddata_help, command_loaddata},
    {"dumpdata", "[OPTION]... [APP[.MODEL]]...", "write rows as a fixture: Django's JSON",
     command_dumpdata_help, command_dumpdata},
    {"backup", "FILE", "write the whole database into a file, while the site runs",
     command_backup_help, command_backup},
    {"restore", "FILE", "put such a file in the database's place, and keep what was there",
     command_restore_help, command_restore},
    {"copy", "--from URL --to URL", "copy the whole site from one database into another",
     command_copy_help, command_copy},
    {"monitor", "test", "send an event, and say what became of it", command_monitor_help,
     command_monitor},
    {"startmodule", "NAME [ROW]", "write a new module into the checkout: table, pages, tests",
     "NAME     the module's folder, URL and table, in the plural: boats\n"
     "ROW      one of them; without it, NAME in the singular: boat\n"
     "It writes modules/NAME and adds a line to modules/installed.c, or does nothing.\n",
     command_startmodule},
    {"render", "[--context JSON] [--language CODE] FILE | --jsonl",
     "render a template file with values from JSON", command_render_help, command_render},
    {"version", "", "print the version", "", version},
    {"worker", "", NULL, "Started by `serve`.\n", worker},
    {"clerk", "", NULL, "Started by `serve`.\n", clerk},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_summary(FILE *out, const struct command *command)
{
    if (command->summary)
        fprintf(out, "  %-16s %s\n", command->name, command->summary);
}

static enum status print_summaries(const struct module *module, void *context)
{
    for (size_t i = 0; i < module->commands.count; i++)
        print_summary(context, &module->commands.rows[i]);
    return OK;
}

static void print_overview(FILE *out)
{
    fputs("OC Lettings: a holiday-homes site.\n\nUsage: oc-lettings COMMAND\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_summary(out, &commands[i]);
    site_each_module(print_summaries, out);
    fputs("\n`oc-lettings COMMAND --help` says more of one.\n", out);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run(const struct command *command, int count, char **arguments)
{
    if (count > 0 && is_help(arguments[0])) {
        printf("Usage: oc-lettings %s%s%s\n\n", command->name, command->arguments[0] ? " " : "",
               command->arguments);
        if (command->summary)
            printf("%c%s.\n", command->summary[0] - 'a' + 'A', command->summary + 1);
        printf("%s%s", command->summary && command->help[0] ? "\n" : "", command->help);
        return 0;
    }
    if (count > 0 && !command->arguments[0]) {
        fprintf(stderr, "oc-lettings %s takes no arguments: see --help\n", command->name);
        return 2;
    }
    return command->run(count, arguments);
}

struct command_search {
    const char *name;
    const struct command *found;
};

static enum status search_module(const struct module *module, void *context)
{
    struct command_search *search = context;
    for (size_t i = 0; i < module->commands.count && !search->found; i++)
        if (strcmp(module->commands.rows[i].name, search->name) == 0)
            search->found = &module->commands.rows[i];
    return OK;
}

/* The core's own, else a module's; NULL: there is none. */
static const struct command *find_command(const char *name)
{
    struct command_search search = {.name = name};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    site_each_module(search_module, &search);
    return search.found;
}

int commands_run(int count, char **arguments, char **environment)
{
    original_environment = environment;
    if (count < 2 || is_help(arguments[1]) || strcmp(arguments[1], "help") == 0) {
        print_overview(count < 2 ? stderr : stdout);
        return count < 2 ? 2 : 0;
    }
    const char *name = strcmp(arguments[1], "--version") == 0 ? "version" : arguments[1];
    const struct command *command = find_command(name);
    running = name;
    if (command)
        return run(command, count - 2, arguments + 2);
    fprintf(stderr, "oc-lettings: \"%s\" is no command. There are:\n\n", arguments[1]);
    print_overview(stderr);
    return 2;
}
