/* `oc-lettings backup` and `restore` */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "site/commands.h"
#include "site/settings.h"
#include "site/site.h"

#define TELL_EVERY ((int64_t)1000 * 1000)

const char command_backup_help[] =
    "FILE is the database as it is at one moment; who writes goes on meanwhile. It is checked, "
    "and\n"
    "there wholly or not at all; where there is one of that name, nothing is done. It has all "
    "that\n"
    "the site knows, and is as secret: only its owner can read it. Its size and SHA-256 are "
    "printed.\n";

const char command_restore_help[] =
    "FILE, as `backup` wrote it, is checked, then becomes the database in one step, whether the "
    "site\n"
    "runs or not. What was there before is kept in a file beside it, whose name is printed.\n"
    "On PostgreSQL nobody else may be connected, and pg_dump, pg_restore and psql must be there.\n"
    "Exit status 1: it says why, and nothing was changed, unless it says otherwise.\n";

static void print_progress(int64_t done, int64_t all)
{
    static int64_t told;
    int64_t now = clock_monotonic();
    told = told ? told : now;
    if (now - told < TELL_EVERY || done >= all)
        return;
    told = now;
    fprintf(stderr, "%" PRId64 " of %" PRId64 " pages\n", done, all);
}

static void print_kept(const char *path)
{
    printf("What was there before is in %s\n", path);
}

static void print_left_out(const char *why)
{
    fprintf(stderr, "not put back: %s\n", why);
}

static struct db_options options_of_site(void)
{
    return (struct db_options){
        .url = site_settings.database_url,
        .directory = site_settings.data_dir,
        .busy_timeout = site_settings.database_timeout,
    };
}

/* The name of the file; NULL: the command line has no such. */
static const char *file_of(const char *command, int count, char **arguments, int *misused)
{
    *misused = 2;
    if (count == 1)
        return arguments[0];
    if (count)
        *misused = commands_misused(command, "is too much", arguments[1]);
    else
        fprintf(stderr, "oc-lettings %s: name a file: see --help\n", command);
    return NULL;
}

static enum status print_sum(const char *path)
{
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &found) != 0 || found.st_size == 0) {
        if (fd >= 0)
            close(fd);
        return fail("cannot read %s again", path);
    }
    void *bytes = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return fail("cannot read %s again", path);
    struct arena *arena = arena_new(1024);
    const struct text part = {bytes, (size_t)found.st_size};
    struct digest_value digest = digest_of(DIGEST_SHA256, &part, 1);
    struct text sum = hex_of(arena, digest_bytes(&digest));
    printf("%s: %" PRId64 " bytes, whole, sha256 %.*s\n", path, (int64_t)found.st_size,
           TEXT_ARG(sum));
    munmap(bytes, (size_t)found.st_size);
    arena_free(arena);
    return OK;
}

int command_backup(int count, char **arguments)
{
    int misused;
    const char *path = file_of("backup", count, arguments, &misused);
    if (!path)
        return misused;
    const struct db_copying copying = {.progress = print_progress};
    enum status status = commands_start();
    const struct db_options options = options_of_site();
    if (status == OK)
        status = db_backup(&options, path, &copying);
    if (status == OK)
        status = print_sum(path);
    return status == OK ? 0 : commands_failed();
}

/* A backup of an earlier release. */
static void advise_migrate(void)
{
    struct db *db;
    if (site_database(&db, false) == OK && site_migrations_check(db) != OK)
        printf("It is older than this program: %s\n", status_failure()->message);
    site_database_close();
}

int command_restore(int count, char **arguments)
{
    int misused;
    const char *path = file_of("restore", count, arguments, &misused);
    if (!path)
        return misused;
    const struct db_copying copying = {.progress = print_progress,
                                       .kept = print_kept,
                                       .left_out = print_left_out};
    enum status status = commands_start();
    const struct db_options options = options_of_site();
    if (status == OK)
        status = db_restore(&options, path, &copying);
    if (status != OK)
        return commands_failed();
    printf("The database is that of %s\n", path);
    advise_migrate();
    return 0;
}
