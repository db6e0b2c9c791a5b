/* Tags and filters as rows of tables. A library is what {% load name %} brings; docs/templates.md
 * shows one of each kind.
 *
 *     static const struct template_filter filters[] = {
 *         {"shout", shout, .flags = FILTER_TEXT | FILTER_SAFE},
 *         {0}};
 *     static const struct template_function functions[] = {
 *         {"stars", .call = stars, .parameters = PARAMETERS("count", "of"), .optional = 1},
 *         {0}};
 *     const struct template_library boats_library = {
 *         "boats", .filters = filters, .functions = functions}; */
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

/* How a tag stands in the template, and where. */
struct tag_call {
    struct render *render;
    struct arena *arena;
    bool autoescape;
    const struct value *arguments;   /* by parameter; null where an optional one is left out */
    struct value_list rest;          /* further ones without a name */
    const struct value_map *options; /* further ones with a name; NULL: the row takes none */
    struct text content;             /* of a block tag, rendered: HTML */
    const void *caller;              /* what template_render() was given */
    bool failed;                     /* by tag_fail(): the failure has its place */
};

/* A tag that is a function: with `call` a simple tag, with `call` and `end` a block tag, with
 * `fill` and `template` an inclusion tag, as Django's decorators make them
 * (docs.djangoproject.com/en/5.2/howto/custom-template-tags/). What fails ends the rendering. */
struct template_function {
    const char *name;

    /* What stands in the place of the tag, escaped unless it is safe; `… as name` keeps it. */
    enum status (*call)(struct tag_call *call, struct value *out);
    const char *end; /* of a block tag: "endnote" */

    /* Sees what `fill` puts into its context, and nothing else. */
    const char *template;
    enum status (*fill)(struct tag_call *call, struct value_map *context);

    const char *const *parameters; /* given in this order or as name=value; NULL: none */
    size_t optional;               /* as many of the last may be left out */
    bool rest;                     /* more may be given, */
    bool options;                  /* and with other names */
};
#define PARAMETERS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A tag that does everything itself (template/parser.h, template/node.h). */
struct template_tag {
    const char *name;
    /* NULL after parser_fail(). */
    struct node *(*compile)(struct parser *parser, const struct tag *tag);
};

/* Each ends with a row whose name is NULL; each may be NULL. */
struct template_library {
    const char *name;
    const struct template_tag *tags;
    const struct template_filter *filters;
    const struct template_function *functions;
};

/* INVALID when its rows make no sense, with the row and what is wrong with it. */
enum status template_library_check(const struct template_library *library);

/* For tags: fails as Python's exception `kind` would; gives INVALID. */
enum status tag_fail(struct tag_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A variable of the template's. */
bool tag_variable(const struct tag_call *call, struct text name, struct value *out);
/* A buffer for HTML, within the limits, and the value it makes. */
struct buffer tag_buffer(const struct tag_call *call);
enum status tag_html(struct tag_call *call, const struct buffer *buffer, struct value *out);

/* For filters: fails as Python's exception `kind` would; gives the null value. */
struct value filter_fail(struct filter_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A buffer for the result, within the limits, and the result itself. */
struct buffer filter_buffer(const struct filter_call *call);
struct value filter_result(struct filter_call *call, const struct buffer *buffer);
/* str(value). */
struct text filter_text(const struct filter_call *call, struct value value);
