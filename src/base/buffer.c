#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define SMALLEST 256

static void grow(struct buffer *buffer, size_t need)
{
    size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    if (buffer->limit && capacity > buffer->limit) /* so that appends need look at one of them */
        capacity = buffer->limit;
    buffer->at = arena_grow(buffer->arena, buffer->at, buffer->capacity, capacity);
    buffer->capacity = capacity;
}

char *buffer_room(struct buffer *buffer, size_t length)
{
    size_t need;
    if (buffer->failed)
        return NULL;
    if (__builtin_add_overflow(buffer->length, length, &need)
        || (buffer->limit && need > buffer->limit)) {
        buffer->failed = true;
        return NULL;
    }
    if (need > buffer->capacity || !buffer->at)
        grow(buffer, need);
    return buffer->at + buffer->length;
}

void buffer_append_slowly(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    char *room = buffer_room(buffer, length);
    if (!room)
        return;
    memcpy(room, bytes, length);
    buffer->length += length;
}

void buffer_int(struct buffer *buffer, int64_t value)
{
    char digits[20];
    size_t from = sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        digits[--from] = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        buffer_char(buffer, '-');
    buffer_append(buffer, digits + from, sizeof digits - from);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    size_t left = buffer->failed ? 0 : buffer->capacity - buffer->length;
    int length = vsnprintf(left ? buffer->at + buffer->length : NULL, left, format, again);
    va_end(again);
    bool fits = length >= 0 && (size_t)length < left;
    char *room = fits || length < 0 ? NULL : buffer_room(buffer, (size_t)length + 1);
    if (room)
        vsnprintf(room, (size_t)length + 1, format, arguments);
    if (fits || room)
        buffer->length += (size_t)length;
    else
        buffer->failed = true;
    va_end(arguments);
}

static const struct text escapes[] = {
    {NULL, 0}, {"&amp;", 5}, {"&lt;", 4}, {"&gt;", 4}, {"&quot;", 6}, {"&#x27;", 6},
};

/* Which of them a byte has. */
static const unsigned char escape_of[256] = {
    ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5,
};

/* The first byte that has an escape, or the end. Sixteen at a time: most have none. */
static const char *skip_plain(const char *at, const char *end)
{
    typedef signed char sixteen __attribute__((vector_size(16)));
    for (; end - at >= 16; at += 16) {
        sixteen bytes;
        uint64_t found[2];
        memcpy(&bytes, at, sizeof bytes);
        sixteen escaped =
            (bytes == '&') | (bytes == '<') | (bytes == '>') | (bytes == '"') | (bytes == '\'');
        memcpy(found, &escaped, sizeof found);
        if (found[0] | found[1])
            break;
    }
    while (at < end && !escape_of[(unsigned char)*at])
        at++;
    return at;
}

void buffer_escaped(struct buffer *buffer, struct text text)
{
    const char *at = text.at;
    const char *end = at + text.length;
    while (at < end) {
        const char *plain = at;
        at = skip_plain(at, end);
        buffer_append(buffer, plain, (size_t)(at - plain));
        if (at < end)
            buffer_text(buffer, escapes[escape_of[(unsigned char)*at++]]);
    }
}

static void append_control(struct buffer *buffer, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    buffer_append(buffer, escape, sizeof escape);
}

void buffer_json(struct buffer *buffer, struct text text)
{
    buffer_char(buffer, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\')
            buffer_char(buffer, '\\');
        if (c == '\n')
            buffer_text(buffer, TEXT("\\n"));
        else if (c < 0x20 || c == 0x7F)
            append_control(buffer, c);
        else
            buffer_char(buffer, (char)c);
    }
    buffer_char(buffer, '"');
}

struct text buffer_contents(const struct buffer *buffer)
{
    return (struct text){buffer->at, buffer->length};
}
