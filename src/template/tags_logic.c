/* if, ifequal, ifchanged, firstof, with. */
#include "base/arena.h"
#include "template/condition.h"
#include "template/tags.h"

struct branch {
    const struct condition *condition; /* NULL: else */
    struct nodes body;
};

struct if_node {
    struct node node;
    struct branch *branches;
    size_t count;
};

static enum status render_if(const struct node *self, struct render *render)
{
    const struct if_node *node = (const struct if_node *)self;
    for (size_t i = 0; i < node->count; i++) {
        const struct branch *branch = &node->branches[i];
        bool holds = true;
        enum status status =
            branch->condition ? condition_test(branch->condition, render, &holds) : OK;
        if (status != OK)
            return status;
        if (holds)
            return render_nodes(render, &branch->body);
    }
    return OK;
}

static struct node *compile_if(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endif", "elif", "else", NULL};
    static const char *const end[] = {"endif", NULL};
    struct if_node *node = NODE_NEW(parser, tag, struct if_node, render_if);
    LIST(struct branch) branches = {0};
    struct tag words = *tag;
    bool last = false;
    for (;;) {
        struct branch branch = {0};
        if (!last && !(branch.condition = condition_compile(parser, &words)))
            return NULL;
        if (!parser_body(parser, tag, last ? end : ends, &branch.body))
            return NULL;
        *LIST_PUSH(parser->arena, &branches) = branch;
        words = parser_tag(parser);
        if (parser_ended_by(parser, "endif"))
            break;
        last = parser_ended_by(parser, "else");
        if (last && words.count > 1)
            return parser_fail(parser, "nothing may follow \"else\"");
    }
    if (words.count > 1)
        return parser_fail(parser, "nothing may follow \"endif\"");
    node->branches = branches.items;
    node->count = branches.count;
    return &node->node;
}

struct ifequal_node {
    struct node node;
    struct expression *left;
    struct expression *right;
    bool negate;
    struct nodes body;
    struct nodes other;
};

static enum status render_ifequal(const struct node *self, struct render *render)
{
    const struct ifequal_node *node = (const struct ifequal_node *)self;
    struct value left;
    struct value right;
    enum status status = expression_or_none(node->left, render, &left);
    if (status == OK)
        status = expression_or_none(node->right, render, &right);
    if (status != OK)
        return status;
    bool holds = value_equal(left, right) != node->negate;
    return render_nodes(render, holds ? &node->body : &node->other);
}

static struct node *compile_ifequal(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endifequal", "else", NULL};
    static const char *const negative_ends[] = {"endifnotequal", "else", NULL};
    struct ifequal_node *node = NODE_NEW(parser, tag, struct ifequal_node, render_ifequal);
    node->negate = text_is(tag->words[0], "ifnotequal");
    const char *const *until = node->negate ? negative_ends : ends;
    if (tag->count != 3)
        return parser_fail(parser, "two values are expected");
    node->left = expression_compile(parser, tag->words[1]);
    node->right = node->left ? expression_compile(parser, tag->words[2]) : NULL;
    if (!node->right || !parser_body(parser, tag, until, &node->body))
        return NULL;
    if (!parser_ended_by(parser, "else"))
        return &node->node;
    const char *const end[] = {until[0], NULL};
    return parser_body(parser, tag, end, &node->other) ? &node->node : NULL;
}

struct ifchanged_node {
    struct node node;
    struct expressions watched;
    struct nodes body;
    struct nodes other;
};

/* The watched values as a list. */
static enum status watch(const struct ifchanged_node *node, struct render *render,
                         struct value *out)
{
    struct value *values = ARENA_ARRAY(render->arena, struct value, node->watched.count);
    for (size_t i = 0; i < node->watched.count; i++) {
        enum status status = expression_or_none(node->watched.items[i], render, &values[i]);
        if (status != OK)
            return status;
    }
    *out = value_list(render->arena, values, node->watched.count);
    return OK;
}

