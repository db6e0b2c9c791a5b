#include "monitor/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "monitor/envelope.h"

#define LARGEST_FILE ((size_t)2 * 1024 * 1024)
#define STALE        ((int64_t)10 * 1000000) /* a record that nobody will end any more */
#define WORKING      "event.tmp"

static const char *const endings[SPOOL_SINKS + 1] = {
    [SPOOL_SITE] = ".site",
    [SPOOL_SENTRY] = ".sentry",
    [SPOOL_SINKS] = ".event",
};

struct spool {
    int folder;
};

/* Names begin with the moment: the order of numbers is that of time. */
struct file {
    struct text name;
    int64_t at;
    size_t size;
};
struct file_list {
    LIST(struct file) files;
};

enum status spool_look(struct spool **out, const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *out = NULL;
    if (folder < 0)
        return fail("cannot open %s: %s", path, strerror(errno));
    *out = malloc(sizeof **out);
    if (!*out)
        abort();
    **out = (struct spool){folder};
    return OK;
}

enum status spool_open(struct spool **out, const char *path)
{
    enum status status = spool_look(out, path);
    if (!*out || flock((*out)->folder, LOCK_EX | LOCK_NB) == 0)
        return status;
    status =
        fail_as(errno == EWOULDBLOCK ? BUSY : FAILED, "cannot lock %s: %s", path, strerror(errno));
    spool_close(*out);
    *out = NULL;
    return status;
}

void spool_close(struct spool *spool)
{
    if (spool)
        close(spool->folder);
    free(spool);
}

/* Files */

static int by_time(const void *a, const void *b)
{
    const struct file *one = a;
    const struct file *other = b;
    return (one->at > other->at) - (one->at < other->at);
}

static struct text stem_of(struct text name)
{
    return text_part(name, 0, text_find_char(name, '.'));
}

static bool is_record(const struct file *file)
{
    return text_ends(file->name, TEXT(".fault"))
           || (text_ends(file->name, TEXT(".part")) && file->at < clock_wall() - STALE);
}

/* Those of one ending; of all where it is NULL. */
static void list_files(struct arena *arena, int folder, const char *ending, struct file_list *out)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (!directory)
        return;
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        struct stat found;
        struct text name = text_of(entry->d_name);
        int64_t at;
        if ((!ending || text_ends(name, text_of(ending)))
            && text_to_int64(&at, text_part(name, 0, text_find_char(name, '-')))
            && fstatat(folder, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(found.st_mode))
            *LIST_PUSH(arena, &out->files) =
                (struct file){text_copy(arena, name), at, (size_t)found.st_size};
    }
    closedir(directory);
    if (out->files.count)
        qsort(out->files.items, out->files.count, sizeof *out->files.items, by_time);
}

struct text spool_read(const struct spool *spool, struct arena *arena, struct text name)
{
    struct stat found;
    int fd = openat(spool->folder, name.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &found) != 0) {
        if (fd >= 0)
            close(fd);
        return TEXT_NONE;
    }
    size_t size = (size_t)found.st_size < LARGEST_FILE ? (size_t)found.st_size : LARGEST_FILE;
    char *bytes = arena_alloc(arena, size + 1);
    ssize_t length = read(fd, bytes, size);
    close(fd);
    return (struct text){bytes, length > 0 ? (size_t)length : 0};
}

void spool_remove(const struct spool *spool, struct text name)
{
    unlinkat(spool->folder, name.at, 0);
}

void spool_waiting(struct spool *spool, struct arena *arena, enum spool_sink sink,
                   struct spool_names *out)
{
    struct file_list list = {0};
    list_files(arena, spool->folder, endings[sink], &list);
    for (size_t i = 0; i < list.files.count; i++)
        *LIST_PUSH(arena, out) = list.files.items[i].name;
}

/* Events */

static bool write_whole(int folder, const char *name, struct text bytes)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    while (good && bytes.length) {
        ssize_t written = write(fd, bytes.at, bytes.length);
        good = written > 0;
        bytes = text_from(bytes, good ? (size_t)written : 0);
    }
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good;
}

static bool link_for(int folder, struct arena *arena, const char *from, struct text stem,
                     const char *ending)
{
    struct text name = text_format(arena, "%.*s%s", TEXT_ARG(stem), ending);
    return linkat(folder, from, folder, name.at, 0) == 0 || errno == EEXIST;
}

