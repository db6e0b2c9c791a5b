/* startmodule: writes a new module from the sample below startmodule/, a module of gizmos, with the
 * new one's names put in. It works on the checkout's files alone: settings and database may lack.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "http/assets.h"
#include "site/commands.h"
#include "site/settings.h"
#include "site/site.h"

#define NAME_LIMIT 30
#define SAMPLE     "startmodule/"
#define SAMPLE_END ".tpl"
#define LIST_PATH  "modules/installed.c"
#define LIST_WIDTH 100
#define LIST_START "#define INSTALLED(M)"

struct word {
    struct text sample;
    struct text given;
};

/* Of the sample, each before those it begins with. */
enum { WORD_NAME, WORD_ROW, WORD_NAME_LABEL, WORD_ROW_LABEL, WORD_ROW_UPPER, WORD_COUNT };

struct scaffold {
    struct arena *arena;
    const char *name;
    const char *row;
    const char *source; /* the checkout */
    const char *list;   /* modules/installed.c in it */
    struct text list_text;
    const char *folder;
    const char *new_folder; /* beside them until all is written */
    const char *new_list;
    struct word words[WORD_COUNT];
    LIST(struct text) written; /* paths in the folder */
};

static const char *path_in(const struct scaffold *scaffold, const char *below)
{
    return text_format(scaffold->arena, "%s/%s", scaffold->source, below).at;
}

static enum status cannot(const char *what, const char *path)
{
    return fail("cannot %s %s: %s", what, path, strerror(errno));
}

/* Files */

static bool read_file(struct arena *arena, const char *path, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct buffer buffer = {.arena = arena};
    ssize_t count;
    do {
        char *room = buffer_room(&buffer, 16384);
        count = read(fd, room, 16384);
        buffer.length += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    close(fd);
    *out = buffer_contents(&buffer);
    return count == 0;
}

static enum status write_file(const char *path, struct text text)
{
    FILE *file = fopen(path, "wxe");
    if (!file)
        return cannot("write", path);
    bool good = fwrite(text.at, 1, text.length, file) == text.length;
    good = fclose(file) == 0 && good;
    return good ? OK : cannot("write", path);
}

/* The folders between `top` and a file below it. */
static enum status make_folders(struct arena *arena, const char *top, const char *path)
{
    for (const char *slash = path + strlen(top); (slash = strchr(slash + 1, '/'));) {
        const char *folder =
            text_string(arena, text_part(text_of(path), 0, (size_t)(slash - path)));
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return cannot("make", folder);
    }
    return OK;
}

static void remove_folder(struct arena *arena, const char *path)
{
    char *roots[] = {text_string(arena, text_of(path)), NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *entry; walk && (entry = fts_read(walk));)
        if (entry->fts_info != FTS_D)
            remove(entry->fts_accpath);
    if (walk)
        fts_close(walk);
}

/* Names */

static const char *const reserved_words[] = {
    "alignas", "alignof", "asm",      "assert",  "auto",     "bool",     "break",     "case",
    "char",    "const",   "continue", "default", "do",       "double",   "else",      "enum",
    "errno",   "extern",  "false",    "float",   "for",      "goto",     "if",        "inline",
    "int",     "linux",   "long",     "nullptr", "register", "restrict", "return",    "short",
    "signed",  "sizeof",  "static",   "struct",  "switch",   "true",     "typedef",   "typeof",
    "union",   "unix",    "unsigned", "void",    "volatile", "while",    "constexpr", "nav",
};

static enum status check_word(const char *word, const char *what)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (word[length] || !length || length > NAME_LIMIT || word[0] < 'a' || word[0] > 'z')
        return fail_as(INVALID,
                       "\"%s\" is no name for a %s: take a letter of a-z, then a-z, 0-9 and _, "
                       "%d characters at most",
                       word, what, NAME_LIMIT);
    for (size_t i = 0; i < sizeof reserved_words / sizeof *reserved_words; i++)
        if (strcmp(word, reserved_words[i]) == 0)
            return fail_as(INVALID,
                           "a %s cannot be called %s, which means something to C or to "
                           "every page: take another name",
                           what, word);
    return OK;
}

