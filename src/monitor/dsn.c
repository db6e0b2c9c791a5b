#include "monitor/dsn.h"

#include <string.h>

#include "base/arena.h"

#define FORM "https://KEY@HOST/PROJECT"

static bool is_key(struct text key)
{
    for (size_t i = 0; i < key.length; i++)
        if (!memchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", key.at[i],
                    64))
            return false;
    return true;
}

/* Nothing that would end it, or a header that it stands in. */
static bool is_plain(struct text part)
{
    for (size_t i = 0; i < part.length; i++)
        if ((unsigned char)part.at[i] <= ' ' || (unsigned char)part.at[i] >= 0x7F
            || memchr("?#@\"\\<>", part.at[i], 7))
            return false;
    return true;
}

static enum status read_keys(struct dsn *out, struct text keys)
{
    size_t colon = text_find_char(keys, ':');
    out->public_key = text_part(keys, 0, colon);
    out->secret_key = colon == TEXT_NOT_FOUND ? TEXT("") : text_from(keys, colon + 1);
    if (!out->public_key.length || !is_key(out->public_key) || !is_key(out->secret_key))
        return fail_as(INVALID, "it has no key before its @, or one of other than letters and "
                                "digits: it is written " FORM);
    return OK;
}

static enum status read_host(struct dsn *out, struct text host)
{
    size_t bracket = text_find_char(host, ']');
    size_t from = bracket == TEXT_NOT_FOUND ? 0 : bracket;
    size_t colon = text_find_char(text_from(host, from), ':');
    bool has_port = colon != TEXT_NOT_FOUND;
    out->host = text_part(host, 0, has_port ? from + colon : host.length);
    out->port = text_is(out->scheme, "https") ? 443 : 80;
    if (!out->host.length || !is_plain(out->host))
        return fail_as(INVALID, "it names no host: it is written " FORM);
    if (has_port
        && (!text_to_int64(&out->port, text_from(host, from + colon + 1)) || out->port < 1
            || out->port > 65535))
        return fail_as(INVALID, "its port is no number from 1 to 65535");
    return OK;
}

static enum status read_path(struct dsn *out, struct text path)
{
    while (text_ends(path, TEXT("/")))
        path.length--;
    size_t slash = path.length;
    while (slash > 0 && path.at[slash - 1] != '/')
        slash--;
    out->project = text_from(path, slash);
    out->path = text_part(path, 0, slash ? slash - 1 : 0);
    if (!out->project.length || !is_plain(path))
        return fail_as(INVALID, "it ends with no project: it is written " FORM);
    return OK;
}

enum status dsn_read(struct dsn *out, struct text text)
{
    size_t scheme = text_find(text, TEXT("://"));
    *out = (struct dsn){.whole = text, .scheme = text_part(text, 0, scheme)};
    if (scheme == TEXT_NOT_FOUND
        || (!text_is(out->scheme, "https") && !text_is(out->scheme, "http")))
        return fail_as(INVALID, "it begins with neither https:// nor http://: it is written " FORM);
    struct text rest = text_from(text, scheme + strlen("://"));
    size_t at = text_find_char(rest, '@');
    if (at == TEXT_NOT_FOUND)
        return fail_as(INVALID, "it has no key before its @: it is written " FORM);
    struct text place = text_from(rest, at + 1);
    size_t slash = text_find_char(place, '/');
    enum status status = read_keys(out, text_part(rest, 0, at));
    if (status == OK)
        status = read_host(out, text_part(place, 0, slash));
    return status == OK ? read_path(out, text_from(place, slash)) : status;
}

static struct text base_url(struct arena *arena, const struct dsn *dsn)
{
    return text_format(arena, "%.*s://%.*s:%lld%.*s", TEXT_ARG(dsn->scheme), TEXT_ARG(dsn->host),
                       (long long)dsn->port, TEXT_ARG(dsn->path));
}

struct text dsn_envelope_url(struct arena *arena, const struct dsn *dsn)
{
    struct text base = base_url(arena, dsn);
    return text_format(arena, "%.*s/api/%.*s/envelope/", TEXT_ARG(base), TEXT_ARG(dsn->project));
}

struct text dsn_shown(struct arena *arena, const struct dsn *dsn)
{
    struct text base = base_url(arena, dsn);
    return text_format(arena, "%.*s/%.*s", TEXT_ARG(base), TEXT_ARG(dsn->project));
}
