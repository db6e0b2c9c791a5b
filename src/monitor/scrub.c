#include "monitor/scrub.h"

#include <stddef.h>

#include "base/buffer.h"

/* Those of Sentry's clients (develop.sentry.dev, "data collection"). */
static const char *const secret_words[] = {
    "auth", "token", "secret", "password", "passwd",      "pwd",     "key", "jwt",      "bearer",
    "sso",  "saml",  "csrf",   "xsrf",     "credentials", "session", "sid", "identity", "cookie",
};

static const char *const personal_headers[] = {
    "X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Api-Key", "True-Client-Ip", "Cf-Connecting-Ip",
};

static bool holds(struct text key, struct text word)
{
    for (size_t i = 0; i + word.length <= key.length; i++)
        if (text_equal_nocase(text_part(key, i, i + word.length), word))
            return true;
    return false;
}

bool scrub_is_secret(struct text key)
{
    for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++)
        if (holds(key, text_of(secret_words[i])))
            return true;
    return false;
}

bool scrub_is_personal(struct text header)
{
    for (size_t i = 0; i < sizeof personal_headers / sizeof *personal_headers; i++)
        if (text_equal_nocase(header, text_of(personal_headers[i])))
            return true;
    return false;
}

/* An escape in a key could hide a word from us: then its value goes too. */
void scrub_query(struct buffer *out, struct text query)
{
    struct text field;
    bool first = true;
    while (text_next(&query, '&', &field)) {
        size_t end = text_find_char(field, '=');
        struct text key = text_part(field, 0, end);
        bool hidden = end != TEXT_NOT_FOUND
                      && (scrub_is_secret(key) || text_find_char(key, '%') != TEXT_NOT_FOUND);
        if (!first)
            buffer_char(out, '&');
        first = false;
        if (hidden) {
            buffer_text(out, key);
            buffer_char(out, '=');
            buffer_text(out, SCRUB_FILTERED);
        } else {
            buffer_text(out, field);
        }
    }
}

void scrub_url(struct buffer *out, struct text url)
{
    size_t query = text_find_char(url, '?');
    buffer_text(out, text_part(url, 0, query));
    if (query == TEXT_NOT_FOUND)
        return;
    buffer_char(out, '?');
    scrub_query(out, text_from(url, query + 1));
}
