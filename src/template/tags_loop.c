/* for, cycle, resetcycle, regroup. */
#include "base/arena.h"
#include "template/expression.h"
#include "template/set.h"
#include "template/tags.h"

struct for_node {
    struct node node;
    const struct name **names;
    size_t count;
    bool reversed;
    struct expression *sequence;
    struct nodes body;
    struct nodes empty;
};

static const struct value_class loop_class;

enum loop_part { COUNTER, COUNTER0, REVCOUNTER, REVCOUNTER0, FIRST, LAST, PARENTLOOP };

struct loop_attribute {
    struct value_attribute attribute;
    const char *name;
    enum loop_part part;
};

static bool loop_get(const struct value_attribute *attribute, const void *self, struct arena *arena,
                     struct value *out)
{
    const struct loop *loop = self;
    int64_t at = (int64_t)loop->at;
    int64_t left = (int64_t)loop->count - at;
    (void)arena;
    switch (((const struct loop_attribute *)attribute)->part) {
    case COUNTER: *out = value_integer(at + 1); break;
    case COUNTER0: *out = value_integer(at); break;
    case REVCOUNTER: *out = value_integer(left); break;
    case REVCOUNTER0: *out = value_integer(left - 1); break;
    case FIRST: *out = value_bool(at == 0); break;
    case LAST: *out = value_bool(left == 1); break;
    case PARENTLOOP: *out = loop->parent; break;
    }
    return true;
}

/* In the order in which Django prints them. */
static const struct loop_attribute loop_attributes[] = {
    {{&loop_class, loop_get}, "parentloop", PARENTLOOP},
    {{&loop_class, loop_get}, "counter0", COUNTER0},
    {{&loop_class, loop_get}, "counter", COUNTER},
    {{&loop_class, loop_get}, "revcounter", REVCOUNTER},
    {{&loop_class, loop_get}, "revcounter0", REVCOUNTER0},
    {{&loop_class, loop_get}, "first", FIRST},
    {{&loop_class, loop_get}, "last", LAST},
};
#define LOOP_ATTRIBUTES (sizeof loop_attributes / sizeof *loop_attributes)

static const struct value_attribute *loop_find(struct text name)
{
    for (size_t i = 0; i < LOOP_ATTRIBUTES; i++)
        if (text_is(name, loop_attributes[i].name))
            return &loop_attributes[i].attribute;
    return NULL;
}

static struct value loop_map(const struct loop *loop, struct arena *arena)
{
    struct value_map *map = value_map_new(arena);
    for (size_t i = 0; i < LOOP_ATTRIBUTES; i++) {
        struct value value;
        loop_get(&loop_attributes[i].attribute, loop, arena, &value);
        value_map_set(map, text_of(loop_attributes[i].name), value);
    }
    return value_map(map);
}

static struct value loop_items(const void *self, struct arena *arena)
{
    return loop_map(self, arena);
}

static struct text loop_print(const void *self, struct arena *arena)
{
    return value_to_text(loop_map(self, arena), arena);
}

static const struct value_class loop_class = {.name = "forloop",
                                              .find = loop_find,
                                              .print = loop_print,
                                              .items = loop_items};

static const struct value_map no_loop;

static struct loop *loop_new(struct render *render, size_t count)
{
    struct loop *loop = ARENA_NEW(render->arena, struct loop);
    *loop = (struct loop){.object = {&loop_class, loop}, .count = count};
    if (!scope_get(render, render->set->names.forloop, &loop->parent))
        loop->parent = value_map(&no_loop);
    return loop;
}

/* Several names take an item apart. */
static enum status bind_parts(const struct for_node *node, struct render *render, struct value item)
{
    struct value_list parts;
    if (!value_items(item, render->arena, &parts))
        parts.count = 1;
    if (parts.count != node->count)
        return render_fail(render, "ValueError", "%zu names for an item of %zu parts", node->count,
                           parts.count);
    for (size_t i = 0; i < node->count; i++)
        scope_set(render, node->names[i], parts.items[i]);
    return OK;
}

static enum status render_round(const struct for_node *node, struct render *render,
                                struct value item)
{
    if (node->count == 1) {
        scope_set(render, node->names[0], item);
        return render_nodes(render, &node->body);
    }
    struct frame frame = frame_push(render);
    enum status status = bind_parts(node, render, item);
    if (status == OK)
        status = render_nodes(render, &node->body);
    frame_pop(render, frame);
    return status;
}

static enum status render_rounds(const struct for_node *node, struct render *render,
                                 const struct value_list *items)
{
    enum status status = OK;
    struct loop *outer = render->loop;
    struct loop *loop = loop_new(render, items->count);
    struct value self = {.kind = VALUE_OBJECT, .object = &loop->object};
    scope_set(render, render->set->names.forloop, self);
    render->loop = loop;
    for (; loop->at < loop->count && status == OK; loop->at++) {
        size_t at = node->reversed ? loop->count - 1 - loop->at : loop->at;
        render->node = &node->node;
        status = render_round(node, render, items->items[at]);
        if (status == OK)
            status = render_check(render);
    }
    render->loop = outer;
    return status;
}

