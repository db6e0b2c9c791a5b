/* extends, block, include: templates made of others. */
#include "base/arena.h"
#include "template/set.h"
#include "template/tags.h"

struct active_block {
    const struct active_block *outer;
    const struct block *block;
    struct render *render;
    size_t level; /* of the chain, whose template the block is of */
};

static const struct block *block_in(const struct template *template, const struct name *name)
{
    for (size_t i = 0; i < template->blocks.count; i++)
        if (template->blocks.items[i]->name == name)
            return template->blocks.items[i];
    return NULL;
}

/* The block from `*level` of the chain on. */
static const struct block *find_block(const struct layer *layer, const struct name *name,
                                      size_t *level)
{
    for (; *level < layer->chain.count; ++*level) {
        const struct block *block = block_in(layer->chain.items[*level], name);
        if (block)
            return block;
    }
    return NULL;
}

static enum status render_body(struct render *render, const struct block *block, size_t level);

/* {{ block.super }} */
static bool render_super(const struct active_block *active, struct value *out)
{
    struct render *render = active->render;
    size_t level = active->level + 1;
    struct text html = TEXT("");
    if (render->layer->chain.count == 0) {
        render->status = render_fail(render, "TemplateSyntaxError",
                                     "block.super is only for templates that extend another");
        return false;
    }
    const struct block *block = find_block(render->layer, active->block->name, &level);
    struct buffer *outer = render->out;
    struct buffer buffer = {.arena = render->arena, .limit = outer->limit};
    if (block) {
        render->out = &buffer;
        render->status = render_body(render, block, level);
        if (render->status == OK)
            render->status = render_check(render);
        render->out = outer;
        html = buffer_contents(&buffer);
    }
    *out = value_safe(html);
    return render->status == OK;
}

static bool block_get(const void *self, struct text name, struct arena *arena, struct value *out)
{
    const struct active_block *active = self;
    (void)arena;
    if (text_is(name, "super"))
        return render_super(active, out);
    if (!text_is(name, "name"))
        return false;
    *out = value_text(active->block->name->text);
    return true;
}

static struct text block_print(const void *self, struct arena *arena)
{
    const struct active_block *active = self;
    return text_format(arena, "<Block Node: %.*s>", TEXT_ARG(active->block->name->text));
}

static const struct value_class block_class = {.name = "block",
                                               .get = block_get,
                                               .print = block_print};

static enum status render_body(struct render *render, const struct block *block, size_t level)
{
    struct active_block *active = ARENA_NEW(render->arena, struct active_block);
    const struct template *outer = render->template;
    const struct node *node = render->node;
    struct frame frame = frame_push(render);
    *active = (struct active_block){render->layer->active, block, render, level};
    render->layer->active = active;
    render->template = block->template;
    scope_set(render, render->set->names.block, value_object(render->arena, &block_class, active));
    enum status status = render_nodes(render, &block->body);
    frame_pop(render, frame);
    render->layer->active = active->outer;
    if (status == OK) {
        render->template = outer;
        render->node = node;
    }
    return status;
}

static enum status render_block(const struct node *self, struct render *render)
{
    const struct block *own = (const struct block *)self;
    size_t level = 0;
    for (const struct active_block *active = render->layer->active; active;
         active = active->outer) {
        if (active->block->name == own->name) {
            level = active->level + 1;
            break;
        }
    }
    const struct block *block = find_block(render->layer, own->name, &level);
    return render_body(render, block ? block : own, level);
}

static struct node *compile_block(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endblock", NULL};
    struct block *block = NODE_NEW(parser, tag, struct block, render_block);
    if (tag->count != 2)
        return parser_fail(parser, "one name is expected");
    block->name = parser_name(parser, tag->words[1]);
    block->template = parser->template;
    if (block_in(parser->template, block->name))
        return parser_fail(parser, "there is a block \"%.*s\" already", TEXT_ARG(tag->words[1]));
    *LIST_PUSH(parser->arena, &parser->template->blocks) = block;
    if (!parser_body(parser, tag, ends, &block->body))
        return NULL;
    struct tag end = parser_tag(parser);
    if (end.count > 2 || (end.count == 2 && !text_equal(end.words[1], tag->words[1])))
        return parser_fail(parser, "closed by {%% %.*s %%}", TEXT_ARG(end.contents));
    return &block->node;
}

