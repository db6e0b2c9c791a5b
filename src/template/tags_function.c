/* Tags that are functions: simple, block and inclusion tags. Their arguments are bound to
 * parameters when they are compiled, as Python would when it calls. */
#include <string.h>

#include "base/arena.h"
#include "template/set.h"
#include "template/tags.h"

struct call_node {
    struct node node;
    const struct template_function *row;
    struct expression **arguments; /* by parameter; NULL: left out */
    size_t count;
    LIST(struct expression *) rest;
    LIST(struct assignment) options;
    const struct name *as;         /* NULL: printed */
    const struct template *target; /* of an inclusion tag */
    struct nodes body;
};

static size_t count_of(const char *const *parameters)
{
    size_t count = 0;
    while (parameters && parameters[count])
        count++;
    return count;
}

static size_t find_parameter(const struct call_node *node, struct text name)
{
    size_t at = 0;
    while (at < node->count && !text_is(name, node->row->parameters[at]))
        at++;
    return at;
}

static bool is_option(const struct call_node *node, const struct name *name)
{
    for (size_t i = 0; i < node->options.count; i++)
        if (node->options.items[i].name == name)
            return true;
    return false;
}

static bool add_named(struct parser *parser, struct call_node *node, struct text name,
                      struct expression *value)
{
    const struct name *own = parser_name(parser, name);
    size_t at = find_parameter(node, name);
    if (at == node->count && !node->row->options)
        return parser_fail(parser, "there is no parameter \"%.*s\"", TEXT_ARG(name));
    if (at < node->count ? node->arguments[at] != NULL : is_option(node, own))
        return parser_fail(parser, "\"%.*s\" is given twice", TEXT_ARG(name));
    if (at < node->count)
        node->arguments[at] = value;
    else
        *LIST_PUSH(parser->arena, &node->options) = (struct assignment){own, value};
    return true;
}

static bool add_argument(struct parser *parser, struct call_node *node, struct text word,
                         size_t *given, bool *named)
{
    struct text name;
    struct text rest;
    bool is_named = parser_keyword(word, &name, &rest);
    struct expression *value = expression_compile(parser, is_named ? rest : word);
    if (!value)
        return false;
    if (is_named) {
        *named = true;
        return add_named(parser, node, name, value);
    }
    if (*named)
        return parser_fail(parser, "an argument without a name follows one with a name");
    if (*given == node->count && !node->row->rest)
        return parser_fail(parser, "at most %zu arguments are expected", node->count);
    if (*given < node->count)
        node->arguments[(*given)++] = value;
    else
        *LIST_PUSH(parser->arena, &node->rest) = value;
    return true;
}

static bool add_arguments(struct parser *parser, const struct tag *tag, size_t end,
                          struct call_node *node)
{
    size_t given = 0;
    bool named = false;
    for (size_t i = 1; i < end; i++)
        if (!add_argument(parser, node, tag->words[i], &given, &named))
            return false;
    for (size_t i = 0; i + node->row->optional < node->count; i++)
        if (!node->arguments[i])
            return parser_fail(parser, "the argument \"%s\" is missing", node->row->parameters[i]);
    return true;
}

/* The arguments' values; those that are left out are null. */
static enum status evaluate(struct expression *const *expressions, size_t count,
                            struct render *render, struct value *out)
{
    enum status status = OK;
    for (size_t i = 0; i < count && status == OK; i++)
        if (expressions[i])
            status = expression_value(expressions[i], render, &out[i]);
    return status;
}

static enum status start_call(const struct call_node *node, struct render *render,
                              struct tag_call *call)
{
    struct arena *arena = render->arena;
    struct value *arguments = ARENA_ARRAY(arena, struct value, node->count);
    struct value *rest = ARENA_ARRAY(arena, struct value, node->rest.count);
    struct value_map *options = node->row->options ? value_map_new(arena) : NULL;
    *call = (struct tag_call){.render = render,
                              .arena = arena,
                              .autoescape = render->autoescape,
                              .arguments = arguments,
                              .rest = {node->rest.count, rest},
                              .options = options,
                              .caller = render->caller};
    enum status status = evaluate(node->arguments, node->count, render, arguments);
    if (status == OK)
        status = evaluate(node->rest.items, node->rest.count, render, rest);
    for (size_t i = 0; i < node->options.count && status == OK; i++) {
        struct value value;
        status = expression_value(node->options.items[i].expression, render, &value);
        value_map_set(options, node->options.items[i].name->text, value);
    }
    return status;
}

