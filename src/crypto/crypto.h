/* Digests, random bytes, and comparing what must stay secret: OpenSSL's, in our shapes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct arena;

enum digest { DIGEST_SHA1, DIGEST_SHA256 };

#define DIGEST_LIMIT 32 /* bytes of the longest */

struct digest_value {
    unsigned char bytes[DIGEST_LIMIT];
    size_t length;
};

/* Of the parts, one behind the other. */
struct digest_value digest_of(enum digest digest, const struct text *parts, size_t count);
struct digest_value hmac_of(enum digest digest, struct text key, struct text message);

/* The bytes; they last as long as `value`. */
struct text digest_bytes(const struct digest_value *value);
/* Lower case. */
struct text hex_of(struct arena *arena, struct text bytes);

/* From the kernel; aborts where it has none. */
void random_fill(void *out, size_t length);
/* Letters of `alphabet` (at most 256), each as likely as the others. */
struct text random_text(struct arena *arena, struct text alphabet, size_t length);

/* Takes as long whatever the bytes are; the lengths are no secret. */
bool secret_equal(struct text a, struct text b);
/* Overwrites what the compiler may not leave there. */
void secret_wipe(void *at, size_t length);
