/* render: a template file with a JSON context, or requests of JSON lines. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/settings.h"
#include "db/db.h"
#include "http/request.h"
#include "model/loader.h"
#include "site/commands.h"
#include "site/internal.h"
#include "site/render_request.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/json_context.h"
#include "template/language.h"
#include "template/template.h"

#define FILE_MAX     ((size_t)64 << 20)
#define OUTPUT_LIMIT ((size_t)64 << 20)
#define BLOCK_SIZE   ((size_t)64 << 10)

const char command_render_help[] =
    "FILE is rendered as a page of the site: it may extend and include templates that lie beside "
    "it\n"
    "and the modules' own, and use their tags, routes and static files.\n\n"
    "--context JSON   a file with an object of names and values; - is standard input\n"
    "--language CODE  of the texts; without it, LANGUAGE_CODE\n"
    "--jsonl          instead of FILE: reads requests from standard input, one JSON object a "
    "line,\n"
    "                 and answers each with a line, until the end. See docs/templates.md\n";

enum option_code { CONTEXT = 256, LANGUAGE, JSONL };

static const struct option options[] = {
    {"context", required_argument, NULL, CONTEXT},
    {"language", required_argument, NULL, LANGUAGE},
    {"jsonl", no_argument, NULL, JSONL},
    {0},
};

struct arguments {
    const char *file;
    const char *context;
    const char *language;
    bool jsonl;
};

static int misused(const char *why, const char *argument)
{
    return commands_misused("render", why, argument);
}

static int take_option(struct arguments *out, int option, const char *word)
{
    switch (option) {
    case CONTEXT: out->context = optarg; return 0;
    case LANGUAGE: out->language = optarg; return 0;
    case JSONL: out->jsonl = true; return 0;
    default: return misused(option == ':' ? "lacks its value" : "is no option", word);
    }
}

/* 0, or the exit status. */
static int read_arguments(struct arguments *out, int count, char **words)
{
    char **from_name = words - 1; /* getopt_long() begins behind the command's name */
    int option;
    *out = (struct arguments){0};
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(count + 1, from_name, ":", options, NULL)) != -1) {
        int status = take_option(out, option, from_name[optind - 1]);
        if (status != 0)
            return status;
    }
    for (int i = optind; i < count + 1; i++) {
        if (out->file || out->jsonl)
            return misused(out->jsonl ? "does not go with --jsonl" : "is one file too many",
                           from_name[i]);
        out->file = from_name[i];
    }
    if (out->jsonl && (out->context || out->language))
        return misused("does not go with --jsonl", out->context ? "--context" : "--language");
    if (!out->file && !out->jsonl)
        return misused("is missing", "FILE");
    return 0;
}

/* ---- requests ---- */

static int answer_lines(void)
{
    struct arena *arena = arena_new(BLOCK_SIZE);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool written = true;
    while (written && (length = getline(&line, &capacity, stdin)) > 0) {
        struct buffer out = {.arena = arena};
        render_request(arena, (struct text){line, (size_t)length}, &out);
        written = fwrite(out.at, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);
    if (written)
        return 0;
    fail("standard output: %s", strerror(errno));
    return commands_failed();
}

static int render_lines(void)
{
    return site_languages_load() == OK ? answer_lines() : commands_failed();
}

/* ---- one page ---- */

static enum status read_all(struct arena *arena, FILE *file, const char *name, struct text *out)
{
    struct buffer bytes = {.arena = arena, .limit = FILE_MAX};
    char part[16384];
    size_t length;
    while ((length = fread(part, 1, sizeof part, file)) > 0)
        buffer_append(&bytes, part, length);
    if (ferror(file))
        return fail_as(INVALID, "%s: %s", name, strerror(errno));
    if (bytes.failed)
        return fail_as(INVALID, "%s: more than %zu MiB", name, FILE_MAX >> 20);
    *out = bytes.at ? buffer_contents(&bytes) : TEXT("");
    return text_is_utf8(*out) ? OK : fail_as(INVALID, "%s: it is not UTF-8", name);
}

/* NOT_FOUND: there is no such file. */
static enum status read_file(struct arena *arena, const char *name, struct text *out)
{
    FILE *file = fopen(name, "re");
    if (!file)
        return fail_as(errno == ENOENT ? NOT_FOUND : INVALID, "%s: %s", name, strerror(errno));
    enum status status = read_all(arena, file, name, out);
    fclose(file);
    return status;
}

/* The folder of the file, with its slash; empty: the current one. */
static struct text folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    return (struct text){file, slash ? (size_t)(slash - file) + 1 : 0};
}

