/* url; and of the library "static": static, get_static_prefix, get_media_prefix. */
#include "base/arena.h"
#include "template/set.h"
#include "template/static_path.h"
#include "template/tags.h"

struct url_node {
    struct node node;
    struct expression *name;
    struct assignment *arguments; /* positional ones without a name, first */
    size_t count;
    const struct name *as;
    const void *prepared; /* by the host; NULL: it looks each time */
};

#define LONGEST_PREPARED 512

static enum status reverse(struct render *render, struct text name,
                           const struct template_argument *arguments, size_t count,
                           struct text *out)
{
    const struct template_host *host = &render->set->host;
    enum status status =
        host->reverse ? host->reverse(host->context, render->arena, name, arguments, count, out)
                      : NOT_FOUND;
    if (status == OK)
        return OK;
    if (status != NOT_FOUND) {
        const char *kind = status == INVALID ? "ValueError" : "Exception";
        return render_fail(render, kind, "%s",
                           text_copy(render->arena, text_of(status_failure()->message)).at);
    }
    render_fail(render, "NoReverseMatch", "no route \"%.*s\" takes these %zu arguments",
                TEXT_ARG(name), count);
    return NOT_FOUND;
}

static enum status put_url(struct render *render, const struct name *as, struct text url)
{
    if (as)
        scope_set(render, as, value_text(url));
    else if (render->autoescape)
        buffer_escaped(render->out, url);
    else
        buffer_text(render->out, url);
    return OK;
}

/* As most are: a constant name, numbers or short words. */
static bool put_prepared(const struct url_node *node, struct render *render,
                         const struct template_argument *arguments)
{
    const struct template_host *host = &render->set->host;
    char room[LONGEST_PREPARED];
    struct buffer url = BUFFER_ON(room);
    if (!node->prepared || node->as
        || !host->put_prepared(host->context, node->prepared, arguments, node->count, &url)
        || url.failed)
        return false;
    put_url(render, NULL, buffer_contents(&url));
    return true;
}

static enum status render_url(const struct node *self, struct render *render)
{
    const struct url_node *node = (const struct url_node *)self;
    struct template_argument *arguments =
        ARENA_ARRAY(render->arena, struct template_argument, node->count + 1);
    struct value name;
    struct text url = TEXT("");
    bool named = false;
    enum status status = OK;
    for (size_t i = 0; i < node->count && status == OK; i++) {
        const struct assignment *argument = &node->arguments[i];
        arguments[i].name = argument->name ? argument->name->text : TEXT_NONE;
        named |= argument->name != NULL;
        status = expression_value(argument->expression, render, &arguments[i].value);
    }
    if (status == OK && put_prepared(node, render, arguments))
        return OK;
    if (status == OK)
        status = expression_value(node->name, render, &name);
    if (status != OK)
        return status;
    bool mixed = named && !node->arguments[0].name;
    status = reverse(render, value_to_text(name, render->arena), mixed ? NULL : arguments,
                     node->count, &url);
    if (status == OK && mixed)
        return render_fail(render, "ValueError", "positional and named arguments together");
    if (status != OK && !(status == NOT_FOUND && node->as))
        return status == NOT_FOUND ? INVALID : status;
    return put_url(render, node->as, url);
}

/* A route that is named with a literal must be there. */
static bool check_url(struct parser *parser, const struct url_node *node)
{
    const struct template_host *host = &parser->set->host;
    struct value name;
    struct text url;
    struct template_argument *arguments =
        ARENA_ARRAY(parser->arena, struct template_argument, node->count + 1);
    bool constant = true;
    if (host->options.late || node->as || !host->reverse || !expression_constant(node->name, &name)
        || !value_is_text(name))
        return true;
    for (size_t i = 0; i < node->count; i++) {
        const struct assignment *argument = &node->arguments[i];
        arguments[i].name = argument->name ? argument->name->text : TEXT_NONE;
        constant &= expression_constant(argument->expression, &arguments[i].value);
    }
    struct text route = value_as_text(name);
    enum status status = host->reverse(host->context, parser->arena, route,
                                       constant ? arguments : NULL, node->count, &url);
    return status == OK
           || parser_fail_as(parser, "NoReverseMatch", "no route \"%.*s\" takes these arguments",
                             TEXT_ARG(route))
                  != NULL;
}

static void prepare(struct parser *parser, struct url_node *node)
{
    const struct template_host *host = &parser->set->host;
    struct value name;
    size_t named = 0;
    struct text *names = ARENA_ARRAY(parser->arena, struct text, node->count);
    for (size_t i = 0; i < node->count; i++) {
        names[i] = node->arguments[i].name ? node->arguments[i].name->text : TEXT_NONE;
        named += names[i].length > 0;
    }
    if (!host->options.late && host->prepare && (named == 0 || named == node->count)
        && expression_constant(node->name, &name) && value_is_text(name))
        node->prepared = host->prepare(host->context, value_as_text(name), names, node->count);
}

