#include "base/trace.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "base/buffer.h"
#include "base/clock.h"

#define MILLION 1000000

static struct trace_options options;
_Thread_local struct trace trace_current;

void trace_configure(const struct trace_options *wanted)
{
    options = *wanted;
}

bool trace_is_target(struct text host)
{
    struct text targets = options.targets;
    struct text target;
    while (text_next(&targets, ',', &target)) {
        target = text_trim(target);
        size_t longer = host.length - target.length;
        if (text_equal_nocase(host, target))
            return true;
        if (text_starts(target, TEXT(".")) && host.length >= target.length
            && text_equal_nocase(text_from(host, longer), target))
            return true;
    }
    return false;
}

/* splitmix64: ids must differ, and need not be secret. */
#define STEP UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    value ^= value >> 31;
    return value ? value : 1;
}

uint64_t trace_random(void)
{
    static _Thread_local uint64_t state;
    if (!state && getrandom(&state, sizeof state, 0) != sizeof state)
        state = (uint64_t)clock_wall() ^ (uint64_t)(uintptr_t)&state;
    state += STEP;
    return mix(state);
}

uint64_t trace_span_id(uint64_t span, unsigned number)
{
    return number ? mix(span + number * STEP) : span;
}

static void forget(struct trace *trace)
{
    trace->active = false;
    trace->records = false;
    trace->failed = false;
    trace->open = 0;
    trace->span_count = 0;
    trace->spans_lost = 0;
    trace->spans_length = 0;
    trace->user_id = trace->username = trace->email = TEXT_NONE;
    trace->tag_count = 0;
    trace->crumb_count = 0;
}

void trace_begin(int64_t started)
{
    struct trace *trace = &trace_current;
    struct trace_context *context = &trace->context;
    forget(trace);
    trace->marked = clock_monotonic();
    trace->started = started;
    trace->wall = clock_wall() - (trace->marked - started);
    context->trace[0] = trace_random();
    context->trace[1] = trace_random();
    context->span = trace_random();
    context->parent = 0;
    context->sample_rand = (uint32_t)(trace_random() % MILLION);
    context->decided = -1;
    context->sampled = false;
    context->baggage_length = 0;
    trace->active = true;
}

void trace_end(void)
{
    forget(&trace_current);
}

void trace_suspend(void *room)
{
    memcpy(room, &trace_current, TRACE_SUSPENDED);
    trace_end();
}

void trace_resume(const void *room)
{
    forget(&trace_current);
    memcpy(&trace_current, room, TRACE_SUSPENDED);
    trace_current.marked = clock_monotonic();
}

/* Headers of another */

static bool read_hex(uint64_t *out, struct text digits)
{
    *out = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
        *out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : (c & 7) + 9);
    }
    return digits.length == 16;
}

/* "<32 digits>-<16 digits>", and then nothing, "-0" or "-1". */
static bool read_sentry_trace(struct trace_context *out, struct text header)
{
    uint64_t trace[2];
    uint64_t span;
    header = text_trim(header);
    bool said = header.length == 51 && header.at[49] == '-'
                && (header.at[50] == '0' || header.at[50] == '1');
    if ((header.length != 49 && !said) || header.at[32] != '-'
        || !read_hex(&trace[0], text_part(header, 0, 16))
        || !read_hex(&trace[1], text_part(header, 16, 32))
        || !read_hex(&span, text_part(header, 33, 49)) || !(trace[0] | trace[1]) || !span)
        return false;
    out->trace[0] = trace[0];
    out->trace[1] = trace[1];
    out->parent = span;
    out->decided = said ? (int8_t)(header.at[50] - '0') : -1;
    return true;
}

static bool is_foreign(struct text member)
{
    static const struct text name = {"sentry-org_id=", 14};
    return options.organization.length && text_starts(member, name)
           && !text_equal(text_from(member, name.length), options.organization);
}

/* "0.123456" */
static void read_sample_rand(struct trace_context *out, struct text member)
{
    static const struct text name = {"sentry-sample_rand=0.", 21};
    uint32_t value = 0;
    uint32_t unit = MILLION / 10;
    if (!text_starts(member, name))
        return;
    for (size_t i = name.length; i < member.length && unit; i++, unit /= 10) {
        if (member.at[i] < '0' || member.at[i] > '9')
            return;
        value += (uint32_t)(member.at[i] - '0') * unit;
    }
    out->sample_rand = value;
}

/* Keeps the sentry-… members, without properties (W3C Baggage, 3.2). False: of another's. */
static bool read_baggage(struct trace_context *out, struct text header)
{
    struct text member;
    struct buffer kept = BUFFER_ON(out->baggage);
    while (text_next(&header, ',', &member)) {
        member = text_trim(text_part(member, 0, text_find_char(member, ';')));
        if (!text_starts(member, TEXT("sentry-")))
            continue;
        if (is_foreign(member))
            return false;
        read_sample_rand(out, member);
        if (kept.length)
            buffer_char(&kept, ',');
        buffer_text(&kept, member);
    }
    out->baggage_length = kept.failed ? 0 : (uint16_t)kept.length;
    return true;
}