/* What lies beside the file comes before the modules' own. */
static enum status load(void *context, struct arena *arena, struct text name,
                        struct template_source *out)
{
    const struct arguments *arguments = context;
    struct text folder = folder_of(arguments->file);
    struct text path = text_format(arena, "%.*s%.*s", TEXT_ARG(folder), TEXT_ARG(name));
    enum status status = read_file(arena, path.at, &out->text);
    out->path = path;
    return status == NOT_FOUND ? site_template_host().load(NULL, arena, name, out) : status;
}

static enum status read_context(struct arena *arena, const char *name, struct value_map *context)
{
    struct text text = TEXT("");
    struct value value = VALUE_NULL;
    enum status status = strcmp(name, "-") == 0 ? read_all(arena, stdin, "standard input", &text)
                                                : read_file(arena, name, &text);
    if (status != OK)
        return status;
    const json_t *json = json_context_parse(arena, text); /* as long as the program */
    if (!json || json_context_value(arena, json, &value) != OK)
        return fail_as(INVALID, "%s: %s", name,
                       text_copy(arena, text_of(status_failure()->message)).at);
    if (value.kind != VALUE_MAP)
        return fail_as(INVALID, "%s: it is to be an object of names and values", name);
    for (size_t i = 0; i < value.map->count; i++)
        value_map_put(context, value.map->entries[i].key, value.map->entries[i].value);
    return OK;
}

/* NULL: there is no such language, which it has said. */
static const struct language *language_of(const struct arguments *arguments)
{
    return arguments->language ? language_match(&site.languages, text_of(arguments->language))
                               : site.language;
}

/* For tags that read rows; without the database an empty one, which `opened` is to be closed. */
static enum status open_database(struct db **out, struct db **opened)
{
    const struct db_options empty = {.url = TEXT("sqlite:////dev/null")};
    if (site_database(out, false) == OK)
        return OK;
    enum status status = db_open(opened, &empty);
    *out = *opened;
    return status;
}

static enum status render_page(struct arena *arena, const struct arguments *arguments,
                               const struct language *language, struct db *db)
{
    struct template_host host = site_template_host();
    struct request request = {.arena = arena, .path = TEXT("/"), .language = language, .db = db};
    struct value_map *context = site_context(&request);
    struct buffer page = {.arena = arena, .limit = OUTPUT_LIMIT};
    host.context = (void *)arguments;
    host.load = load;
    enum status status = arguments->context ? read_context(arena, arguments->context, context) : OK;
    if (status != OK)
        return status;
    struct template_set *set = site_template_set(arena, host);
    struct value_source source = {.db = request.db, .arena = arena};
    const struct template_request rendering = {.language = language,
                                               .source = &source,
                                               .caller = &request};
    struct text name = text_from(text_of(arguments->file), folder_of(arguments->file).length);
    status = template_set_add(set, name);
    if (status == OK)
        status = template_render(set, name, &rendering, context, arena, &page);
    if (status != OK)
        return status;
    if (fwrite(page.at, 1, page.length, stdout) != page.length || fflush(stdout) != 0)
        return fail("standard output: %s", strerror(errno));
    return OK;
}

static enum status start(void)
{
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    if (status == OK)
        status = site_settings_load_unserved();
    return status == OK ? site_start() : status;
}

static int render_file(const struct arguments *arguments)
{
    if (start() != OK)
        return commands_failed();
    const struct language *language = language_of(arguments);
    if (!language)
        return misused("is no language of the site", arguments->language);
    struct arena *arena = arena_new(BLOCK_SIZE);
    struct db *db;
    struct db *opened = NULL;
    enum status status = open_database(&db, &opened);
    if (status == OK)
        status = render_page(arena, arguments, language, db);
    int exit_status = status == OK ? 0 : commands_failed();
    db_close(opened);
    arena_free(arena);
    return exit_status;
}

int command_render(int count, char **words)
{
    struct arguments arguments;
    int status = read_arguments(&arguments, count, words);
    if (status != 0)
        return status;
    return arguments.jsonl ? render_lines() : render_file(&arguments);
}
