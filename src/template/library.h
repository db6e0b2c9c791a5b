/* Tags and filters as rows of tables. A library is what {% load name %} brings.
 *
 *     static struct value shout(struct filter_call *call, struct value value, struct value
 * argument)
 *     {
 *         …
 *     }
 *     static const struct template_filter filters[] = {
 *         {"shout", shout, .flags = FILTER_TEXT | FILTER_SAFE}, {0}};
 *     const struct template_library shouting = {"shouting", .filters = filters}; */
#pragma once

#include "base/buffer.h"
#include "base/status.h"
#include "template/value.h"

struct node;
struct parser;
struct render;
struct tag;

enum filter_argument { ARGUMENT_NONE, ARGUMENT_OPTIONAL, ARGUMENT_REQUIRED };

enum filter_flags {
    FILTER_SAFE = 1,  /* what comes in safe goes out safe */
    FILTER_TEXT = 2,  /* the value is made a text first */
    FILTER_LOCAL = 4, /* an aware datetime is moved to the current zone first */
};

struct filter_call {
    struct render *render;
    struct arena *arena;
    bool autoescape;
    bool has_argument;
    enum status status; /* set by filter_fail() */
};

struct template_filter {
    const char *name;
    struct value (*apply)(struct filter_call *call, struct value value, struct value argument);
    enum filter_argument argument;
    unsigned flags;
};

struct template_tag {
    const char *name;
    /* NULL after parser_fail(). */
    struct node *(*compile)(struct parser *parser, const struct tag *tag);
};

/* Both end with a row whose name is NULL; either may be NULL. */
struct template_library {
    const char *name;
    const struct template_tag *tags;
    const struct template_filter *filters;
};

/* For filters: fails as Python's exception `kind` would; gives the null value. */
struct value filter_fail(struct filter_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A buffer for the result, within the limits, and the result itself. */
struct buffer filter_buffer(const struct filter_call *call);
struct value filter_result(struct filter_call *call, const struct buffer *buffer);
/* str(value). */
struct text filter_text(const struct filter_call *call, struct value value);
