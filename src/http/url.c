#include "http/url.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct arena *arena, struct text encoded, bool form, struct text *out)
{
    char *decoded = arena_alloc(arena, encoded.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        char c = encoded.at[i];
        if (c == '%') {
            int high = i + 2 < encoded.length ? hex_value(encoded.at[i + 1]) : -1;
            int low = i + 2 < encoded.length ? hex_value(encoded.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        decoded[length++] = c;
    }
    decoded[length] = '\0';
    *out = (struct text){decoded, length};
    return text_is_utf8(*out);
}

bool url_decode(struct arena *arena, struct text encoded, struct text *out)
{
    return decode(arena, encoded, false, out);
}

bool url_decode_form(struct arena *arena, struct text encoded, struct text *out)
{
    return decode(arena, encoded, true, out);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void url_encode(struct buffer *out, struct text text, struct text safe)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (is_plain((char)c) || text_find_char(safe, (char)c) != TEXT_NOT_FOUND)
            continue;
        const char escape[] = {'%', digits[c >> 4], digits[c & 15]};
        buffer_text(out, text_part(text, plain, i));
        buffer_append(out, escape, sizeof escape);
        plain = i + 1;
    }
    buffer_text(out, text_from(text, plain));
}

bool url_has_dot_segment(struct text path)
{
    struct text part;
    while (text_next(&path, '/', &part))
        if (text_is(part, ".") || text_is(part, ".."))
            return true;
    return false;
}

bool url_query_next(struct arena *arena, struct text *query, struct text *name, struct text *value)
{
    struct text pair;
    if (!text_next(query, '&', &pair))
        return false;
    size_t equals = text_find_char(pair, '=');
    struct text raw = equals == TEXT_NOT_FOUND ? TEXT("") : text_from(pair, equals + 1);
    if (!url_decode_form(arena, text_part(pair, 0, equals), name))
        *name = TEXT_NONE;
    if (!url_decode_form(arena, raw, value))
        *value = TEXT_NONE;
    return true;
}

bool url_query_value(struct arena *arena, struct text query, struct text name, struct text *out)
{
    bool found = false;
    struct text key;
    struct text value;
    while (url_query_next(arena, &query, &key, &value)) {
        if (!key.at || !text_equal(key, name))
            continue;
        found = true;
        *out = value;
    }
    return found;
}