struct extends_node {
    struct node node;
    struct expression *parent;
    const struct template *target;
    const struct template *template;
};

static enum status no_template(struct render *render, struct text name)
{
    return render_fail(render, "TemplateDoesNotExist", "no template \"%.*s\"", TEXT_ARG(name));
}

static enum status find_template(struct render *render, struct text name,
                                 const struct template **out)
{
    enum status status;
    *out = set_template(render->set, name, &status);
    return status == NOT_FOUND ? no_template(render, name) : status;
}

static enum status find_parent(const struct extends_node *node, struct render *render,
                               const struct template **out)
{
    struct value name;
    *out = node->target;
    if (*out)
        return OK;
    enum status status = expression_value(node->parent, render, &name);
    if (status != OK)
        return status;
    if (!value_truth(name, render->arena))
        return render_fail(render, "TemplateSyntaxError", "the parent's name is empty");
    if (name.kind == VALUE_LIST || name.kind == VALUE_MAP)
        return render_fail(render, "TypeError", "the parent's name is no text");
    return find_template(render, value_to_text(name, render->arena), out);
}

static bool is_chained(const struct layer *layer, const struct template *template)
{
    for (size_t i = 0; i < layer->chain.count; i++)
        if (layer->chain.items[i] == template)
            return true;
    return false;
}

static enum status render_extends(const struct node *self, struct render *render)
{
    const struct extends_node *node = (const struct extends_node *)self;
    const struct template *parent;
    struct layer *layer = render->layer;
    enum status status = find_parent(node, render, &parent);
    if (status != OK)
        return status;
    if (layer->chain.count == 0)
        *LIST_PUSH(render->arena, &layer->chain) = node->template;
    if (is_chained(layer, parent))
        return no_template(render, parent->name);
    *LIST_PUSH(render->arena, &layer->chain) = parent;
    render->template = parent;
    return render_nodes(render, &parent->nodes);
}

/* A template that the source names with a literal is compiled with it. */
static void refer(struct parser *parser, const struct tag *tag, const struct expression *name,
                  const struct template **target)
{
    struct value constant;
    if (expression_constant(name, &constant) && value_is_text(constant))
        parser_refer(parser, tag, value_as_text(constant), target);
}

/* The expression of a template's name; quoted names may be relative to this template's. */
static struct expression *compile_name(struct parser *parser, struct text word)
{
    bool quoted = word.length >= 2 && (word.at[0] == '"' || word.at[0] == '\'')
                  && word.at[word.length - 1] == word.at[0];
    struct text name = quoted ? text_part(word, 1, word.length - 1) : word;
    struct text full;
    if (!template_resolve_name(parser->arena, parser->template->name, name, &full))
        return parser_fail(parser, "\"%.*s\" leaves the root or is the template itself",
                           TEXT_ARG(name));
    if (quoted && full.at != name.at)
        word = text_format(parser->arena, "%c%.*s%c", word.at[0], TEXT_ARG(full), word.at[0]);
    return expression_compile(parser, word);
}

static struct node *compile_extends(struct parser *parser, const struct tag *tag)
{
    struct extends_node *node = NODE_NEW(parser, tag, struct extends_node, render_extends);
    struct nodes rest;
    if (tag->count != 2)
        return parser_fail(parser, "one template name is expected");
    if (parser->template->extends)
        return parser_fail(parser, "a template can extend only one other");
    if (parser->body->has_tags)
        return parser_fail(parser, "\"extends\" must be the first tag");
    node->parent = compile_name(parser, tag->words[1]);
    node->template = parser->template;
    parser->template->extends = &node->node;
    if (!node->parent || !parser_body(parser, NULL, NULL, &rest))
        return NULL;
    refer(parser, tag, node->parent, &node->target);
    return &node->node;
}

struct include_node {
    struct node node;
    struct expression *name;
    const struct template *target;
    struct text from; /* the name of the template that includes */
    struct assignments assignments;
    bool only;
};

