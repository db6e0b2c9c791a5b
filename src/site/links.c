#include "site/links.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "http/origin.h"
#include "http/request.h"
#include "http/url.h"
#include "site/settings.h"

#define PARAMETER_SAFE TEXT("-._~!*'(),:/")

void link_put(struct buffer *out, const char *name, struct text value)
{
    if (value.length == 0)
        return;
    if (out->length)
        buffer_char(out, '&');
    buffer_text(out, text_of(name));
    buffer_char(out, '=');
    url_encode(out, value, PARAMETER_SAFE);
}

struct text link_parameters(const struct request *request, const char *const *names)
{
    struct buffer out = {.arena = request->arena};
    struct text value;
    for (; names && *names; names++)
        if (request_query(request, *names, &value))
            link_put(&out, *names, value);
    return buffer_contents(&out);
}

struct text link_query(const struct request *request, struct text parameters)
{
    struct buffer out = {.arena = request->arena};
    if (!parameters.length)
        return TEXT("");
    buffer_char(&out, '?');
    buffer_text(&out, parameters);
    return buffer_contents(&out);
}

static void put_lower(struct buffer *out, struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        buffer_char(out, (char)(name.at[i] + (name.at[i] >= 'A' && name.at[i] <= 'Z' ? 32 : 0)));
}

/* Ours, where no proxy stands before it: any other is what somebody wrote. */
static bool keeps_port(const struct request *request, struct text port)
{
    int64_t number;
    bool is_default = text_is(port, request->secure ? "443" : "80");
    return !request->forwarded && !is_default && text_to_int64(&number, port)
           && (number == site_settings.port || site_settings.port == 0);
}

static void put_origin(struct buffer *out, const struct request *request)
{
    if (site_settings.site_url.length) {
        buffer_text(out, site_settings.site_url);
        return;
    }
    struct text host = origin_host_public(site_settings.allowed_hosts);
    struct text port = origin_host_port(request->host);
    buffer_text(out, request->secure ? TEXT("https://") : TEXT("http://"));
    put_lower(out, host.length ? host : origin_host_name(request->host));
    if (keeps_port(request, port))
        buffer_format(out, ":%.*s", TEXT_ARG(port));
}

struct text link_absolute(const struct request *request, struct text path, struct text query)
{
    struct buffer out = {.arena = request->arena};
    put_origin(&out, request);
    url_encode(&out, path, URL_PATH_SAFE);
    buffer_text(&out, query);
    return buffer_contents(&out);
}

bool link_is_local(struct text target)
{
    if (!text_starts(target, TEXT("/")))
        return false;
    if (target.length > 1 && (target.at[1] == '/' || target.at[1] == '\\'))
        return false;
    for (size_t i = 0; i < target.length; i++)
        if ((unsigned char)target.at[i] < 0x20 || target.at[i] == 0x7F)
            return false;
    return true;
}

struct text link_here(const struct request *request)
{
    struct buffer here = {.arena = request->arena};
    bool is_read = request->method & (HTTP_GET | HTTP_HEAD);
    url_encode(&here, is_read ? request->path : TEXT("/"), URL_PATH_SAFE);
    if (is_read && request->query.length)
        buffer_format(&here, "?%.*s", TEXT_ARG(request->query));
    return buffer_contents(&here);
}
