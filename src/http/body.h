/* A request's body as it comes in: in memory, and from some size on in a temporary file, which is
 * mapped where it is read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"
#include "base/text.h"

struct body {
    struct buffer memory;
    size_t limit; /* bytes; 0: none is taken */
    size_t length;
    bool too_large;
    bool broken; /* no temporary file can be had, or written */
    bool spooled;
    int fd; /* of the file */
    void *map;
};

void body_start(struct body *body, struct arena *arena, size_t limit);
/* Sets `too_large` beyond the limit, and `broken`; from then on takes nothing. */
void body_append(struct body *body, const char *bytes, size_t length);
/* All of it; lasts until body_end(). FAILED: it cannot be read. */
enum status body_read(struct body *body, struct text *out);
/* Gives the file back; may be called again. */
void body_end(struct body *body);
