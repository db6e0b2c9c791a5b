/* autoescape, comment, verbatim, filter, spaceless, templatetag, load, csrf_token. */
#include "base/arena.h"
#include "template/expression.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/unicode.h"

struct autoescape_node {
    struct node node;
    bool on;
    struct nodes body;
};

static enum status render_autoescape(const struct node *self, struct render *render)
{
    const struct autoescape_node *node = (const struct autoescape_node *)self;
    bool outer = render->autoescape;
    render->autoescape = node->on;
    enum status status = render_nodes(render, &node->body);
    render->autoescape = outer;
    return status;
}

static struct node *compile_autoescape(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endautoescape", NULL};
    struct autoescape_node *node = NODE_NEW(parser, tag, struct autoescape_node, render_autoescape);
    if (tag->count != 2 || (!text_is(tag->words[1], "on") && !text_is(tag->words[1], "off")))
        return parser_fail(parser, "\"on\" or \"off\" is expected");
    node->on = text_is(tag->words[1], "on");
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

static enum status render_nothing(const struct node *self, struct render *render)
{
    (void)self;
    (void)render;
    return OK;
}

static struct node *compile_comment(struct parser *parser, const struct tag *tag)
{
    struct node *node = NODE_NEW(parser, tag, struct node, render_nothing);
    return parser_skip(parser, tag, "endcomment") ? node : NULL;
}

struct body_node {
    struct node node;
    struct nodes body;
};

static enum status render_body(const struct node *self, struct render *render)
{
    return render_nodes(render, &((const struct body_node *)self)->body);
}

static struct node *compile_verbatim(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endverbatim", NULL};
    struct body_node *node = NODE_NEW(parser, tag, struct body_node, render_body);
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

/* Without the white space between two tags. */
static void put_spaceless(struct buffer *out, struct text html)
{
    size_t from = 0;
    for (size_t i = 0; i < html.length; i++) {
        if (html.at[i] != '>')
            continue;
        struct text rest = text_from(html, i + 1);
        struct text next = unicode_trim_start(rest);
        if (next.length == rest.length || next.length == 0 || next.at[0] != '<')
            continue;
        buffer_text(out, text_part(html, from, i + 1));
        from = html.length - next.length;
        i = from - 1;
    }
    buffer_text(out, text_from(html, from));
}

static enum status render_spaceless(const struct node *self, struct render *render)
{
    struct text html;
    enum status status = render_captured(render, &((const struct body_node *)self)->body, &html);
    if (status == OK)
        put_spaceless(render->out, unicode_trim(html));
    return status;
}

static struct node *compile_spaceless(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endspaceless", NULL};
    struct body_node *node = NODE_NEW(parser, tag, struct body_node, render_spaceless);
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

struct filter_node {
    struct node node;
    const struct name *name;
    struct expression *expression;
    struct nodes body;
};

static enum status render_filter(const struct node *self, struct render *render)
{
    const struct filter_node *node = (const struct filter_node *)self;
    struct text body;
    struct value value;
    enum status status = render_captured(render, &node->body, &body);
    if (status != OK)
        return status;
    struct frame frame = frame_push(render);
    scope_set(render, node->name, value_safe(body));
    render->node = self;
    status = expression_value(node->expression, render, &value);
    if (status == OK)
        value_print(render->out, value, render->arena);
    frame_pop(render, frame);
    return status;
}

static struct node *compile_filter(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endfilter", NULL};
    struct filter_node *node = NODE_NEW(parser, tag, struct filter_node, render_filter);
    struct text filters = unicode_trim(text_from(tag->contents, tag->words[0].length));
    if (filters.length == 0)
        return parser_fail_as(parser, "ValueError", "a filter is expected");
    node->name = parser_name(parser, TEXT("var"));
    node->expression =
        expression_compile(parser, text_format(parser->arena, "var|%.*s", TEXT_ARG(filters)));
    if (!node->expression)
        return NULL;
    for (size_t i = 0; i < node->expression->count; i++) {
        const char *name = node->expression->filters[i].filter->name;
        if (text_is(TEXT("escape"), name) || text_is(TEXT("safe"), name))
            return parser_fail(parser, "\"%s\" cannot be used here: see {%% autoescape %%}", name);
    }
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

struct constant_node {
    struct node node;
    struct text text;
};

static enum status render_constant(const struct node *self, struct render *render)
{
    buffer_text(render->out, ((const struct constant_node *)self)->text);
    return OK;
}

static struct node *compile_templatetag(struct parser *parser, const struct tag *tag)
{
    static const struct {
        const char *name;
        const char *text;
    } marks[] = {
        {"openblock", "{%"}, {"closeblock", "%}"}, {"openvariable", "{{"}, {"closevariable", "}}"},
        {"openbrace", "{"},  {"closebrace", "}"},  {"opencomment", "{#"},  {"closecomment", "#}"},
    };
    struct constant_node *node = NODE_NEW(parser, tag, struct constant_node, render_constant);
    for (size_t i = 0; tag->count == 2 && i < sizeof marks / sizeof *marks; i++) {
        if (text_is(tag->words[1], marks[i].name)) {
            node->text = text_of(marks[i].text);
            return &node->node;
        }
    }
    return parser_fail(parser, "one of openblock, closeblock, openvariable, closevariable, "
                               "openbrace, closebrace, opencomment, closecomment is expected");
}

/* {% load name… from library %} */
static bool load_some(struct parser *parser, const struct tag *tag)
{
    struct text library = tag->words[tag->count - 1];
    for (size_t i = 1; i < tag->count - 2; i++)
        if (!parser_load(parser, library, tag->words[i]))
            return parser_fail(parser, "no tag or filter \"%.*s\" in a library \"%.*s\"",
                               TEXT_ARG(tag->words[i]), TEXT_ARG(library));
    return true;
}

static struct node *compile_load(struct parser *parser, const struct tag *tag)
{
    struct node *node = NODE_NEW(parser, tag, struct node, render_nothing);
    if (tag->count >= 4 && text_is(tag->words[tag->count - 2], "from"))
        return load_some(parser, tag) ? node : NULL;
    for (size_t i = 1; i < tag->count; i++)
        if (!parser_load(parser, tag->words[i], TEXT_NONE))
            return parser_fail(parser, "no library \"%.*s\"", TEXT_ARG(tag->words[i]));
    return node;
}

static enum status render_csrf_token(const struct node *self, struct render *render)
{
    struct value token;
    (void)self;
    if (!scope_get(render, render->set->names.csrf_token, &token)
        || !value_truth(token, render->arena))
        return OK;
    struct text text = value_to_text(token, render->arena);
    if (text_is(text, "NOTPROVIDED"))
        return OK;
    buffer_text(render->out, TEXT("<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\""));
    buffer_escaped(render->out, text);
    buffer_text(render->out, TEXT("\">"));
    return OK;
}

static struct node *compile_csrf_token(struct parser *parser, const struct tag *tag)
{
    return NODE_NEW(parser, tag, struct node, render_csrf_token);
}

/* As with Django's DEBUG off: what a page knows is not for its readers. */
static struct node *compile_debug(struct parser *parser, const struct tag *tag)
{
    return NODE_NEW(parser, tag, struct node, render_nothing);
}

static const struct template_tag rows[] = {
    {"autoescape", compile_autoescape},
    {"comment", compile_comment},
    {"verbatim", compile_verbatim},
    {"filter", compile_filter},
    {"spaceless", compile_spaceless},
    {"templatetag", compile_templatetag},
    {"load", compile_load},
    {"csrf_token", compile_csrf_token},
    {"debug", compile_debug},
    {0},
};
const struct template_library tags_text = {"", .tags = rows};