static bool is_listed(const struct scaffold *scaffold)
{
    struct text row = text_format(scaffold->arena, "M(%s)", scaffold->name);
    struct text rest = scaffold->list_text;
    for (struct text line; text_next(&rest, '\n', &line);)
        if (text_starts(text_trim(line), row))
            return true;
    return false;
}

/* The program's modules may be others than the checkout's list has. */
static enum status check_module(const struct module *module, void *context)
{
    const struct scaffold *scaffold = context;
    struct text mount = text_format(scaffold->arena, "%s/", scaffold->name);
    if (strcmp(module->name, scaffold->name) != 0 && !text_is(mount, module->mount))
        return OK;
    return fail_as(CONFLICT, "the module %s answers at \"%s\": take another name", module->name,
                   module->mount);
}

static enum status check_name(struct scaffold *scaffold)
{
    const char *name = scaffold->name;
    enum status status = check_word(name, "module");
    if (status != OK)
        return status;
    if (is_listed(scaffold))
        return fail_as(CONFLICT, "%s has a module %s already: take another name", LIST_PATH, name);
    const char *core = text_format(scaffold->arena, "src/%s", name).at;
    struct stat stat;
    if (lstat(path_in(scaffold, core), &stat) == 0)
        return fail_as(CONFLICT, "%s is the core's: take another name", core);
    if (lstat(scaffold->folder, &stat) == 0)
        return fail_as(CONFLICT, "modules/%s is there already: remove it, or take another name",
                       name);
    return site_each_module(check_module, scaffold);
}

/* Whether a header has a type of that name, or a table whose row is called so. */
static bool declares(struct arena *arena, struct text header, const char *row)
{
    static const char *const forms[][2] = {{"struct ", " {"},
                                           {"enum ", " {"},
                                           {"union ", " {"},
                                           {"MODEL_ROW(", ","}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct text words = text_format(arena, "%s%s%s", forms[i][0], row, forms[i][1]);
        if (text_find(header, words) != TEXT_NOT_FOUND)
            return true;
    }
    return false;
}

/* The row's struct and model are seen by every module that includes it. */
static enum status check_row(const struct scaffold *scaffold)
{
    struct arena *arena = scaffold->arena;
    enum status status = check_word(scaffold->row, "row");
    char *roots[] = {text_string(arena, text_of(path_in(scaffold, "src"))),
                     text_string(arena, text_of(path_in(scaffold, "modules"))), NULL};
    FTS *walk = status == OK ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *entry; walk && status == OK && (entry = fts_read(walk));) {
        struct text header;
        if (entry->fts_info != FTS_F || !text_ends(text_of(entry->fts_name), TEXT(".h"))
            || !read_file(arena, entry->fts_accpath, &header)
            || !declares(arena, header, scaffold->row))
            continue;
        status = fail_as(CONFLICT, "%s has a %s already: name the row, as in startmodule %s %s_row",
                         entry->fts_path, scaffold->row, scaffold->name, scaffold->row);
    }
    if (walk)
        fts_close(walk);
    return status;
}

/* What one of them is called: the first ending that fits is put right. */
static const char *singular_of(struct arena *arena, const char *name)
{
    static const struct {
        const char *plural, *singular;
    } endings[] = {
        {"ies", "y"}, {"sses", "ss"}, {"shes", "sh"}, {"xes", "x"},
        {"ss", "ss"}, {"us", "us"},   {"is", "is"},   {"s", ""},
    };
    struct text text = text_of(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct text plural = text_of(endings[i].plural);
        if (text.length > plural.length && text_ends(text, plural))
            return text_format(arena, "%.*s%s", (int)(text.length - plural.length), name,
                               endings[i].singular)
                .at;
    }
    return name;
}

