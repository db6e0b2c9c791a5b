#include "http/request.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "http/multipart.h"
#include "http/routes.h"
#include "http/url.h"

static const struct {
    enum http_method method;
    const char *name;
} methods[] = {{HTTP_GET, "GET"},        {HTTP_HEAD, "HEAD"},   {HTTP_POST, "POST"},
               {HTTP_PUT, "PUT"},        {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"},
               {HTTP_OPTIONS, "OPTIONS"}};

enum http_method http_method_of(struct text name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (text_is(name, methods[i].name))
            return methods[i].method;
    return HTTP_OTHER;
}

struct text http_methods_text(struct arena *arena, unsigned wanted)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (wanted & methods[i].method)
            buffer_format(&out, "%s%s", out.length ? ", " : "", methods[i].name);
    return buffer_contents(&out);
}

struct text request_header(const struct request *request, const char *name)
{
    struct text found = TEXT_NONE;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        if (!text_equal_nocase(header->name, text_of(name)))
            continue;
        found = found.at ? text_format(request->arena, "%.*s, %.*s", TEXT_ARG(found),
                                       TEXT_ARG(header->value))
                         : header->value;
    }
    return found;
}

static bool cookie_of(struct text header, const char *name, struct text *out)
{
    bool found = false;
    struct text pair;
    while (text_next(&header, ';', &pair)) {
        size_t equals = text_find_char(pair, '=');
        if (equals == TEXT_NOT_FOUND || !text_is(text_trim(text_part(pair, 0, equals)), name))
            continue;
        *out = text_trim(text_from(pair, equals + 1));
        found = true;
    }
    return found;
}

bool request_cookie(const struct request *request, const char *name, struct text *out)
{
    bool found = false;
    for (size_t i = 0; i < request->header_count; i++)
        if (text_equal_nocase(request->headers[i].name, TEXT("Cookie")))
            found |= cookie_of(request->headers[i].value, name, out);
    return found;
}

/* "q=0", "q=0.0" … say no. */
static bool weight_is_zero(struct text parameters)
{
    struct text parameter;
    while (text_next(&parameters, ';', &parameter)) {
        parameter = text_trim(parameter);
        if (!text_starts(parameter, TEXT("q=")) && !text_starts(parameter, TEXT("Q=")))
            continue;
        struct text weight = text_from(parameter, 2);
        for (size_t i = 0; i < weight.length; i++)
            if (weight.at[i] != '0' && weight.at[i] != '.')
                return false;
        return true;
    }
    return false;
}

bool header_accepts(struct text header, struct text token)
{
    struct text item;
    bool any = false;
    while (text_next(&header, ',', &item)) {
        size_t end = text_find_char(item, ';');
        struct text name = text_trim(text_part(item, 0, end));
        struct text parameters = end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(item, end + 1);
        if (text_equal_nocase(name, token))
            return !weight_is_zero(parameters);
        if (text_is(name, "*"))
            any = !weight_is_zero(parameters);
    }
    return any;
}

bool request_query(const struct request *request, const char *name, struct text *out)
{
    return url_query_value(request->arena, request->query, text_of(name), out);
}

static bool is_urlencoded(const struct request *request)
{
    struct text type = request_header(request, "Content-Type");
    type = text_trim(text_part(type, 0, text_find_char(type, ';')));
    return text_equal_nocase(type, TEXT("application/x-www-form-urlencoded"));
}

enum status request_read_multipart(struct request *request)
{
    struct text type = request_header(request, "Content-Type");
    struct multipart *multipart = ARENA_NEW(request->arena, struct multipart);
    if (!multipart_is(type))
        return OK;
    enum status status = multipart_parse(request->arena, type, request->body, multipart);
    if (status == OK)
        request->multipart = multipart;
    return status;
}

static bool is_readable(struct text text)
{
    return text_is_utf8(text) && text_find_char(text, '\0') == TEXT_NOT_FOUND;
}

static bool part_value(const struct multipart *multipart, struct text name, struct text *out)
{
    bool found = false;
    for (size_t i = 0; i < multipart->parts.count; i++) {
        const struct multipart_part *part = &multipart->parts.items[i];
        if (part->is_file || !text_equal(part->name, name))
            continue;
        found = true;
        *out = is_readable(part->bytes) ? part->bytes : TEXT_NONE;
    }
    return found;
}

bool request_form(const struct request *request, const char *name, struct text *out)
{
    if (request->multipart)
        return part_value(request->multipart, text_of(name), out);
    return is_urlencoded(request)
           && url_query_value(request->arena, request->body, text_of(name), out);
}

static bool next_part(const struct multipart *multipart, size_t *at, struct text *name,
                      struct text *value)
{
    while (*at < multipart->parts.count) {
        const struct multipart_part *part = &multipart->parts.items[(*at)++];
        *name = part->name;
        *value = part->bytes;
        if (!part->is_file && is_readable(part->bytes))
            return true;
    }
    return false;
}

bool request_form_next(const struct request *request, size_t *at, struct text *name,
                       struct text *value)
{
    if (request->multipart)
        return next_part(request->multipart, at, name, value);
    struct text rest = is_urlencoded(request) ? text_from(request->body, *at) : TEXT_NONE;
    struct text pair;
    while (rest.length && text_next(&rest, '&', &pair)) {
        *at = (size_t)(pair.at - request->body.at) + pair.length + 1;
        size_t equals = text_find_char(pair, '=');
        struct text raw = equals == TEXT_NOT_FOUND ? TEXT("") : text_from(pair, equals + 1);
        if (pair.length && url_decode_form(request->arena, text_part(pair, 0, equals), name)
            && url_decode_form(request->arena, raw, value))
            return true;
    }
    return false;
}

bool request_file(const struct request *request, const char *name, struct request_file *out)
{
    bool found = false;
    for (size_t i = 0; request->multipart && i < request->multipart->parts.count; i++) {
        const struct multipart_part *part = &request->multipart->parts.items[i];
        if (!part->is_file || !text_is(part->name, name)
            || (!part->filename.length && !part->bytes.length))
            continue; /* a browser sends one without either where none was chosen */
        found = true;
        *out = (struct request_file){part->filename, part->content_type, part->bytes};
    }
    return found;
}

static const struct route_argument *argument_of(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->argument_count; i++)
        if (text_is(request->arguments[i].name, name))
            return &request->arguments[i];
    abort();
}

struct text request_text(const struct request *request, const char *name)
{
    return argument_of(request, name)->value;
}

int64_t request_int(const struct request *request, const char *name)
{
    return argument_of(request, name)->integer;
}

struct text request_logged(const struct request *request)
{
    return request->logged.length ? request->logged : request->target;
}
