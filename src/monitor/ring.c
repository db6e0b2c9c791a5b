#include "monitor/ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/status.h"

#define MAGIC       "oc-lettings 1"
#define PREFIX      "ring-"
#define UNFINISHED  ".new"
#define STALE       10 /* seconds: nobody is about to finish it any more */
#define HEADER_SIZE ((size_t)4096)
#define SECOND      ((int64_t)1000000)
#define MINUTE      (60 * SECOND)

struct minute {
    _Atomic int64_t minute;
    _Atomic uint32_t counts[SESSION_ENDS];
};

struct header {
    char magic[16];
    uint32_t records;
    char release[204];
    char environment[68];
    _Alignas(64) _Atomic uint64_t head; /* the next to be written */
    _Alignas(64) _Atomic uint64_t tail; /* the next to be taken */
    _Alignas(64) _Atomic uint64_t lost;
    _Alignas(64) struct minute minutes[RING_MINUTES];
};
_Static_assert(sizeof(struct header) <= HEADER_SIZE, "the header has a page");

struct ring {
    struct header *header;
    _Atomic int64_t second;  /* of what is counted in `seen` */
    _Atomic uint32_t seen;   /* requests */
    _Atomic uint32_t before; /* in the second before */
};

struct ring_view {
    struct header *header;
    uint32_t records; /* as they were looked at: a harmed worker may write others */
    bool ended;
};

static size_t size_of(uint32_t records)
{
    return HEADER_SIZE + (size_t)records * RING_RECORD_SIZE;
}

static struct ring_record *record_at(struct header *header, uint32_t records, uint64_t position)
{
    return (void *)((char *)header + HEADER_SIZE + position % records * (size_t)RING_RECORD_SIZE);
}

/* The worker's side */

static void copy_name(char *out, size_t size, struct text text)
{
    size_t length = text.length < size ? text.length : size - 1;
    if (length)
        memcpy(out, text.at, length);
}

/* Its disk space is had beforehand: a write to it later cannot fail. The lock is held as long as
 * the process is there. */
