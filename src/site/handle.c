/* The way of a request, top to bottom: route, middleware, view, response. */
#include "base/arena.h"
#include "base/log.h"
#include "base/trace.h"
#include "db/db.h"
#include "http/origin.h"
#include "http/server.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/page_cache.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/tracing.h"

#define TOO_MANY 429

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

static struct server_plan plan(struct request *request)
{
    struct route_match match;
    origin_find(request, site_settings.trusted_proxies);
    if (request->refused)
        return (struct server_plan){0};
    if (!router_match(site.router, request->arena, request->path, &match))
        return (struct server_plan){.blocks = site.reads_block};
    request->route = match.route;
    request->route_number = match.number;
    request->pattern = match.pattern;
    request->arguments = match.arguments;
    request->argument_count = match.count;
    handle_hide_secret(request, match.route);
    if (match.route->admit)
        request->refused = match.route->admit(request);
    return (struct server_plan){.body_limit = match.route->body_limit,
                                .blocks = belongs_on_executor(request),
                                .is_slow = match.route->work == WORK_HASHES && may_write(request)};
}

struct server_plan site_plan(void *context, struct request *request)
{
    (void)context;
    contain_answering(request);
    struct server_plan found = plan(request);
    contain_answering(NULL);
    return found;
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
    if (code >= 500 && !request->noted)
        contain_note_request(request);
    request->noted = request->noted || code >= 500;
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

/* Both as they were where the database comes in. */
struct request_start {
    struct request request;
    struct response response;
};

static void keep_start(struct request *request, const struct response *response)
{
    struct request_start *start = ARENA_NEW(request->arena, struct request_start);
    start->request = *request;
    start->response = *response;
    request->start = start;
}

bool handle_open_database(struct request *request, struct response *response)
{
    if (request->route->work == WORK_NONE)
        return true;
    if (!request->is_anew && site.reads_block)
        keep_start(request, response);
    if (site_database(&request->db, may_write(request)) == OK) {
        db_mark(request->db);
        return true;
    }
    fail_as(BUSY, "no database: %s", status_failure()->message);
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

static enum status ask_view(struct request *request, struct response *response)
{
    unsigned span = trace_open(TRACE_VIEW, request->pattern);
    enum status status = contain_view(run_view, request, response);
    trace_close(span);
    return status;
}

/* Once, where the database gave it up before anything was written: a connection that was lost, a
 * deadlock, tables that a migration has changed. */
static bool begin_anew(struct request *request, struct response *response, enum status status)
{
    const struct request_start *start = request->start;
    if (status != BUSY || !start || !db_gave_up(request->db))
        return false;
    log_warning("a request is begun anew", LOG_TEXT("target", request_logged(request)),
                LOG_STRING("reason", status_failure()->message));
    modules_leave(request, response);
    *request = start->request;
    *response = start->response;
    request->is_anew = true;
    return true;
}

static void answer_through_steps(struct request *request, struct response *response,
                                 size_t *entered)
{
    bool goes_on = middleware_before(request, response, entered);
    enum status status = goes_on ? ask_view(request, response) : OK;
    if (begin_anew(request, response, status)) {
        *entered = middleware_before_database();
        goes_on = middleware_before(request, response, entered);
        status = goes_on ? ask_view(request, response) : OK;
    }
    if (status != OK)
        site_answer_failure(request, response, status);
}

/* As cheap as can be: no step, no line of the log. */
static void answer_refused(struct request *request, struct response *response)
{
    enum status status = ask_view(request, response);
    if (status != OK)
        site_answer_failure(request, response, status);
}

static void answer(struct request *request, struct response *response)
{
    size_t entered = 0;
    answer_through_steps(request, response, &entered);
    if (!response->kept)
        response_finish(response, request);
    middleware_after(request, response, entered);
    page_cache_forget_found(request);
    site_database_release();
}

void site_answer(void *context, struct request *request, struct response *response)
{
    (void)context;
    request->access = ACCESS_PUBLIC;
    contain_answering(request);
    if (request->refused == TOO_MANY)
        answer_refused(request, response);
    else
        answer(request, response);
    contain_answering(NULL);
}

bool site_is_ready(void *context, struct request *request)
{
    (void)context;
    return page_cache_find(request);
}

enum status site_produce(void *context, struct request *request, const struct response *response,
                         FILE *out)
{
    (void)context;
    log_request_id(request->id);
    tracing_resume(request);
    language_activate(request->language);
    contain_answering(request);
    enum status status = out ? site_database(&request->db, false) : FAILED;
    if (out && status == OK) {
        status = contain_produce(request, response, out);
        db_trim(request->db); /* it may have gone through very much */
    } else if (out) {
        contain_note_request(request);
    }
    site_database_release();
    language_activate(NULL);
    tracing_end_stream(request, response);
    contain_answering(NULL);
    log_request_id(TEXT_NONE);
    return status;
}
