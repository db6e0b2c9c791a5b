#include "template/parser.h"

#include "base/arena.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/unicode.h"

#define NESTED_MAX 200

struct text_node {
    struct node node;
    struct text text;
};

struct variable_node {
    struct node node;
    struct expression *expression;
};

static void vfail(struct parser *parser, const char *kind, const char *format, va_list more)
{
    struct text words = parser->tag ? parser->tag->source : parser->token.source;
    uint32_t line = parser->tag ? parser->tag->line : parser->token.line;
    template_failure(INVALID, kind, parser->template->path, line, words, format, more);
}

void *parser_fail(struct parser *parser, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    vfail(parser, "TemplateSyntaxError", format, more);
    va_end(more);
    return NULL;
}

void *parser_fail_as(struct parser *parser, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    vfail(parser, kind, format, more);
    va_end(more);
    return NULL;
}

void parser_refer(struct parser *parser, const struct tag *tag, struct text name,
                  const struct template **target)
{
    if (parser->set->host.options.late)
        return;
    *LIST_PUSH(parser->arena, &parser->set->references) =
        (struct reference){.name = name,
                           .from = parser->template,
                           .source = tag->source,
                           .line = tag->line,
                           .target = target};
}

void *node_new(struct parser *parser, const struct tag *tag, size_t size,
               enum status (*render)(const struct node *, struct render *))
{
    struct node *node = arena_zero(parser->arena, 1, size);
    node->render = render;
    node->source = tag->source;
    node->line = tag->line;
    return node;
}

const struct name *parser_name(struct parser *parser, struct text text)
{
    return set_name(parser->set, text);
}

static void append(struct nodes *nodes, struct node *node)
{
    if (nodes->last)
        nodes->last->next = node;
    else
        nodes->first = node;
    nodes->last = node;
    nodes->count++;
}

static enum status render_text(const struct node *self, struct render *render)
{
    buffer_text(render->out, ((const struct text_node *)self)->text);
    return OK;
}

static void add_text(struct parser *parser, struct nodes *out)
{
    struct tag tag = {.source = parser->token.source, .line = parser->token.line};
    struct text_node *node = NODE_NEW(parser, &tag, struct text_node, render_text);
    node->text = parser->token.source;
    append(out, &node->node);
}

static enum status render_variable(const struct node *self, struct render *render)
{
    struct value value;
    enum status status =
        expression_value(((const struct variable_node *)self)->expression, render, &value);
    return status == OK ? render_value(render, value) : status;
}

static bool add_variable(struct parser *parser, struct nodes *out)
{
    struct tag tag = {.source = parser->token.source, .line = parser->token.line};
    const struct tag *outer = parser->tag;
    parser->tag = &tag;
    struct variable_node *node = NODE_NEW(parser, &tag, struct variable_node, render_variable);
    node->expression = parser->token.contents.length == 0
                           ? parser_fail(parser, "a variable or a literal is missing")
                           : expression_compile(parser, parser->token.contents);
    parser->tag = outer;
    append(out, &node->node);
    out->has_tags = true;
    return node->expression != NULL;
}

struct tag parser_tag(struct parser *parser)
{
    struct tag tag = {.source = parser->token.source,
                      .contents = parser->token.contents,
                      .line = parser->token.line};
    struct tag_words rest = {.rest = tag.contents};
    struct text word;
    LIST(struct text) list = {0};
    while (lexer_word(&rest, &word))
        *LIST_PUSH(parser->arena, &list) = word;
    tag.words = list.items;
    tag.count = list.count;
    return tag;
}

static struct text command_of(const struct parser *parser)
{
    struct text rest = parser->token.contents;
    struct text word = TEXT_NONE;
    unicode_next_word(&rest, &word);
    return word;
}

bool parser_ended_by(const struct parser *parser, const char *name)
{
    return text_is(command_of(parser), name);
}

