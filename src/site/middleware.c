/* The steps around every view, in the one order that `order` shows. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "http/origin.h"
#include "http/url.h"
#include "site/internal.h"
#include "site/metrics.h"
#include "site/page_cache.h"
#include "site/report.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/tracing.h"

/* One line of the log for each request. */

static void log_answer(const struct request *request, const struct response *response,
                       uint64_t bytes, const char *cache)
{
    int64_t took = clock_monotonic() - request->started;
    metrics_answer(request, response, took);
    log_info("request", LOG_TEXT("method", request->method_name),
             LOG_TEXT("target", request_logged(request)), LOG_INT("status", response->status),
             LOG_INT("bytes", (int64_t)bytes), LOG_INT("us", took), LOG_STRING("cache", cache),
             LOG_TEXT("client", request->client));
}

/* A streamed answer has its line when it is over. */
static void log_request(struct request *request, struct response *response)
{
    bool has_body = request->method != HTTP_HEAD && response->status != 304;
    if (response->produce && has_body)
        return;
    log_answer(request, response, has_body ? response_bytes(response).length : 0,
               response->reread ? "same"
               : response->kept ? "hit"
                                : "none");
}

void site_streamed(void *context, struct request *request, struct response *response,
                   uint64_t bytes, bool whole)
{
    (void)context;
    log_answer(request, response, bytes, whole ? "none" : "none, broken off");
}

/* What Django's SecurityMiddleware and its `check --deploy` ask for
 * (docs.djangoproject.com/en/5.2/ref/middleware/), and a Content-Security-Policy. */

static struct text hsts_value(struct arena *arena)
{
    return text_format(arena, "max-age=%lld%s%s", (long long)site_settings.hsts_seconds,
                       site_settings.hsts_include_subdomains ? "; includeSubDomains" : "",
                       site_settings.hsts_preload ? "; preload" : "");
}

/* Lighthouse reads robots.txt as the page would: connect-src. */
#define POLICY                                                                                     \
    "style-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; connect-src 'self'; " \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static void add_security_headers(struct request *request, struct response *response)
{
    if (response->kept)
        return; /* it has them */
    response_header(response, "Content-Security-Policy",
                    response->scripts ? TEXT("default-src 'none'; script-src 'self'; " POLICY)
                                      : TEXT("default-src 'none'; " POLICY));
    response_header(response, "Cross-Origin-Opener-Policy", TEXT("same-origin"));
    response_header(response, "Referrer-Policy", TEXT("same-origin"));
    response_header(response, "X-Content-Type-Options", TEXT("nosniff"));
    response_header(response, "X-Frame-Options", TEXT("DENY"));
    if (request->secure && site_settings.hsts_seconds)
        response_header(response, "Strict-Transport-Security", hsts_value(request->arena));
}

/* A kept page was made for another request. */
static void add_request_id(struct request *request, struct response *response)
{
    if (!response->kept)
        response_header(response, "X-Request-ID", request->id);
}

/* Requests that are refused for their form alone. */

static bool refuse_malformed(struct request *request, struct response *response)
{
    static const struct {
        int status;
        const char *detail;
    } refusals[] = {
        {400, N_("The address or the headers of the request are not well formed.")},
        {414, N_("The address is longer than 8 kB.")},
        {431, N_("The headers are larger than 16 kB.")},
        {503, N_("The site is busy. Please try again in a moment.")},
    };
    if (!request->refused || request->refused == 413)
        return true; /* said later, and by the view */
    const char *detail = NULL;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].status == request->refused)
            detail = refusals[i].detail;
    site_error_page(request, response, request->refused, text_of(translate(detail)));
    return false;
}

static bool check_host(struct request *request, struct response *response)
{
    if (site_settings.use_forwarded_host)
        origin_use_forwarded_host(request, site_settings.trusted_proxies);
    if ((request->route && request->route->any_host)
        || origin_host_allowed(request->host, site_settings.allowed_hosts))
        return true;
    struct text detail = text_of(translate("The site does not answer to this host name."));
    if (site_settings.debug)
        detail = text_format(request->arena,
                             "The host \"%.*s\" is not in ALLOWED_HOSTS (%.*s): add it there.",
                             TEXT_ARG(request->host), TEXT_ARG(site_settings.allowed_hosts));
    site_error_page(request, response, 400, detail);
    return false;
}

static bool redirect_to_https(struct request *request, struct response *response)
{
    if (!request->forwarded || request->secure || !site_settings.ssl_redirect
        || (request->route && request->route->any_host))
        return true;
    struct text path = text_starts(request->target, TEXT("/")) ? request->target : TEXT("/");
    response_redirect(response, 301,
                      text_format(request->arena, "https://%.*s%.*s", TEXT_ARG(request->host),
                                  TEXT_ARG(path)));
    return false;
}

/* What this site sends to SENTRY_DSN has come back to it: else each such request would make another
 * (RFC 5842, 7.2). */
