#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct text text_of(const char *string)
{
    return string ? (struct text){string, strlen(string)} : TEXT_NONE;
}

bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool text_is(struct text text, const char *string)
{
    if (text.length == 0 || *string != text.at[0])
        return text.length == 0 && *string == '\0';
    return text_equal(text, text_of(string));
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

int text_compare(struct text a, struct text b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

bool text_starts(struct text text, struct text prefix)
{
    return text.length >= prefix.length
           && text_equal((struct text){text.at, prefix.length}, prefix);
}

bool text_ends(struct text text, struct text suffix)
{
    return text.length >= suffix.length
           && text_equal(text_from(text, text.length - suffix.length), suffix);
}

struct text text_part(struct text text, size_t from, size_t to)
{
    if (to > text.length)
        to = text.length;
    if (from > to)
        from = to;
    return text.at ? (struct text){text.at + from, to - from} : TEXT_NONE;
}

struct text text_from(struct text text, size_t from)
{
    return text_part(text, from, text.length);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text text)
{
    while (text.length && is_space(text.at[0]))
        text = text_from(text, 1);
    while (text.length && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

size_t text_find(struct text text, struct text needle)
{
    if (needle.length == 0)
        return 0;
    const char *found = text.length ? memmem(text.at, text.length, needle.at, needle.length) : NULL;
    return found ? (size_t)(found - text.at) : TEXT_NOT_FOUND;
}

size_t text_find_char(struct text text, char needle)
{
    const char *found = text.length ? memchr(text.at, needle, text.length) : NULL;
    return found ? (size_t)(found - text.at) : TEXT_NOT_FOUND;
}

bool text_next(struct text *rest, char separator, struct text *part)
{
    if (!rest->at)
        return false;
    size_t end = text_find_char(*rest, separator);
    *part = text_part(*rest, 0, end);
    *rest = end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(*rest, end + 1);
    return true;
}

bool text_to_int64(int64_t *out, struct text text)
{
    bool negative = text.length > 0 && text.at[0] == '-';
    struct text digits = text_from(text, negative);
    if (digits.length == 0)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        int digit = digits.at[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value)
            || __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return false;
    *out = value;
    return true;
}

/* Length of the sequence at `at`, or 0 when it is not valid. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    unsigned char c = at[0];
    if (c < 0x80)
        return 1;
    size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (c == 0xE0 && at[1] < 0xA0) || (c == 0xF0 && at[1] < 0x90);
    bool outside = (c == 0xED && at[1] > 0x9F) || (c == 0xF4 && at[1] > 0x8F);
    return overlong || outside ? 0 : length;
}

bool text_is_utf8(struct text text)
{
    for (size_t i = 0; i < text.length;) {
        size_t length = utf8_sequence((const unsigned char *)text.at + i, text.length - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

char *text_string(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.length + 1);
    if (text.length)
        memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    return copy;
}

struct text text_copy(struct arena *arena, struct text text)
{
    return (struct text){text_string(arena, text), text.length};
}

struct text text_vformat(struct arena *arena, const char *format, va_list arguments)
{
    char most[256]; /* room for most texts, so that they are printed once */
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(most, sizeof most, format, again);
    va_end(again);
    if (length < 0)
        return TEXT("");
    char *at = arena_alloc(arena, (size_t)length + 1);
    if ((size_t)length < sizeof most)
        memcpy(at, most, (size_t)length + 1);
    else
        vsnprintf(at, (size_t)length + 1, format, arguments);
    return (struct text){at, (size_t)length};
}

struct text text_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text text = text_vformat(arena, format, arguments);
    va_end(arguments);
    return text;
}

struct text text_cut(struct text text, size_t most)
{
    size_t end = most;
    if (text.length <= most)
        return text;
    while (end && most - end < 3 && ((unsigned char)text.at[end] & 0xC0) == 0x80)
        end--;
    return text_part(text, 0, end);
}
