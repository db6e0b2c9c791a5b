#include "monitor/crumbs.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/trace.h"
#include "monitor/record.h"
#include "monitor/scrub.h"

#define ROOM ((size_t)8 * 1024) /* on a signal's stack */

static void put_json(struct buffer *out, struct text value)
{
    buffer_json(out, text_is_utf8(value) ? value : TEXT("(not UTF-8)"));
}

/* `comma`: it is not the first of its object. */
static void put_name(struct buffer *out, const char *name, bool comma)
{
    if (comma)
        buffer_char(out, ',');
    buffer_char(out, '"');
    buffer_text(out, text_of(name));
    buffer_text(out, TEXT("\":"));
}

static void put_text(struct buffer *out, const char *name, struct text value)
{
    put_name(out, name, true);
    put_json(out, value);
}

static void put_digits(struct buffer *out, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        buffer_char(out, "0123456789abcdef"[value >> shift & 15]);
}

static void put_id(struct buffer *out, const char *name, const uint64_t *parts, size_t count,
                   bool comma)
{
    put_name(out, name, comma);
    buffer_char(out, '"');
    for (size_t i = 0; i < count; i++)
        put_digits(out, parts[i]);
    buffer_char(out, '"');
}

static void put_context(struct buffer *out, const struct trace_context *context)
{
    put_name(out, "trace", true);
    buffer_char(out, '{');
    put_id(out, "trace_id", context->trace, 2, false);
    put_id(out, "span_id", &context->span, 1, true);
    if (context->parent)
        put_id(out, "parent_span_id", &context->parent, 1, true);
    put_name(out, "sampled", true);
    buffer_text(out, context->sampled ? TEXT("true") : TEXT("false"));
    put_name(out, "sample_rand", true);
    buffer_int(out, context->sample_rand);
    if (context->baggage_length)
        put_text(out, "baggage", (struct text){context->baggage, context->baggage_length});
    buffer_char(out, '}');
}

static void put_user(struct buffer *out, const struct trace *trace, struct text address)
{
    const struct {
        const char *name;
        struct text value;
        bool personal;
    } facts[] = {{"id", trace->user_id, false},
                 {"username", trace->username, true},
                 {"email", trace->email, true},
                 {"ip_address", address, true}};
    bool any = false;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!facts[i].value.length || (facts[i].personal && !scrub_allows_personal()))
            continue;
        if (!any) {
            put_name(out, "user", true);
            buffer_char(out, '{');
        }
        put_name(out, facts[i].name, any);
        put_json(out, facts[i].value);
        any = true;
    }
    if (any)
        buffer_char(out, '}');
}

static void put_tags(struct buffer *out, const struct trace *trace)
{
    if (!trace->tag_count)
        return;
    put_name(out, "tags", true);
    buffer_char(out, '{');
    for (size_t i = 0; i < trace->tag_count; i++) {
        put_name(out, trace->tags[i].name, i > 0);
        put_json(out, trace->tags[i].value);
    }
    buffer_char(out, '}');
}

void crumbs_put_trace(struct buffer *out, const struct trace *trace, struct text address)
{
    if (!trace->active)
        return;
    put_context(out, &trace->context);
    put_user(out, trace, address);
    put_tags(out, trace);
}

/* Crumbs */

static const char *level_of(const struct trace_crumb *crumb)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return crumb->kind != TRACE_LOG ? "info" : names[crumb->level <= LOG_ERROR ? crumb->level : 0];
}

/* A value that was cut may have lost the name of what it is of: without one it says nothing. */
static void put_fields(struct buffer *out, struct text fields)
{
    char room[2 * TRACE_CRUMB_TEXT];
    struct text name;
    struct text value;
    bool any = false;
    while (text_next(&fields, TRACE_BREAK, &name) && text_next(&fields, TRACE_BREAK, &value)) {
        struct buffer scrubbed = BUFFER_ON(room);
        scrub_value(&scrubbed, name, value);
        if (any)
            buffer_char(out, ',');
        else
            buffer_text(out, TEXT(",\"data\":{"));
        any = true;
        put_json(out, name);
        buffer_char(out, ':');
        put_json(out, scrubbed.failed ? SCRUB_FILTERED : buffer_contents(&scrubbed));
    }
    if (any)
        buffer_char(out, '}');
}

static void put_http(struct buffer *out, const struct trace_crumb *crumb, struct text line)
{
    size_t space = text_find_char(line, ' ');
    buffer_text(out, TEXT(",\"type\":\"http\",\"data\":{\"http.request.method\":"));
    put_json(out, text_part(line, 0, space));
    put_text(out, "url", text_from(line, space == TEXT_NOT_FOUND ? line.length : space + 1));
    if (crumb->status) {
        put_name(out, "http.response.status_code", true);
        buffer_int(out, crumb->status);
    }
    buffer_char(out, '}');
}

static void put_crumb(struct buffer *out, const struct trace_crumb *crumb)
{
    static const char *const categories[] = {
        [TRACE_LOG] = "log", [TRACE_QUERY] = "query", [TRACE_HTTP] = "http"};
    struct text text = {crumb->text, crumb->length};
    buffer_text(out, TEXT("{\"at\":"));
    buffer_int(out, crumb->at);
    put_text(out, "category", text_of(categories[crumb->kind <= TRACE_HTTP ? crumb->kind : 0]));
    put_text(out, "level", text_of(level_of(crumb)));
    if (crumb->kind == TRACE_HTTP) {
        put_http(out, crumb, text);
    } else {
        size_t end = crumb->kind == TRACE_LOG ? text_find_char(text, TRACE_BREAK) : text.length;
        put_text(out, "message", text_part(text, 0, end));
        put_fields(out, text_from(text, end < text.length ? end + 1 : text.length));
    }
    buffer_text(out, TEXT("}\n"));
}

bool crumbs_write(const struct record *record)
{
    char room[ROOM];
    struct buffer lines = BUFFER_ON(room);
    const struct trace *trace = &trace_current;
    size_t count = 0;
    while (trace_crumb_at(trace, count))
        count++;
    bool whole = true;
    while (count-- > 0) {
        put_crumb(&lines, trace_crumb_at(trace, count));
        if (lines.length < ROOM / 2 && count)
            continue;
        whole = record_append(record, lines.failed ? TEXT("") : buffer_contents(&lines)) && whole;
        lines = BUFFER_ON(room);
    }
    return whole;
}
