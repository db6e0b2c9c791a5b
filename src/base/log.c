#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/trace.h"

#define FLUSH_AT      ((size_t)32 * 1024)
#define LONGEST_LINE  ((size_t)16 * 1024)
#define LONGEST_VALUE ((size_t)2048)

static struct log_options options = {.level = LOG_INFO};
static _Thread_local struct text request_id;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char pending[FLUSH_AT + LONGEST_LINE];
static size_t pending_length;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_configure(const struct log_options *wanted)
{
    options = *wanted;
}

void log_request_id(struct text id)
{
    request_id = id;
}

static void write_all(const char *at, size_t left)
{
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        at += written;
        left -= (size_t)written;
    }
}

/* Several processes may share a pipe: only writes of at most PIPE_BUF bytes stay whole there
 * (pipe(7)), so each holds as many whole lines as fit. */
static void flush_locked(void)
{
    struct text rest = {pending, pending_length};
    while (rest.length) {
        struct text part = text_part(rest, 0, PIPE_BUF);
        const char *end = memrchr(part.at, '\n', part.length);
        size_t length = end ? (size_t)(end - part.at) + 1 : text_find_char(rest, '\n') + 1;
        write_all(rest.at, length);
        rest = text_from(rest, length);
    }
    pending_length = 0;
}

void log_flush(void)
{
    guard_hold();
    pthread_mutex_lock(&mutex);
    flush_locked();
    pthread_mutex_unlock(&mutex);
    guard_release();
}

void log_flush_if_free(void)
{
    if (pthread_mutex_trylock(&mutex) == 0)
        flush_locked(); /* not unlocked: this process writes no more */
}

static void keep(struct text line, bool now)
{
    guard_hold();
    pthread_mutex_lock(&mutex);
    if (line.length > sizeof pending - pending_length)
        flush_locked();
    memcpy(pending + pending_length, line.at, line.length);
    pending_length += line.length;
    if (now || pending_length >= FLUSH_AT)
        flush_locked();
    pthread_mutex_unlock(&mutex);
    guard_release();
}

static bool needs_quotes(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F)
            return true;
    }
    return value.length == 0;
}

static void append_key(struct buffer *line, const char *key)
{
    if (options.json) {
        buffer_char(line, line->length ? ',' : '{');
        buffer_json(line, text_of(key));
        buffer_char(line, ':');
    } else {
        if (line->length)
            buffer_char(line, ' ');
        buffer_text(line, text_of(key));
        buffer_char(line, '=');
    }
}

static void append_text(struct buffer *line, const char *key, struct text value)
{
    append_key(line, key);
    value = text_cut(value, LONGEST_VALUE);
    if (options.json || needs_quotes(value))
        buffer_json(line, text_is_utf8(value) ? value : TEXT("(not UTF-8)"));
    else
        buffer_text(line, value);
}

static void compose(struct buffer *line, enum log_level level, const char *message,
                    const struct log_field *fields)
{
    char time[CLOCK_ISO_SIZE];
    clock_iso(time, clock_wall());
    append_text(line, "time", text_of(time));
    append_text(line, "level", text_of(level_names[level]));
    if (options.process)
        append_text(line, "process", text_of(options.process));
    append_text(line, "msg", text_of(message));
    for (; fields->key; fields++) {
        if (fields->is_integer) {
            append_key(line, fields->key);
            buffer_int(line, fields->integer);
        } else {
            append_text(line, fields->key, fields->text);
        }
    }
    if (request_id.length)
        append_text(line, "request_id", request_id);
    buffer_text(line, options.json ? TEXT("}\n") : TEXT("\n"));
}

static void leave_crumb(enum log_level level, const char *message, const struct log_field *fields)
{
    struct trace_crumb *crumb = trace_crumb_start(TRACE_LOG);
    if (!crumb)
        return;
    crumb->level = (uint8_t)level;
    trace_crumb_add(crumb, text_of(message));
    for (; fields->key; fields++) {
        char room[24];
        struct buffer digits = BUFFER_ON(room);
        if (fields->is_integer)
            buffer_int(&digits, fields->integer);
        trace_crumb_field(crumb, text_of(fields->key),
                          fields->is_integer ? buffer_contents(&digits) : fields->text);
    }
    trace_crumb_end(crumb);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    if (level < options.level)
        return;
    leave_crumb(level, message, fields);
    char room[LONGEST_LINE];
    struct buffer line = BUFFER_ON(room);
    compose(&line, level, message, fields);
    if (line.failed) {
        line = BUFFER_ON(room);
        compose(&line, level, message, &(const struct log_field){0});
    }
    keep(buffer_contents(&line), level >= LOG_WARNING);
}
