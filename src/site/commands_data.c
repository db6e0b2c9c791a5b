/* loaddata and dumpdata: the database's rows from and into fixtures. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "db/db.h"
#include "model/fixtures.h"
#include "site/commands.h"
#include "site/site.h"

#define PROGRESS_INTERVAL INT64_C(200000) /* microseconds */
#define INDENT_MAX        100

const char command_loaddata_help[] =
    "FIXTURE is a file (.json), a name of the modules' own fixtures (demo), or - for standard\n"
    "input. All of them are loaded, or nothing. A row that is there is replaced.\n"
    "-e, --exclude APP[.MODEL]   pass over its objects; may be given several times\n"
    "-i, --ignorenonexistent     pass over models and fields that are not in this program\n";

const char command_dumpdata_help[] =
    "Without APP or MODEL: everything.\n"
    "-e, --exclude APP[.MODEL]   leave it out; may be given several times\n"
    "    --indent N              one value in a line, indented by N spaces a level\n"
    "    --natural-foreign       refer to rows by natural key, where there is one\n"
    "    --natural-primary       leave out the key of rows that have a natural key\n"
    "    --pks KEY,KEY           only these rows of the one MODEL\n"
    "-o, --output FILE           write there instead of standard output\n";

/* Options */

typedef LIST(const char *) name_list;

struct arguments {
    struct arena *arena;
    const char *command;
    name_list names;
    name_list excluded;
    name_list keys;
    const char *output;
    int indent;
    bool ignore_nonexistent;
    bool natural_foreign;
    bool natural_primary;
};

enum long_option { INDENT = 256, NATURAL_FOREIGN, NATURAL_PRIMARY, PKS, FORMAT };

static const struct option load_options[] = {
    {"exclude", required_argument, NULL, 'e'},
    {"ignorenonexistent", no_argument, NULL, 'i'},
    {"format", required_argument, NULL, FORMAT},
    {0},
};

static const struct option dump_options[] = {
    {"exclude", required_argument, NULL, 'e'},
    {"format", required_argument, NULL, FORMAT},
    {"indent", required_argument, NULL, INDENT},
    {"natural-foreign", no_argument, NULL, NATURAL_FOREIGN},
    {"natural-primary", no_argument, NULL, NATURAL_PRIMARY},
    {"output", required_argument, NULL, 'o'},
    {"pks", required_argument, NULL, PKS},
    {0},
};

static bool take_indent(struct arguments *arguments, struct text text)
{
    int64_t indent;
    if (!text_to_int64(&indent, text) || indent < 0 || indent > INDENT_MAX)
        return false;
    arguments->indent = (int)indent;
    return true;
}

static bool take_keys(struct arguments *arguments, struct text text)
{
    struct text key;
    while (text_next(&text, ',', &key))
        *LIST_PUSH(arguments->arena, &arguments->keys) =
            text_string(arguments->arena, text_trim(key));
    return arguments->keys.count > 0;
}

/* False: the value is none for this option. */
static bool take_option(struct arguments *arguments, int option, const char *value)
{
    switch (option) {
    case 'e': *LIST_PUSH(arguments->arena, &arguments->excluded) = value; return true;
    case 'i': arguments->ignore_nonexistent = true; return true;
    case 'o': arguments->output = value; return true;
    case INDENT: return take_indent(arguments, text_of(value));
    case NATURAL_FOREIGN: arguments->natural_foreign = true; return true;
    case NATURAL_PRIMARY: arguments->natural_primary = true; return true;
    case PKS: return take_keys(arguments, text_of(value));
    case FORMAT: return strcmp(value, "json") == 0;
    default: return false;
    }
}

static bool is_known(int option)
{
    return option != '?' && option != ':';
}

