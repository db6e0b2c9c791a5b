/* /metrics, in Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)
 * or, for who asks for it, OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec). */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/metrics.h"
#include "crypto/crypto.h"
#include "http/origin.h"
#include "http/request.h"
#include "http/response.h"
#include "site/metrics.h"
#include "site/settings.h"

#define SECOND       ((int64_t)1000 * 1000)
#define TEXT_TYPE    "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct writing {
    struct buffer *out;
    bool open; /* OpenMetrics */
};

static const char *type_of(enum metric_kind kind)
{
    switch (kind) {
    case METRIC_COUNTER: return "counter";
    case METRIC_REQUESTS: return "histogram";
    default: return "gauge";
    }
}

/* In the older format a counter's family has its samples' name. */
static void put_head(const struct writing *writing, const char *family, enum metric_kind kind,
                     const char *help)
{
    const char *ending = kind == METRIC_COUNTER && !writing->open ? "_total" : "";
    buffer_format(writing->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family, ending, help, family,
                  ending, type_of(kind));
}

static void put_number(struct buffer *out, const struct metric_name *name, int64_t value)
{
    bool labelled = name->labels[0];
    buffer_format(out, "%s%s%s%s%s %" PRId64 "\n", name->family,
                  name->kind == METRIC_COUNTER ? "_total" : "", labelled ? "{" : "", name->labels,
                  labelled ? "}" : "", value);
}

/* Requests: two families */

static int64_t count_class(const int64_t *values, size_t class)
{
    int64_t count = 0;
    for (size_t i = 0; i < METRIC_BOUNDS; i++)
        count += values[class * METRIC_BOUNDS + i];
    return count;
}

static void put_classes(struct buffer *out, const struct metrics_row *row)
{
    for (size_t class = 0; class < METRIC_CLASSES; class ++) {
        int64_t count = count_class(row->values, class);
        if (count)
            buffer_format(out, "oc_http_requests_total{%s,status=\"%zuxx\"} %" PRId64 "\n",
                          row->name.labels, class + 1, count);
    }
}

static void put_seconds(struct buffer *out, int64_t microseconds)
{
    buffer_format(out, "%" PRId64 ".%06" PRId64, microseconds / SECOND, microseconds % SECOND);
}

/* "0.0025", "1.0" */
static void put_bound(struct buffer *out, int64_t microseconds)
{
    char digits[32] = "";
    struct buffer text = BUFFER_ON(digits);
    put_seconds(&text, microseconds);
    while (text.length > 2 && text.at[text.length - 1] == '0' && text.at[text.length - 2] != '.')
        text.length--;
    buffer_text(out, buffer_contents(&text));
}

static void put_histogram(struct buffer *out, const struct metrics_row *row)
{
    const char *family = row->name.family;
    const char *labels = row->name.labels;
    int64_t count = 0;
    for (size_t i = 0; i < METRIC_BOUNDS; i++) {
        for (size_t class = 0; class < METRIC_CLASSES; class ++)
            count += row->values[class * METRIC_BOUNDS + i];
        buffer_format(out, "%s_bucket{%s,le=\"", family, labels);
        if (i < METRIC_BOUNDS - 1)
            put_bound(out, metrics_bounds[i]);
        else
            buffer_text(out, TEXT("+Inf"));
        buffer_format(out, "\"} %" PRId64 "\n", count);
    }
    buffer_format(out, "%s_sum{%s} ", family, labels);
    put_seconds(out, row->values[METRIC_REQUEST_VALUES - 1]);
    buffer_format(out, "\n%s_count{%s} %" PRId64 "\n", family, labels, count);
}

static bool has_requests(const struct metrics_row *row)
{
    for (size_t class = 0; class < METRIC_CLASSES; class ++)
        if (count_class(row->values, class))
            return true;
    return false;
}

static void put_row(const struct writing *writing, const struct metrics_row *row)
{
    if (row->name.kind != METRIC_REQUESTS)
        put_number(writing->out, &row->name, row->values[0]);
    else if (has_requests(row))
        put_histogram(writing->out, row);
}

static bool is_family(const struct metrics_row *row, const struct metrics_row *other)
{
    return strcmp(row->name.family, other->name.family) == 0;
}

/* All of a family stand together. */
static void put_family(const struct writing *writing, const struct metrics_reading *reading,
                       size_t first)
{
    const struct metrics_row *head = &reading->rows.items[first];
    for (size_t i = 0; i < first; i++)
        if (is_family(&reading->rows.items[i], head))
            return;
    put_head(writing, head->name.family, head->name.kind, head->name.help);
    for (size_t i = first; i < reading->rows.count; i++)
        if (is_family(&reading->rows.items[i], head))
            put_row(writing, &reading->rows.items[i]);
}

static void put_requests(const struct writing *writing, const struct metrics_reading *reading)
{
    put_head(writing, "oc_http_requests", METRIC_COUNTER,
             "Requests answered, by route and class of status.");
    for (size_t i = 0; i < reading->rows.count; i++)
        if (reading->rows.items[i].name.kind == METRIC_REQUESTS)
            put_classes(writing->out, &reading->rows.items[i]);
}

/* Who may read it */

static bool has_token(const struct request *request)
{
    static const struct text scheme = TEXT("Bearer ");
    struct text given = request_header(request, "Authorization");
    return site_settings.metrics_token.length
           && text_equal_nocase(text_part(given, 0, scheme.length), scheme)
           && secret_equal(text_trim(text_from(given, scheme.length)), site_settings.metrics_token);
}

/* A proxy on this machine that TRUSTED_PROXIES does not name would make everybody come from here.
 */
static bool is_forwarded(const struct request *request)
{
    static const char *const headers[] = {"Forwarded",         "Via",
                                          "X-Forwarded-For",   "X-Forwarded-Host",
                                          "X-Forwarded-Proto", "X-Real-IP"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (request_header(request, headers[i]).at)
            return true;
    return false;
}

static bool may_read(const struct request *request)
{
    return has_token(request) || (origin_is_loopback(request->client) && !is_forwarded(request));
}

static enum status refuse(struct response *response)
{
    bool has_setting = site_settings.metrics_token.length;
    response_plain(response, has_setting ? 401 : 403,
                   has_setting ? TEXT("send METRICS_TOKEN: Authorization: Bearer …")
                               : TEXT("only from this machine, unless METRICS_TOKEN is set"));
    if (has_setting)
        response_header(response, "WWW-Authenticate", TEXT("Bearer realm=\"metrics\""));
    return OK;
}

enum status metrics_page(struct request *request, struct response *response)
{
    response_header(response, "Cache-Control", TEXT("no-store"));
    response_vary(response, "Accept");
    if (!may_read(request))
        return refuse(response);
    struct metrics_reading reading;
    const struct writing writing = {
        .out = &response->body,
        .open =
            header_accepts(request_header(request, "Accept"), TEXT("application/openmetrics-text")),
    };
    metrics_read(request->arena, &reading);
    put_requests(&writing, &reading);
    for (size_t i = 0; i < reading.rows.count; i++)
        put_family(&writing, &reading, i);
    if (writing.open)
        buffer_text(&response->body, TEXT("# EOF\n"));
    response->content_type = writing.open ? METRICS_TYPE : TEXT_TYPE;
    return OK;
}
