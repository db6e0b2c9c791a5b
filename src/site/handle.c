/* The way of a request, top to bottom: route, middleware, view, response. */
#include "base/arena.h"
#include "base/log.h"
#include "db/db.h"
#include "http/origin.h"
#include "http/server.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/settings.h"
#include "site/site.h"

static enum status find_nothing(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return NOT_FOUND;
}

const struct route site_no_route = {.view = find_nothing, .access = ACCESS_PUBLIC};

static bool is_safe(const struct request *request)
{
    return request->method & (HTTP_GET | HTTP_HEAD | HTTP_OPTIONS);
}

static bool may_write(const struct request *request)
{
    return request->route->work == WORK_BLOCKS || !is_safe(request);
}

static bool belongs_on_executor(const struct request *request)
{
    enum work work = request->route->work;
    bool reads = work == WORK_READS || work == WORK_HASHES;
    return may_write(request) || (reads && site.reads_block);
}

/* "/accounts/reset/…": up to the first argument. */
void handle_hide_secret(struct request *request, const struct route *route)
{
    if (!route->is_secret)
        return;
    struct text pattern = text_of(route->pattern);
    struct text fixed =
        text_format(request->arena, "/%.*s",
                    (int)text_part(pattern, 0, text_find_char(pattern, '<')).length, pattern.at);
    size_t at = text_find(request->path, fixed);
    struct text shown =
        at == TEXT_NOT_FOUND ? TEXT("/") : text_part(request->path, 0, at + fixed.length);
    request->logged = text_format(request->arena, "%.*s…", TEXT_ARG(shown));
}

struct server_plan site_plan(void *context, struct request *request)
{
    (void)context;
    struct route_match match;
    origin_find(request, site_settings.trusted_proxies);
    if (request->refused)
        return (struct server_plan){0};
    if (!router_match(site.router, request->arena, request->path, &match))
        return (struct server_plan){.blocks = site.reads_block};
    request->route = match.route;
    request->arguments = match.arguments;
    request->argument_count = match.count;
    handle_hide_secret(request, match.route);
    if (match.route->admit)
        request->refused = match.route->admit(request);
    return (struct server_plan){.body_limit = match.route->body_limit,
                                .blocks = belongs_on_executor(request),
                                .is_slow = match.route->work == WORK_HASHES && may_write(request)};
}

static int http_status_of(enum status status)
{
    switch (status) {
    case NOT_FOUND: return 404;
    case INVALID: return 400;
    case CONFLICT: return 409;
    case BUSY:
    case TIMEOUT: return 503;
    default: return 500;
    }
}

void site_answer_failure(struct request *request, struct response *response, enum status status)
{
    int code = http_status_of(status);
    struct text reason = text_copy(request->arena, text_of(status_failure()->message));
    if (code >= 500)
        log_error("request failed", LOG_TEXT("target", request_logged(request)),
                  LOG_TEXT("error", reason), LOG_STRING("file", status_failure()->file),
                  LOG_INT("line", status_failure()->line));
    if (request->route->failure) {
        response_plain(response, code, text_of(request->route->failure));
        response_header(response, "Cache-Control", TEXT("no-store"));
        return;
    }
    bool shows_reason = code == 400 || (code == 500 && site_settings.debug);
    site_error_page(request, response, code, shows_reason ? reason : TEXT(""));
}

bool handle_open_database(struct request *request, struct response *response)
{
    if (request->route->work == WORK_NONE || site_database(&request->db, may_write(request)) == OK)
        return true;
    fail_as(BUSY, "no database: %s", status_failure()->message);
    contain_note_request(request);
    site_answer_failure(request, response, BUSY);
    return false;
}

struct viewing {
    struct request *request;
    struct response *response;
};

static enum status call_view(struct db *db, void *context)
{
    const struct viewing *viewing = context;
    (void)db;
    status_clear(); /* a view may give a status without words */
    return viewing->request->route->view(viewing->request, viewing->response);
}

/* What only reads sees one state of the database, and takes its locks once. */
static enum status run_view(struct request *request, struct response *response)
{
    struct viewing viewing = {request, response};
    bool only_reads = request->db && !may_write(request);
    return only_reads ? db_snapshot(request->db, call_view, &viewing)
                      : call_view(request->db, &viewing);
}

static void answer_with_view(struct request *request, struct response *response)
{
    enum status status = contain_view(run_view, request, response);
    if (status != OK)
        site_answer_failure(request, response, status);
}

void site_answer(void *context, struct request *request, struct response *response)
{
    (void)context;
    size_t entered;
    request->access = ACCESS_PUBLIC;
    if (middleware_before(request, response, &entered))
        answer_with_view(request, response);
    if (!response->kept)
        response_finish(response, request);
    middleware_after(request, response, entered);
}

enum status site_produce(void *context, struct request *request, const struct response *response,
                         FILE *out)
{
    (void)context;
    log_request_id(request->id);
    language_activate(request->language);
    enum status status = site_database(&request->db, false);
    if (status == OK) {
        status = contain_produce(request, response, out);
        db_trim(request->db); /* it may have gone through very much */
    }
    language_activate(NULL);
    log_request_id(TEXT_NONE);
    return status;
}
