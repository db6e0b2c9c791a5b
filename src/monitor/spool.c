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
#include "base/log.h"
#include "monitor/envelope.h"
#include "monitor/symbols.h"

#define LARGEST_FILE ((size_t)2 * 1024 * 1024)
#define STALE        ((int64_t)10 * 1000000)      /* a record that nobody will end any more */
#define JUMP         ((int64_t)60 * 1000000)      /* of the clock, which is no adjustment */
#define PATIENCE     ((int64_t)60 * 60 * 1000000) /* after one */
#define WORKING      "event.tmp"

static const char *const endings[SPOOL_KINDS] = {
    [SPOOL_SITE] = ".site",
    [SPOOL_SENTRY] = ".sentry",
    [SPOOL_UNASSIGNED] = ".event",
    [SPOOL_SITE_TRACES] = ".site-traces",
    [SPOOL_SENTRY_TRACES] = ".sentry-traces",
};

struct spool {
    int folder;
    int64_t clock;  /* the wall clock's distance from the monotonic one */
    int64_t jumped; /* clock_monotonic(), when that changed; 0: it has not */
    bool told;      /* that something cannot be read, or written */
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

static int64_t clock_distance(void)
{
    return clock_wall() - clock_monotonic();
}

enum status spool_look(struct spool **out, const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *out = NULL;
    if (folder < 0)
        return fail("cannot open %s: %s", path, strerror(errno));
    *out = malloc(sizeof **out);
    if (!*out)
        abort();
    **out = (struct spool){.folder = folder, .clock = clock_distance()};
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

/* A process that has ended holds no lock. */
static bool is_left(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return left;
}

static bool is_record(const struct spool *spool, const struct file *file)
{
    if (text_ends(file->name, TEXT(".fault")))
        return true;
    int64_t age = clock_wall() - file->at;
    return text_ends(file->name, TEXT(".part")) && (age > STALE || age < 0)
           && is_left(spool->folder, file->name.at);
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

enum status spool_read(struct text *out, const struct spool *spool, struct arena *arena,
                       struct text name)
{
    struct stat found;
    *out = TEXT_NONE;
    int fd = openat(spool->folder, name.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return NOT_FOUND;
    bool good = fd >= 0 && fstat(fd, &found) == 0;
    size_t size =
        good && (size_t)found.st_size < LARGEST_FILE ? (size_t)found.st_size : LARGEST_FILE;
    char *bytes = good ? arena_alloc(arena, size + 1) : NULL;
    ssize_t length = good ? read(fd, bytes, size) : -1;
    enum status status =
        length < 0 ? fail("cannot read %.*s: %s", TEXT_ARG(name), strerror(errno)) : OK;
    if (fd >= 0)
        close(fd);
    if (status == OK)
        *out = (struct text){bytes, (size_t)length};
    return status;
}

void spool_remove(const struct spool *spool, struct text name)
{
    unlinkat(spool->folder, name.at, 0);
}

void spool_rename(const struct spool *spool, struct text name, struct text to)
{
    renameat(spool->folder, name.at, spool->folder, to.at);
}

uint64_t spool_spans(struct text name)
{
    struct text stem = stem_of(name);
    int64_t spans;
    size_t start = stem.length;
    while (start > 0 && stem.at[start - 1] != '-')
        start--;
    return text_to_int64(&spans, text_from(stem, start)) && spans >= 0 && spans <= 1000
               ? (uint64_t)spans
               : 1;
}

void spool_waiting(struct spool *spool, struct arena *arena, int kind, struct spool_names *out)
{
    struct file_list list = {0};
    list_files(arena, spool->folder, endings[kind], &list);
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
    return any ? good : link_for(spool->folder, arena, from, stem, endings[SPOOL_UNASSIGNED]);
}

static bool keep_event(const struct spool *spool, struct arena *arena, struct text stem,
                       const json_t *event, bool sampled, const bool sinks[SPOOL_SINKS])
{
    const bool chosen[] = {
        [SPOOL_SITE] = sinks[SPOOL_SITE], [SPOOL_SENTRY] = sinks[SPOOL_SENTRY] && sampled};
    if (!sampled && !sinks[SPOOL_SITE])
        return true; /* nobody's */
    bool good = write_whole(spool->folder, WORKING, envelope_write(arena, "event", event))
                && link_for_sinks(spool, arena, WORKING, stem, chosen);
    if (!good)
        fail("%s", strerror(errno));
    unlinkat(spool->folder, WORKING, 0);
    return good;
}

bool spool_add(struct spool *spool, struct arena *arena, int kind, struct text stem,
               struct text envelope)
{
    bool good = write_whole(spool->folder, WORKING, envelope)
                && link_for(spool->folder, arena, WORKING, stem, endings[kind]);
    unlinkat(spool->folder, WORKING, 0);
    return good;
}

/* Once: it is tried again each second. */
static void tell(struct spool *spool, const char *what)
{
    if (!spool->told)
        log_warning(what, LOG_STRING("reason", status_failure()->message));
    spool->told = true;
}

static void convert(struct spool *spool, struct arena *arena, const struct file *file,
                    struct symbols *symbols, const struct spool_options *options,
                    struct spool_losses *losses)
{
    struct text record;
    struct text stem = stem_of(file->name);
    if (spool_read(&record, spool, arena, file->name) == FAILED) {
        tell(spool, "a record in the spool waits");
        return;
    }
    json_t *event = event_from_record(stem, record, symbols, &options->origin);
    bool sampled = !options->sinks[SPOOL_SENTRY] || !event || options->is_sampled(event);
    bool done = !event || keep_event(spool, arena, stem, event, sampled, options->sinks);
    losses->broken += !event;
    if (!done)
        tell(spool, "an event cannot be written into the spool: it waits");
    else
        spool_remove(spool, file->name);
    if (event && done)
        options->noticed(event, sampled);
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
    while (kind < SPOOL_KINDS && !text_ends(file->name, text_of(endings[kind])))
        kind++;
    return kind < SPOOL_KINDS ? kind : SPOOL_UNASSIGNED;
}

/* While the clock has just been put on or back, what its files are called says nothing of their
 * age. */
static bool knows_age(struct spool *spool)
{
    int64_t distance = clock_distance();
    int64_t jump = distance - spool->clock;
    if (jump > JUMP || jump < -JUMP)
        spool->jumped = clock_monotonic();
    spool->clock = distance;
    return !spool->jumped || clock_monotonic() - spool->jumped > PATIENCE;
}

static void drop(const struct spool *spool, const struct file *file, size_t kind,
                 struct spool_losses *losses)
{
    bool is_traces = kind == SPOOL_SITE_TRACES || kind == SPOOL_SENTRY_TRACES;
    uint64_t spans = is_traces ? spool_spans(file->name) : 1;
    if (unlinkat(spool->folder, file->name.at, 0) != 0)
        return;
    losses->dropped[kind]++;
    losses->sessions[kind] += spans == 0;
    losses->spans[kind] += spans;
}

static void keep_bounds(const struct spool *spool, const struct file_list *list, int64_t oldest,
                        struct spool_losses *losses)
{
    size_t bytes[SPOOL_KINDS] = {0};
    size_t kept[SPOOL_KINDS] = {0};
    for (size_t i = list->files.count; i-- > 0;) {
        const struct file *file = &list->files.items[i];
        size_t kind = kind_of(file);
        bytes[kind] += file->size;
        if (++kept[kind] > SPOOL_EVENTS || bytes[kind] > SPOOL_BYTES || file->at < oldest)
            drop(spool, file, kind, losses);
    }
}

void spool_keep(struct spool *spool, const struct spool_options *options,
                struct spool_losses *losses)
{
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct arena *work = arena_new((size_t)64 * 1024);
    struct symbols *symbols = symbols_open();
    struct file_list before = {0};
    struct file_list after = {0};
    int64_t oldest = knows_age(spool) ? clock_wall() - SPOOL_AGE : INT64_MIN;
    *losses = (struct spool_losses){0};
    list_files(arena, spool->folder, NULL, &before);
    keep_bounds(spool, &before, oldest, losses);
    for (size_t i = 0; i < before.files.count; i++) {
        const struct file *file = &before.files.items[i];
        if (is_record(spool, file))
            convert(spool, work, file, symbols, options, losses);
        else if (text_ends(file->name, text_of(endings[SPOOL_UNASSIGNED])))
            give(spool, work, file, options->sinks);
        arena_reset(work);
    }
    list_files(arena, spool->folder, NULL, &after);
    keep_bounds(spool, &after, oldest, losses);
    symbols_close(symbols);
    arena_free(work);
    arena_free(arena);
}