static struct header *map_new(int fd, const struct ring_options *options)
{
    uint32_t records = options->traces ? RING_RECORDS : 0;
    int error = posix_fallocate(fd, 0, (off_t)size_of(records));
    if (error) {
        errno = error;
        return NULL;
    }
    struct header *header = mmap(NULL, size_of(records), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (header == MAP_FAILED)
        return NULL;
    memcpy(header->magic, MAGIC, sizeof MAGIC);
    header->records = records;
    copy_name(header->release, sizeof header->release, options->release);
    copy_name(header->environment, sizeof header->environment, options->environment);
    for (uint32_t i = 0; i < records; i++)
        record_at(header, records, i)->sequence = i;
    return header;
}

struct ring *ring_open(const char *folder, const struct ring_options *options)
{
    char path[312];
    char finished[300];
    snprintf(finished, sizeof finished, "%s/" PREFIX "%lld-%d", folder, (long long)clock_wall(),
             (int)getpid());
    snprintf(path, sizeof path, "%s" UNFINISHED, finished);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct header *header = NULL;
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        header = map_new(fd, options);
    struct ring *ring = header ? calloc(1, sizeof *ring) : NULL;
    if (ring && rename(path, finished) == 0) {
        ring->header = header;
        return ring;
    }
    fail("cannot make %s: %s", path, strerror(errno));
    if (fd >= 0) {
        unlink(path);
        close(fd);
    }
    free(ring);
    return NULL;
}

/* How many come in a second, as of the last one and of this one so far. */
static uint32_t rate_of(struct ring *ring, int64_t second)
{
    int64_t known = atomic_load_explicit(&ring->second, memory_order_relaxed);
    if (known != second && atomic_compare_exchange_strong(&ring->second, &known, second)) {
        uint32_t seen = atomic_exchange(&ring->seen, 0);
        ring->before = second == known + 1 ? seen : 0;
    }
    uint32_t seen = 1 + atomic_fetch_add_explicit(&ring->seen, 1, memory_order_relaxed);
    uint32_t before = atomic_load_explicit(&ring->before, memory_order_relaxed);
    return seen > before ? seen : before;
}

/* Each has the same chance, whatever it is, and whenever in the second it comes. */
static bool is_chosen(uint32_t rate)
{
    return rate <= RING_WHOLE || trace_random() % rate < RING_SAMPLE;
}

bool ring_admit(struct ring *ring, int64_t now)
{
    struct header *header = ring->header;
    uint64_t used = atomic_load_explicit(&header->head, memory_order_relaxed)
                    - atomic_load_explicit(&header->tail, memory_order_relaxed);
    if (is_chosen(rate_of(ring, now / SECOND)) && used < header->records)
        return true;
    atomic_fetch_add_explicit(&header->lost, 1, memory_order_relaxed);
    return false;
}

/* A place of one's own: one whose sequence is its position (Vyukov's bounded queue). NULL: none. */
static struct ring_record *claim(struct header *header, uint64_t *position)
{
    *position = atomic_load_explicit(&header->head, memory_order_relaxed);
    for (;;) {
        struct ring_record *record = record_at(header, header->records, *position);
        uint64_t sequence = atomic_load_explicit(&record->sequence, memory_order_acquire);
        if ((int64_t)(sequence - *position) < 0)
            return NULL;
        if (sequence != *position)
            *position = atomic_load_explicit(&header->head, memory_order_relaxed);
        else if (atomic_compare_exchange_weak_explicit(&header->head, position, *position + 1,
                                                       memory_order_relaxed, memory_order_relaxed))
            return record;
    }
}

static void fill(struct ring_record *record, const struct ring_record *from,
                 const struct text parts[RING_PARTS])
{
    static const size_t room = RING_RECORD_SIZE - sizeof(struct ring_record);
    static const size_t behind = offsetof(struct ring_record, wall);
    size_t at = 0;
    memcpy((char *)record + behind, (const char *)from + behind, sizeof *from - behind);
    for (size_t i = 0; i < RING_PARTS; i++) {
        size_t length = parts[i].length <= room - at ? parts[i].length : 0;
        record->lengths[i] = (uint16_t)length;
        if (length)
            memcpy(record->bytes + at, parts[i].at, length);
        at += length;
    }
}

void ring_put(struct ring *ring, const struct ring_record *record,
              const struct text parts[RING_PARTS])
{
    uint64_t position;
    guard_hold(); /* a record that is claimed and never written would be waited for */
    struct ring_record *place = ring->header->records ? claim(ring->header, &position) : NULL;
    if (place) {
        fill(place, record, parts);
        atomic_store_explicit(&place->sequence, position + 1, memory_order_release);
    } else {
        atomic_fetch_add_explicit(&ring->header->lost, 1, memory_order_relaxed);
    }
    guard_release();
}

/* A place that still has an earlier minute's counts, which nobody has taken, loses them. */
void ring_count(struct ring *ring, int64_t wall, enum session_end end)
{
    int64_t minute = wall / MINUTE;
    struct minute *place = &ring->header->minutes[minute % RING_MINUTES];
    int64_t before = atomic_load_explicit(&place->minute, memory_order_relaxed);
    if (before < minute && atomic_compare_exchange_strong(&place->minute, &before, minute))
        for (size_t i = 0; i < SESSION_ENDS && before; i++)
            atomic_store_explicit(&place->counts[i], 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&place->counts[end], 1, memory_order_relaxed);
}

/* The clerk's side */

struct text ring_release(const struct ring_view *view)
{
    return (struct text){view->header->release,
                         strnlen(view->header->release, sizeof view->header->release)};
}

struct text ring_environment(const struct ring_view *view)
{
    return (struct text){view->header->environment,
                         strnlen(view->header->environment, sizeof view->header->environment)};
}

bool ring_has_ended(const struct ring_view *view)
{
    return view->ended;
}

/* What a worker that was harmed has written may be anything. */
static bool find_parts(struct ring_copy *copy)
{
    size_t at = sizeof(struct ring_record);
    for (size_t i = 0; i < RING_PARTS; i++) {
        size_t length = copy->record.lengths[i];
        if (length > RING_RECORD_SIZE - at)
            return false;
        copy->parts[i] = (struct text){(const char *)copy->room + at, length};
        at += length;
    }
    return true;
}

/* One that a dead worker claimed and did not write is empty. */
bool ring_peek(const struct ring_view *view, size_t ahead, struct ring_copy *out)
{
    struct header *header = view->header;
    uint64_t position = header->tail + ahead;
    if (!view->records || position >= header->head || ahead >= view->records)
        return false;
    struct ring_record *record = record_at(header, view->records, position);
    uint64_t sequence = atomic_load_explicit(&record->sequence, memory_order_acquire);
    if (sequence != position + 1 && !view->ended)
        return false;
    memcpy(out->room, record, RING_RECORD_SIZE);
    memcpy(&out->record, out->room, sizeof out->record);
    if (sequence != position + 1 || !find_parts(out)) {
        memset(&out->record, 0, sizeof out->record);
        memset(out->parts, 0, sizeof out->parts);
    }
    return true;
}

void ring_drop(struct ring_view *view, size_t count)
{
    struct header *header = view->header;
    for (size_t i = 0; i < count; i++) {
        uint64_t position = header->tail;
        atomic_store_explicit(&record_at(header, view->records, position)->sequence,
                              position + view->records, memory_order_release);
        header->tail = position + 1;
    }
}

uint64_t ring_take_lost(struct ring_view *view)
{
    return atomic_exchange(&view->header->lost, 0);
}

bool ring_take_minute(struct ring_view *view, int64_t now, struct ring_minute *out)
{
    for (size_t i = 0; i < RING_MINUTES; i++) {
        struct minute *place = &view->header->minutes[i];
        uint32_t sum = 0;
        out->minute = place->minute;
        if (out->minute >= now / MINUTE && !view->ended)
            continue;
        for (size_t k = 0; k < SESSION_ENDS; k++)
            sum += out->counts[k] = atomic_exchange(&place->counts[k], 0);
        if (sum)
            return true;
    }
    return false;
}

static bool is_empty(const struct header *header)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < RING_MINUTES; i++)
        for (size_t k = 0; k < SESSION_ENDS; k++)
            sum += header->minutes[i].counts[k];
    return header->head == header->tail && !sum && !header->lost;
}

