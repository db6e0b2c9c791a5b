#include "db/sqlite_files.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LOOK_EVERY ((int64_t)1000 * 1000) /* at the index, of a file that does not change */

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
    if (wal)
        sqlite_files_use_log(files, handle);
}

void sqlite_files_use_log(struct sqlite_files *files, sqlite3 *handle)
{
    files->log = inode_of(handle, "-wal");
    pthread_mutex_lock(&lock);
    if (files->place->index == 0)
        files->place->index = inode_of(handle, "-shm");
    pthread_mutex_unlock(&lock);
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
    bool changed = memcmp(&found.st_ctim, &files->changed, sizeof found.st_ctim) != 0;
    if (!changed && !writes && now - files->looked < LOOK_EVERY)
        return DB_AT_ITS_PATH;
    if (!has_index(files, handle))
        return DB_CUT_OFF;
    files->changed = found.st_ctim;
    files->looked = now;
    return DB_AT_ITS_PATH;
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

void sqlite_files_close(struct sqlite_files *files, sqlite3 *handle)
{
    if (!files->place)
        return;
    if (!has_index(files, handle))
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    pthread_mutex_lock(&lock);
    leave(files->place);
    pthread_mutex_unlock(&lock);
    files->place = NULL;
}

uint64_t sqlite_files_inode(const struct sqlite_files *files)
{
    return files->place->inode;
}

bool sqlite_files_leave_log(const struct sqlite_files *files, sqlite3 *handle)
{
    struct stat found;
    return files->log && find(handle, "-wal", &found) && found.st_ino == files->log
           && found.st_size > 0;
}