/* Under a name for each sink: each is there wholly or not at all. */
static bool link_for_sinks(const struct spool *spool, struct arena *arena, const char *from,
                           struct text stem, const bool sinks[SPOOL_SINKS])
{
    bool good = true;
    bool any = false;
    for (size_t i = 0; i < SPOOL_SINKS; i++) {
        if (sinks[i])
            good = link_for(spool->folder, arena, from, stem, endings[i]) && good;
        any = any || sinks[i];
    }
    return any ? good : link_for(spool->folder, arena, from, stem, endings[SPOOL_SINKS]);
}

static bool keep_event(const struct spool *spool, struct arena *arena, struct text stem,
                       const json_t *event, const struct spool_options *options)
{
    const bool *sinks = options->sinks;
    const bool chosen[] = {[SPOOL_SITE] = sinks[SPOOL_SITE],
                           [SPOOL_SENTRY] = sinks[SPOOL_SENTRY] && options->is_sampled(event)};
    if (sinks[SPOOL_SENTRY] && !chosen[SPOOL_SENTRY] && !sinks[SPOOL_SITE])
        return true; /* nobody's */
    bool good = write_whole(spool->folder, WORKING, envelope_write(arena, "event", event))
                && link_for_sinks(spool, arena, WORKING, stem, chosen);
    unlinkat(spool->folder, WORKING, 0);
    return good;
}

static void convert(const struct spool *spool, struct arena *arena, const struct file *file,
                    const struct spool_options *options)
{
    struct text stem = stem_of(file->name);
    json_t *event = event_from_record(stem, spool_read(spool, arena, file->name), &options->origin);
    bool done = !event || keep_event(spool, arena, stem, event, options);
    if (event && done)
        options->noticed(event);
    if (done) /* else again at the next time */
        spool_remove(spool, file->name);
    json_decref(event);
}

/* What waited for a sink to be there. */
static void give(const struct spool *spool, struct arena *arena, const struct file *file,
                 const bool sinks[SPOOL_SINKS])
{
    if ((sinks[SPOOL_SITE] || sinks[SPOOL_SENTRY])
        && link_for_sinks(spool, arena, file->name.at, stem_of(file->name), sinks))
        spool_remove(spool, file->name);
}

/* Bounds */

static size_t kind_of(const struct file *file)
{
    size_t kind = 0;
    while (kind < SPOOL_SINKS && !text_ends(file->name, text_of(endings[kind])))
        kind++;
    return kind;
}

static void keep_bounds(const struct spool *spool, const struct file_list *list,
                        size_t dropped[SPOOL_SINKS + 1])
{
    size_t bytes[SPOOL_SINKS + 1] = {0};
    size_t kept[SPOOL_SINKS + 1] = {0};
    for (size_t i = list->files.count; i-- > 0;) {
        const struct file *file = &list->files.items[i];
        size_t kind = kind_of(file);
        bytes[kind] += file->size;
        if (++kept[kind] > SPOOL_EVENTS || bytes[kind] > SPOOL_BYTES
            || file->at < clock_wall() - SPOOL_AGE)
            dropped[kind] += unlinkat(spool->folder, file->name.at, 0) == 0;
    }
}

void spool_keep(struct spool *spool, const struct spool_options *options,
                size_t dropped[SPOOL_SINKS + 1])
{
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct arena *work = arena_new((size_t)64 * 1024);
    struct file_list before = {0};
    struct file_list after = {0};
    memset(dropped, 0, (SPOOL_SINKS + 1) * sizeof *dropped);
    list_files(arena, spool->folder, NULL, &before);
    keep_bounds(spool, &before, dropped);
    for (size_t i = 0; i < before.files.count; i++) {
        const struct file *file = &before.files.items[i];
        if (is_record(file))
            convert(spool, work, file, options);
        else if (text_ends(file->name, text_of(endings[SPOOL_SINKS])))
            give(spool, work, file, options->sinks);
        arena_reset(work);
    }
    list_files(arena, spool->folder, NULL, &after);
    keep_bounds(spool, &after, dropped);
    arena_free(work);
    arena_free(arena);
}