/* False: they are wrong, which it has said. */
static bool read_arguments(struct arguments *arguments, int count, char **words, const char *brief,
                           const struct option *options)
{
    char **from_name = words - 1; /* getopt_long() begins behind the command's name */
    int option;
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(count + 1, from_name, brief, options, NULL)) != -1) {
        if (is_known(option) && take_option(arguments, option, optarg))
            continue;
        const char letter[] = {'-', (char)optopt, '\0'};
        bool is_letter = option == '?' && optopt > ' ' && optopt < 0x7F;
        fprintf(stderr, "oc-lettings %s: \"%s\" %s: see --help\n", arguments->command,
                is_letter ? letter : from_name[optind - 1],
                option == ':'      ? "lacks its value"
                : is_known(option) ? "is no value for its option"
                                   : "is no option");
        return false;
    }
    for (int i = optind; i < count + 1; i++)
        *LIST_PUSH(arguments->arena, &arguments->names) = from_name[i];
    *LIST_PUSH(arguments->arena, &arguments->names) = NULL;
    *LIST_PUSH(arguments->arena, &arguments->excluded) = NULL;
    *LIST_PUSH(arguments->arena, &arguments->keys) = NULL;
    return true;
}

/* Progress: for who watches a terminal. */

struct progress {
    const char *words;
    int64_t shown;
};

static void show(size_t objects, void *context)
{
    struct progress *progress = context;
    int64_t now = clock_monotonic();
    if (now - progress->shown < PROGRESS_INTERVAL)
        return;
    progress->shown = now;
    fprintf(stderr, "\r%s %zu objects", progress->words, objects);
}

static struct fixture_progress progress_of(struct progress *progress)
{
    return (struct fixture_progress){isatty(STDERR_FILENO) ? show : NULL, progress};
}

static void end_progress(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}

/* What fails where tables are missing has this reason rather than SQL's. */
static enum status name_missing(struct db *db, enum status status)
{
    struct failure failure = *status_failure();
    if (status != FAILED || site_migrations_check(db) == INVALID)
        return status == FAILED ? INVALID : status;
    status_restore(&failure);
    return status;
}

/* loaddata */

