#include "db/postgres_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"

#define MOST_WORDS 16
#define MOST_SAID  ((off_t)64 * 1024) /* of the end of what a tool says */

/* As libpq reads it. Others of this machine see it in the list of processes. */
const char *postgres_tool_target(struct arena *arena, const struct postgres_target *target)
{
    struct buffer words = {.arena = arena};
    for (size_t i = 0; target->keywords[i]; i++) {
        if (strstr(target->keywords[i], "password"))
            continue;
        buffer_format(&words, "%s='", target->keywords[i]);
        for (const char *at = target->values[i]; *at; at++) {
            if (*at == '\'' || *at == '\\')
                buffer_char(&words, '\\');
            buffer_char(&words, *at);
        }
        buffer_text(&words, TEXT("' "));
    }
    buffer_char(&words, '\0');
    return words.at;
}

/* Ours, with the URL's password in it. */
static char **environment_with(struct arena *arena, const struct postgres_target *target)
{
    bool has_password = false;
    for (size_t i = 0; target->keywords[i]; i++)
        has_password = has_password || strcmp(target->keywords[i], "password") == 0;
    size_t count = 0;
    size_t kept = 0;
    while (environ[count])
        count++;
    char **all = ARENA_ARRAY(arena, char *, count + 2);
    for (size_t i = 0; i < count; i++)
        if (!has_password || strncmp(environ[i], "PGPASSWORD=", strlen("PGPASSWORD=")) != 0)
            all[kept++] = environ[i];
    for (size_t i = 0; target->keywords[i]; i++)
        if (strcmp(target->keywords[i], "password") == 0)
            all[kept++] =
                text_string(arena, text_format(arena, "PGPASSWORD=%s", target->values[i]));
    return all;
}

enum status postgres_tool_start(struct arena *arena, const struct postgres_target *target,
                                const char *const *words, struct postgres_files files,
                                struct postgres_tool *out)
{
    char *arguments[MOST_WORDS + 1] = {0};
    const int given[] = {files.in, files.out, -1, files.list};
    posix_spawn_file_actions_t actions;
    *out = (struct postgres_tool){.name = words[0]};
    out->errors = memfd_create("errors", MFD_CLOEXEC);
    for (size_t i = 0; i < MOST_WORDS && words[i]; i++)
        arguments[i] = text_string(arena, text_of(words[i]));
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < (int)(sizeof given / sizeof *given); i++)
        if (given[i] >= 0)
            posix_spawn_file_actions_adddup2(&actions, given[i], i);
    posix_spawn_file_actions_adddup2(&actions, out->errors, STDERR_FILENO);
    int error = posix_spawnp(&out->child, words[0], &actions, NULL, arguments,
                             environment_with(arena, target));
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        return OK;
    close(out->errors);
    if (error == ENOENT)
        return fail_as(NOT_FOUND,
                       "%s is not there: install PostgreSQL's client programs (postgresql-client)",
                       words[0]);
    return fail("cannot start %s: %s", words[0], strerror(error));
}

static struct text read_said(struct arena *arena, int fd)
{
    struct stat found;
    off_t length = fstat(fd, &found) == 0 ? found.st_size : 0;
    off_t from = length > MOST_SAID ? length - MOST_SAID : 0;
    char *all = arena_alloc(arena, (size_t)(length - from) + 1);
    ssize_t read = pread(fd, all, (size_t)(length - from), from);
    return text_trim((struct text){all, read > 0 ? (size_t)read : 0});
}

/* "pg_dump: error: why" in its first line. */
static enum status refuse_by(struct arena *arena, const char *name, struct text said)
{
    struct text prefix = text_format(arena, "%s: error: ", name);
    struct text why = text_part(said, 0, text_find_char(said, '\n'));
    if (text_starts(why, prefix))
        why = text_from(why, prefix.length);
    if (why.length == 0)
        return fail_as(INVALID, "%s ended before it was done", name);
    return fail_as(INVALID, "%s: %.*s", name, TEXT_ARG(why));
}

enum status postgres_tool_end(struct arena *arena, struct postgres_tool *tool, struct text *said)
{
    while (waitpid(tool->child, &tool->ended, 0) < 0)
        if (errno != EINTR)
            return fail("%s: %s", tool->name, strerror(errno));
    struct text words = read_said(arena, tool->errors);
    close(tool->errors);
    if (said)
        *said = words;
    return tool->ended == 0 ? OK : refuse_by(arena, tool->name, words);
}

enum status postgres_tool_run(struct arena *arena, const struct postgres_target *target,
                              const char *const *words, struct postgres_files files)
{
    struct postgres_tool tool;
    enum status status = postgres_tool_start(arena, target, words, files, &tool);
    return status == OK ? postgres_tool_end(arena, &tool, NULL) : status;
}
