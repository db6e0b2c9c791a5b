#include "issues/intake.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/envelope.h"
#include "issues/keep.h"
#include "issues/limit.h"
#include "issues/models.h"
#include "issues/payload.h"
#include "issues/report.h"
#include "model/query.h"
#include "site/site.h"

/* Answers */

/* Browsers send from the pages of any site: the key is what lets them in, and no cookie counts. */
static void allow_origins(struct response *response)
{
    response_header(response, "Access-Control-Allow-Origin", TEXT("*"));
    response_header(response, "Access-Control-Expose-Headers",
                    TEXT("X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After"));
    response_header(response, "Cross-Origin-Resource-Policy", TEXT("cross-origin"));
    response_header(response, "Cache-Control", TEXT("no-store"));
}

static enum status answer_preflight(struct response *response)
{
    response_restart(response, 204);
    response_header(response, "Access-Control-Allow-Methods", TEXT("POST, OPTIONS"));
    response_header(response, "Access-Control-Allow-Headers",
                    TEXT("X-Sentry-Auth, Authorization, Content-Type, Content-Encoding, baggage, "
                         "sentry-trace"));
    response_header(response, "Access-Control-Max-Age", TEXT("86400"));
    return OK;
}

static void answer_json(struct response *response, int status, const char *name, struct text value)
{
    response_restart(response, status);
    response->content_type = "application/json";
    buffer_format(&response->body, "{\"%s\":", name);
    buffer_json(&response->body, value);
    buffer_char(&response->body, '}');
}

static enum status refuse(struct response *response, int status, const char *reason)
{
    answer_json(response, status, "detail", text_of(reason));
    response_header(response, "X-Sentry-Error", text_of(reason));
    return OK;
}

static enum status refuse_for(struct request *request, struct response *response, int64_t wait)
{
    struct arena *arena = request->arena;
    refuse(response, 429, "too many requests: try again later");
    response_header(response, "Retry-After", text_format(arena, "%lld", (long long)wait));
    response_header(response, "X-Sentry-Rate-Limits",
                    text_format(arena, "%lld::organization:requests", (long long)wait));
    return OK;
}

/* What cannot be taken now is sent again by few SDKs: they are told to wait. */
static enum status refuse_failed(struct request *request, struct response *response,
                                 enum status status)
{
    if (status == CONFLICT)
        return refuse(response, 413, status_failure()->message);
    if (status == INVALID)
        return refuse(response, 400, status_failure()->message);
    log_error("an event is not kept", LOG_STRING("error", status_failure()->message));
    refuse(response, 503, "the event cannot be kept now");
    response_header(response, "Retry-After", TEXT("60"));
    (void)request;
    return OK;
}

int intake_admit(const struct request *request)
{
    int64_t wait;
    bool counts = request->method == HTTP_POST;
    return !counts || limit_admits(request_int(request, "project"), clock_monotonic(), &wait) ? 0
                                                                                              : 429;
}

/* Keys */

/* "Sentry sentry_version=7, sentry_key=…": of X-Sentry-Auth or Authorization. */
static struct text key_in(struct text header)
{
    struct text part;
    if (text_starts(header, TEXT("Sentry ")))
        header = text_from(header, 7);
    while (text_next(&header, ',', &part)) {
        part = text_trim(part);
        if (text_starts(part, TEXT("sentry_key=")))
            return text_trim(text_from(part, 11));
    }
    return TEXT_NONE;
}

/* The part before ":" or "@" of "https://<key>@host/1". */
static struct text key_of_dsn(struct text dsn)
{
    size_t start = text_find(dsn, TEXT("://"));
    if (start == TEXT_NOT_FOUND)
        return TEXT_NONE;
    struct text rest = text_from(dsn, start + 3);
    size_t at = text_find_char(rest, '@');
    if (at == TEXT_NOT_FOUND)
        return TEXT_NONE;
    struct text key = text_part(rest, 0, at);
    return text_part(key, 0, text_find_char(key, ':'));
}

static struct text key_of_request(const struct request *request)
{
    struct text key = key_in(request_header(request, "X-Sentry-Auth"));
    if (!key.at)
        key = key_in(request_header(request, "Authorization"));
    if (!key.at && !request_query(request, "sentry_key", &key))
        key = TEXT_NONE;
    return key;
}