/* "boat_trips" as people read it: "Boat trips". */
static struct text label_of(struct arena *arena, const char *name)
{
    char *label = text_string(arena, text_of(name));
    for (char *c = label; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    label[0] = (char)(label[0] - 'a' + 'A');
    return text_of(label);
}

static struct text upper_of(struct arena *arena, const char *name)
{
    char *upper = text_string(arena, text_of(name));
    for (char *c = upper; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    return text_of(upper);
}

static void set_words(struct scaffold *scaffold)
{
    struct arena *arena = scaffold->arena;
    const struct word words[WORD_COUNT] = {
        [WORD_NAME] = {TEXT("gizmos"), text_of(scaffold->name)},
        [WORD_ROW] = {TEXT("gizmo"), text_of(scaffold->row)},
        [WORD_NAME_LABEL] = {TEXT("Gizmos"), label_of(arena, scaffold->name)},
        [WORD_ROW_LABEL] = {TEXT("Gizmo"), label_of(arena, scaffold->row)},
        [WORD_ROW_UPPER] = {TEXT("GIZMO"), upper_of(arena, scaffold->row)},
    };
    memcpy(scaffold->words, words, sizeof words);
}

/* The sample's texts */

static struct text put_words(const struct scaffold *scaffold, struct text sample)
{
    struct buffer out = {.arena = scaffold->arena};
    while (sample.length) {
        const struct word *word = scaffold->words;
        const struct word *end = word + WORD_COUNT;
        while (word < end && !text_starts(sample, word->sample))
            word++;
        buffer_text(&out, word < end ? word->given : text_part(sample, 0, 1));
        sample = text_from(sample, word < end ? word->sample.length : 1);
    }
    return buffer_contents(&out);
}

/* A line of `width` that goes on in the next one, as clang-format has it. */
static void put_continued(struct buffer *out, struct text line, size_t width)
{
    buffer_text(out, line);
    for (size_t i = line.length; i + 1 < width || i == line.length; i++)
        buffer_char(out, ' ');
    buffer_char(out, '\\');
}

static struct text without_end(struct text line)
{
    size_t length = line.length - 1;
    while (length && line.at[length - 1] == ' ')
        length--;
    return text_part(line, 0, length);
}

static struct text fill_in(const struct scaffold *scaffold, struct text sample)
{
    struct buffer out = {.arena = scaffold->arena};
    for (struct text line; text_next(&sample, '\n', &line);) {
        if (text_ends(line, TEXT("\\")))
            put_continued(&out, put_words(scaffold, without_end(line)), line.length);
        else
            buffer_text(&out, put_words(scaffold, line));
        if (sample.at)
            buffer_char(&out, '\n');
    }
    return buffer_contents(&out);
}

static enum status write_sample(struct scaffold *scaffold, const struct asset *asset)
{
    struct arena *arena = scaffold->arena;
    struct text name = text_of(asset->name);
    name = text_part(name, strlen(SAMPLE), name.length - strlen(SAMPLE_END));
    name = put_words(scaffold, name);
    const char *path = text_format(arena, "%s/%.*s", scaffold->new_folder, TEXT_ARG(name)).at;
    enum status status = make_folders(arena, scaffold->new_folder, path);
    if (status == OK)
        status = write_file(path, fill_in(scaffold, asset->plain));
    *LIST_PUSH(arena, &scaffold->written) = name;
    return status;
}

static enum status write_folder(struct scaffold *scaffold)
{
    enum status status = OK;
    if (mkdir(scaffold->new_folder, 0777) != 0)
        return cannot("make", scaffold->new_folder);
    for (size_t i = 0; i < asset_count && status == OK; i++)
        if (text_starts(text_of(assets[i].name), TEXT(SAMPLE)))
            status = write_sample(scaffold, &assets[i]);
    return status;
}

/* The list */

/* A line behind the macro's last one, which then goes on. */
static enum status add_row(const struct scaffold *scaffold, struct buffer *out)
{
    struct text rest = scaffold->list_text;
    size_t start = text_find(rest, TEXT(LIST_START));
    struct text line = TEXT_NONE;
    if (start == TEXT_NOT_FOUND)
        return fail_as(INVALID, "%s has no \"%s\": put it right first", LIST_PATH, LIST_START);
    buffer_text(out, text_part(rest, 0, start));
    rest = text_from(rest, start);
    while (text_next(&rest, '\n', &line) && text_ends(line, TEXT("\\")))
        buffer_format(out, "%.*s\n", TEXT_ARG(line));
    bool is_empty = !text_trim(line).length;
    if (!is_empty) {
        put_continued(out, line, LIST_WIDTH);
        buffer_char(out, '\n');
    }
    buffer_format(out, "    M(%s)\n%s", scaffold->name, is_empty ? "\n" : "");
    buffer_text(out, rest);
    return OK;
}

static enum status write_list(struct scaffold *scaffold)
{
    struct buffer text = {.arena = scaffold->arena};
    struct stat stat_of_old;
    enum status status = add_row(scaffold, &text);
    if (status == OK)
        status = write_file(scaffold->new_list, buffer_contents(&text));
    if (status != OK)
        return status;
    if (stat(scaffold->list, &stat_of_old) != 0
        || chmod(scaffold->new_list, stat_of_old.st_mode & 0777) != 0)
        return cannot("write", scaffold->new_list);
    return OK;
}

/* Both, or neither. */
static enum status put_in_place(const struct scaffold *scaffold)
{
    if (rename(scaffold->new_folder, scaffold->folder) != 0)
        return cannot("make", scaffold->folder);
    if (rename(scaffold->new_list, scaffold->list) == 0)
        return OK;
    enum status status = cannot("write", scaffold->list);
    remove_folder(scaffold->arena, scaffold->folder);
    return status;
}

static enum status write_module(struct scaffold *scaffold)
{
    enum status status = write_folder(scaffold);
    if (status == OK)
        status = write_list(scaffold);
    if (status == OK)
        status = put_in_place(scaffold);
    if (status != OK) {
        remove_folder(scaffold->arena, scaffold->new_folder);
        unlink(scaffold->new_list);
    }
    return status;
}

/* The command */

static void set_paths(struct scaffold *scaffold)
{
    struct arena *arena = scaffold->arena;
    const char *name = scaffold->name;
    int own = (int)getpid();
    scaffold->source = text_string(arena, site_settings.source_dir);
    scaffold->list = path_in(scaffold, LIST_PATH);
    scaffold->new_list = text_format(arena, "%s.%d", scaffold->list, own).at;
    scaffold->folder = path_in(scaffold, text_format(arena, "modules/%s", name).at);
    scaffold->new_folder = path_in(scaffold, text_format(arena, "modules/.%s.%d", name, own).at);
}

static enum status prepare(struct scaffold *scaffold, const char *row)
{
    struct arena *arena = scaffold->arena;
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    if (status != OK)
        return status;
    settings_load(arena, site_setting_rows); /* what else is wrong with them does not matter */
    set_paths(scaffold);
    if (!read_file(arena, scaffold->list, &scaffold->list_text))
        return fail_as(NOT_FOUND, "cannot read %s: run this in the checkout, or set SOURCE_DIR",
                       scaffold->list);
    status = check_name(scaffold);
    if (status != OK)
        return status;
    scaffold->row = row ? row : singular_of(arena, scaffold->name);
    return check_row(scaffold);
}

static void print_outcome(const struct scaffold *scaffold)
{
    const char *name = scaffold->name;
    printf("Wrote the module %s, whose table has a row for each %s:\n\n", name, scaffold->row);
    for (size_t i = 0; i < scaffold->written.count; i++)
        printf("    modules/%s/%.*s\n", name, TEXT_ARG(scaffold->written.items[i]));
    printf("    %s (one line more)\n\n"
           "To see it on http://localhost:8000/%s/:\n\n"
           "    script/build\n"
           "    DEBUG=1 build/oc-lettings migrate\n"
           "    DEBUG=1 build/oc-lettings loaddata modules/%s/fixtures/demo.json\n"
           "    script/server\n\n"
           "`script/test modules/%s` runs its tests; docs/write-a-module.md explains the files.\n",
           LIST_PATH, name, name, name);
}

int command_startmodule(int count, char **arguments)
{
    if (count < 1 || count > 2 || arguments[0][0] == '-') {
        fputs("oc-lettings startmodule takes NAME [ROW]: see --help\n", stderr);
        return 2;
    }
    struct scaffold scaffold = {.arena = arena_new((size_t)64 * 1024), .name = arguments[0]};
    enum status status = prepare(&scaffold, count > 1 ? arguments[1] : NULL);
    if (status == OK) {
        set_words(&scaffold);
        status = write_module(&scaffold);
    }
    if (status == OK)
        print_outcome(&scaffold);
    arena_free(scaffold.arena);
    return status == OK ? 0 : commands_failed();
}
