#include "db/sqlite_files.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LOOK_EVERY ((int64_t)1000 * 1000) /* at the index, of a file that does not change */

/* The WAL-index (sqlite.org/walformat.html#the_wal_index_file_format): two copies of a header,
 * which every commit, reset and recovery writes anew, and what checkpoints have done. */
#define REGION_SIZE (32 * 1024)
#define LAST_FRAME  (16 / sizeof(uint32_t))
#define SALTS       (32 / sizeof(uint64_t))
#define BACKFILLED  (96 / sizeof(uint32_t))  /* is written after the file is */
#define ATTEMPTED   (128 / sizeof(uint32_t)) /* is written before the file is */

struct sqlite_place {
    dev_t device;
    ino_t inode;
    ino_t index; /* of the log's index; 0: no connection uses a log yet */
    unsigned connections;
    struct sqlite_place *next;
};

static struct sqlite_place *places;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool find(sqlite3 *handle, const char *ending, struct stat *out)
{
    const char *file = sqlite3_db_filename(handle, "main");
    char path[PATH_MAX];
    if (!*ending)
        return stat(file, out) == 0;
    int length = snprintf(path, sizeof path, "%s%s", file, ending);
    return length > 0 && (size_t)length < sizeof path && stat(path, out) == 0;
}

static ino_t inode_of(sqlite3 *handle, const char *ending)
{
    struct stat found;
    return find(handle, ending, &found) ? found.st_ino : 0;
}

/* Through SQLite's own mapping: a file that we closed would take SQLite's locks with it. NULL:
 * there is none. */
static const volatile void *index_of(const struct sqlite_files *files, sqlite3 *handle)
{
    sqlite3_file *file = NULL;
    void volatile *region = NULL;
    if (!files->wal
        || sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK
        || file->pMethods->xShmMap(file, 0, REGION_SIZE, 0, &region) != SQLITE_OK)
        return NULL;
    return region;
}

static struct sqlite_checkpoint last_checkpoint(const struct sqlite_files *files, sqlite3 *handle)
{
    const volatile void *index = index_of(files, handle);
    struct sqlite_checkpoint found = {0};
    if (index) {
        const volatile uint32_t *words = index;
        found.frames = __atomic_load_n(words + ATTEMPTED, __ATOMIC_ACQUIRE);
        found.runs = __atomic_load_n(words + BACKFILLED, __ATOMIC_ACQUIRE) < found.frames;
        found.log = __atomic_load_n((const volatile uint64_t *)index + SALTS, __ATOMIC_ACQUIRE);
    }
    return found;
}

static struct sqlite_place *place_of(const struct stat *file)
{
    struct sqlite_place *place = places;
    while (place && (place->device != file->st_dev || place->inode != file->st_ino))
        place = place->next;
    if (place)
        return place;
    place = calloc(1, sizeof *place);
    if (!place)
        abort();
    *place = (struct sqlite_place){.device = file->st_dev, .inode = file->st_ino, .next = places};
    places = place;
    return place;
}

void sqlite_files_open(struct sqlite_files *files, sqlite3 *handle, const struct stat *found,
                       bool wal)
{
    struct stat made = {0};
    if (!found)
        find(handle, "", &made);
    pthread_mutex_lock(&lock);
    files->place = place_of(found ? found : &made);
    files->place->connections++;
    pthread_mutex_unlock(&lock);
    files->found = found ? *found : made;
    if (wal)
        sqlite_files_use_log(files, handle);
}

void sqlite_files_use_log(struct sqlite_files *files, sqlite3 *handle)
{
    files->wal = true;
    files->log = inode_of(handle, "-wal");
    pthread_mutex_lock(&lock);
    if (files->place->index == 0)
        files->place->index = inode_of(handle, "-shm");
    pthread_mutex_unlock(&lock);
    files->checkpoint = last_checkpoint(files, handle);
    find(handle, "", &files->found);
}

/* The first that opens the file has its index: whoever finds another there, or none, has come later
 * than a removal. */
static bool has_index(const struct sqlite_files *files, sqlite3 *handle)
{
    pthread_mutex_lock(&lock);
    ino_t index = files->place->index;
    pthread_mutex_unlock(&lock);
    return index == 0 || index == inode_of(handle, "-shm");
}