static enum status render_for(const struct node *self, struct render *render)
{
    const struct for_node *node = (const struct for_node *)self;
    struct value sequence;
    struct value_list items = {0};
    enum status status = expression_or_none(node->sequence, render, &sequence);
    if (status != OK)
        return status;
    if (sequence.kind != VALUE_NONE && !value_items(sequence, render->arena, &items))
        return render_fail(render, "TypeError", "\"%.*s\" is nothing to walk through",
                           TEXT_ARG(node->sequence->source));
    struct frame frame = frame_push(render);
    status = items.count ? render_rounds(node, render, &items) : render_nodes(render, &node->empty);
    frame_pop(render, frame);
    return status;
}

static bool name_fits(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.at[i] == ' ' || name.at[i] == '"' || name.at[i] == '\'' || name.at[i] == '|')
            return false;
    return name.length > 0;
}

/* The names between "for" and "in": parted by commas, with or without spaces. */
static bool parse_names(struct parser *parser, const struct tag *tag, size_t to,
                        struct for_node *node)
{
    LIST(const struct name *) names = {0};
    struct text all = TEXT("");
    for (size_t i = 1; i < to; i++)
        all = text_format(parser->arena, "%.*s%s%.*s", TEXT_ARG(all), i > 1 ? " " : "",
                          TEXT_ARG(tag->words[i]));
    struct text part;
    while (text_next(&all, ',', &part)) {
        struct text name = text_trim(part);
        if (!name_fits(name))
            return parser_fail(parser, "\"%.*s\" cannot be the name of a loop's variable",
                               TEXT_ARG(name));
        *LIST_PUSH(parser->arena, &names) = parser_name(parser, name);
    }
    node->names = names.items;
    node->count = names.count;
    return true;
}

static struct node *compile_for(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endfor", "empty", NULL};
    static const char *const end[] = {"endfor", NULL};
    struct for_node *node = NODE_NEW(parser, tag, struct for_node, render_for);
    if (tag->count < 4)
        return parser_fail(parser, "\"for name in values\" is expected");
    node->reversed = text_is(tag->words[tag->count - 1], "reversed");
    size_t in = tag->count - (node->reversed ? 3 : 2);
    if (!text_is(tag->words[in], "in") || in < 2)
        return parser_fail(parser, "\"for name in values\" is expected");
    if (!parse_names(parser, tag, in, node))
        return NULL;
    node->sequence = expression_compile(parser, tag->words[in + 1]);
    if (!node->sequence || !parser_body(parser, tag, ends, &node->body))
        return NULL;
    if (parser_ended_by(parser, "empty") && !parser_body(parser, tag, end, &node->empty))
        return NULL;
    return &node->node;
}

struct cycle {
    struct text label;
    const struct name *name; /* NULL without "as" */
    bool silent;
    struct expressions values;
};

struct cycle_node {
    struct node node;
    const struct cycle *cycle;
};

static enum status render_cycle(const struct node *self, struct render *render)
{
    const struct cycle *cycle = ((const struct cycle_node *)self)->cycle;
    struct value value;
    bool made;
    struct state *state = state_of(render, &render->layer->states, cycle, &made);
    size_t at = state->count++ % cycle->values.count;
    enum status status = expression_value(cycle->values.items[at], render, &value);
    if (status != OK)
        return status;
    if (cycle->name)
        scope_replace(render, cycle->name, value);
    return cycle->silent ? OK : render_value(render, value);
}

static struct cycle *find_cycle(struct parser *parser, struct text label)
{
    for (size_t i = parser->cycles.count; i-- > 0;)
        if (label.at == NULL || text_equal(parser->cycles.items[i]->label, label))
            return parser->cycles.items[i];
    if (label.at)
        return parser_fail(parser, "no cycle of the name \"%.*s\" stands before", TEXT_ARG(label));
    return parser_fail(parser, "no cycle stands before");
}

/* "… as name [silent]" at the end; the values' number is left in `count`. */
static bool parse_cycle_name(struct parser *parser, const struct tag *tag, struct cycle *cycle,
                             size_t *count)
{
    *count = tag->count;
    if (*count <= 4)
        return true;
    bool flagged = text_is(tag->words[*count - 3], "as");
    if (flagged && !text_is(tag->words[*count - 1], "silent"))
        return parser_fail(parser, "only \"silent\" may follow a cycle's name");
    cycle->silent = flagged;
    size_t as = *count - (flagged ? 3 : 2);
    if (!text_is(tag->words[as], "as"))
        return true;
    cycle->label = tag->words[as + 1];
    cycle->name = parser_name(parser, cycle->label);
    *count = as;
    return true;
}

static struct node *compile_cycle(struct parser *parser, const struct tag *tag)
{
    struct cycle_node *node = NODE_NEW(parser, tag, struct cycle_node, render_cycle);
    struct cycle *cycle = ARENA_NEW(parser->arena, struct cycle);
    size_t count;
    if (tag->count < 2)
        return parser_fail(parser, "at least two values are expected");
    if (tag->count == 2) {
        node->cycle = find_cycle(parser, tag->words[1]);
        return node->cycle ? &node->node : NULL;
    }
    if (!parse_cycle_name(parser, tag, cycle, &count)
        || !parser_expressions(parser, tag, 1, count, &cycle->values))
        return NULL;
    *LIST_PUSH(parser->arena, &parser->cycles) = cycle;
    node->cycle = cycle;
    return &node->node;
}

