/* The structured log: one line an event, logfmt or JSON, on standard error.
 *
 *     log_info("listening", LOG_INT("port", port));
 *     → time=2024-05-07T14:05:00.000000Z level=info msg=listening port=8000
 *
 * Lines are kept in a buffer of the process and written when it is full, when a line is a warning
 * or worse, and at log_flush(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *key;
    struct text text;
    int64_t integer;
    bool is_integer;
};

#define LOG_TEXT(name, value)   ((struct log_field){.key = (name), .text = (value)})
#define LOG_STRING(name, value) LOG_TEXT((name), text_of(value))
#define LOG_INT(name, value)                                                                       \
    ((struct log_field){.key = (name), .integer = (int64_t)(value), .is_integer = true})

#define log_debug(...)   LOG_EVENT(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    LOG_EVENT(LOG_INFO, __VA_ARGS__)
#define log_warning(...) LOG_EVENT(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   LOG_EVENT(LOG_ERROR, __VA_ARGS__)

#define LOG_EVENT(level, message, ...)                                                             \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

/* `fields` ends with one whose key is NULL. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

struct log_options {
    enum log_level level; /* lines below it are dropped */
    bool json;
    const char *process; /* put in each line; borrowed; NULL: none */
};
void log_configure(const struct log_options *options);

/* Put in each line of this thread until it is set to TEXT_NONE; borrowed. */
void log_request_id(struct text id);

/* Writes out what is buffered. */
void log_flush(void);

/* The same for a process that ends within a signal handler, unless somebody is writing. */
void log_flush_if_free(void);