static enum status add_file(struct arena *arena, const char *path, struct fixture_sources *sources)
{
    if (!text_ends(text_of(path), TEXT(".json")))
        return fail_as(INVALID,
                       "%s is neither a .json file nor the name of a fixture of the modules", path);
    if (access(path, R_OK) != 0)
        return fail_as(NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    *LIST_PUSH(arena, sources) = (struct fixture_source){.name = path, .kind = FIXTURE_FILE};
    return OK;
}

static enum status add_source(struct arena *arena, const char *name,
                              struct fixture_sources *sources)
{
    size_t before = sources->count;
    struct text bare = text_of(name);
    if (strcmp(name, "-") == 0) {
        *LIST_PUSH(arena, sources) =
            (struct fixture_source){.name = "standard input", .kind = FIXTURE_STANDARD_INPUT};
        return OK;
    }
    if (text_ends(bare, TEXT(".json")) && access(name, F_OK) != 0)
        bare = text_part(bare, 0, bare.length - strlen(".json"));
    site_fixtures_find(arena, bare, sources);
    return sources->count > before ? OK : add_file(arena, name, sources);
}

static enum status find_sources(const struct arguments *arguments, struct fixture_sources *sources)
{
    enum status status = OK;
    for (const char **name = arguments->names.items; *name && status == OK; name++)
        status = add_source(arguments->arena, *name, sources);
    return status;
}

static enum status load(const struct arguments *arguments, struct fixture_sources *sources,
                        size_t *rows)
{
    struct db *db = NULL;
    struct progress progress = {.words = "Loaded"};
    const struct fixture_loading options = {
        .models = site_models(arguments->arena),
        .excluded = arguments->excluded.items,
        .ignore_nonexistent = arguments->ignore_nonexistent,
        .migrations = site_migrations(arguments->arena),
        .progress = progress_of(&progress),
    };
    enum status status = find_sources(arguments, sources);
    if (status == OK)
        status = commands_open(&db, false);
    if (status == OK)
        status =
            name_missing(db, fixtures_load(db, sources->items, sources->count, &options, rows));
    end_progress(&progress);
    db_close(db);
    return status;
}

int command_loaddata(int count, char **words)
{
    struct arena *arena = arena_new(8192);
    struct arguments arguments = {.arena = arena, .command = "loaddata"};
    struct fixture_sources sources = {0};
    size_t rows = 0;
    int status = 0;
    if (!read_arguments(&arguments, count, words, ":e:i", load_options)) {
        status = 2;
    } else if (!arguments.names.items[0]) {
        fputs("oc-lettings loaddata: name a fixture: see --help\n", stderr);
        status = 2;
    } else if (commands_start() != OK || load(&arguments, &sources, &rows) != OK) {
        status = commands_failed();
    } else {
        printf("Loaded %zu object%s from %zu fixture%s.\n", rows, rows == 1 ? "" : "s",
               sources.count, sources.count == 1 ? "" : "s");
    }
    arena_free(arena);
    return status;
}

/* dumpdata */

/* A file is written under another name first, so that a failure leaves the old one. */
struct output {
    FILE *file;
    const char *path;
    const char *partial; /* NULL: it is written in place */
};

/* A file is replaced when all is written: by a new one beside it that only its owner may read,
 * since a dump holds password hashes, or who might read the old one. Links are followed. */
static enum status open_output(struct arena *arena, const char *path, struct output *out)
{
    struct stat there;
    *out = (struct output){.file = stdout, .path = path};
    if (!path || strcmp(path, "-") == 0)
        return OK;
    bool exists = stat(path, &there) == 0;
    if (exists && !S_ISREG(there.st_mode)) {
        out->file = fopen(path, "we");
        return out->file ? OK : fail("%s cannot be written: %s", path, strerror(errno));
    }
    char target[PATH_MAX];
    if (exists && realpath(path, target))
        out->path = text_copy(arena, text_of(target)).at;
    out->partial = text_format(arena, "%s.XXXXXX", out->path).at;
    int fd = mkostemp((char *)(uintptr_t)out->partial, O_CLOEXEC);
    if (fd < 0)
        return fail("%s cannot be written: %s", path, strerror(errno));
    if (exists && fchmod(fd, there.st_mode & 07777) != 0)
        log_warning("the mode of the file is not kept", LOG_STRING("file", path));
    out->file = fdopen(fd, "w");
    return out->file ? OK : fail("%s cannot be written: %s", path, strerror(errno));
}

static enum status close_output(const struct output *output, enum status status)
{
    if (output->file == stdout || !output->file)
        return status;
    bool written =
        fflush(output->file) == 0 && (!output->partial || fsync(fileno(output->file)) == 0);
    if ((fclose(output->file) != 0 || !written) && status == OK)
        status = fail("%s cannot be written: %s", output->path, strerror(errno));
    if (status == OK && output->partial && rename(output->partial, output->path) != 0)
        status = fail("%s cannot be written: %s", output->path, strerror(errno));
    if (status != OK && output->partial)
        unlink(output->partial);
    return status;
}

static enum status dump(const struct arguments *arguments)
{
    struct db *db = NULL;
    struct output output = {0};
    struct progress progress = {.words = "Wrote"};
    size_t written = 0;
    const struct fixture_dumping options = {
        .models = site_models(arguments->arena),
        .labels = arguments->names.items,
        .excluded = arguments->excluded.items,
        .keys = arguments->keys.items[0] ? arguments->keys.items : NULL,
        .natural_foreign = arguments->natural_foreign,
        .natural_primary = arguments->natural_primary,
        .indent = arguments->indent,
        .progress = progress_of(&progress),
    };
    enum status status = commands_open(&db, false);
    if (status == OK)
        status = db_allow_writes(db, false);
    if (status == OK)
        status = open_output(arguments->arena, arguments->output, &output);
    if (status == OK)
        status = name_missing(db, fixtures_dump(db, output.file, &options, &written));
    status = close_output(&output, status);
    end_progress(&progress);
    db_close(db);
    return status;
}

int command_dumpdata(int count, char **words)
{
    struct arena *arena = arena_new(8192);
    struct arguments arguments = {.arena = arena, .command = "dumpdata", .indent = -1};
    int status = 0;
    if (!read_arguments(&arguments, count, words, ":e:o:", dump_options))
        status = 2;
    else if (commands_start() != OK || dump(&arguments) != OK)
        status = commands_failed();
    arena_free(arena);
    return status;
}
