#include "crypto/signing.h"

#include <string.h>

#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"

#define BASE62 TEXT("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
#define BASE36 TEXT("0123456789abcdefghijklmnopqrstuvwxyz")

struct digest_value salted_hmac(enum digest digest, struct text salt, struct text value,
                                struct text key)
{
    struct digest_value derived = digest_of(digest, (const struct text[]){salt, key}, 2);
    struct digest_value out = hmac_of(digest, digest_bytes(&derived), value);
    secret_wipe(&derived, sizeof derived);
    return out;
}

static struct text signature_of(struct arena *arena, struct text value, struct text salt,
                                struct text key)
{
    struct text full = text_format(arena, "%.*ssigner", TEXT_ARG(salt));
    struct digest_value made = salted_hmac(DIGEST_SHA256, full, value, key);
    return base64url_encode(arena, digest_bytes(&made));
}

struct text signing_sign(struct arena *arena, struct text value, struct text salt, struct text key)
{
    struct text signature = signature_of(arena, value, salt, key);
    return text_format(arena, "%.*s:%.*s", TEXT_ARG(value), TEXT_ARG(signature));
}

/* Splits at the last colon. */
static bool split(struct text text, struct text *before, struct text *behind)
{
    size_t at = text.length;
    while (at > 0 && text.at[at - 1] != ':')
        at--;
    if (at == 0)
        return false;
    *before = text_part(text, 0, at - 1);
    *behind = text_from(text, at);
    return true;
}

bool signing_verify(struct arena *arena, struct text signed_text, struct text salt, struct text key,
                    struct text *out)
{
    struct text signature;
    return split(signed_text, out, &signature)
           && secret_equal(signature, signature_of(arena, *out, salt, key));
}

static struct text number_of(struct arena *arena, struct text alphabet, int64_t number)
{
    char digits[64];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 : (uint64_t)number;
    do {
        digits[--at] = alphabet.at[left % alphabet.length];
        left /= alphabet.length;
    } while (left);
    return text_copy(arena, (struct text){digits + at, sizeof digits - at});
}

static bool number_read(struct text alphabet, struct text digits, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.length; i++) {
        size_t digit = text_find_char(alphabet, digits.at[i]);
        if (digit == TEXT_NOT_FOUND || __builtin_mul_overflow(*out, (int64_t)alphabet.length, out)
            || __builtin_add_overflow(*out, (int64_t)digit, out))
            return false;
    }
    return digits.length > 0;
}

struct text base36_of(struct arena *arena, int64_t number)
{
    return number_of(arena, BASE36, number);
}

bool base36_read(struct text digits, int64_t *out)
{
    return number_read(BASE36, digits, out);
}

struct text signing_sign_at(struct arena *arena, struct text value, int64_t time, struct text salt,
                            struct text key)
{
    struct text digits = number_of(arena, BASE62, time);
    struct text timed = text_format(arena, "%.*s:%.*s", TEXT_ARG(value), TEXT_ARG(digits));
    return signing_sign(arena, timed, salt, key);
}

bool signing_verify_at(struct arena *arena, struct text signed_text, struct text salt,
                       struct text key, struct text *out, int64_t *time)
{
    struct text timed;
    struct text digits;
    return signing_verify(arena, signed_text, salt, key, &timed) && split(timed, out, &digits)
           && number_read(BASE62, digits, time);
}

static struct text deflated(struct arena *arena, struct text bytes)
{
    uLongf length = compressBound(bytes.length);
    char *out = arena_alloc(arena, length);
    if (compress((Bytef *)out, &length, (const Bytef *)bytes.at, bytes.length) != Z_OK)
        return TEXT_NONE;
    return (struct text){out, length};
}

struct text signing_pack(struct arena *arena, struct text bytes)
{
    struct text packed = deflated(arena, bytes);
    if (!packed.at || packed.length + 1 >= bytes.length)
        return base64url_encode(arena, bytes);
    struct text base64 = base64url_encode(arena, packed);
    return text_format(arena, ".%.*s", TEXT_ARG(base64));
}

static bool inflated(struct arena *arena, struct text packed, size_t limit, struct text *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.at};
    struct buffer bytes = {.arena = arena, .limit = limit};
    int result = Z_OK;
    if (packed.length > UINT32_MAX || inflateInit(&stream) != Z_OK)
        return false;
    stream.avail_in = (uInt)packed.length;
    while (result == Z_OK && !bytes.failed) {
        char chunk[4096];
        stream.next_out = (Bytef *)chunk;
        stream.avail_out = sizeof chunk;
        result = inflate(&stream, Z_NO_FLUSH);
        buffer_append(&bytes, chunk, sizeof chunk - stream.avail_out);
    }
    inflateEnd(&stream);
    *out = buffer_contents(&bytes);
    return result == Z_STREAM_END && !bytes.failed;
}

bool signing_unpack(struct arena *arena, struct text packed, size_t limit, struct text *out)
{
    struct text bytes;
    bool is_small = text_starts(packed, TEXT("."));
    if (!base64url_decode(arena, text_from(packed, is_small ? 1 : 0), &bytes))
        return false;
    if (is_small)
        return inflated(arena, bytes, limit, out);
    *out = bytes;
    return bytes.length <= limit;
}
