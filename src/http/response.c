#include "http/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zlib.h>

#include "base/arena.h"
#include "http/request.h"
#include "http/url.h"

#define WORTH_COMPRESSING 512
#define COMPRESSION_LEVEL 4

void response_start(struct response *response, struct arena *arena)
{
    *response = (struct response){
        .arena = arena,
        .status = 200,
        .content_type = "text/html; charset=utf-8",
        .body = {.arena = arena},
    };
}

void response_restart(struct response *response, int status)
{
    response->status = status;
    response->body.length = 0;
    response->body.failed = false;
    response->fixed = TEXT_NONE;
    response->encoding = TEXT_NONE;
    response->produce = NULL;
    response->content_type = "text/html; charset=utf-8";
}

static struct response_header *find_header(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->headers.count; i++) {
        const char *other = response->headers.items[i].name;
        if (((*other ^ *name) & ~0x20) == 0 && strcasecmp(other, name) == 0)
            return &response->headers.items[i];
    }
    return NULL;
}

static void set_header(struct response *response, struct response_header *header, const char *name,
                       struct text value)
{
    if (text_find_char(value, '\n') != TEXT_NOT_FOUND
        || text_find_char(value, '\r') != TEXT_NOT_FOUND)
        abort();
    *header = (struct response_header){name, text_copy(response->arena, value)};
}

void response_add_header(struct response *response, const char *name, struct text value)
{
    set_header(response, LIST_PUSH(response->arena, &response->headers), name, value);
}

void response_header(struct response *response, const char *name, struct text value)
{
    struct response_header *header = find_header(response, name);
    if (header)
        set_header(response, header, name, value);
    else
        response_add_header(response, name, value);
}

struct text response_header_value(const struct response *response, const char *name)
{
    const struct response_header *header = find_header(response, name);
    return header ? header->value : TEXT_NONE;
}

void response_vary(struct response *response, const char *name)
{
    struct text value = response_header_value(response, "Vary");
    struct text rest = value;
    struct text item;
    while (rest.length && text_next(&rest, ',', &item))
        if (text_equal_nocase(text_trim(item), text_of(name)))
            return;
    response_header(response, "Vary",
                    value.length ? text_format(response->arena, "%.*s, %s", TEXT_ARG(value), name)
                                 : text_of(name));
}

void response_stream(struct response *response, response_producer *produce, void *context)
{
    response->body.length = 0;
    response->fixed = TEXT_NONE;
    response->produce = produce;
    response->produce_context = context;
}

void response_plain(struct response *response, int status, struct text line)
{
    response_restart(response, status);
    response->content_type = "text/plain; charset=utf-8";
    buffer_text(&response->body, line);
    buffer_char(&response->body, '\n');
}

void response_redirect(struct response *response, int status, struct text wanted)
{
    struct buffer encoded = {.arena = response->arena};
    url_encode(&encoded, wanted, URL_REFERENCE_SAFE);
    struct text location = buffer_contents(&encoded);
    response_plain(response, status, location);
    response_header(response, "Location", location);
}

struct text response_bytes(const struct response *response)
{
    return response->fixed.at ? response->fixed : buffer_contents(&response->body);
}

/* Weak: the bytes differ by encoding, the page does not. */
static struct text tag_of(struct arena *arena, struct text bytes)
{
    XXH128_hash_t hash = XXH3_128bits(bytes.at, bytes.length);
    static const char digits[] = "0123456789abcdef";
    struct buffer tag = {.arena = arena};
    buffer_text(&tag, TEXT("W/\""));
    for (int shift = 60; shift >= 0; shift -= 4)
        buffer_char(&tag, digits[hash.high64 >> shift & 15]);
    for (int shift = 60; shift >= 0; shift -= 4)
        buffer_char(&tag, digits[hash.low64 >> shift & 15]);
    buffer_char(&tag, '"');
    return buffer_contents(&tag);
}

/* Weak comparison (RFC 9110, 8.8.3.2). */
static struct text opaque(struct text tag)
{
    return text_starts(tag, TEXT("W/")) ? text_from(tag, 2) : tag;
}

bool response_client_has(const struct request *request, struct text tag)
{
    struct text wanted = request_header(request, "If-None-Match");
    struct text item;
    while (wanted.length && text_next(&wanted, ',', &item)) {
        item = text_trim(item);
        if (text_is(item, "*") || text_equal(opaque(item), opaque(tag)))
            return true;
    }
    return false;
}

static bool is_compressible(const char *type)
{
    return strncmp(type, "text/", 5) == 0 || strncmp(type, "application/json", 16) == 0
           || strncmp(type, "application/xml", 15) == 0;
}

static void compress_body(struct response *response)
{
    struct text plain = buffer_contents(&response->body);
    z_stream stream = {0};
    /* 16 more window bits ask zlib for the gzip format */
    if (plain.length > UINT32_MAX
        || deflateInit2(&stream, COMPRESSION_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
               != Z_OK)
        return;
    struct buffer packed = {.arena = response->arena};
    uLong bound = deflateBound(&stream, plain.length);
    stream.next_in = (unsigned char *)(uintptr_t)plain.at;
    stream.avail_in = (uInt)plain.length;
    stream.next_out = (unsigned char *)buffer_room(&packed, bound);
    stream.avail_out = (uInt)bound;
    if (deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < plain.length) {
        packed.length = stream.total_out;
        response->body = packed;
        response->encoding = TEXT("gzip");
    }
    deflateEnd(&stream);
}

/* The bytes stay: Content-Length says what 200 would have said (RFC 9110, 8.6). */
static void set_tag(struct response *response, const struct request *request)
{
    struct text tag = response_header_value(response, "ETag");
    if (!tag.length) {
        tag = tag_of(response->arena, response_bytes(response));
        response_header(response, "ETag", tag);
    }
    if (response_client_has(request, tag))
        response->status = 304;
}

void response_finish(struct response *response, const struct request *request)
{
    bool is_read = request->method & (HTTP_GET | HTTP_HEAD);
    if (!response_header_value(response, "Cache-Control").length)
        response_header(response, "Cache-Control", TEXT("no-cache"));
    if (response->produce)
        return;
    if (is_read && response->status == 200)
        set_tag(response, request);
    if (response->fixed.at || response->encoding.length || !is_compressible(response->content_type))
        return;
    response_vary(response, "Accept-Encoding");
    if (response->body.length >= WORTH_COMPRESSING
        && header_accepts(request_header(request, "Accept-Encoding"), TEXT("gzip")))
        compress_body(response);
}

const char *http_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return N_("Bad Request");
    case 403: return N_("Forbidden");
    case 404: return N_("Not Found");
    case 409: return N_("Conflict");
    case 405: return N_("Method Not Allowed");
    case 413: return N_("Content Too Large");
    case 414: return N_("URI Too Long");
    case 429: return N_("Too Many Requests");
    case 416: return N_("Range Not Satisfiable");
    case 431: return N_("Request Header Fields Too Large");
    case 503: return N_("Service Unavailable");
    default: return status >= 500 ? N_("Internal Server Error") : N_("Error");
    }
}
