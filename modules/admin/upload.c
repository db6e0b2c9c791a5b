#include "admin/upload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/arena.h"
#include "crypto/crypto.h"
#include "http/request.h"
#include "site/settings.h"

#define LETTERS   TEXT("abcdefghijklmnopqrstuvwxyz0123456789")
#define NAME_SIZE 32
#define KEPT_FOR  3600 /* seconds */

static struct text folder_of(struct arena *arena)
{
    return text_format(arena, "%.*s/imports", TEXT_ARG(site_settings.data_dir));
}

/* Empty: it is no name of ours. */
static struct text path_of(const struct request *request, struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (text_find_char(LETTERS, name.at[i]) == TEXT_NOT_FOUND)
            return TEXT("");
    if (name.length != NAME_SIZE)
        return TEXT("");
    struct text folder = folder_of(request->arena);
    return text_format(request->arena, "%.*s/%lld-%.*s", TEXT_ARG(folder),
                       (long long)request->user->id, TEXT_ARG(name));
}

static void sweep(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    struct stat stat;
    time_t now = time(NULL);
    while (dir && (entry = readdir(dir)))
        if (fstatat(dirfd(dir), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(stat.st_mode) && now - stat.st_mtime > KEPT_FOR)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

static enum status write_all(int fd, struct text bytes)
{
    while (bytes.length) {
        ssize_t written = write(fd, bytes.at, bytes.length);
        if (written < 0 && errno != EINTR)
            return fail("it cannot be written: %s", strerror(errno));
        bytes = text_from(bytes, written > 0 ? (size_t)written : 0);
    }
    return OK;
}

enum status upload_keep(const struct request *request, struct text bytes, struct text *name)
{
    const char *folder = text_string(request->arena, folder_of(request->arena));
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return fail("%s cannot be made: %s", folder, strerror(errno));
    sweep(folder);
    *name = random_text(request->arena, LETTERS, NAME_SIZE);
    const char *path = text_string(request->arena, path_of(request, *name));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail("%s cannot be made: %s", path, strerror(errno));
    enum status status = write_all(fd, bytes);
    if (close(fd) < 0 && status == OK)
        status = fail("%s cannot be written: %s", path, strerror(errno));
    if (status != OK)
        unlink(path);
    return status;
}

enum status upload_open(const struct request *request, struct text name, FILE **out)
{
    struct text path = path_of(request, name);
    *out = path.length ? fopen(text_string(request->arena, path), "rbe") : NULL;
    return *out ? OK : NOT_FOUND;
}

void upload_drop(const struct request *request, struct text name)
{
    struct text path = path_of(request, name);
    if (path.length)
        unlink(text_string(request->arena, path));
}