/* What the program's own function gave, with its place. */
static enum status ended(const struct tag_call *call, enum status status)
{
    return status == OK || call->failed ? status : render_pass(call->render, status);
}

/* As Django prints what a function gives: never as the language writes it. */
static void put_result(struct render *render, struct value value)
{
    struct text text = value_to_text(value, render->arena);
    if (render->autoescape && value.kind != VALUE_SAFE)
        buffer_escaped(render->out, text);
    else
        buffer_text(render->out, text);
}

static enum status render_call(const struct node *self, struct render *render)
{
    const struct call_node *node = (const struct call_node *)self;
    struct tag_call call;
    struct value result = VALUE_NULL;
    enum status status = start_call(node, render, &call);
    if (status == OK && node->row->end)
        status = render_captured(render, &node->body, &call.content);
    render->node = self;
    if (status == OK)
        status = ended(&call, node->row->call(&call, &result));
    if (status != OK)
        return status;
    if (node->as)
        scope_set(render, node->as, result);
    else
        put_result(render, result);
    return render_check(render);
}

/* With a context of its own, to which only the token for forms is handed on. */
static enum status render_inside(const struct render *outer, const struct template *template,
                                 struct value_map *context)
{
    struct layer layer = {0};
    struct render render = *outer;
    struct value token;
    if (scope_get(outer, outer->set->names.csrf_token, &token))
        value_map_set(context, TEXT("csrf_token"), token);
    render.context = context;
    memset(&render.bindings, 0, sizeof render.bindings);
    memset(&render.overrides, 0, sizeof render.overrides);
    render.floor = render.frame = 0;
    render.template = template;
    render.layer = &layer;
    render.loop = NULL;
    return render_nodes(&render, &template->nodes);
}

static enum status render_inclusion(const struct node *self, struct render *render)
{
    const struct call_node *node = (const struct call_node *)self;
    const struct template *template = node->target;
    struct value_map *context = value_map_new(render->arena);
    struct tag_call call;
    enum status status = start_call(node, render, &call);
    if (status == OK)
        status = ended(&call, node->row->fill(&call, context));
    if (status == OK && !template)
        template = set_template(render->set, text_of(node->row->template), &status);
    if (!template && status == NOT_FOUND)
        return render_fail(render, "TemplateDoesNotExist", "no template \"%s\"",
                           node->row->template);
    if (status == OK)
        status = render_inside(render, template, context);
    return status == OK ? render_check(render) : status;
}

/* Takes "as name" off the end. */
static size_t take_as(struct parser *parser, const struct tag *tag, struct call_node *node)
{
    if (!node->row->call || tag->count < 3 || !text_is(tag->words[tag->count - 2], "as"))
        return tag->count;
    node->as = parser_name(parser, tag->words[tag->count - 1]);
    return tag->count - 2;
}

struct node *function_compile(struct parser *parser, const struct tag *tag,
                              const struct template_function *row)
{
    const char *const ends[] = {row->end, NULL};
    struct call_node *node =
        NODE_NEW(parser, tag, struct call_node, row->call ? render_call : render_inclusion);
    node->row = row;
    node->count = count_of(row->parameters);
    node->arguments = ARENA_ARRAY(parser->arena, struct expression *, node->count);
    if (!add_arguments(parser, tag, take_as(parser, tag, node), node))
        return NULL;
    if (row->template)
        parser_refer(parser, tag, text_of(row->template), &node->target);
    if (row->end && !parser_body(parser, tag, ends, &node->body))
        return NULL;
    return &node->node;
}
