/* A request's line and headers, as libmicrohttpd gives them. */
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "http/exchange.h"
#include "http/url.h"

struct header_reading {
    struct arena *arena;
    LIST(struct request_header) list;
    size_t bytes;
};

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    (void)kind;
    struct header_reading *reading = context;
    *LIST_PUSH(reading->arena, &reading->list) =
        (struct request_header){{name, name_length}, {value ? value : "", value_length}};
    reading->bytes += name_length + value_length + strlen(": \r\n");
    return MHD_YES;
}

static size_t read_headers(struct exchange *exchange)
{
    struct header_reading reading = {.arena = exchange->arena};
    MHD_get_connection_values_n(exchange->handle, MHD_HEADER_KIND, read_header, &reading);
    exchange->request.headers = reading.list.items;
    exchange->request.header_count = reading.list.count;
    return reading.bytes;
}

/* Spaces, control bytes: they have no place in a target (RFC 9112, 3.2), nor in a header made of
 * one. */
static bool has_control_byte(struct text target)
{
    for (size_t i = 0; i < target.length; i++)
        if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7F)
            return true;
    return false;
}

/* The path and query of the target; an absolute one also names the host (RFC 9112, 3.2.2). */
static bool read_target(struct request *request)
{
    struct text target = request->target;
    if (has_control_byte(target))
        return false;
    if (request->method == HTTP_OPTIONS && text_is(target, "*")) {
        request->path = target;
        return true;
    }
    struct text scheme = text_part(target, 0, text_find(target, TEXT("://")));
    if (text_equal_nocase(scheme, TEXT("http")) || text_equal_nocase(scheme, TEXT("https"))) {
        struct text rest = text_from(target, scheme.length + strlen("://"));
        size_t end = text_find_char(rest, '/');
        request->host = text_part(rest, 0, end);
        if (request->host.length == 0)
            return false;
        target = end == TEXT_NOT_FOUND ? TEXT("/") : text_from(rest, end);
    }
    size_t question = text_find_char(target, '?');
    struct text path = text_part(target, 0, question);
    request->query = question == TEXT_NOT_FOUND ? TEXT("") : text_from(target, question + 1);
    struct text decoded;
    if (!text_starts(path, TEXT("/")) || !url_decode(request->arena, path, &decoded)
        || url_has_dot_segment(decoded))
        return false;
    request->path = decoded;
    return true;
}

/* Where the body ends must be sure (RFC 9112, 6.3). */
static bool frames_are_ambiguous(const struct request *request)
{
    struct text coding = request_header(request, "Transfer-Encoding");
    return coding.at
           && (request_header(request, "Content-Length").at
               || !text_equal_nocase(coding, TEXT("chunked")));
}

static bool has_several_hosts(const struct request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += text_equal_nocase(request->headers[i].name, TEXT("Host"));
    return count > 1;
}

void exchange_read(struct exchange *exchange, const char *method)
{
    struct request *request = &exchange->request;
    size_t header_bytes = read_headers(exchange);
    request->method_name = text_of(method);
    request->method = http_method_of(request->method_name);
    request->peer = text_of(exchange->peer);
    if (request->target.length > HTTP_TARGET_LIMIT)
        request->refused = 414;
    else if (header_bytes > HTTP_HEADERS_LIMIT)
        request->refused = 431;
    else if (!read_target(request) || frames_are_ambiguous(request) || has_several_hosts(request))
        request->refused = 400;
}
