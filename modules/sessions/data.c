#include "sessions/data.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "crypto/signing.h"

#define SALT      TEXT("django.contrib.sessions.SessionStore")
#define SALT_3_0  TEXT("django.contrib.sessionsSessionStore")
#define MOST_DATA ((size_t)1024 * 1024)

/* What Python writes and JSON does not have: NaN, Infinity, numbers beyond 64 bits, a half of a
 * surrogate pair, NUL in a name. */

static bool is_escape_between(struct text at, int64_t least, int64_t most)
{
    char digits[5] = "";
    if (!text_starts(at, TEXT("\\u")) || at.length < 6)
        return false;
    memcpy(digits, at.at + 2, 4);
    long code = strtol(digits, NULL, 16);
    return code >= least && code <= most;
}

/* The bytes of a string that begin `rest`: at least one. */
static size_t put_string_part(struct buffer *out, struct text rest)
{
    bool high = is_escape_between(rest, 0xD800, 0xDBFF);
    if (high && is_escape_between(text_from(rest, 6), 0xDC00, 0xDFFF)) {
        buffer_text(out, text_part(rest, 0, 12));
        return 12;
    }
    if (high || is_escape_between(rest, 0xDC00, 0xDFFF) || is_escape_between(rest, 0, 0)) {
        buffer_text(out, TEXT("\\ufffd"));
        return 6;
    }
    size_t length = rest.at[0] == '\\' && rest.length > 1 ? 2 : 1;
    buffer_text(out, text_part(rest, 0, length));
    return length;
}

/* A number, or one of the names; as it is where JSON has it. */
static size_t put_word(struct buffer *out, struct text rest)
{
    size_t length = 0;
    bool is_whole = true;
    int64_t number;
    while (length < rest.length && !strchr(",:{}[]\" \n", rest.at[length])) {
        is_whole = is_whole && (strchr("-0123456789", rest.at[length]) != NULL);
        length++;
    }
    struct text word = text_part(rest, 0, length);
    bool is_odd = text_is(word, "NaN") || text_is(word, "Infinity") || text_is(word, "-Infinity")
                  || (is_whole && !text_to_int64(&number, word));
    buffer_text(out, is_odd ? TEXT("null") : word);
    return length;
}

static struct text without_oddities(struct arena *arena, struct text json)
{
    struct buffer out = {.arena = arena};
    bool within = false; /* a string */
    while (json.length) {
        size_t length = 1;
        if (json.at[0] == '"')
            within = !within;
        if (json.at[0] != '"' && within)
            length = put_string_part(&out, json);
        else if (strchr(",:{}[]\" \n", json.at[0]))
            buffer_char(&out, json.at[0]);
        else
            length = put_word(&out, json);
        json = text_from(json, length);
    }
    return buffer_contents(&out);
}

static json_t *object_of(struct arena *arena, struct text json)
{
    json_t *values = json_loadb(json.at, json.length, JSON_ALLOW_NUL, NULL);
    if (!values) {
        struct text plain = without_oddities(arena, json);
        values = json_loadb(plain.at, plain.length, JSON_ALLOW_NUL, NULL);
    }
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
               ? object_of(arena, json)
               : NULL;
}

json_t *session_decode(struct arena *arena, struct text data, struct text key)
{
    struct text packed;
    struct text json;
    int64_t time;
    if (!signing_verify_at(arena, data, SALT, key, &packed, &time))
        return decode_3_0(arena, data, key);
    return signing_unpack(arena, packed, MOST_DATA, &json) ? object_of(arena, json) : NULL;
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
