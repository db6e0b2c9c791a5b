#include "monitor/transaction.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/dsc.h"

#define UNMATCHED TEXT("<unmatched>")

static void set_text(json_t *out, const char *name, struct text value)
{
    if (value.length && text_is_utf8(value))
        json_object_set_new(out, name, json_stringn(value.at, value.length));
}

static void set_moment(json_t *out, const char *name, int64_t wall)
{
    char moment[CLOCK_ISO_SIZE];
    clock_iso(moment, wall);
    json_object_set_new(out, name, json_string(moment));
}

static void set_id(json_t *out, const char *name, uint64_t id)
{
    json_object_set_new(out, name, json_sprintf("%016" PRIx64, id));
}

static void put_id(char out[TRANSACTION_ID_SIZE], const uint64_t parts[2])
{
    snprintf(out, TRANSACTION_ID_SIZE, "%016" PRIx64 "%016" PRIx64, parts[0], parts[1]);
}

void transaction_id(char out[TRANSACTION_ID_SIZE], const struct ring_copy *copy)
{
    put_id(out, copy->record.event_id);
}

/* As Sentry's clients write it of HTTP's (develop.sentry.dev, "span status"). */
static const char *status_of(int status)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {401, "unauthenticated"}, {403, "permission_denied"},   {404, "not_found"},
        {409, "already_exists"},  {413, "failed_precondition"}, {429, "resource_exhausted"},
        {501, "unimplemented"},   {503, "unavailable"},         {504, "deadline_exceeded"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == status)
            return names[i].name;
    return status < 400 ? "ok" : status < 500 ? "invalid_argument" : "internal_error";
}

/* Spans */

static const char *const ops[] = {
    [TRACE_LOG] = "default",      [TRACE_QUERY] = "db",
    [TRACE_HTTP] = "http.client", [TRACE_MIDDLEWARE] = "middleware.handle",
    [TRACE_VIEW] = "view.render", [TRACE_TEMPLATE] = "template.render",
};

static json_t *data_of(const struct trace_span *span, struct text text,
                       const struct event_origin *origin)
{
    size_t space = text_find_char(text, ' ');
    if (span->kind == TRACE_QUERY)
        return json_pack("{s:s, s:s%}", "db.system", origin->database, "db.operation", text.at,
                         (size_t)text_part(text, 0, space).length);
    if (span->kind != TRACE_HTTP)
        return NULL;
    json_t *data = json_pack("{s:s%}", "http.request.method", text.at,
                             (size_t)text_part(text, 0, space).length);
    if (span->status)
        json_object_set_new(data, "http.response.status_code", json_integer(span->status));
    return data;
}

static json_t *span_of(const struct ring_copy *copy, const struct trace_span *span,
                       struct text text, const struct event_origin *origin)
{
    const struct ring_record *record = &copy->record;
    char trace[TRANSACTION_ID_SIZE];
    json_t *out = json_object();
    put_id(trace, record->trace);
    json_object_set_new(out, "trace_id", json_string(trace));
    set_id(out, "span_id", trace_span_id(record->span, span->number));
    set_id(out, "parent_span_id", trace_span_id(record->span, span->parent));
    json_object_set_new(out, "op", json_string(ops[span->kind]));
    set_text(out, "description", text);
    set_moment(out, "start_timestamp", record->wall + span->start);
    set_moment(out, "timestamp",
               record->wall + (span->ended ? span->start + span->micros : record->micros));
    json_object_set_new(out, "origin", json_string("auto"));
    json_object_set_new(out, "status",
                        json_string(span->kind == TRACE_HTTP
                                        ? status_of(span->status ? span->status : 503)
                                        : "ok"));
    json_object_set_new(out, "data", data_of(span, text, origin));
    return out;
}

static json_t *spans_of(const struct ring_copy *copy, const struct event_origin *origin)
{
    struct text rest = copy->parts[RING_SPANS];
    json_t *out = json_array();
    struct trace_span span;
    while (rest.length >= sizeof span) {
        memcpy(&span, rest.at, sizeof span);
        struct text text = text_part(rest, sizeof span, sizeof span + span.length);
        rest = text_from(rest, TRACE_SPAN_SIZE(span.length));
        if (text.length == span.length && span.kind < sizeof ops / sizeof *ops
            && text_is_utf8(text))
            json_array_append_new(out, span_of(copy, &span, text, origin));
    }
    return out;
}

/* The transaction */

static json_t *trace_of(const struct ring_copy *copy, const struct event_origin *origin)
{
    const struct ring_record *record = &copy->record;
    char trace[TRANSACTION_ID_SIZE];
    put_id(trace, record->trace);
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:i}}", "trace_id", trace, "op", "http.server", "status",
                  status_of(record->broken ? 500 : record->status), "origin",
                  "auto.http.microhttpd", "data", "http.response.status_code", (int)record->status);
    set_id(out, "span_id", record->span);
    if (record->parent)
        set_id(out, "parent_span_id", record->parent);
    set_text(json_object_get(out, "data"), "http.request.method", copy->parts[RING_METHOD]);
    const struct dsc_source source = {
        .trace_id = text_of(trace),
        .baggage = copy->parts[RING_BAGGAGE],
        .release = origin->release,
        .environment = origin->environment,
        .transaction = copy->parts[RING_ROUTE],
        .rate = origin->traces_rate,
        .sample_rand = record->sample_rand,
        .sampled = true,
    };
    json_object_set_new(out, "dynamic_sampling_context", dsc_make(&source));
    return out;
}

static json_t *request_of(const struct ring_copy *copy)
{
    struct text host = copy->parts[RING_HOST];
    struct text path = copy->parts[RING_PATH];
    json_t *out = json_object();
    set_text(out, "method", copy->parts[RING_METHOD]);
    if (text_is_utf8(host) && text_is_utf8(path))
        json_object_set_new(out, "url",
                            json_sprintf("%s://%.*s%.*s", copy->record.secure ? "https" : "http",
                                         TEXT_ARG(host), TEXT_ARG(path)));
    return out;
}

json_t *transaction_of(const struct ring_copy *copy, const struct event_origin *origin)
{
    const struct ring_record *record = &copy->record;
    struct text route = copy->parts[RING_ROUTE];
    bool matched = route.length && text_is_utf8(route);
    char id[TRANSACTION_ID_SIZE];
    transaction_id(id, copy);
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:{s:o, s:{s:i}}, s:o, s:o}", "event_id", id,
                  "type", "transaction", "platform", "native", "server_name", origin->server_name,
                  "transaction_info", "source", matched ? "route" : "custom", "contexts", "trace",
                  trace_of(copy, origin), "response", "status_code", (int)record->status, "request",
                  request_of(copy), "spans", spans_of(copy, origin));
    set_text(out, "transaction", matched ? route : UNMATCHED);
    set_moment(out, "start_timestamp", record->wall);
    set_moment(out, "timestamp", record->wall + record->micros);
    set_text(out, "release", origin->release);
    set_text(out, "environment", origin->environment);
    if (copy->parts[RING_USER].length) {
        json_t *user = json_object();
        set_text(user, "id", copy->parts[RING_USER]);
        json_object_set_new(out, "user", user);
    }
    json_t *tags = json_object();
    set_text(tags, "request_id", copy->parts[RING_REQUEST_ID]);
    json_object_set_new(out, "tags", tags);
    return out;
}
