#include "base/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define LAYOUT       UINT64_C(0x6F636D6574000001) /* another of each change to what is below */
#define ROWS_MOST    1024
#define STRIPES_MOST 1040 /* as many as a supervisor has children, and some */

/* Bytes of the file that are locked: the list of names, then each stripe. */
#define LOCK_NAMES  0
#define LOCK_STRIPE 1

struct row {
    uint32_t kind;
    uint32_t place;
    char family[48];
    char labels[200];
    char help[200];
};

struct header {
    uint64_t layout;
    _Atomic uint32_t row_count;
    _Atomic uint32_t stripe_count; /* that were ever taken */
    uint32_t value_count;
    struct row rows[ROWS_MOST];
};

struct memory {
    _Alignas(4096) struct header header;
    _Alignas(4096) struct metrics_stripe stripes[STRIPES_MOST];
};

/* In place of shared memory: of one process. */
static struct header own_header;
static struct metrics_stripe own_stripe;

static int file = -1;
static struct header *header = &own_header;
static struct metrics_stripe *stripes = &own_stripe;
static size_t own_index;

struct metrics_stripe *metrics_own = &own_stripe;
uint32_t metrics_places[METRIC_COUNT];

const int64_t metrics_bounds[METRIC_BOUNDS] = {100,    250,     500,     1000,     2500,
                                               5000,   10000,   25000,   50000,    100000,
                                               250000, 1000000, 5000000, INT64_MAX};

#define EXECUTOR(metric, label)                                                                    \
    [metric] = {"oc_executor_waiting", label, METRIC_GAUGE, "Requests that wait for a thread."},   \
    [metric + 1] = {"oc_executor_running", label, METRIC_GAUGE, "Requests that threads work on."}, \
    [metric + 2] = {"oc_executor_refused", label, METRIC_COUNTER,                                  \
                    "Requests answered with 503, as too many waited."}
#define PAGES(label)                                                                               \
    {                                                                                              \
        "oc_pages", label, METRIC_COUNTER,                                                         \
            "Public pages: fresh ones were kept and proven unchanged, same ones read anew and "    \
            "equal, the others rendered."                                                          \
    }
#define REPLACED(label)                                                                            \
    {                                                                                              \
        "oc_processes_replaced", label, METRIC_COUNTER,                                            \
            "Processes that ended, or wanted to be replaced, without being told to end."           \
    }

static const struct metric_name names[METRIC_COUNT] = {
    [METRIC_HTTP_CONNECTIONS] = {"oc_http_connections", "", METRIC_GAUGE, "Open connections."},
    EXECUTOR(METRIC_EXECUTOR, "executor=\"requests\""),
    EXECUTOR(METRIC_SLOW, "executor=\"passwords\""),
    EXECUTOR(METRIC_STREAMS, "executor=\"streams\""),
    [METRIC_DATABASE_CONNECTIONS] = {"oc_database_connections", "", METRIC_GAUGE,
                                     "Open connections to the database."},
    [METRIC_CONNECTIONS_WANTED] = {"oc_database_connections_wanted", "", METRIC_COUNTER,
                                   "Times that a worker had no connection to the database, was "
                                   "given none, and asked the others for one (PostgreSQL)."},
    [METRIC_FAULTS_CONTAINED] = {"oc_faults_contained", "", METRIC_COUNTER,
                                 "Crashes of views that only their own request noticed."},
    [METRIC_PAGES_FRESH] = PAGES("how=\"fresh\""),
    [METRIC_PAGES_SAME] = PAGES("how=\"same\""),
    [METRIC_PAGES_RENDERED] = PAGES("how=\"rendered\""),
    [METRIC_KEPT_PAGES] = {"oc_kept_pages", "", METRIC_GAUGE, "Rendered pages that are kept."},
    [METRIC_KEPT_BYTES] = {"oc_kept_pages_bytes", "", METRIC_GAUGE, "Memory of kept pages."},
    [METRIC_CHANGES_WRITTEN] = {"oc_changes_written", "", METRIC_COUNTER,
                                "Transactions of this instance that changed what public pages "
                                "show (PostgreSQL)."},
    [METRIC_CHANGES_HEARD] = {"oc_changes_heard", "", METRIC_COUNTER,
                              "Changes of what public pages show that workers were told of, by "
                              "whomever (PostgreSQL)."},
    [METRIC_WORKERS] = {"oc_workers", "", METRIC_GAUGE, "Workers that serve."},
    [METRIC_WORKERS_REPLACED] = REPLACED("role=\"worker\""),
    [METRIC_CLERKS_REPLACED] = REPLACED("role=\"clerk\""),
    [METRIC_STARTED] = {"oc_start_time_seconds", "", METRIC_LARGEST,
                        "When the instance was started, in seconds since 1970."},
};

