#include "base/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_WRITE 0600

/* Not every file system has files without a name. */
static int open_named(const char *folder)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/oc-lettings-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return -1;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

enum status temporary_open(int *out)
{
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!folders[i] || !*folders[i])
            continue;
        *out = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, READ_WRITE);
        if (*out < 0)
            *out = open_named(folders[i]);
        if (*out >= 0)
            return OK;
    }
    return fail("no temporary file can be made: %s", strerror(errno));
}