static bool is_ring(const struct header *header, uint32_t records, off_t size)
{
    return memcmp(header->magic, MAGIC, sizeof MAGIC) == 0 && records <= RING_RECORDS
           && size >= (off_t)size_of(records);
}

/* False: it is of no use to anybody. */
static bool look_into(int fd, off_t size, bool ended,
                      void (*visit)(struct ring_view *view, void *context), void *context)
{
    if (size < (off_t)HEADER_SIZE)
        return false;
    struct header *header = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (header == MAP_FAILED)
        return true;
    struct ring_view view = {header, *(volatile uint32_t *)&header->records, ended};
    bool useful = is_ring(header, view.records, size);
    if (useful) {
        visit(&view, context);
        useful = !is_empty(header);
    }
    munmap(header, (size_t)size);
    return useful;
}

static void look_at(int folder, const char *name,
                    void (*visit)(struct ring_view *view, void *context), void *context)
{
    struct stat found;
    int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    bool ended = flock(fd, LOCK_EX | LOCK_NB) == 0;
    bool good = fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    bool useful = good;
    if (good && text_ends(text_of(name), TEXT(UNFINISHED)))
        useful = !ended || found.st_mtime > clock_wall() / 1000000 - STALE;
    else if (good)
        useful = look_into(fd, found.st_size, ended, visit, context);
    if (good && ended && !useful)
        unlinkat(folder, name, 0);
    close(fd);
}

void ring_each(const char *path, void (*visit)(struct ring_view *view, void *context),
               void *context)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0)
            look_at(dirfd(folder), entry->d_name, visit, context);
    if (folder)
        closedir(folder);
}