static const struct template_tag *tag_in(const struct template_library *library, struct text name)
{
    const struct template_tag *tag = library->tags;
    while (tag && tag->name && !text_is(name, tag->name))
        tag++;
    return tag && tag->name ? tag : NULL;
}

static const struct template_function *function_in(const struct template_library *library,
                                                   struct text name)
{
    const struct template_function *function = library->functions;
    while (function && function->name && !text_is(name, function->name))
        function++;
    return function && function->name ? function : NULL;
}

/* False when no tag has that name; NULL in `out` after parser_fail(). */
static bool compile_tag(struct parser *parser, const struct tag *tag, struct text name,
                        struct node **out)
{
    for (size_t i = parser->loaded.count; i-- > 0;) {
        const struct loaded *loaded = &parser->loaded.items[i];
        if (loaded->only.at && !text_equal(loaded->only, name))
            continue;
        const struct template_tag *row = tag_in(loaded->library, name);
        const struct template_function *function = function_in(loaded->library, name);
        if (row || function) {
            *out = row ? row->compile(parser, tag) : function_compile(parser, tag, function);
            return true;
        }
    }
    return false;
}

const struct template_filter *parser_filter(struct parser *parser, struct text name)
{
    for (size_t i = parser->loaded.count; i-- > 0;) {
        const struct loaded *loaded = &parser->loaded.items[i];
        const struct template_filter *filter = loaded->library->filters;
        if (!filter || (loaded->only.at && !text_equal(loaded->only, name)))
            continue;
        for (; filter->name; filter++)
            if (text_is(name, filter->name))
                return filter;
    }
    return parser_fail(parser, "no filter \"%.*s\" (is its library loaded?)", TEXT_ARG(name));
}

static bool library_has(const struct template_library *library, struct text name)
{
    const struct template_filter *filter = library->filters;
    for (; filter && filter->name; filter++)
        if (text_is(name, filter->name))
            return true;
    return tag_in(library, name) || function_in(library, name);
}

bool parser_load(struct parser *parser, struct text library, struct text only)
{
    bool found = false;
    for (size_t i = 0; i < parser->set->libraries.count; i++) {
        const struct template_library *part = parser->set->libraries.items[i];
        if (!text_is(library, part->name) || (only.at && !library_has(part, only)))
            continue;
        *LIST_PUSH(parser->arena, &parser->loaded) = (struct loaded){part, only};
        found = true;
    }
    return found;
}

static struct node *unknown_tag(struct parser *parser, const struct tag *outer, struct text name)
{
    if (outer)
        return parser_fail(parser, "tag \"%.*s\" is unknown or not allowed within {%% %.*s %%}",
                           TEXT_ARG(name), TEXT_ARG(outer->words[0]));
    return parser_fail(parser, "no tag \"%.*s\" (is its library loaded?)", TEXT_ARG(name));
}

static bool add_tag(struct parser *parser, const struct tag *outer, struct nodes *out)
{
    struct tag tag = parser_tag(parser);
    struct text name = command_of(parser);
    const struct tag *saved = parser->tag;
    parser->tag = &tag;
    struct node *node = NULL;
    if (name.length == 0)
        parser_fail(parser, "empty tag");
    else if (!compile_tag(parser, &tag, name, &node))
        unknown_tag(parser, outer, name);
    parser->tag = saved;
    if (!node)
        return false;
    append(out, node);
    out->has_tags = true;
    return true;
}

static bool is_end(const struct parser *parser, const char *const *ends)
{
    if (!ends || parser->token.kind != TOKEN_BLOCK)
        return false;
    struct text command = command_of(parser);
    for (; *ends; ends++)
        if (text_is(command, *ends))
            return true;
    return false;
}

static bool add_token(struct parser *parser, const struct tag *tag, struct nodes *out)
{
    switch (parser->token.kind) {
    case TOKEN_TEXT: add_text(parser, out); return true;
    case TOKEN_VARIABLE: return add_variable(parser, out);
    case TOKEN_COMMENT: return true;
    default: return add_tag(parser, tag, out);
    }
}

