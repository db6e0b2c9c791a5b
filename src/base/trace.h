/* What the request, job or command that this thread is about has done so far: crumbs in a ring, the
 * spans of what took time, the trace it is part of, and who asked. All of it lies in memory of the
 * thread that never moves and is never freed, so that a signal handler can read it; nothing here
 * allocates. The log, db/ and net/ write, monitor/ reads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct buffer;

#define TRACE_CRUMBS     64
#define TRACE_CRUMB_TEXT 240  /* bytes */
#define TRACE_SPAN_BYTES 3072 /* of all spans of one trace, with their texts */
#define TRACE_SPAN_TEXT  400
#define TRACE_BAGGAGE    512
#define TRACE_TAGS       8

enum trace_kind {
    TRACE_LOG,   /* a crumb only: message, then keys and values, each behind a TRACE_BREAK */
    TRACE_QUERY, /* SQL with its placeholders */
    TRACE_HTTP,  /* outgoing: "POST https://host/path" */
    TRACE_MIDDLEWARE,
    TRACE_VIEW,
    TRACE_TEMPLATE,
};
#define TRACE_BREAK '\x1F'

struct trace_crumb {
    int64_t at; /* microseconds since 1970 */
    uint16_t length;
    uint16_t status; /* of an HTTP answer; 0: none */
    uint8_t kind;
    uint8_t level; /* of a line of the log */
    char text[TRACE_CRUMB_TEXT];
};

/* Its text follows; the next begins at TRACE_SPAN_SIZE(). */
struct trace_span {
    uint32_t start; /* microseconds from the trace's beginning */
    uint32_t micros;
    uint16_t length;
    uint16_t status; /* of an HTTP answer */
    uint8_t kind;
    uint8_t number; /* from 1 */
    uint8_t parent; /* the number of the one it is within; 0: the request itself */
    bool ended;
};
#define TRACE_SPAN_SIZE(length) ((sizeof(struct trace_span) + (length) + 7) / 8 * 8)

/* Where it belongs (develop.sentry.dev, "trace propagation"). */
struct trace_context {
    uint64_t trace[2];
    uint64_t span;
    uint64_t parent;      /* 0: it begins here */
    uint32_t sample_rand; /* millionths */
    int8_t decided;       /* by whom it comes from: 1 sampled, 0 not, -1 not said */
    bool sampled;
    uint16_t baggage_length;
    char baggage[TRACE_BAGGAGE]; /* the sentry-… members that came, to be passed on as they are */
};

struct trace_tag {
    const char *name;
    struct text value;
};

struct trace {
    bool active;
    bool records; /* spans too */
    bool failed;  /* something was noted as an error */
    uint8_t open; /* the number of the innermost span that is open and has others in it */
    uint8_t span_count;
    uint16_t spans_lost; /* for want of room */
    uint16_t spans_length;
    int64_t started; /* clock_monotonic() */
    int64_t wall;    /* the same moment, in microseconds since 1970 */
    int64_t marked;  /* clock_monotonic() of the last step's end */
    struct trace_context context;
    struct text user_id; /* these are borrowed until it ends; empty: nobody */
    struct text username;
    struct text email;
    struct trace_tag tags[TRACE_TAGS];
    size_t tag_count;
    _Alignas(8) unsigned char spans[TRACE_SPAN_BYTES];
    uint64_t crumb_count; /* so far; the newest TRACE_CRUMBS are there */
    struct trace_crumb crumbs[TRACE_CRUMBS];
};
#define TRACE_SUSPENDED offsetof(struct trace, crumb_count) /* bytes */
extern _Thread_local struct trace trace_current;

/* Of the process, before its threads. */
struct trace_options {
    bool traces;              /* else no spans are recorded, whatever a parent has decided */
    double rate;              /* which part of the traces that begin here */
    struct text organization; /* of the DSN; a trace of another is not continued */
    struct text baggage; /* "sentry-release=…": what is the same of all traces that begin here */
    struct text targets; /* hosts that are told of the trace, parted by commas, ".example.com" with
                            its subdomains; empty: none */
};
void trace_configure(const struct trace_options *options);
bool trace_is_target(struct text host);

/* A trace of its own, from a moment of clock_monotonic() on, until trace_end(). */
void trace_begin(int64_t started);
/* Of another's: by its headers `sentry-trace` and `baggage`. What is no such header is left aside.
 */
void trace_continue(struct text sentry_trace, struct text baggage);
/* Ends it here, to go on in another thread without its crumbs: `room` has TRACE_SUSPENDED bytes. */
void trace_suspend(void *room);
void trace_resume(const void *room);
/* Whether it is sampled: as whom it comes from has decided, else by the rate. */
bool trace_decide(void);
void trace_end(void);

/* An id that nobody has; never 0. */
uint64_t trace_random(void);
/* The id of a span by its number: of the request's, `span`, and so that it need not be kept. */
uint64_t trace_span_id(uint64_t span, unsigned number);

void trace_user(struct text id, struct text username, struct text email);
/* For searching and counting events; the value is borrowed. Beyond TRACE_TAGS it is left out. */
void trace_tag(const char *name, struct text value);

/* A crumb is there only once it is ended. NULL: nothing is traced. */
struct trace_crumb *trace_crumb_start(enum trace_kind kind);
void trace_crumb_add(struct trace_crumb *crumb, struct text text);
void trace_crumb_field(struct trace_crumb *crumb, struct text key, struct text value);
void trace_crumb_end(struct trace_crumb *crumb);
/* `back` 0: the newest. NULL: there are no more. */
const struct trace_crumb *trace_crumb_at(const struct trace *trace, size_t back);

/* A span; 0: none is recorded. One that is not ended ends with what it is within. */
unsigned trace_open(enum trace_kind kind, struct text text);
void trace_close(unsigned span);
/* What has been done since the last such step, or the beginning. */
void trace_step(struct text name);

/* A statement: its crumb, and its span, which trace_close() ends. */
unsigned trace_query(struct text sql);

/* An outgoing request: "POST", an address, of which user and query are left out, and later the
 * answer's status, 0 where there was none. */
unsigned trace_http_open(struct text method, struct text url);
void trace_http_close(unsigned span, struct text method, struct text url, int status);

/* What tells another of this trace, as from within a span: "<trace>-<span>[-<sampled>]". */
#define TRACE_HEADER_SIZE 52
size_t trace_header(char out[TRACE_HEADER_SIZE], unsigned span);
/* Appends the baggage that goes with it: what came with the trace, or what is known of it. */
void trace_baggage(struct buffer *out);
