#include "site/tracing.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "crypto/signing.h"
#include "http/request.h"
#include "http/response.h"
#include "http/url.h"
#include "monitor/dsn.h"
#include "monitor/ring.h"
#include "monitor/scrub.h"
#include "site/contain.h"
#include "site/report.h"
#include "site/settings.h"
#include "site/site.h"

#define LONGEST_HOST 100
#define LONGEST_PATH 300
#define USER_DIGITS  16

static struct ring *ring; /* NULL: nobody is told */

/* Of "o42.ingest.sentry.io": 42. */
static struct text organization_of(const struct dsn *dsn)
{
    struct text digits = text_from(dsn->host, 1);
    int64_t number;
    digits = text_part(digits, 0, text_find_char(digits, '.'));
    bool is_one = text_starts(dsn->host, TEXT("o")) && text_to_int64(&number, digits);
    return is_one ? digits : TEXT("");
}

/* What all traces that begin here have in common, as members of a baggage header. */
static struct text baggage_of(const struct dsn *dsn)
{
    static char room[1024];
    struct event_origin origin = report_origin();
    const struct {
        const char *name;
        struct text value;
    } members[] = {{"sentry-public_key=", dsn ? dsn->public_key : TEXT_NONE},
                   {",sentry-environment=", origin.environment},
                   {",sentry-release=", origin.release}};
    struct buffer out = BUFFER_ON(room);
    for (size_t i = dsn ? 0 : 1; i < sizeof members / sizeof *members; i++) {
        buffer_text(&out, text_from(text_of(members[i].name), out.length ? 0 : i > 0));
        url_encode(&out, members[i].value, TEXT("-._~"));
    }
    return out.failed ? TEXT("") : buffer_contents(&out);
}

void tracing_start(void)
{
    struct dsn dsn;
    bool has_dsn = report_dsn(&dsn) == OK;
    struct text rate = site_settings.sentry_traces_sample_rate;
    struct trace_options options = {
        .traces = rate.length > 0,
        .rate = rate.length ? strtod(rate.at, NULL) : 0,
        .baggage = baggage_of(has_dsn ? &dsn : NULL),
        .targets = site_settings.sentry_targets,
    };
    if (has_dsn)
        options.organization = organization_of(&dsn);
    trace_configure(&options);
    report_own_mark(); /* made before there are threads */
    scrub_allow_personal(site_settings.sentry_send_default_pii);
}

void tracing_begin_work(const char *kind, const char *name)
{
    trace_begin(clock_monotonic());
    trace_tag(kind, text_of(name));
}

/* Who it is must not be told unless SENTRY_SEND_DEFAULT_PII says so; that it is the same one must,
 * or nobody could count them. */
void site_trace_user(const struct request *request, int64_t id, struct text username,
                     struct text email)
{
    static const struct text salt = {"oc-lettings.monitor.user", 24};
    struct text number = text_format(request->arena, "%lld", (long long)id);
    if (!scrub_allows_personal()) {
        struct digest_value digest =
            salted_hmac(DIGEST_SHA256, salt, number, site_settings.secret_key);
        number = text_part(hex_of(request->arena, digest_bytes(&digest)), 0, USER_DIGITS);
    }
    trace_user(number, username, email);
}

/* One pass: most requests have neither. */
static void take_over(const struct request *request)
{
    static const struct text trace_name = {"sentry-trace", 12};
    struct text trace = TEXT_NONE;
    for (size_t i = 0; i < request->header_count; i++)
        if (text_equal_nocase(request->headers[i].name, trace_name))
            trace = request->headers[i].value;
    if (trace.length)
        trace_continue(trace, request_header(request, "baggage"));
}

void tracing_tell(const char *spool)
{
    struct event_origin origin = report_origin();
    const struct ring_options options = {
        .release = origin.release,
        .environment = origin.environment,
        .traces = origin.traces_rate.length > 0,
    };
    if (!spool || !(options.traces || site_settings.sentry_sessions))
        return;
    ring = ring_open(spool, &options);
    if (!ring)
        log_warning("requests are not measured", LOG_STRING("reason", status_failure()->message));
}

void tracing_note_end(int64_t at)
{
    if (ring && site_settings.sentry_sessions)
        ring_count(ring, at, SESSION_CRASHED);
}

/* Of what nobody waits for there are no traces (HEAD, OPTIONS). */
bool tracing_enter(struct request *request, struct response *response)
{
    (void)response;
    trace_begin(request->started);
    take_over(request);
    trace_tag("request_id", request->id);
    trace_current.records = trace_decide() && !(request->method & (HTTP_HEAD | HTTP_OPTIONS))
                            && ring && ring_admit(ring, request->started);
    return true;
}

/* A path that is itself a key is told by its pattern; one that is no page's may be such a one,
 * mistyped. */
static struct text path_told(const struct request *request)
{
    return contain_path_is_secret(request) || !request->pattern.length ? request->pattern
                                                                       : request->path;
}

static void tell(const struct request *request, const struct response *response, bool broken)
{
    const struct trace *trace = &trace_current;
    const struct trace_context *context = &trace->context;
    const struct text parts[RING_PARTS] = {
        [RING_SPANS] = {(const char *)trace->spans, trace->spans_length},
        [RING_METHOD] = request->method_name,
        [RING_ROUTE] = request->pattern,
        [RING_HOST] = text_cut(contain_host(request->host), LONGEST_HOST),
        [RING_PATH] = text_cut(path_told(request), LONGEST_PATH),
        [RING_USER] = trace->user_id,
        [RING_REQUEST_ID] = request->id,
        [RING_BAGGAGE] = {context->baggage, context->baggage_length},
    };
    const struct ring_record record = {
        .wall = trace->wall,
        .event_id = {trace_random(), trace_random()},
        .trace = {context->trace[0], context->trace[1]},
        .span = context->span,
        .parent = context->parent,
        .micros = (uint32_t)(clock_monotonic() - trace->started),
        .sample_rand = context->sample_rand,
        .status = (uint16_t)response->status,
        .spans_lost = trace->spans_lost,
        .secure = request->secure,
        .broken = broken,
    };
    ring_put(ring, &record, parts);
}

static enum session_end end_of(const struct response *response, bool broken)
{
    if (!trace_current.failed)
        return SESSION_EXITED;
    return broken || response->status == 500 ? SESSION_CRASHED : SESSION_ERRORED;
}

static void end(const struct request *request, const struct response *response, bool broken)
{
    if (ring && site_settings.sentry_sessions)
        ring_count(ring, trace_current.wall, end_of(response, broken));
    if (trace_current.records)
        tell(request, response, broken);
    trace_end();
}

/* That of a streamed answer ends with the stream. */
void tracing_leave(struct request *request, struct response *response)
{
    if (!response->produce || request->method == HTTP_HEAD) {
        end(request, response, false);
        return;
    }
    request->trace = arena_alloc(request->arena, TRACE_SUSPENDED);
    trace_suspend(request->trace);
}

void tracing_resume(const struct request *request)
{
    trace_resume(request->trace);
}

void tracing_end_stream(const struct request *request, const struct response *response)
{
    end(request, response, trace_current.failed);
}