bool parser_body(struct parser *parser, const struct tag *tag, const char *const *ends,
                 struct nodes *out)
{
    const struct nodes *outer = parser->body;
    *out = (struct nodes){0};
    if (parser->depth >= NESTED_MAX)
        return parser_fail(parser, "more than %d tags within each other", NESTED_MAX);
    parser->depth++;
    for (;;) {
        parser->body = out;
        parser->token = lexer_next(&parser->lexer);
        if (is_end(parser, ends))
            break;
        if (parser->token.kind == TOKEN_END) {
            if (ends)
                return parser_fail(parser, "no {%% %s %%} follows", ends[0]);
            break;
        }
        if (!add_token(parser, tag, out))
            return false;
    }
    parser->depth--;
    parser->body = outer;
    return true;
}

bool parser_skip(struct parser *parser, const struct tag *tag, const char *end)
{
    (void)tag;
    do
        parser->token = lexer_next(&parser->lexer);
    while (parser->token.kind != TOKEN_END
           && !(parser->token.kind == TOKEN_BLOCK && text_is(parser->token.contents, end)));
    return parser->token.kind != TOKEN_END
           || parser_fail(parser, "no {%% %s %%} follows", end) != NULL;
}

bool parser_keyword(struct text word, struct text *name, struct text *rest)
{
    size_t equals = 0;
    while (equals < word.length) {
        struct text tail = text_from(word, equals);
        if (!unicode_is_word(unicode_take(&tail)))
            break;
        equals = word.length - tail.length;
    }
    if (equals == 0 || equals + 1 >= word.length || word.at[equals] != '=')
        return false;
    *name = text_part(word, 0, equals);
    *rest = text_from(word, equals + 1);
    return true;
}

bool parser_expressions(struct parser *parser, const struct tag *tag, size_t from, size_t to,
                        struct expressions *out)
{
    out->items = ARENA_ARRAY(parser->arena, struct expression *, to - from);
    out->count = 0;
    for (size_t i = from; i < to; i++) {
        out->items[out->count] = expression_compile(parser, tag->words[i]);
        if (!out->items[out->count++])
            return false;
    }
    return true;
}

/* "expression as name" at `at`. */
static bool legacy_form(const struct tag *tag, size_t at, struct text *name, struct text *rest)
{
    if (tag->count < at + 3 || !text_is(tag->words[at + 1], "as"))
        return false;
    *name = tag->words[at + 2];
    *rest = tag->words[at];
    return true;
}

bool parser_assignments(struct parser *parser, const struct tag *tag, size_t *at, bool legacy,
                        struct assignments *out)
{
    struct text name;
    struct text rest;
    LIST(struct assignment) list = {0};
    bool old = *at < tag->count && !parser_keyword(tag->words[*at], &name, &rest);
    while (*at < tag->count) {
        bool found = old ? legacy && legacy_form(tag, *at, &name, &rest)
                         : parser_keyword(tag->words[*at], &name, &rest);
        if (!found)
            break;
        struct expression *expression = expression_compile(parser, rest);
        if (!expression)
            return false;
        *LIST_PUSH(parser->arena, &list) =
            (struct assignment){parser_name(parser, name), expression};
        *at += old ? 3 : 1;
        if (old && *at < tag->count) {
            if (!text_is(tag->words[*at], "and"))
                break;
            ++*at;
        }
    }
    *out = (struct assignments){list.items, list.count};
    return true;
}

enum status template_compile(struct template_set *set, struct template *template,
                             struct text source)
{
    struct parser parser = {.set = set,
                            .arena = set->arena,
                            .template = template,
                            .lexer = {.source = source, .line = 1}};
    if (!text_is_utf8(source)) {
        parser.token.line = 1;
        parser_fail_as(&parser, "UnicodeDecodeError", "the source is not UTF-8");
        return INVALID;
    }
    parser_load(&parser, TEXT(""), TEXT_NONE);
    return parser_body(&parser, NULL, NULL, &template->nodes) ? OK : INVALID;
}