/* NOT_FOUND: the project has no such key, or takes nothing. */
static enum status check_key(struct db *db, struct arena *arena, int64_t id, struct text key)
{
    const struct project *project;
    enum status status =
        key.length ? model_find(db, arena, &project_model, DB_INT(id), &project) : NOT_FOUND;
    if (status != OK)
        return status;
    return project->is_active && secret_equal(project->public_key, key) ? OK : NOT_FOUND;
}

/* Items */

struct taking {
    struct request *request;
    struct db *db;
    int64_t project;
    struct text event_id; /* of the envelope's headers; empty: none */
    struct text kept;     /* of the last event that was kept */
};

static enum status take(struct taking *taking, struct text type, json_t *payload)
{
    if (!json_is_object(payload))
        return fail_as(INVALID, "an item of the type %.*s is no JSON object", TEXT_ARG(type));
    if (taking->event_id.length)
        json_object_set_new(payload, "event_id",
                            json_stringn(taking->event_id.at, taking->event_id.length));
    taking->kept = report_id(taking->request->arena, payload_text(payload, "event_id"));
    return keep_item(taking->db, taking->project, type, payload);
}

static enum status take_item(struct taking *taking, const struct envelope_item *item)
{
    if (!keep_takes(item->type))
        return OK;
    if (item->payload.length > ENVELOPE_ITEM_LIMIT)
        return fail_as(CONFLICT, "an item is larger than %zu bytes", ENVELOPE_ITEM_LIMIT);
    json_t *payload = payload_read(taking->request->arena, item->payload);
    enum status status = take(taking, item->type, payload);
    json_decref(payload);
    return status;
}

static enum status take_items(struct taking *taking, struct text rest)
{
    struct envelope_item item;
    enum status status = OK;
    for (int i = 0; i < ENVELOPE_ITEMS && status == OK; i++) {
        status = envelope_next(taking->request->arena, &rest, &item);
        if (status == NOT_FOUND)
            return OK;
        if (status == OK)
            status = take_item(taking, &item);
    }
    return status;
}

/* Opens the database and looks for the key; where it is none, the answer is there. */
static bool open_for(struct taking *taking, struct response *response, struct text key)
{
    enum status status = site_database(&taking->db, true);
    if (status == OK)
        status = check_key(taking->db, taking->request->arena, taking->project, key);
    if (status == NOT_FOUND)
        refuse(response, key.length ? 403 : 401,
               key.length ? "the project has no such key, or takes no events"
                          : "the request has no key: X-Sentry-Auth, sentry_key, or dsn");
    else if (status != OK)
        refuse_failed(taking->request, response, status);
    return status == OK;
}

static enum status answer_taken(struct taking *taking, struct response *response,
                                enum status status)
{
    if (status != OK)
        return refuse_failed(taking->request, response, status);
    answer_json(response, 200, "id", taking->kept.length ? taking->kept : taking->event_id);
    return OK;
}

/* What is the same for both: true where the answer is there. */
static bool is_answered(struct request *request, struct response *response)
{
    int64_t wait;
    allow_origins(response);
    if (request->method == HTTP_OPTIONS) {
        answer_preflight(response);
        return true;
    }
    if (request->refused != 429)
        return false;
    limit_admits(request_int(request, "project"), clock_monotonic(), &wait);
    refuse_for(request, response, wait);
    return true;
}

enum status intake_envelope(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    struct taking taking = {.request = request, .project = request_int(request, "project")};
    struct text rest;
    json_t *headers = NULL;
    if (is_answered(request, response))
        return OK;
    enum status status =
        envelope_decode(arena, request_header(request, "Content-Encoding"), request->body, &rest);
    if (status == OK)
        status = envelope_headers(arena, &rest, &headers);
    if (status != OK)
        return refuse_failed(request, response, status);
    struct text key = key_of_request(request);
    if (!key.at)
        key = text_copy(arena, key_of_dsn(payload_text(headers, "dsn")));
    taking.event_id = report_id(arena, payload_text(headers, "event_id"));
    json_decref(headers);
    if (!open_for(&taking, response, key))
        return OK;
    return answer_taken(&taking, response, take_items(&taking, rest));
}

enum status intake_store(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    struct taking taking = {.request = request, .project = request_int(request, "project")};
    struct envelope_item item = {.type = TEXT("event")};
    if (is_answered(request, response))
        return OK;
    enum status status = envelope_decode(arena, request_header(request, "Content-Encoding"),
                                         request->body, &item.payload);
    if (status != OK)
        return refuse_failed(request, response, status);
    if (!open_for(&taking, response, key_of_request(request)))
        return OK;
    return answer_taken(&taking, response, take_item(&taking, &item));
}
