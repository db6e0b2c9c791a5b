/* Tokens to nodes: what compile functions of tags work with. */
#pragma once

#include "template/lexer.h"
#include "template/node.h"

/* {% name words… %}; words[0] is the name. */
struct tag {
    struct text source;
    struct text contents;
    struct text *words;
    size_t count;
    uint32_t line;
};

struct loaded {
    const struct template_library *library;
    struct text only; /* the one name that {% load name from library %} took, else none */
};

struct cycle;

struct parser {
    struct template_set *set;
    struct arena *arena;
    struct template *template;
    struct lexer lexer;
    struct token token;
    LIST(struct loaded) loaded;
    LIST(struct cycle *) cycles;
    const struct tag *tag;    /* the innermost that is being compiled */
    const struct nodes *body; /* that the next node comes into */
    unsigned depth;
};

/* Records "path:line: message" as `kind`, with the tag's words; gives NULL. */
void *parser_fail(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void *parser_fail_as(struct parser *parser, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Compiles up to the tag whose name is one of `ends` (NULL-terminated; NULL: to the end of the
 * source), which is then parser->token. */
bool parser_body(struct parser *parser, const struct tag *tag, const char *const *ends,
                 struct nodes *out);
/* Reads past all up to the tag {% end %}. */
bool parser_skip(struct parser *parser, const struct tag *tag, const char *end);
/* The tag in parser->token, split into words. */
struct tag parser_tag(struct parser *parser);
bool parser_ended_by(const struct parser *parser, const char *name);

/* The template that the tag names is compiled with the parser's own, and then the target; unless
 * names are looked up late. `name` is borrowed. */
void parser_refer(struct parser *parser, const struct tag *tag, struct text name,
                  const struct template **target);

/* A zeroed node whose first member is a struct node. */
void *node_new(struct parser *parser, const struct tag *tag, size_t size,
               enum status (*render)(const struct node *, struct render *));
#define NODE_NEW(parser, tag, type, render)                                                        \
    ((type *)node_new((parser), (tag), sizeof(type), (render)))

/* Brings a library's tags and filters, or only one of them, into use; false when there is none. A
 * library may come in several parts of one name. */
bool parser_load(struct parser *parser, struct text library, struct text only);

const struct name *parser_name(struct parser *parser, struct text text);
const struct template_filter *parser_filter(struct parser *parser, struct text name);

/* NULL after parser_fail(). */
struct expression *expression_compile(struct parser *parser, struct text source);

/* `name=expression` of {% include %}, {% with %}, {% url %} … */
struct assignment {
    const struct name *name;
    struct expression *expression;
};
/* Takes leading "name=expression" words (with `legacy` also "expression as name", joined by
 * "and") off words[*at …]; false after parser_fail(). */
struct assignments {
    struct assignment *items;
    size_t count;
};
bool parser_assignments(struct parser *parser, const struct tag *tag, size_t *at, bool legacy,
                        struct assignments *out);
/* Splits "name=rest"; false when the word is not of that form. */
bool parser_keyword(struct text word, struct text *name, struct text *rest);

/* Bind each in the innermost frame; values are computed before the first is bound. */
enum status assignments_bind(struct render *render, const struct assignments *assignments);
