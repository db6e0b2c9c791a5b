/* Signatures as Django makes them (docs.djangoproject.com/en/5.2/topics/signing/), so that either
 * program takes what the other has signed with the same key. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "crypto/crypto.h"

struct arena;

/* HMAC of `value` under the digest of salt and key: Django's salted_hmac(). */
struct digest_value salted_hmac(enum digest digest, struct text salt, struct text value,
                                struct text key);

/* "value:signature". */
struct text signing_sign(struct arena *arena, struct text value, struct text salt, struct text key);
/* False: it was not signed so. `out` is part of `signed_text`. */
bool signing_verify(struct arena *arena, struct text signed_text, struct text salt, struct text key,
                    struct text *out);

/* "value:time:signature", the time in seconds since 1970. */
struct text signing_sign_at(struct arena *arena, struct text value, int64_t time, struct text salt,
                            struct text key);
bool signing_verify_at(struct arena *arena, struct text signed_text, struct text salt,
                       struct text key, struct text *out, int64_t *time);

/* Bytes as a part of that: base64url, packed with zlib behind a '.' where that is shorter. */
struct text signing_pack(struct arena *arena, struct text bytes);
/* False: it is none, or would be above `limit` bytes. */
bool signing_unpack(struct arena *arena, struct text packed, size_t limit, struct text *out);

/* Digits in base 36 and 62, as Django writes times. False: not a number, or beyond int64_t. */
struct text base36_of(struct arena *arena, int64_t number);
bool base36_read(struct text digits, int64_t *out);
