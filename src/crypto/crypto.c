#include "crypto/crypto.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/arena.h"

static const EVP_MD *method_of(enum digest digest)
{
    return digest == DIGEST_SHA1 ? EVP_sha1() : EVP_sha256();
}

struct digest_value digest_of(enum digest digest, const struct text *parts, size_t count)
{
    struct digest_value out = {0};
    unsigned length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, method_of(digest), NULL) == 1;
    for (size_t i = 0; i < count && good; i++)
        good = EVP_DigestUpdate(context, parts[i].at, parts[i].length) == 1;
    if (!good || EVP_DigestFinal_ex(context, out.bytes, &length) != 1)
        abort();
    EVP_MD_CTX_free(context);
    out.length = length;
    return out;
}

struct digest_value hmac_of(enum digest digest, struct text key, struct text message)
{
    struct digest_value out = {0};
    unsigned length = 0;
    if (key.length > INT32_MAX
        || !HMAC(method_of(digest), key.at, (int)key.length, (const unsigned char *)message.at,
                 message.length, out.bytes, &length))
        abort();
    out.length = length;
    return out;
}

struct text digest_bytes(const struct digest_value *value)
{
    return (struct text){(const char *)value->bytes, value->length};
}

struct text hex_of(struct arena *arena, struct text bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(arena, bytes.length * 2 + 1);
    for (size_t i = 0; i < bytes.length; i++) {
        out[2 * i] = digits[(unsigned char)bytes.at[i] >> 4];
        out[2 * i + 1] = digits[(unsigned char)bytes.at[i] & 15];
    }
    out[bytes.length * 2] = '\0';
    return (struct text){out, bytes.length * 2};
}

void random_fill(void *out, size_t length)
{
    char *at = out;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got < 0)
            continue;
        at += got;
        length -= (size_t)got;
    }
}

struct text random_text(struct arena *arena, struct text alphabet, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    unsigned fair = 256 - 256 % (unsigned)alphabet.length; /* above it some would be likelier */
    for (size_t i = 0; i < length;) {
        unsigned char byte;
        random_fill(&byte, 1);
        if (byte < fair)
            out[i++] = alphabet.at[byte % alphabet.length];
    }
    out[length] = '\0';
    return (struct text){out, length};
}

bool secret_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || CRYPTO_memcmp(a.at, b.at, a.length) == 0);
}

void secret_wipe(void *at, size_t length)
{
    OPENSSL_cleanse(at, length);
}
