#include "http/body.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/temporary.h"

#define IN_MEMORY ((size_t)256 * 1024)

void body_start(struct body *body, struct arena *arena, size_t limit)
{
    *body = (struct body){.memory = {.arena = arena}, .limit = limit};
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* What was in memory so far comes first. */
static bool spool(struct body *body)
{
    if (body->spooled)
        return true;
    if (temporary_open(&body->fd) != OK)
        return false;
    body->spooled = true;
    return write_all(body->fd, body->memory.at, body->memory.length);
}

void body_append(struct body *body, const char *bytes, size_t length)
{
    body->too_large = body->too_large || length > body->limit - body->length;
    if (body->too_large || body->broken)
        return;
    body->length += length;
    if (body->length <= IN_MEMORY) {
        buffer_append(&body->memory, bytes, length);
        return;
    }
    errno = 0;
    body->broken = !spool(body) || !write_all(body->fd, bytes, length);
    if (body->broken)
        log_error("a request's body cannot be kept", LOG_STRING("reason", strerror(errno)));
}

enum status body_read(struct body *body, struct text *out)
{
    *out = buffer_contents(&body->memory);
    if (!body->spooled || body->broken)
        return OK;
    void *map = mmap(NULL, body->length, PROT_READ, MAP_PRIVATE, body->fd, 0);
    if (map == MAP_FAILED)
        return fail("a request's body cannot be read: %s", strerror(errno));
    body->map = map;
    *out = (struct text){map, body->length};
    return OK;
}

void body_end(struct body *body)
{
    if (body->map)
        munmap(body->map, body->length);
    if (body->spooled)
        close(body->fd);
    body->map = NULL;
    body->spooled = false;
}