static enum status render_resetcycle(const struct node *self, struct render *render)
{
    bool made;
    const struct cycle *cycle = ((const struct cycle_node *)self)->cycle;
    state_of(render, &render->layer->states, cycle, &made)->count = 0;
    return OK;
}

static struct node *compile_resetcycle(struct parser *parser, const struct tag *tag)
{
    struct cycle_node *node = NODE_NEW(parser, tag, struct cycle_node, render_resetcycle);
    if (tag->count > 2)
        return parser_fail(parser, "at most one name is expected");
    node->cycle = find_cycle(parser, tag->count == 2 ? tag->words[1] : TEXT_NONE);
    return node->cycle ? &node->node : NULL;
}

struct regroup_node {
    struct node node;
    struct expression *target;
    struct expression *key;
    const struct name *name;
};

struct group {
    struct value key;
    struct value list;
};

static bool group_get(const void *self, struct text name, struct arena *arena, struct value *out)
{
    const struct group *group = self;
    (void)arena;
    if (!text_is(name, "grouper") && !text_is(name, "list"))
        return false;
    *out = name.at[0] == 'g' ? group->key : group->list;
    return true;
}

static struct value group_items(const void *self, struct arena *arena)
{
    return value_tuple(arena, &((const struct group *)self)->key, 2);
}

static struct text group_print(const void *self, struct arena *arena)
{
    const struct group *group = self;
    struct buffer out = {.arena = arena};
    buffer_text(&out, TEXT("GroupedResult(grouper="));
    value_print_repr(&out, group->key, arena);
    buffer_text(&out, TEXT(", list="));
    value_print_repr(&out, group->list, arena);
    buffer_char(&out, ')');
    return buffer_contents(&out);
}

static const struct value_class group_class = {.name = "GroupedResult",
                                               .get = group_get,
                                               .print = group_print,
                                               .items = group_items};
static_assert(offsetof(struct group, list) == sizeof(struct value), "an array of two");

static struct value group_value(struct arena *arena, struct value key, const struct value *from,
                                size_t count)
{
    struct group *group = ARENA_NEW(arena, struct group);
    *group = (struct group){.key = key, .list = value_list(arena, from, count)};
    return value_object(arena, &group_class, group);
}

static enum status group_all(const struct regroup_node *node, struct render *render,
                             const struct value_list *items, struct value *out)
{
    LIST(struct value) groups = {0};
    struct value key = VALUE_NULL;
    size_t from = 0;
    for (size_t i = 0; i < items->count; i++) {
        struct value next;
        scope_set(render, node->name, items->items[i]);
        enum status status = expression_or_none(node->key, render, &next);
        if (status != OK)
            return status;
        if (i > 0 && !value_equal(key, next)) {
            *LIST_PUSH(render->arena, &groups) =
                group_value(render->arena, key, items->items + from, i - from);
            from = i;
        }
        if (i == from)
            key = next;
    }
    if (items->count)
        *LIST_PUSH(render->arena, &groups) =
            group_value(render->arena, key, items->items + from, items->count - from);
    *out = value_list(render->arena, groups.items, groups.count);
    return OK;
}

static enum status render_regroup(const struct node *self, struct render *render)
{
    const struct regroup_node *node = (const struct regroup_node *)self;
    struct value target;
    struct value groups;
    struct value_list items = {0};
    enum status status = expression_or_none(node->target, render, &target);
    if (status != OK)
        return status;
    if (target.kind != VALUE_NONE && !value_items(target, render->arena, &items))
        return render_fail(render, "TypeError", "\"%.*s\" is nothing to walk through",
                           TEXT_ARG(node->target->source));
    status = group_all(node, render, &items, &groups);
    if (status == OK)
        scope_set(render, node->name, groups);
    return status;
}

static struct node *compile_regroup(struct parser *parser, const struct tag *tag)
{
    struct regroup_node *node = NODE_NEW(parser, tag, struct regroup_node, render_regroup);
    if (tag->count != 6 || !text_is(tag->words[2], "by") || !text_is(tag->words[4], "as"))
        return parser_fail(parser, "\"regroup values by attribute as name\" is expected");
    node->target = expression_compile(parser, tag->words[1]);
    node->name = parser_name(parser, tag->words[5]);
    node->key =
        expression_compile(parser, text_format(parser->arena, "%.*s.%.*s", TEXT_ARG(tag->words[5]),
                                               TEXT_ARG(tag->words[3])));
    return node->target && node->key ? &node->node : NULL;
}

static const struct template_tag rows[] = {
    {"for", compile_for},
    {"cycle", compile_cycle},
    {"resetcycle", compile_resetcycle},
    {"regroup", compile_regroup},
    {0},
};
const struct template_library tags_loop = {"", .tags = rows};
