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
    if (need > buffer->capacity)
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

static struct text escape_of(char c)
{
    switch (c) {
    case '&': return TEXT("&amp;");
    case '<': return TEXT("&lt;");
    case '>': return TEXT("&gt;");
    case '"': return TEXT("&quot;");
    case '\'': return TEXT("&#x27;");
    default: return TEXT_NONE;
    }
}

void buffer_escaped(struct buffer *buffer, struct text text)
{
    size_t plain = 0;
    for (size_t i = 0; i < text.length; i++) {
        struct text escape = escape_of(text.at[i]);
        if (!escape.at)
            continue;
        buffer_append(buffer, text.at + plain, i - plain);
        buffer_text(buffer, escape);
        plain = i + 1;
    }
    if (plain < text.length)
        buffer_append(buffer, text.at + plain, text.length - plain);
}

struct text buffer_contents(const struct buffer *buffer)
{
    return (struct text){buffer->at, buffer->length};
}
