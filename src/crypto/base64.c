#include "crypto/base64.h"

#include <stdint.h>

#include "base/arena.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static char letter_of(uint32_t six, bool url)
{
    if (six < 62)
        return letters[six];
    if (six == 62)
        return url ? '-' : '+';
    return url ? '_' : '/';
}

static int value_of(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

static struct text encode(struct arena *arena, struct text bytes, bool url)
{
    char *out = arena_alloc(arena, bytes.length / 3 * 4 + 5);
    size_t length = 0;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t count = bytes.length - i < 3 ? bytes.length - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (unsigned char)bytes.at[i + k] : 0U);
        for (size_t k = 0; k <= count; k++)
            out[length++] = letter_of(group >> (18 - 6 * k) & 63, url);
        for (size_t k = count; k < 3 && !url; k++)
            out[length++] = '=';
    }
    out[length] = '\0';
    return (struct text){out, length};
}

struct text base64_encode(struct arena *arena, struct text bytes)
{
    return encode(arena, bytes, false);
}

struct text base64url_encode(struct arena *arena, struct text bytes)
{
    return encode(arena, bytes, true);
}

/* Without padding; the bits that are left over must be 0. */
static bool decode(struct arena *arena, struct text encoded, bool url, struct text *out)
{
    char *bytes = arena_alloc(arena, encoded.length / 4 * 3 + 4);
    size_t length = 0;
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        int value = value_of(encoded.at[i], url);
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        bytes[length++] = (char)(group >> bits & 0xFF);
        group &= (1U << bits) - 1;
    }
    bytes[length] = '\0';
    *out = (struct text){bytes, length};
    return bits < 6 && group == 0;
}

bool base64_decode(struct arena *arena, struct text encoded, struct text *out)
{
    size_t padding = 0;
    if (encoded.length % 4 != 0)
        return false;
    while (padding < 2 && padding < encoded.length
           && encoded.at[encoded.length - 1 - padding] == '=')
        padding++;
    return decode(arena, text_part(encoded, 0, encoded.length - padding), false, out);
}

bool base64url_decode(struct arena *arena, struct text encoded, struct text *out)
{
    return decode(arena, encoded, true, out);
}