/* A list of names: the first that there is. */
static enum status find_first(const struct include_node *node, struct render *render,
                              struct value names, const struct template **out)
{
    struct value_list list;
    enum status status = OK;
    if (names.kind == VALUE_NONE || !value_truth(names, render->arena))
        return render_fail(render, "TemplateDoesNotExist", "no template is named");
    if (!value_items(names, render->arena, &list))
        return render_fail(render, "TypeError", "this is no name of a template");
    for (size_t i = 0; i < list.count; i++) {
        *out = set_template(render->set, value_to_text(list.items[i], render->arena), &status);
        if (*out || status != NOT_FOUND)
            return status;
    }
    (void)node;
    for (size_t i = 0; i < list.count; i++)
        if (!value_is_text(list.items[i]))
            return render_fail(render, "TypeError", "a template is named by a text");
    return render_fail(render, "TemplateDoesNotExist", "none of the templates is there");
}

static enum status find_included(const struct include_node *node, struct render *render,
                                 const struct template **out)
{
    struct value name;
    struct text full;
    *out = node->target;
    if (*out)
        return OK;
    enum status status = expression_value(node->name, render, &name);
    if (status != OK)
        return status;
    if (!value_is_text(name) || name.length == 0)
        return find_first(node, render, name, out);
    struct text relative = value_as_text(name);
    if (!template_resolve_name(render->arena, node->from, relative, &full))
        return render_fail(render, "TemplateSyntaxError",
                           "\"%.*s\" leaves the root or is the template itself",
                           TEXT_ARG(relative));
    return find_template(render, full, out);
}

/* With `only`, what is bound so far goes out of sight: the new bindings come first. */
static enum status bind_only(const struct include_node *node, struct render *render)
{
    size_t floor = render->bindings.count;
    enum status status = assignments_bind(render, &node->assignments);
    render->floor = floor;
    render->context = NULL;
    render->loop = NULL;
    return status;
}

/* Each include of a template, even of the same, has states of its own. */
static uint64_t path_through(const struct layer *layer, const struct node *include)
{
    uint64_t mixed = (layer->path ^ (uint64_t)(uintptr_t)include) * UINT64_C(0x9E3779B97F4A7C15);
    return mixed ^ mixed >> 29;
}

static enum status render_include(const struct node *self, struct render *render)
{
    const struct include_node *node = (const struct include_node *)self;
    const struct template *template;
    const struct template *outer_template = render->template;
    struct layer *outer_layer = render->layer;
    struct layer layer = {.path = path_through(outer_layer, self)};
    struct loop *outer_loop = render->loop;
    const struct value_map *outer_context = render->context;
    size_t outer_floor = render->floor;
    enum status status = find_included(node, render, &template);
    if (status != OK)
        return status;
    struct frame frame = frame_push(render);
    status = node->only ? bind_only(node, render) : assignments_bind(render, &node->assignments);
    if (status == OK) {
        render->layer = &layer;
        render->template = template;
        status = render_nodes(render, &template->nodes);
    }
    if (status == OK) {
        render->template = outer_template;
        status = render_check(render);
    }
    render->layer = outer_layer;
    render->loop = outer_loop;
    render->context = outer_context;
    render->floor = outer_floor;
    frame_pop(render, frame);
    return status;
}

static bool parse_option(struct parser *parser, const struct tag *tag, size_t *at,
                         struct include_node *node)
{
    struct text option = tag->words[(*at)++];
    if (text_is(option, "only") && !node->only) {
        node->only = true;
        return true;
    }
    if (!text_is(option, "with") || node->assignments.count)
        return parser_fail(parser, "\"%.*s\" is not \"with\" or \"only\", or is there twice",
                           TEXT_ARG(option));
    if (!parser_assignments(parser, tag, at, false, &node->assignments))
        return false;
    return node->assignments.count > 0
           || parser_fail(parser, "name=value is expected behind \"with\"") != NULL;
}

static struct node *compile_include(struct parser *parser, const struct tag *tag)
{
    struct include_node *node = NODE_NEW(parser, tag, struct include_node, render_include);
    if (tag->count < 2)
        return parser_fail(parser, "a template name is expected");
    for (size_t at = 2; at < tag->count;)
        if (!parse_option(parser, tag, &at, node))
            return NULL;
    node->name = compile_name(parser, tag->words[1]);
    node->from = parser->template->name;
    if (!node->name)
        return NULL;
    refer(parser, tag, node->name, &node->target);
    return &node->node;
}

static const struct template_tag rows[] = {
    {"extends", compile_extends},
    {"block", compile_block},
    {"include", compile_include},
    {0},
};
const struct template_library tags_block = {"", .tags = rows};