void trace_continue(struct text sentry_trace, struct text baggage)
{
    struct trace_context *context = &trace_current.context;
    struct trace_context before = *context;
    if (!read_sentry_trace(context, sentry_trace))
        return;
    if (baggage.length && !read_baggage(context, baggage))
        *context = before;
}

bool trace_decide(void)
{
    struct trace_context *context = &trace_current.context;
    context->sampled =
        options.traces
        && (context->decided >= 0 ? context->decided == 1
                                  : (double)context->sample_rand < options.rate * MILLION);
    return context->sampled;
}

/* Who, and what for */

void trace_user(struct text id, struct text username, struct text email)
{
    struct trace *trace = &trace_current;
    trace->user_id = id;
    trace->username = username;
    trace->email = email;
}

void trace_tag(const char *name, struct text value)
{
    struct trace *trace = &trace_current;
    if (!trace->active || trace->tag_count == TRACE_TAGS)
        return;
    trace->tags[trace->tag_count] = (struct trace_tag){name, value};
    atomic_signal_fence(memory_order_seq_cst);
    trace->tag_count++;
}

/* Crumbs */

static void put_crumb(struct trace_crumb *crumb, const struct trace *trace, int64_t now)
{
    crumb->at = trace->wall + (now - trace->started);
}

struct trace_crumb *trace_crumb_start(enum trace_kind kind)
{
    struct trace *trace = &trace_current;
    if (!trace->active)
        return NULL;
    struct trace_crumb *crumb = &trace->crumbs[trace->crumb_count % TRACE_CRUMBS];
    put_crumb(crumb, trace, clock_monotonic());
    crumb->kind = (uint8_t)kind;
    crumb->length = crumb->status = crumb->level = 0;
    return crumb;
}

void trace_crumb_add(struct trace_crumb *crumb, struct text text)
{
    text = text_cut(text, (size_t)TRACE_CRUMB_TEXT - crumb->length);
    if (text.length)
        memcpy(crumb->text + crumb->length, text.at, text.length);
    crumb->length = (uint16_t)(crumb->length + text.length);
}

static void add_behind_break(struct trace_crumb *crumb, struct text text)
{
    static const char end = TRACE_BREAK;
    trace_crumb_add(crumb, (struct text){&end, 1});
    size_t from = crumb->length;
    trace_crumb_add(crumb, text);
    for (size_t i = from; i < crumb->length; i++)
        if (crumb->text[i] == TRACE_BREAK)
            crumb->text[i] = ' ';
}

void trace_crumb_field(struct trace_crumb *crumb, struct text key, struct text value)
{
    add_behind_break(crumb, key);
    add_behind_break(crumb, value);
}

/* The one that is being written takes the oldest's place. */
void trace_crumb_end(struct trace_crumb *crumb)
{
    (void)crumb;
    atomic_signal_fence(memory_order_seq_cst);
    trace_current.crumb_count++;
}

const struct trace_crumb *trace_crumb_at(const struct trace *trace, size_t back)
{
    if (!trace->active || back >= trace->crumb_count || back >= TRACE_CRUMBS - 1)
        return NULL;
    return &trace->crumbs[(trace->crumb_count - 1 - back) % TRACE_CRUMBS];
}

/* Spans. One is known by where it lies, from 1. */

static struct trace_span *span_at(struct trace *trace, unsigned span)
{
    return (struct trace_span *)(void *)(trace->spans + (span - 1) * (size_t)8);
}

static uint32_t since(const struct trace *trace, int64_t moment)
{
    int64_t micros = moment - trace->started;
    return micros < 0 ? 0 : micros > UINT32_MAX ? UINT32_MAX : (uint32_t)micros;
}

#define CUT "…"

static unsigned add_span(struct trace *trace, enum trace_kind kind, struct text text, int64_t start)
{
    bool is_cut = text.length > TRACE_SPAN_TEXT;
    if (is_cut)
        text = text_cut(text, TRACE_SPAN_TEXT - (sizeof CUT - 1));
    size_t length = text.length + (is_cut ? sizeof CUT - 1 : 0);
    size_t size = TRACE_SPAN_SIZE(length);
    if (size > TRACE_SPAN_BYTES - (size_t)trace->spans_length || trace->span_count == UINT8_MAX) {
        trace->spans_lost = (uint16_t)(trace->spans_lost + (trace->spans_lost < UINT16_MAX));
        return 0;
    }
    unsigned span = trace->spans_length / 8u + 1;
    struct trace_span *added = span_at(trace, span);
    *added = (struct trace_span){.start = since(trace, start),
                                 .length = (uint16_t)length,
                                 .kind = (uint8_t)kind,
                                 .number = ++trace->span_count,
                                 .parent = trace->open};
    if (text.length)
        memcpy(added + 1, text.at, text.length);
    if (is_cut)
        memcpy((char *)(added + 1) + text.length, CUT, sizeof CUT - 1);
    trace->spans_length = (uint16_t)(trace->spans_length + size);
    return span;
}