/* Positional arguments come first in `out`, so that one look tells whether there are any. */
static bool compile_arguments(struct parser *parser, const struct tag *tag, size_t to,
                              struct url_node *node)
{
    size_t positional = 0;
    node->arguments = ARENA_ARRAY(parser->arena, struct assignment, to);
    for (size_t i = 2; i < to; i++) {
        struct text name = TEXT_NONE;
        struct text rest = tag->words[i];
        parser_keyword(tag->words[i], &name, &rest);
        struct expression *expression = expression_compile(parser, rest);
        if (!expression)
            return false;
        size_t at = node->count++;
        if (!name.at) {
            node->arguments[at] = node->arguments[positional];
            at = positional++;
        }
        node->arguments[at] =
            (struct assignment){name.at ? parser_name(parser, name) : NULL, expression};
    }
    return true;
}

static struct node *compile_url(struct parser *parser, const struct tag *tag)
{
    struct url_node *node = NODE_NEW(parser, tag, struct url_node, render_url);
    size_t count = tag->count;
    if (count < 2)
        return parser_fail(parser, "the name of a route is expected");
    node->name = expression_compile(parser, tag->words[1]);
    if (!node->name)
        return NULL;
    if (count >= 4 && text_is(tag->words[count - 2], "as")) {
        node->as = parser_name(parser, tag->words[count - 1]);
        count -= 2;
    }
    if (!compile_arguments(parser, tag, count, node))
        return NULL;
    if (!check_url(parser, node))
        return NULL;
    prepare(parser, node);
    return &node->node;
}

struct static_node {
    struct node node;
    struct expression *path;
    const struct name *as;
    struct text constant; /* where the path is constant */
};

static enum status static_url(const struct template_host *host, struct arena *arena,
                              struct text path, struct text *out)
{
    if (host->static_url)
        return host->static_url(host->context, arena, path, out);
    *out = static_path_join(arena, host->static_prefix, path);
    return OK;
}

static enum status render_static(const struct node *self, struct render *render)
{
    const struct static_node *node = (const struct static_node *)self;
    struct value value;
    struct text url;
    if (node->constant.at)
        return put_url(render, node->as, node->constant);
    enum status status = expression_value(node->path, render, &value);
    if (status != OK)
        return status;
    if (!value_is_text(value))
        return render_fail(render, "TypeError", "a path is a text");
    struct text path = value_as_text(value);
    status = static_url(&render->set->host, render->arena, path, &url);
    if (status != OK)
        return render_fail(render, "ValueError", "no static file \"%.*s\"", TEXT_ARG(path));
    return put_url(render, node->as, url);
}

static struct node *compile_static(struct parser *parser, const struct tag *tag)
{
    struct static_node *node = NODE_NEW(parser, tag, struct static_node, render_static);
    struct value path;
    if (tag->count < 2)
        return parser_fail(parser, "a path is expected");
    node->path = expression_compile(parser, tag->words[1]);
    if (!node->path)
        return NULL;
    if (tag->count >= 4 && text_is(tag->words[tag->count - 2], "as"))
        node->as = parser_name(parser, tag->words[3]);
    if (!parser->set->host.options.late && expression_constant(node->path, &path)
        && value_is_text(path)
        && static_url(&parser->set->host, parser->arena, value_as_text(path), &node->constant)
               != OK) {
        struct text file = value_as_text(path);
        return parser_fail_as(parser, "ValueError", "no static file \"%.*s\"", TEXT_ARG(file));
    }
    return &node->node;
}

struct prefix_node {
    struct node node;
    bool media;
    const struct name *as;
};

static enum status render_prefix(const struct node *self, struct render *render)
{
    const struct prefix_node *node = (const struct prefix_node *)self;
    const struct template_host *host = &render->set->host;
    struct text prefix = node->media ? host->media_prefix : host->static_prefix;
    if (node->as)
        scope_set(render, node->as, value_text(prefix));
    else
        buffer_text(render->out, prefix);
    return OK;
}

static struct node *compile_prefix(struct parser *parser, const struct tag *tag)
{
    struct prefix_node *node = NODE_NEW(parser, tag, struct prefix_node, render_prefix);
    node->media = text_is(tag->words[0], "get_media_prefix");
    if (tag->count == 1)
        return &node->node;
    if (tag->count < 3 || !text_is(tag->words[1], "as"))
        return parser_fail(parser, "\"as name\" is expected, or nothing");
    node->as = parser_name(parser, tag->words[2]);
    return &node->node;
}

static const struct template_tag url_rows[] = {{"url", compile_url}, {0}};
const struct template_library tags_url = {"", .tags = url_rows};

static const struct template_tag static_rows[] = {
    {"static", compile_static},
    {"get_static_prefix", compile_prefix},
    {"get_media_prefix", compile_prefix},
    {0},
};
const struct template_library tags_static = {"static", .tags = static_rows};
