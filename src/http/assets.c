#include "http/assets.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "http/response.h"

#define HASH_LENGTH 12

static int by_name(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, text_of(((const struct asset *)item)->name));
}

const struct asset *asset_find(struct text name)
{
    return bsearch(&name, assets, asset_count, sizeof *assets, by_name);
}

static bool read_file(struct arena *arena, const char *path, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (fd < 0)
        return false;
    bool read_it = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
    if (read_it) {
        char *bytes = arena_alloc(arena, (size_t)stat.st_size + 1);
        ssize_t length = read(fd, bytes, (size_t)stat.st_size);
        read_it = length >= 0;
        *out = (struct text){bytes, read_it ? (size_t)length : 0};
    }
    close(fd);
    return read_it;
}

struct text asset_read(struct arena *arena, const struct asset *asset, struct text directory)
{
    struct text contents;
    if (directory.length) {
        struct text path = text_format(arena, "%.*s/%s", TEXT_ARG(directory), asset->path);
        if (read_file(arena, path.at, &contents))
            return contents;
    }
    return asset->plain;
}

enum status asset_url(struct arena *arena, struct text path, struct text directory,
                      struct text *out)
{
    struct buffer url = {.arena = arena};
    buffer_text(&url, TEXT("/static/"));
    buffer_text(&url, path);
    const struct asset *asset = asset_find(text_from(buffer_contents(&url), 1));
    if (!asset)
        return fail_as(NOT_FOUND, "there is no static file \"%.*s\"", TEXT_ARG(path));
    url.length = 1;
    buffer_text(&url, text_of(directory.length ? asset->name : asset->hashed_name));
    *out = buffer_contents(&url);
    return OK;
}

/* "static/a/b.0123456789ab.css" without the hash, or the text as it is. */
static struct text without_hash(struct arena *arena, struct text name)
{
    size_t dot = name.length;
    while (dot > 0 && name.at[dot - 1] != '.' && name.at[dot - 1] != '/')
        dot--;
    if (dot < HASH_LENGTH + 2 || name.at[dot - 1] != '.' || name.at[dot - 2 - HASH_LENGTH] != '.')
        return name;
    struct text rest = text_from(name, dot - 1);
    return text_format(arena, "%.*s%.*s", (int)(dot - 2 - HASH_LENGTH), name.at, TEXT_ARG(rest));
}

struct range {
    size_t from;
    size_t to; /* behind the last byte */
};

/* One range of bytes (RFC 9110, 14.1.2). NOT_FOUND: no range, or a form that is ignored; INVALID:
 * it lies outside. */
static enum status parse_range(struct text header, size_t size, struct range *out)
{
    int64_t first = 0;
    int64_t last = 0;
    if (!text_starts(header, TEXT("bytes=")))
        return NOT_FOUND;
    struct text spec = text_from(header, strlen("bytes="));
    size_t dash = text_find_char(spec, '-');
    struct text before = text_trim(text_part(spec, 0, dash));
    struct text after = dash == TEXT_NOT_FOUND ? TEXT_NONE : text_trim(text_from(spec, dash + 1));
    bool has_first = before.length && text_to_int64(&first, before);
    bool has_last = after.length && text_to_int64(&last, after);
    if (dash == TEXT_NOT_FOUND || (before.length && !has_first) || (after.length && !has_last)
        || (!has_first && !has_last) || (has_first && has_last && last < first) || first < 0
        || last < 0)
        return NOT_FOUND;
    if (!has_first) {
        *out = (struct range){(uint64_t)last > size ? 0 : size - (size_t)last, size};
        return last > 0 && size > 0 ? OK : INVALID;
    }
    if ((uint64_t)first >= size)
        return INVALID;
    *out =
        (struct range){(size_t)first, has_last && (uint64_t)last < size ? (size_t)last + 1 : size};
    return OK;
}

/* A range of an older version of the file would not fit the rest the client has. */
static bool range_is_current(const struct request *request, struct text tag)
{
    struct text condition = request_header(request, "If-Range");
    return condition.length == 0 || text_equal(condition, tag);
}

/* False: the whole file is to be sent, or a 304 for all of it, which comes first (RFC 9110,
 * 13.2.2). */
static bool send_range(const struct request *request, struct response *response, struct text plain,
                       struct text tag)
{
    struct range range;
    struct text header = request_header(request, "Range");
    if (!header.length || !(request->method & HTTP_GET) || !range_is_current(request, tag)
        || request_header(request, "If-None-Match").length)
        return false;
    enum status status = parse_range(header, plain.length, &range);
    if (status == NOT_FOUND)
        return false;
    if (status == INVALID) {
        response_plain(response, 416, TEXT("That range is not in the file."));
        response_header(response, "Content-Range",
                        text_format(response->arena, "bytes */%zu", plain.length));
        response_header(response, "Cache-Control", TEXT("no-store"));
        return true;
    }
    response->status = 206;
    response_header(response, "ETag", tag);
    response->fixed = text_part(plain, range.from, range.to);
    response_header(response, "Content-Range",
                    text_format(response->arena, "bytes %zu-%zu/%zu", range.from, range.to - 1,
                                plain.length));
    return true;
}

/* The hash in the file's name; each encoding is a representation of its own. */
static struct text tag_of(struct arena *arena, const struct asset *asset, const char *encoding)
{
    struct text name = text_of(asset->hashed_name);
    size_t dot = name.length;
    while (name.at[dot - 1] != '.')
        dot--;
    return text_format(arena, "\"%.*s%s\"", HASH_LENGTH, name.at + dot - 1 - HASH_LENGTH, encoding);
}

static void send_encoded(const struct request *request, struct response *response,
                         const struct asset *asset)
{
    struct text accepted = request_header(request, "Accept-Encoding");
    const char *suffix = "";
    response->fixed = asset->plain;
    if (asset->brotli.length && header_accepts(accepted, TEXT("br"))) {
        response->fixed = asset->brotli;
        response->encoding = TEXT("br");
        suffix = "-br";
    } else if (asset->gzip.length && header_accepts(accepted, TEXT("gzip"))) {
        response->fixed = asset->gzip;
        response->encoding = TEXT("gzip");
        suffix = "-gzip";
    }
    response_header(response, "ETag", tag_of(response->arena, asset, suffix));
}

void asset_send(const struct request *request, struct response *response, const struct asset *asset,
                struct text directory, bool immutable)
{
    struct text plain = asset_read(response->arena, asset, directory);
    response->content_type = asset->type;
    if (plain.at != asset->plain.at) {
        response->fixed = plain;
        response_header(response, "Cache-Control", TEXT("no-cache"));
        return;
    }
    response_header(response, "Accept-Ranges", TEXT("bytes"));
    response_header(response, "Vary", TEXT("Accept-Encoding"));
    response_header(response, "Cache-Control",
                    immutable ? TEXT("public, max-age=31536000, immutable") : TEXT("no-cache"));
    if (!send_range(request, response, plain, tag_of(response->arena, asset, "")))
        send_encoded(request, response, asset);
}

enum status asset_serve(const struct request *request, struct response *response, struct text path,
                        struct text directory)
{
    struct arena *arena = response->arena;
    struct text name = text_format(arena, "static/%.*s", TEXT_ARG(path));
    const struct asset *asset = asset_find(name);
    if (asset) {
        asset_send(request, response, asset, directory, false);
        return OK;
    }
    asset = asset_find(without_hash(arena, name));
    if (!asset || !asset->hashed_name || !text_is(name, asset->hashed_name))
        return NOT_FOUND;
    asset_send(request, response, asset, directory, true);
    return OK;
}