/* Of this process, and gone with it; not as those of F_OFD_SETLK, which all who were given the
 * descriptor share. */
static int lock_byte(int command, short kind, off_t at, struct flock *lock)
{
    *lock = (struct flock){.l_type = kind, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    int result;
    do
        result = fcntl(file, command, lock);
    while (result != 0 && errno == EINTR);
    return result;
}

static void lock_names(short kind)
{
    struct flock lock;
    if (file >= 0)
        lock_byte(F_SETLKW, kind, LOCK_NAMES, &lock);
}

int metrics_create(void)
{
    int fd = memfd_create("metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, sizeof(struct memory)) == 0
        && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
        const uint64_t layout = LAYOUT;
        if (pwrite(fd, &layout, sizeof layout, offsetof(struct header, layout)) == sizeof layout)
            return fd;
    }
    close(fd);
    return -1;
}

/* NULL: it is no such file. */
static struct memory *map(int fd)
{
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0 || found.st_size != sizeof(struct memory))
        return NULL;
    struct memory *memory = mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (memory->header.layout == LAYOUT)
        return memory;
    munmap(memory, sizeof *memory);
    return NULL;
}

/* Names */

static bool is_row(const struct row *row, const struct metric_name *name)
{
    return strcmp(row->family, name->family) == 0 && strcmp(row->labels, name->labels) == 0
           && row->kind == name->kind;
}

static bool put(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length < size)
        memcpy(out, text, length + 1);
    return length < size;
}

static uint32_t width_of(enum metric_kind kind)
{
    return kind == METRIC_REQUESTS ? METRIC_REQUEST_VALUES : 1;
}

/* With the lock on the names. */
static size_t add_row(const struct metric_name *name)
{
    uint32_t count = atomic_load(&header->row_count);
    uint32_t width = width_of(name->kind);
    if (header->value_count == 0)
        header->value_count = 1; /* 0 is where nobody looks */
    if (count == ROWS_MOST || header->value_count + width > METRICS_VALUES)
        return 0;
    struct row *row = &header->rows[count];
    if (!put(row->family, sizeof row->family, name->family)
        || !put(row->labels, sizeof row->labels, name->labels)
        || !put(row->help, sizeof row->help, name->help))
        return 0;
    row->kind = name->kind;
    row->place = header->value_count;
    header->value_count += width;
    atomic_store_explicit(&header->row_count, count + 1, memory_order_release);
    return row->place;
}

size_t metrics_name(const struct metric_name *name)
{
    lock_names(F_WRLCK);
    uint32_t count = atomic_load(&header->row_count);
    uint32_t i = 0;
    while (i < count && !is_row(&header->rows[i], name))
        i++;
    size_t place = i < count ? header->rows[i].place : add_row(name);
    lock_names(F_UNLCK);
    return place;
}

/* Stripes */

/* What its last process had open is closed. */
static void clear_gauges(struct metrics_stripe *stripe)
{
    uint32_t count = atomic_load(&header->row_count);
    for (uint32_t i = 0; i < count; i++)
        if (header->rows[i].kind == METRIC_GAUGE || header->rows[i].kind == METRIC_LARGEST)
            atomic_store(&stripe->values[header->rows[i].place], 0);
}

