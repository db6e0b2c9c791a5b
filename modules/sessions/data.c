#include "sessions/data.h"

#include <stdlib.h>

#include "base/arena.h"
#include "crypto/base64.h"
#include "crypto/signing.h"

#define SALT      TEXT("django.contrib.sessions.SessionStore")
#define SALT_3_0  TEXT("django.contrib.sessionsSessionStore")
#define MOST_DATA ((size_t)1024 * 1024)

static json_t *object_of(struct text json)
{
    json_t *values = json_loadb(json.at, json.length, 0, NULL);
    if (json_is_object(values))
        return values;
    json_decref(values);
    return NULL;
}

/* base64("hash:json"), the hash in hex. */
static json_t *decode_3_0(struct arena *arena, struct text data, struct text key)
{
    struct text bytes;
    if (data.length > MOST_DATA || !base64_decode(arena, data, &bytes))
        return NULL;
    size_t colon = text_find_char(bytes, ':');
    if (colon == TEXT_NOT_FOUND)
        return NULL;
    struct text json = text_from(bytes, colon + 1);
    struct digest_value made = salted_hmac(DIGEST_SHA1, SALT_3_0, json, key);
    return secret_equal(hex_of(arena, digest_bytes(&made)), text_part(bytes, 0, colon))
               ? object_of(json)
               : NULL;
}

json_t *session_decode(struct arena *arena, struct text data, struct text key)
{
    struct text packed;
    struct text json;
    int64_t time;
    if (!signing_verify_at(arena, data, SALT, key, &packed, &time))
        return decode_3_0(arena, data, key);
    return signing_unpack(arena, packed, MOST_DATA, &json) ? object_of(json) : NULL;
}

struct text session_encode(struct arena *arena, json_t *values, int64_t now, struct text key)
{
    char *json = json_dumps(values, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!json)
        abort();
    struct text packed = signing_pack(arena, text_of(json));
    free(json);
    return signing_sign_at(arena, packed, now, SALT, key);
}