static bool refuse_own_report(struct request *request, struct response *response)
{
    if (!report_is_own(request))
        return true;
    response_plain(response, 508, TEXT("SENTRY_DSN names this very site"));
    response_header(response, "X-Sentry-Error", TEXT("SENTRY_DSN names this very site"));
    return false;
}

/* A path that is a route but for the slash at its end (Django's APPEND_SLASH). 308 keeps method
 * and body where there may be one. A second leading slash would name another host. */
static bool append_slash(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    struct route_match match;
    if (request->route || text_ends(request->path, TEXT("/"))
        || !router_match(site_router(), arena, text_format(arena, "%.*s/", TEXT_ARG(request->path)),
                         &match))
        return true;
    handle_hide_secret(request, match.route);
    struct buffer location = {.arena = arena};
    bool doubled = text_starts(request->path, TEXT("//"));
    if (doubled)
        buffer_text(&location, TEXT("/%2F"));
    url_encode(&location, text_from(request->path, doubled ? 2 : 0), URL_PATH_SAFE);
    buffer_char(&location, '/');
    if (request->query.length)
        buffer_format(&location, "?%.*s", TEXT_ARG(request->query));
    bool is_read = request->method & (HTTP_GET | HTTP_HEAD);
    response_redirect(response, is_read ? 301 : 308, buffer_contents(&location));
    return false;
}

/* Asks what the server takes, of no page (RFC 9110, 9.3.7). */
static bool answer_for_server(struct request *request, struct response *response)
{
    if (!text_is(request->path, "*"))
        return true;
    response_restart(response, 204);
    response_header(response, "Allow",
                    http_methods_text(request->arena,
                                      HTTP_GET | HTTP_HEAD | HTTP_POST | HTTP_OPTIONS));
    return false;
}

static bool check_route(struct request *request, struct response *response)
{
    const struct route *route = request->route;
    if (!route) {
        if (!request->refused && request->method & (HTTP_GET | HTTP_HEAD)
            && site_database(&request->db, false) == OK) {
            request->route = &site_no_route;
            return true;
        }
        site_error_page(request, response, 404, TEXT(""));
        return false;
    }
    if (route->access == ACCESS_DENIED) {
        site_error_page(request, response, 403, TEXT(""));
        return false;
    }
    if (!(route_methods(route) & request->method)) {
        site_error_page(request, response, 405,
                        text_of(translate("This page does not take that method.")));
        response_header(response, "Allow", http_methods_text(request->arena, route_methods(route)));
        return false;
    }
    return true;
}

/* Last, since the answer to what takes no body at all is rather 404, 405 or the slash. */
static bool check_body(struct request *request, struct response *response)
{
    if (!request->refused && request_read_multipart(request) != OK) {
        site_error_page(request, response, 400,
                        text_of(
                            translate("The form did not arrive whole, or is not well formed.")));
        return false;
    }
    if (request->refused != 413)
        return true;
    site_error_page(request, response, 413,
                    text_of(translate("The request's body is larger than this page takes.")));
    return false;
}

static const struct {
    /* Before the view; false: the response is there already. */
    bool (*before)(struct request *request, struct response *response);
    /* After it, also when the answer is an error, in reverse order. */
    void (*after)(struct request *request, struct response *response);
    /* Of its span, where it may take time. */
    struct text name;
} order[] = {
    {.after = log_request},
    {.before = tracing_enter, .after = tracing_leave},
    {.after = add_request_id},
    {.after = page_cache_keep},
    {.after = add_security_headers},
    {.before = language_choose, .after = language_forget},
    {.before = refuse_malformed},
    {.before = refuse_own_report},
    {.before = check_host},
    {.before = redirect_to_https},
    {.before = append_slash},
    {.before = answer_for_server},
    {.before = check_route},
    {.before = check_body, .name = {"body", 4}},
    {.before = page_cache_answer_found},
    {.before = handle_open_database, .name = {"database", 8}},
    {.before = page_cache_answer, .name = {"kept page", 9}},
    {.before = csrf_enter, .after = csrf_leave, .name = {"csrf", 4}},
    {.before = messages_enter, .after = messages_leave, .name = {"messages", 8}},
    {.before = modules_enter, .after = modules_leave, .name = {"session and user", 16}},
    {.before = access_check},
};

#define STEPS (sizeof order / sizeof *order)

bool middleware_before(struct request *request, struct response *response, size_t *entered)
{
    bool goes_on = true;
    for (; *entered < STEPS && goes_on; ++*entered) {
        goes_on = !order[*entered].before || order[*entered].before(request, response);
        if (order[*entered].name.length)
            trace_step(order[*entered].name);
    }
    return goes_on;
}

size_t middleware_before_database(void)
{
    size_t count = 0;
    while (order[count].before != handle_open_database)
        count++;
    return count;
}

void middleware_after(struct request *request, struct response *response, size_t entered)
{
    while (entered-- > 0)
        if (order[entered].after)
            order[entered].after(request, response);
}
