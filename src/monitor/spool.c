#include "monitor/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"

#define LARGEST_RECORD ((size_t)64 * 1024)
#define STALE          ((int64_t)10 * 1000000) /* a record that nobody will end any more */

/* Names begin with the moment: the order of numbers is that of time. */
struct file {
    struct text name;
    int64_t at;
    size_t size;
};
struct file_list {
    LIST(struct file) files;
};

static int by_time(const void *a, const void *b)
{
    const struct file *one = a;
    const struct file *other = b;
    return (one->at > other->at) - (one->at < other->at);
}

static bool is_record(struct text name, int64_t at)
{
    return text_ends(name, TEXT(".fault"))
           || (text_ends(name, TEXT(".part")) && at < clock_wall() - STALE);
}

static void list_files(struct arena *arena, int folder, struct file_list *out)
{
    int copy = dup(folder);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (!directory)
        return;
    rewinddir(directory);
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        struct stat found;
        struct text name = text_of(entry->d_name);
        int64_t at;
        if (text_to_int64(&at, text_part(name, 0, text_find_char(name, '-')))
            && fstatat(folder, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(found.st_mode))
            *LIST_PUSH(arena, &out->files) =
                (struct file){text_copy(arena, name), at, (size_t)found.st_size};
    }
    closedir(directory);
    if (out->files.count)
        qsort(out->files.items, out->files.count, sizeof *out->files.items, by_time);
}

static struct text read_record(struct arena *arena, int folder, const struct file *file)
{
    size_t size = file->size < LARGEST_RECORD ? file->size : LARGEST_RECORD;
    char *bytes = arena_alloc(arena, size + 1);
    int fd = openat(folder, file->name.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, size);
    if (fd >= 0)
        close(fd);
    return (struct text){bytes, length > 0 ? (size_t)length : 0};
}

/* Under its own name only when it is whole. */
static bool write_event(int folder, const char *name, const json_t *event)
{
    static const char working[] = "event.tmp";
    int fd = openat(folder, working, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && json_dumpfd(event, fd, JSON_COMPACT) == 0;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good && renameat(folder, working, folder, name) == 0;
}

static void convert(struct arena *arena, int folder, const struct file *file,
                    const struct event_origin *origin, void (*noticed)(const json_t *event))
{
    struct text stem = text_part(file->name, 0, text_find_char(file->name, '.'));
    json_t *event = event_from_record(stem, read_record(arena, folder, file), origin);
    struct text name = text_format(arena, "%.*s.event", TEXT_ARG(stem));
    bool done = !event || write_event(folder, name.at, event);
    if (event && done)
        noticed(event);
    if (done) /* else again at the next time */
        unlinkat(folder, file->name.at, 0);
    json_decref(event);
}

static size_t keep_bounds(int folder, const struct file_list *list)
{
    size_t bytes = 0;
    size_t kept = 0;
    size_t dropped = 0;
    for (size_t i = list->files.count; i-- > 0;) {
        const struct file *file = &list->files.items[i];
        bytes += file->size;
        bool goes =
            ++kept > SPOOL_EVENTS || bytes > SPOOL_BYTES || file->at < clock_wall() - SPOOL_AGE;
        if (goes)
            dropped += unlinkat(folder, file->name.at, 0) == 0;
    }
    return dropped;
}

size_t spool_keep(const char *path, const struct event_origin *origin,
                  void (*noticed)(const json_t *event))
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return 0;
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct file_list before = {0};
    struct file_list after = {0};
    list_files(arena, folder, &before);
    size_t dropped = keep_bounds(folder, &before);
    size_t first = before.files.count > SPOOL_EVENTS ? before.files.count - SPOOL_EVENTS : 0;
    for (size_t i = first; i < before.files.count; i++)
        if (is_record(before.files.items[i].name, before.files.items[i].at))
            convert(arena, folder, &before.files.items[i], origin, noticed);
    list_files(arena, folder, &after);
    dropped += keep_bounds(folder, &after);
    arena_free(arena);
    close(folder);
    return dropped;
}
