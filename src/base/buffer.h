/* Bytes that grow at the end: in an arena, or within an array (BUFFER_ON) that never grows.
 *
 * An append that would pass `limit` (bytes; 0: none) or a failed format sets `failed`, which
 * stays set and makes every later append do nothing: check it once, at the end. A format needs
 * room for one byte more than it appends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

struct buffer {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
    size_t limit;
    bool failed;
};

#define BUFFER_ON(array)                                                                           \
    ((struct buffer){.at = (array), .capacity = sizeof(array), .limit = sizeof(array)})

void buffer_append_slowly(struct buffer *buffer, const void *bytes, size_t length);

/* Appends are most of what rendering does: where there is room they cost no call. */
static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->failed || length >= buffer->capacity - buffer->length) {
        buffer_append_slowly(buffer, bytes, length);
        return;
    }
    if (length)
        memcpy(buffer->at + buffer->length, bytes, length);
    buffer->length += length;
}
static inline void buffer_text(struct buffer *buffer, struct text text)
{
    buffer_append(buffer, text.at, text.length);
}
static inline void buffer_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}
void buffer_int(struct buffer *buffer, int64_t value);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends with & < > " ' as &amp; &lt; &gt; &quot; &#x27;, Django's escaping. */
void buffer_escaped(struct buffer *buffer, struct text text);

/* Appends it as a JSON string, in quotes. Neither allocates beyond the buffer nor locks. */
void buffer_json(struct buffer *buffer, struct text text);

/* Room for `length` more bytes to be written at the end by the caller, who then adds what was
 * written to `buffer->length`; NULL when that failed. */
char *buffer_room(struct buffer *buffer, size_t length);

/* The bytes so far; valid until the next append. */
struct text buffer_contents(const struct buffer *buffer);