static void take_stripe(void)
{
    struct flock lock;
    size_t i = 0;
    while (i < STRIPES_MOST && lock_byte(F_SETLK, F_WRLCK, (off_t)(LOCK_STRIPE + i), &lock) != 0)
        i++;
    if (i == STRIPES_MOST)
        return; /* it counts where nobody looks */
    own_index = i;
    metrics_own = &stripes[i];
    clear_gauges(metrics_own);
    uint32_t taken = atomic_load(&header->stripe_count);
    while (taken < i + 1
           && !atomic_compare_exchange_weak(&header->stripe_count, &taken, (uint32_t)(i + 1)))
        ;
}

enum status metrics_join(int fd)
{
    struct memory *memory = map(fd);
    if (memory) {
        file = fd;
        header = &memory->header;
        stripes = memory->stripes;
        take_stripe();
    } else {
        atomic_store(&header->stripe_count, 1);
    }
    for (size_t i = 0; i < METRIC_COUNT; i++)
        metrics_places[i] = (uint32_t)metrics_name(&names[i]);
    return memory || fd < 0 ? OK : fail_as(INVALID, "the shared numbers are of another layout");
}

_Atomic int64_t *metric_shared(enum metric metric)
{
    bool is_shared = file >= 0 && metrics_places[metric];
    return is_shared ? &stripes[0].values[metrics_places[metric]] : NULL;
}

void metrics_request(size_t place, int status, int64_t microseconds)
{
    size_t class = status >= 100 && status < 600 ? (size_t)(status / 100 - 1) : METRIC_CLASSES - 1;
    size_t bound = 0;
    while (microseconds > metrics_bounds[bound])
        bound++;
    metrics_add(place + class * METRIC_BOUNDS + bound, 1);
    metrics_add(place + METRIC_REQUEST_VALUES - 1, microseconds);
}

/* Reading */

static bool is_alive(size_t stripe)
{
    struct flock lock;
    return file < 0 || stripe == own_index
           || (lock_byte(F_GETLK, F_WRLCK, (off_t)(LOCK_STRIPE + stripe), &lock) == 0
               && lock.l_type != F_UNLCK);
}

static int64_t sum_of(enum metric_kind kind, size_t place, const bool *alive, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t value = atomic_load_explicit(&stripes[i].values[place], memory_order_relaxed);
        bool counts = kind == METRIC_COUNTER || kind == METRIC_REQUESTS || alive[i];
        if (counts && kind == METRIC_LARGEST)
            sum = value > sum ? value : sum;
        else if (counts)
            sum += value;
    }
    return sum;
}

static void read_row(struct arena *arena, const struct row *row, const bool *alive, size_t count,
                     struct metrics_row *out)
{
    uint32_t width = width_of((enum metric_kind)row->kind);
    int64_t *values = ARENA_ARRAY(arena, int64_t, width);
    for (uint32_t i = 0; i < width; i++)
        values[i] = sum_of((enum metric_kind)row->kind, row->place + i, alive, count);
    *out = (struct metrics_row){
        .name = {row->family, row->labels, (enum metric_kind)row->kind, row->help},
        .values = values,
    };
}

void metrics_read(struct arena *arena, struct metrics_reading *out)
{
    size_t count = atomic_load(&header->stripe_count);
    bool *alive = ARENA_ARRAY(arena, bool, count);
    uint32_t rows = atomic_load_explicit(&header->row_count, memory_order_acquire);
    *out = (struct metrics_reading){0};
    for (size_t i = 0; i < count; i++)
        alive[i] = is_alive(i);
    for (uint32_t i = 0; i < rows; i++)
        read_row(arena, &header->rows[i], alive, count, LIST_PUSH(arena, &out->rows));
}
