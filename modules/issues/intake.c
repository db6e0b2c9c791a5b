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
#include "issues/scrubbing.h"
#include "model/query.h"
#include "site/site.h"

#define TOO_MANY 429

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

static enum status refuse_number(struct request *request, struct response *response)
{
    long long wait = limit_wait(clock_monotonic());
    answer_json(response, TOO_MANY, "detail", TEXT("too many requests: try again later"));
    response_header(response, "Retry-After", text_format(request->arena, "%lld", wait));
    response_header(response, "X-Sentry-Rate-Limits",
                    text_format(request->arena, "%lld::key:requests", wait));
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

/* What it is counted by, as far as its headers say. */
static uint64_t counted_key(const struct request *request)
{
    struct text key = key_of_request(request);
    return key.length ? limit_key(request_int(request, "project"), key) : 0;
}

int intake_admit(const struct request *request)
{
    return request->method != HTTP_POST
                   || limit_admits(counted_key(request), request->client, clock_monotonic())
               ? 0
               : TOO_MANY;
}

/* With its key. BUSY: it has been used too often this minute. */
static enum status count_key(const struct request *request, struct text key)
{
    uint64_t used = limit_key(request_int(request, "project"), key);
    bool is_counted = counted_key(request) == used && limit_knows(used);
    return is_counted || limit_learn(used, clock_monotonic()) ? OK : BUSY;
}

/* Items */

struct taking {
    struct request *request;
    struct db *db;
    int64_t project;
    struct text event_id; /* of the envelope's headers; empty: none */
    struct text kept;     /* of the last event that was kept */
    bool has_event;       /* that the envelope's headers name */
    int taken;            /* items */
    enum status refused;  /* of the last that was not taken */
    const char *reason;   /* why it was not; NULL: there is none */
};

/* "The address that this comes from", as browsers' SDKs say who the visitor is. */
static void put_address(const struct request *request, json_t *payload)
{
    json_t *user = json_object_get(payload, "user");
    if (!text_is(payload_text(user, "ip_address"), "{{auto}}"))
        return;
    if (request->client.length)
        json_object_set_new(user, "ip_address",
                            json_stringn(request->client.at, request->client.length));
    else
        json_object_del(user, "ip_address");
}

/* An envelope is of one event or transaction, and its headers have its id. */
static enum status put_id(struct taking *taking, struct text type, json_t *payload)
{
    bool is_event = text_is(type, "event") || text_is(type, "transaction");
    if (!taking->event_id.length || !is_event)
        return OK;
    if (taking->has_event)
        return fail_as(INVALID, "the envelope has a second event, under the same event_id");
    taking->has_event = true;
    json_object_set_new(payload, "event_id",
                        json_stringn(taking->event_id.at, taking->event_id.length));
    return OK;
}

static enum status take(struct taking *taking, struct text type, json_t *payload)
{
    if (!json_is_object(payload))
        return fail_as(INVALID, "an item of the type %.*s is no JSON object", TEXT_ARG(type));
    enum status named = put_id(taking, type, payload);
    if (named != OK)
        return named;
    put_address(taking->request, payload);
    scrubbing_apply(taking->request->arena, payload);
    struct text id = report_id(taking->request->arena, payload_text(payload, "event_id"));
    enum status status = keep_item(taking->db, taking->project, type, payload);
    if (status == OK && id.length)
        taking->kept = id;
    return status;
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
    taking->taken += status == OK;
    return status;
}

static void note_refusal(struct taking *taking, enum status status)
{
    taking->refused = status;
    taking->reason = text_copy(taking->request->arena, text_of(status_failure()->message)).at;
}

/* What is wrong with one item keeps no other from being taken. With one that was, it is no failure:
 * few SDKs would send the others again. */
static enum status take_items(struct taking *taking, struct text rest)
{
    struct envelope_item item;
    bool more = true;
    for (int i = 0; more; i++) {
        enum status status = envelope_next(taking->request->arena, &rest, &item);
        more =
            status == OK && i < ENVELOPE_ITEMS; /* else nobody knows where the next would begin */
        if (more)
            status = take_item(taking, &item);
        else if (status == OK)
            status = fail_as(CONFLICT, "the envelope has more than %d items", ENVELOPE_ITEMS);
        if (status == INVALID || status == CONFLICT)
            note_refusal(taking, status);
        else if (more && status != OK)
            return status;
    }
    return taking->taken || !taking->reason ? OK : fail_as(taking->refused, "%s", taking->reason);
}

/* Opens the database and looks for the key; where it is none, the answer is there. */
static bool open_for(struct taking *taking, struct response *response, struct text key)
{
    enum status status = site_database(&taking->db, true);
    if (status == OK)
        status = check_key(taking->db, taking->request->arena, taking->project, key);
    if (status == OK && count_key(taking->request, key) != OK) {
        refuse_number(taking->request, response);
        return false;
    }
    if (status == NOT_FOUND)
        limit_forget(limit_key(taking->project, key));
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
    if (taking->reason)
        response_header(response, "X-Sentry-Error", text_of(taking->reason));
    return OK;
}

/* What is the same for both: true where the answer is there. */
static bool is_answered(struct request *request, struct response *response)
{
    allow_origins(response);
    if (request->method == HTTP_OPTIONS)
        answer_preflight(response);
    else if (request->refused == TOO_MANY)
        refuse_number(request, response);
    return request->method == HTTP_OPTIONS || request->refused == TOO_MANY;
}

enum status intake_envelope(struct request *request, struct response *response)
{
    struct arena *arena = request->arena;
    struct taking taking = {.request = request, .project = request_int(request, "project")};
    struct text rest;
    json_t *headers = NULL;
    if (is_answered(request, response))
        return OK;
    struct text key = key_of_request(request);
    bool is_known = key.at;
    if (is_known && !open_for(&taking, response, key)) /* before anything is unpacked */
        return OK;
    enum status status =
        envelope_decode(arena, request_header(request, "Content-Encoding"), request->body, &rest);
    if (status == OK)
        status = envelope_headers(arena, &rest, &headers);
    if (status != OK)
        return refuse_failed(request, response, status);
    if (!is_known)
        key = text_copy(arena, key_of_dsn(payload_text(headers, "dsn")));
    taking.event_id = report_id(arena, payload_text(headers, "event_id"));
    json_decref(headers);
    if (!is_known && !open_for(&taking, response, key))
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
    if (!open_for(&taking, response, key_of_request(request)))
        return OK;
    enum status status = envelope_decode(arena, request_header(request, "Content-Encoding"),
                                         request->body, &item.payload);
    if (status != OK)
        return refuse_failed(request, response, status);
    return answer_taken(&taking, response, take_item(&taking, &item));
}