unsigned trace_open(enum trace_kind kind, struct text text)
{
    struct trace *trace = &trace_current;
    if (!trace->records)
        return 0;
    unsigned span = add_span(trace, kind, text, clock_monotonic());
    if (span && (kind == TRACE_VIEW || kind == TRACE_TEMPLATE))
        trace->open = trace->span_count;
    return span;
}

static void end_span(struct trace *trace, struct trace_span *span, int64_t now)
{
    span->micros = since(trace, now) - span->start;
    span->ended = true;
}

void trace_close(unsigned span)
{
    struct trace *trace = &trace_current;
    if (!span || !trace->records)
        return;
    struct trace_span *closed = span_at(trace, span);
    trace->marked = clock_monotonic();
    end_span(trace, closed, trace->marked);
    if (closed->kind == TRACE_VIEW || closed->kind == TRACE_TEMPLATE)
        trace->open = closed->parent;
}

void trace_step(struct text name)
{
    struct trace *trace = &trace_current;
    if (!trace->records)
        return;
    int64_t before = trace->marked;
    trace->marked = clock_monotonic();
    unsigned span = add_span(trace, TRACE_MIDDLEWARE, name, before);
    if (span)
        end_span(trace, span_at(trace, span), trace->marked);
}

/* What is written */

unsigned trace_query(struct text sql)
{
    struct trace *trace = &trace_current;
    if (!trace->active)
        return 0;
    int64_t now = clock_monotonic();
    struct trace_crumb *crumb = &trace->crumbs[trace->crumb_count % TRACE_CRUMBS];
    put_crumb(crumb, trace, now);
    crumb->kind = TRACE_QUERY;
    crumb->length = crumb->status = crumb->level = 0;
    trace_crumb_add(crumb, sql);
    trace_crumb_end(crumb);
    return trace->records ? add_span(trace, TRACE_QUERY, sql, now) : 0;
}

/* "POST https://host/path", without user and query. */
static size_t describe_http(char out[TRACE_CRUMB_TEXT], struct text method, struct text url)
{
    struct text shown = text_part(url, 0, text_find_char(url, '?'));
    size_t place = text_find(shown, TEXT("://"));
    place = place == TEXT_NOT_FOUND ? 0 : place + 3;
    struct text rest = text_from(shown, place);
    struct text host = text_part(rest, 0, text_find_char(rest, '/'));
    size_t user = host.length;
    while (user > 0 && host.at[user - 1] != '@')
        user--;
    struct buffer line = {.at = out, .capacity = TRACE_CRUMB_TEXT, .limit = TRACE_CRUMB_TEXT};
    buffer_text(&line, method);
    buffer_char(&line, ' ');
    buffer_text(&line, text_part(shown, 0, place));
    buffer_text(&line, text_cut(text_from(rest, user), TRACE_CRUMB_TEXT - line.length - 1));
    return line.length;
}

unsigned trace_http_open(struct text method, struct text url)
{
    char line[TRACE_CRUMB_TEXT] = "";
    if (!trace_current.records)
        return 0;
    size_t length = describe_http(line, method, url);
    return trace_open(TRACE_HTTP, (struct text){line, length});
}

void trace_http_close(unsigned span, struct text method, struct text url, int status)
{
    struct trace_crumb *crumb = trace_crumb_start(TRACE_HTTP);
    uint16_t answered = status > 0 ? (uint16_t)status : 0;
    if (span)
        span_at(&trace_current, span)->status = answered;
    trace_close(span);
    if (!crumb)
        return;
    crumb->length = (uint16_t)describe_http(crumb->text, method, url);
    crumb->status = answered;
    trace_crumb_end(crumb);
}

static char *put_hex(char *out, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *out++ = "0123456789abcdef"[value >> shift & 15];
    return out;
}

size_t trace_header(char out[TRACE_HEADER_SIZE], unsigned span)
{
    const struct trace_context *context = &trace_current.context;
    unsigned number = span ? span_at(&trace_current, span)->number : 0;
    char *at = put_hex(put_hex(out, context->trace[0]), context->trace[1]);
    *at++ = '-';
    at = put_hex(at, trace_span_id(context->span, number));
    if (options.traces) {
        *at++ = '-';
        *at++ = context->sampled ? '1' : '0';
    }
    *at = '\0';
    return (size_t)(at - out);
}

void trace_baggage(struct buffer *out)
{
    char digits[33];
    const struct trace_context *context = &trace_current.context;
    if (context->baggage_length) {
        buffer_append(out, context->baggage, context->baggage_length);
        return;
    }
    *put_hex(put_hex(digits, context->trace[0]), context->trace[1]) = '\0';
    buffer_format(out, "sentry-trace_id=%s", digits);
    if (options.traces)
        buffer_format(out, ",sentry-sample_rate=%g,sentry-sample_rand=0.%06u,sentry-sampled=%s",
                      options.rate, context->sample_rand, context->sampled ? "true" : "false");
    if (options.baggage.length)
        buffer_char(out, ',');
    buffer_text(out, options.baggage);
}
