#include "monitor/scrub.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"

/* Those of Sentry's clients (develop.sentry.dev, "data collection"). */
static const char *const secret_words[] = {
    "auth",    "token",  "secret",   "password", "passwd",   "pwd",        "key",
    "jwt",     "bearer", "sso",      "saml",     "csrf",     "xsrf",       "credentials",
    "session", "sid",    "identity", "cookie",   "passcode", "passphrase", "signature",
};
/* Those that mean something else within a word. */
static const char *const short_words[] = {"pw", "otp", "totp", "pin", "pass"};

/* Of HTTP's authentication (IANA's registry), and what others use: a secret follows. */
static const char *const schemes[] = {
    "basic",  "bearer",       "digest",      "negotiate",     "ntlm",
    "oauth",  "hawk",         "dpop",        "mutual",        "vapid",
    "gnap",   "privatetoken", "scram-sha-1", "scram-sha-256", "token",
    "apikey", "key",          "api-key",     "signature",     "aws4-hmac-sha256",
};

static const char *const personal_names[] = {
    "X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip",
    "client",          "email",     "username",  "ip_address",     "recipient",
};

/* Parts of the names of headers that say who the visitor is, and whole names. */
static const char *const personal_parts[] = {
    "forwarded",  "-ip", "clientip",    "socketip",   "remote-",   "-user",    "mail",   "-addr",
    "ssl-client", "-dn", "client-cert", "clientcert", "principal", "-subject", "-login",
};
static const char *const personal_headers[] = {"Via", "From", "Baggage"};
/* Those of them that do not. */
static const char *const open_headers[] = {
    "X-Forwarded-Proto",  "X-Forwarded-Host", "X-Forwarded-Port",
    "X-Forwarded-Prefix", "Sec-Fetch-User",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is longer counts as a secret. */
#define LONGEST_VALUE 2048
#define MOST_ESCAPES  4
#define LEAST_TOKEN   16 /* characters */
#define LONGEST_IP    48

static bool personal_allowed;

static bool holds(struct text key, struct text word)
{
    for (size_t i = 0; i + word.length <= key.length; i++)
        if (text_equal_nocase(text_part(key, i, i + word.length), word))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether a word of a name ends between the two: "x-pw", "user2pw", "userPw". */
static bool parts_words(char before, char after)
{
    return !is_letter(before) || !is_letter(after) || (!is_capital(before) && is_capital(after));
}

static bool is_word_at(struct text text, size_t at, struct text word)
{
    size_t end = at + word.length;
    return text_equal_nocase(text_part(text, at, end), word)
           && (at == 0 || parts_words(text.at[at - 1], text.at[at]))
           && (end == text.length || parts_words(text.at[end - 1], text.at[end]));
}

static bool has_short_word_at(struct text text, size_t at)
{
    for (size_t i = 0; i < COUNT(short_words); i++)
        if (is_word_at(text, at, text_of(short_words[i])))
            return true;
    return false;
}

bool scrub_is_secret(struct text key)
{
    for (size_t i = 0; i < COUNT(secret_words); i++)
        if (holds(key, text_of(secret_words[i])))
            return true;
    for (size_t at = 0; at < key.length; at++)
        if (has_short_word_at(key, at))
            return true;
    return false;
}

static bool is_one_of(struct text name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    return false;
}

bool scrub_is_personal(struct text name)
{
    return !personal_allowed && is_one_of(name, personal_names, COUNT(personal_names));
}

static bool is_personal_header(struct text name)
{
    if (personal_allowed || is_one_of(name, open_headers, COUNT(open_headers)))
        return false;
    for (size_t i = 0; i < COUNT(personal_parts); i++)
        if (holds(name, text_of(personal_parts[i])))
            return true;
    return is_one_of(name, personal_headers, COUNT(personal_headers));
}

void scrub_allow_personal(bool allowed)
{
    personal_allowed = allowed;
}

bool scrub_allows_personal(void)
{
    return personal_allowed;
}

/* Values */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte, as it is once all who read it have unescaped it: "%253D" is '='. */
static char next_byte(struct text text, size_t *at)
{
    char c = text.at[(*at)++];
    while (c == '%' && *at + 1 < text.length && hex_digit(text.at[*at]) >= 0
           && hex_digit(text.at[*at + 1]) >= 0) {
        c = (char)(hex_digit(text.at[*at]) * 16 + hex_digit(text.at[*at + 1]));
        *at += 2;
    }
    return c == '+' ? ' ' : c;
}

static int32_t hex_number(struct text digits)
{
    int32_t number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        int digit = hex_digit(digits.at[i]);
        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

/* "\u0070" of JSON is 'p', however often its backslash is escaped in turn. In place; true: there
 * was one. */
static bool unescape_json(char *at, size_t *length)
{
    size_t end = 0;
    bool any = false;
    for (size_t i = 0; i < *length; i++) {
        struct text digits = {at + i + 1, *length - i - 1 < 4 ? 0 : 4};
        int32_t code =
            at[i] == 'u' && end && at[end - 1] == '\\' && digits.length ? hex_number(digits) : -1;
        if (code < 0 || code > 0x7F) {
            at[end++] = at[i];
            continue;
        }
        while (end && at[end - 1] == '\\')
            end--;
        at[end++] = (char)code;
        i += digits.length;
        any = true;
    }
    *length = end;
    return any;
}

/* False: it is too long, or escaped too often. This runs within handlers of faults: nothing is
 * allocated. */
static bool unescape(struct text text, char room[LONGEST_VALUE], struct text *out)
{
    struct text from = text;
    bool again = true;
    for (int i = 0; i < MOST_ESCAPES && again; i++) {
        size_t length = 0;
        for (size_t at = 0; at < from.length && length < LONGEST_VALUE;)
            room[length++] = next_byte(from, &at);
        again = unescape_json(room, &length);
        from = (struct text){room, length};
    }
    *out = from;
    return text.length < LONGEST_VALUE && !again;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || is_letter(c) || c == '_' || c == '-';
}

/* Whether a value follows: what is left of the name, quotes, and ':' or '='. */
static bool is_given(struct text rest)
{
    size_t at = 0;
    while (at < rest.length && is_word(rest.at[at]))
        at++;
    while (at < rest.length
           && (rest.at[at] == ' ' || rest.at[at] == '"' || rest.at[at] == '\''
               || rest.at[at] == '\\' || rest.at[at] == ']'))
        at++;
    return at < rest.length && (rest.at[at] == ':' || rest.at[at] == '=');
}

/* Something like {"password":"S"}, password: S or token=S. */
static bool gives_secret(struct text plain)
{
    for (size_t i = 0; i < plain.length; i++)
        for (size_t k = 0; k < COUNT(secret_words); k++) {
            struct text word = text_of(secret_words[k]);
            if (text_equal_nocase(text_part(plain, i, i + word.length), word)
                && is_given(text_from(plain, i + word.length)))
                return true;
        }
    for (size_t i = 0; i < plain.length; i++)
        if (has_short_word_at(plain, i) && is_given(text_from(plain, i)))
            return true;
    return false;
}

/* A JSON web token, or JSON in base64, of whatever name. */
static bool has_web_token(struct text plain)
{
    size_t start = text_find(plain, TEXT("eyJ"));
    struct text token = text_from(plain, start);
    size_t end = 0;
    while (end < token.length && (is_word(token.at[end]) || token.at[end] == '/'))
        end++;
    return start != TEXT_NOT_FOUND
           && (end >= LEAST_TOKEN || text_find_char(token, '.') != TEXT_NOT_FOUND);
}

static bool is_secret_itself(struct text plain)
{
    return gives_secret(plain) || has_web_token(plain) || holds(plain, TEXT("bearer "))
           || holds(plain, TEXT("private key"));
}

/* Of somebody signed in, a mail address, a query within it, or a secret. */
static bool tells_more(struct text value)
{
    char room[LONGEST_VALUE];
    struct text plain;
    return !unescape(value, room, &plain) || text_find_char(plain, '@') != TEXT_NOT_FOUND
           || text_find_char(plain, '=') != TEXT_NOT_FOUND || is_secret_itself(plain);
}

static bool names_secret(struct text part)
{
    char room[LONGEST_VALUE];
    struct text plain;
    return !unescape(part, room, &plain) || gives_secret(plain);
}

/* "name=value; name=value": what is no such pair is left out. */
static void scrub_cookies(struct buffer *out, struct text cookies)
{
    struct text pair;
    bool first = true;
    while (text_next(&cookies, ';', &pair)) {
        pair = text_trim(pair);
        size_t end = text_find_char(pair, '=');
        if (end == TEXT_NOT_FOUND)
            continue;
        if (!first)
            buffer_text(out, TEXT("; "));
        first = false;
        struct text name = text_part(pair, 0, end);
        buffer_text(out, name);
        buffer_char(out, '=');
        buffer_text(out, scrub_is_secret(name) ? SCRUB_FILTERED : text_from(pair, end + 1));
    }
}

void scrub_value(struct buffer *out, struct text name, struct text value)
{
    if (personal_allowed && text_equal_nocase(name, TEXT("Cookie")))
        scrub_cookies(out, value);
    else if (scrub_is_secret(name) || scrub_is_personal(name))
        buffer_text(out, SCRUB_FILTERED);
    else
        scrub_url(out, value);
}

static bool starts_nocase(struct text text, struct text prefix)
{
    return text_equal_nocase(text_part(text, 0, prefix.length), prefix);
}

/* An address, or a path with its query. */
static bool is_url(struct text value)
{
    return text_starts(value, TEXT("/")) || starts_nocase(value, TEXT("http://"))
           || starts_nocase(value, TEXT("https://"));
}

/* "Basic S", "Digest username=…", also behind others: "Negotiate, Token S". */
static bool has_credentials(struct text plain)
{
    struct text part;
    while (text_next(&plain, ',', &part)) {
        part = text_trim(part);
        struct text scheme = text_part(part, 0, text_find_char(part, ' '));
        if (scheme.length < part.length && is_one_of(scheme, schemes, COUNT(schemes)))
            return true;
    }
    return false;
}

/* "203.0.113.9", "[2001:db8::1]:80" */
static bool is_ip(struct text text)
{
    char room[LONGEST_IP];
    struct in6_addr address;
    bool bracketed = text_starts(text, TEXT("["));
    size_t colon = text_find_char(text, ':');
    bool has_port =
        colon < text.length && text_find_char(text_from(text, colon + 1), ':') == TEXT_NOT_FOUND;
    struct text bare = bracketed ? text_part(text, 1, text_find_char(text, ']'))
                                 : text_part(text, 0, has_port ? colon : text.length);
    if (!bare.length || bare.length >= sizeof room)
        return false;
    memcpy(room, bare.at, bare.length);
    room[bare.length] = '\0';
    return inet_pton(AF_INET, room, &address) == 1 || inet_pton(AF_INET6, room, &address) == 1;
}

/* "/C=FR/CN=Jane", of a certificate. */
static bool names_subject(struct text plain)
{
    for (size_t i = 0; i < plain.length; i++)
        if (is_word_at(plain, i, TEXT("CN")) && text_starts(text_from(plain, i + 2), TEXT("=")))
            return true;
    return false;
}

/* A mail address, an IP address alone or in a list, or the subject of a certificate. */
static bool tells_who(struct text plain)
{
    struct text rest = plain;
    struct text part;
    if (text_find_char(plain, '@') != TEXT_NOT_FOUND)
        return true;
    while (text_next(&rest, ',', &part))
        if (is_ip(text_trim(part)))
            return true;
    return names_subject(plain);
}

static bool is_secret_header(struct text name, struct text value)
{
    if (is_url(value))
        return !personal_allowed && names_subject(text_part(value, 0, text_find_char(value, '?')));
    char room[LONGEST_VALUE];
    struct text plain;
    bool may_tell = personal_allowed || text_equal_nocase(name, TEXT("Host"))
                    || is_one_of(name, open_headers, COUNT(open_headers));
    return !unescape(value, room, &plain) || is_secret_itself(plain) || has_credentials(plain)
           || (!may_tell && tells_who(plain));
}

void scrub_header(struct buffer *out, struct text name, struct text value)
{
    bool is_cookies = personal_allowed && text_equal_nocase(name, TEXT("Cookie"));
    if (is_personal_header(name) || (!is_cookies && is_secret_header(name, value)))
        buffer_text(out, SCRUB_FILTERED);
    else
        scrub_value(out, name, value);
}

/* Queries */

static size_t field_end(struct text query)
{
    size_t end = 0;
    while (end < query.length && query.at[end] != '&' && query.at[end] != ';')
        end++;
    return end;
}

/* An escape in a key could hide a word from us: then its value goes too. True: it was hidden. */
static bool scrub_field(struct buffer *out, struct text field)
{
    size_t end = text_find_char(field, '=');
    bool has_key = end != TEXT_NOT_FOUND;
    struct text key = text_part(field, 0, has_key ? end : 0);
    bool is_odd = has_key && tells_more(key);
    bool hidden = is_odd || scrub_is_secret(key) || text_find_char(key, '%') != TEXT_NOT_FOUND
                  || tells_more(has_key ? text_from(field, end + 1) : field);
    if (hidden && has_key && !is_odd) {
        buffer_text(out, key);
        buffer_char(out, '=');
    }
    buffer_text(out, hidden ? SCRUB_FILTERED : field);
    return hidden;
}

/* Within quotes, '&' and ';' part nothing. */
static bool is_cut(struct text field)
{
    char room[LONGEST_VALUE];
    struct text plain;
    size_t quotes = 0;
    if (!unescape(field, room, &plain))
        return true;
    for (size_t i = 0; i < plain.length; i++)
        quotes += plain.at[i] == '"';
    return quotes % 2 == 1;
}

void scrub_query(struct buffer *out, struct text query)
{
    for (;;) {
        size_t end = field_end(query);
        struct text field = text_part(query, 0, end);
        bool hidden = scrub_field(out, field);
        if (end == query.length || (hidden && is_cut(field)))
            return;
        buffer_char(out, query.at[end]);
        query = text_from(query, end + 1);
    }
}

/* Behind each "//", with a scheme before it or without, up to the next '/'. */
static void put_without_user(struct buffer *out, struct text url)
{
    for (;;) {
        size_t slashes = text_find(url, TEXT("//"));
        size_t start = slashes == TEXT_NOT_FOUND ? url.length : slashes + 2;
        struct text place = text_from(url, start);
        size_t user = text_part(place, 0, text_find_char(place, '/')).length;
        while (user > 0 && place.at[user - 1] != '@')
            user--;
        buffer_text(out, text_part(url, 0, start));
        if (slashes == TEXT_NOT_FOUND)
            return;
        if (user)
            buffer_text(out, SCRUB_FILTERED);
        url = text_from(place, user ? user - 1 : 0);
    }
}

/* "/a;token=S" */
static void put_place(struct buffer *out, struct text url)
{
    size_t scheme = text_find(url, TEXT("://"));
    struct text place = scheme == TEXT_NOT_FOUND ? url : text_from(url, scheme + 3);
    size_t path = is_url(url) ? text_find_char(place, '/') : TEXT_NOT_FOUND;
    if (path == TEXT_NOT_FOUND || !names_secret(text_from(place, path))) {
        put_without_user(out, url);
        return;
    }
    put_without_user(out, text_part(url, 0, url.length - place.length + path + 1));
    buffer_text(out, SCRUB_FILTERED);
}

void scrub_url(struct buffer *out, struct text url)
{
    size_t hash = text_find_char(url, '#');
    struct text shown = text_part(url, 0, hash);
    size_t query = text_find_char(shown, '?');
    put_place(out, text_part(shown, 0, query));
    if (query != TEXT_NOT_FOUND) {
        buffer_char(out, '?');
        scrub_query(out, text_from(shown, query + 1));
    }
    if (hash == TEXT_NOT_FOUND)
        return;
    struct text fragment = text_from(url, hash);
    buffer_text(out, tells_more(fragment) ? TEXT("#[Filtered]") : fragment);
}