static bool is_same_file(const struct sqlite_files *files, const struct stat *found)
{
    return found->st_ino == files->place->inode && found->st_dev == files->place->device;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_log(struct sqlite_checkpoint a, struct sqlite_checkpoint b)
{
    return a.log == b.log;
}

/* With a log, SQLite itself writes into the file at a checkpoint only, and begins the log anew
 * after one only. */
static bool is_overwritten(const struct sqlite_files *files, const struct stat *found,
                           struct sqlite_checkpoint last)
{
    struct sqlite_checkpoint before = files->checkpoint;
    bool written =
        !same_time(found->st_mtim, files->found.st_mtim) || found->st_size != files->found.st_size;
    bool copied =
        before.runs || last.runs || !same_log(last, before) || last.frames != before.frames;
    return files->wal && written && !copied;
}

/* What is put into the file changes its time; the index is looked for now and then besides, for
 * who removes it later than that. */
enum db_place sqlite_files_place(struct sqlite_files *files, sqlite3 *handle, bool writes)
{
    struct stat found;
    if (!find(handle, "", &found))
        return DB_AT_ITS_PATH;
    if (!is_same_file(files, &found))
        return DB_REPLACED;
    int64_t now = clock_monotonic();
    bool changed = !same_time(found.st_ctim, files->found.st_ctim);
    if (!changed && !writes && now - files->looked < LOOK_EVERY)
        return DB_AT_ITS_PATH;
    if (!has_index(files, handle))
        return DB_CUT_OFF;
    struct sqlite_checkpoint last = last_checkpoint(files, handle);
    if (!find(handle, "", &found)) /* behind it: what it writes later is seen the next time */
        return DB_AT_ITS_PATH;
    if (!is_same_file(files, &found))
        return DB_REPLACED;
    files->overwritten = files->overwritten || (changed && is_overwritten(files, &found, last));
    files->same_log = same_log(last, files->checkpoint);
    files->found = found;
    files->looked = now;
    files->checkpoint = last;
    return files->overwritten ? DB_OVERWRITTEN : DB_AT_ITS_PATH;
}

static void leave(struct sqlite_place *place)
{
    struct sqlite_place **link = &places;
    if (--place->connections > 0)
        return;
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    free(place);
}

/* Whether frames of the log are not in the file yet. */
static bool has_frames(const struct sqlite_files *files, sqlite3 *handle)
{
    const volatile uint32_t *index = index_of(files, handle);
    return index && index[LAST_FRAME] > index[BACKFILLED];
}

void sqlite_files_close(struct sqlite_files *files, sqlite3 *handle)
{
    if (!files->place)
        return;
    if ((files->overwritten && has_frames(files, handle)) || !has_index(files, handle))
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    pthread_mutex_lock(&lock);
    leave(files->place);
    pthread_mutex_unlock(&lock);
    files->place = NULL;
}

bool sqlite_files_leave_log(const struct sqlite_files *files, sqlite3 *handle)
{
    struct stat found;
    if (files->overwritten)
        return files->same_log && has_frames(files, handle);
    return files->log && find(handle, "-wal", &found) && found.st_ino == files->log
           && found.st_size > 0;
}

uint64_t sqlite_files_number(const struct sqlite_files *files)
{
    return files->place->inode;
}

bool sqlite_files_state(const struct sqlite_files *files, sqlite3 *handle, struct db_state *out)
{
    const volatile uint64_t *copies = index_of(files, handle);
    if (!copies)
        return false;
    for (size_t i = 0; i < DB_STATE_HEADER; i++)
        out->header[i] = __atomic_load_n(&copies[i], __ATOMIC_ACQUIRE);
    bool same = true;
    for (size_t i = 0; i < DB_STATE_HEADER; i++)
        same = same
               && out->header[i] == __atomic_load_n(&copies[DB_STATE_HEADER + i], __ATOMIC_RELAXED);
    out->file = sqlite_files_number(files);
    out->written = files->found.st_mtim.tv_sec * INT64_C(1000000000) + files->found.st_mtim.tv_nsec;
    return same;
}