static enum status render_ifchanged(const struct node *self, struct render *render)
{
    const struct ifchanged_node *node = (const struct ifchanged_node *)self;
    struct state **states = render->loop ? &render->loop->states : &render->layer->states;
    struct text body = TEXT_NONE;
    struct value now;
    bool first;
    enum status status;
    struct state *state = state_of(render, states, node, &first);
    if (node->watched.count) {
        status = watch(node, render, &now);
    } else {
        status = render_captured(render, &node->body, &body);
        now = value_safe(body);
    }
    if (status != OK)
        return status;
    if (!first && value_equal(now, state->value))
        return render_nodes(render, &node->other);
    state->value = now;
    if (body.length == 0)
        return render_nodes(render, &node->body);
    buffer_text(render->out, body);
    return OK;
}

static struct node *compile_ifchanged(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endifchanged", "else", NULL};
    static const char *const end[] = {"endifchanged", NULL};
    struct ifchanged_node *node = NODE_NEW(parser, tag, struct ifchanged_node, render_ifchanged);
    if (!parser_body(parser, tag, ends, &node->body))
        return NULL;
    if (parser_ended_by(parser, "else") && !parser_body(parser, tag, end, &node->other))
        return NULL;
    return parser_expressions(parser, tag, 1, tag->count, &node->watched) ? &node->node : NULL;
}

struct firstof_node {
    struct node node;
    struct expressions candidates;
    const struct name *name;
};

static enum status render_firstof(const struct node *self, struct render *render)
{
    const struct firstof_node *node = (const struct firstof_node *)self;
    struct value value = VALUE_NULL;
    bool found = false;
    for (size_t i = 0; i < node->candidates.count && !found; i++) {
        enum status status = expression_or_none(node->candidates.items[i], render, &value);
        if (status != OK)
            return status;
        found = value_truth(value, render->arena);
    }
    if (!node->name)
        return found ? render_value(render, value) : OK;
    struct text text = found ? render_value_text(render, value) : TEXT("");
    scope_set(render, node->name,
              render->autoescape || value.kind == VALUE_SAFE ? value_safe(text) : value_text(text));
    return OK;
}

static struct node *compile_firstof(struct parser *parser, const struct tag *tag)
{
    struct firstof_node *node = NODE_NEW(parser, tag, struct firstof_node, render_firstof);
    size_t count = tag->count;
    if (count < 2)
        return parser_fail(parser, "at least one value is expected");
    if (count >= 3 && text_is(tag->words[count - 2], "as")) {
        node->name = parser_name(parser, tag->words[count - 1]);
        count -= 2;
    }
    return parser_expressions(parser, tag, 1, count, &node->candidates) ? &node->node : NULL;
}

struct with_node {
    struct node node;
    struct assignments assignments;
    struct nodes body;
};

static enum status render_with(const struct node *self, struct render *render)
{
    const struct with_node *node = (const struct with_node *)self;
    struct frame frame = frame_push(render);
    enum status status = assignments_bind(render, &node->assignments);
    if (status == OK)
        status = render_nodes(render, &node->body);
    frame_pop(render, frame);
    return status;
}

static struct node *compile_with(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endwith", NULL};
    struct with_node *node = NODE_NEW(parser, tag, struct with_node, render_with);
    size_t at = 1;
    if (!parser_assignments(parser, tag, &at, true, &node->assignments))
        return NULL;
    if (node->assignments.count == 0)
        return parser_fail(parser, "at least one name=value is expected");
    if (at < tag->count)
        return parser_fail(parser, "\"%.*s\" is not of the form name=value",
                           TEXT_ARG(tag->words[at]));
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

static const struct template_tag rows[] = {
    {"if", compile_if},
    {"ifequal", compile_ifequal},
    {"ifnotequal", compile_ifequal},
    {"ifchanged", compile_ifchanged},
    {"firstof", compile_firstof},
    {"with", compile_with},
    {0},
};
const struct template_library tags_logic = {"", .tags = rows};
