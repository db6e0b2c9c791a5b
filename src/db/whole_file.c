#include "db/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

bool file_exists(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : text_format(arena, "%.*s", (int)(slash - path), path).at;
}

/* Of who has the folder, where root makes it: else the site could not open it. */
static enum status make_file(const char *path, const char *folder)
{
    struct stat owner;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail("cannot make %s: %s", path, strerror(errno));
    bool good = geteuid() != 0
                || (stat(folder, &owner) == 0 && fchown(fd, owner.st_uid, owner.st_gid) == 0);
    enum status status = good ? OK : fail("cannot give %s to its owner: %s", path, strerror(errno));
    close(fd);
    return status;
}

static enum status sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    enum status status = good ? OK : fail("cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

enum status whole_file_begin(struct arena *arena, const char *path, const char **part)
{
    *part = text_format(arena, "%s.%d.part", path, (int)getpid()).at;
    if (file_exists(path))
        return fail_as(CONFLICT, "%s is there already: name another file", path);
    return make_file(*part, folder_of(arena, path));
}

enum status whole_file_end(struct arena *arena, const char *part, const char *path,
                           enum status written)
{
    enum status status = written == OK ? sync_path(part, 0) : written;
    if (status == OK && link(part, path) != 0)
        status = fail_as(errno == EEXIST ? CONFLICT : FAILED, "cannot make %s: %s", path,
                         strerror(errno));
    unlink(part);
    return status == OK ? sync_path(folder_of(arena, path), O_DIRECTORY) : status;
}

const char *whole_file_kept(struct arena *arena, const char *path)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm moment;
    gmtime_r(&now, &moment);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &moment);
    const char *name = text_format(arena, "%s.before-restore-%s", path, stamp).at;
    for (int i = 2; file_exists(name); i++)
        name = text_format(arena, "%s.before-restore-%s-%d", path, stamp, i).at;
    return name;
}
