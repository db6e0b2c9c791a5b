#include "template/node.h"

#include "base/arena.h"
#include "template/decimal.h"
#include "template/expression.h"
#include "template/format.h"
#include "template/set.h"

#define DEPTH_MAX  600
#define MEMORY_MAX ((size_t)256 << 20)
#define STEPS_MAX  50000000

static enum status fail_at(struct render *render, enum status status, const char *kind,
                           const char *format, va_list more)
{
    const struct node *node = render->node;
    return template_failure(status, kind, render->template->path, node ? node->line : 1,
                            node ? node->source : TEXT_NONE, format, more);
}

enum status render_fail(struct render *render, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    enum status status = fail_at(render, INVALID, kind, format, more);
    va_end(more);
    return status;
}

__attribute__((format(printf, 4, 5))) static enum status
fail_as_kind(struct render *render, enum status status, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    fail_at(render, status, kind, format, more);
    va_end(more);
    return status;
}

enum status render_stop(struct render *render, const char *kind, const char *reason)
{
    return fail_as_kind(render, FAILED, kind, "%s", reason);
}

enum status render_pass(struct render *render, enum status status)
{
    struct failure failure = *status_failure();
    return fail_as_kind(render, status, "Exception", "%s", failure.message);
}

enum status render_check(struct render *render)
{
    if (render->out->failed)
        return render_stop(render, "MemoryError", "the output is over its limit");
    if (arena_used(render->arena) > render->memory_limit)
        return render_stop(render, "MemoryError", "rendering needs too much memory");
    return OK;
}

enum status render_nodes(struct render *render, const struct nodes *nodes)
{
    enum status status = OK;
    if (render->depth >= DEPTH_MAX)
        return fail_as_kind(render, FAILED, "RecursionError",
                            "more than %d levels within each other", DEPTH_MAX);
    if (render->steps <= nodes->count)
        return render_stop(render, "RecursionError", "rendering takes too long");
    render->steps -= nodes->count + 1;
    render->depth++;
    for (const struct node *node = nodes->first; node && status == OK; node = node->next) {
        render->node = node;
        status = node->render(node, render);
    }
    render->depth--;
    return status;
}

enum status render_captured(struct render *render, const struct nodes *nodes, struct text *out)
{
    struct buffer *outer = render->out;
    struct buffer buffer = {.arena = render->arena, .limit = outer->limit};
    render->out = &buffer;
    enum status status = render_nodes(render, nodes);
    if (status == OK)
        status = render_check(render);
    render->out = outer;
    *out = buffer.at ? buffer_contents(&buffer) : TEXT("");
    return status;
}

static void put(struct render *render, struct text text)
{
    if (render->autoescape)
        buffer_escaped(render->out, text);
    else
        buffer_text(render->out, text);
}

enum status render_value(struct render *render, struct value value)
{
    switch (value.kind) {
    case VALUE_SAFE: buffer_append(render->out, value.text, value.length); break;
    case VALUE_TEXT: put(render, value_as_text(value)); break;
    case VALUE_INTEGER:
        if (!render->set->host.options.thousands) {
            buffer_int(render->out, value.integer);
            break;
        }
        put(render, format_local(value, render));
        break;
    case VALUE_OBJECT:
        if (value.object->class->print_is_html) {
            value_print(render->out, value, render->arena);
            break;
        }
        __attribute__((fallthrough));
    default: put(render, format_local(value, render)); break;
    }
    return render->status != OK ? render->status : OK;
}

struct text render_value_text(struct render *render, struct value value)
{
    struct buffer *outer = render->out;
    struct buffer buffer = {.arena = render->arena, .limit = outer->limit};
    render->out = &buffer;
    render_value(render, value);
    render->out = outer;
    return buffer.at ? buffer_contents(&buffer) : TEXT("");
}

struct frame frame_push(struct render *render)
{
    struct frame frame = {render->frame, render->bindings.count};
    render->frame = render->bindings.count;
    return frame;
}

void frame_pop(struct render *render, struct frame frame)
{
    render->frame = frame.frame;
    render->bindings.count = frame.count;
}

static struct binding *find(struct binding *bindings, size_t from, size_t to,
                            const struct name *name)
{
    for (size_t i = to; i-- > from;)
        if (bindings[i].name == name)
            return &bindings[i];
    return NULL;
}

void scope_set(struct render *render, const struct name *name, struct value value)
{
    struct binding *known =
        find(render->bindings.items, render->frame, render->bindings.count, name);
    if (known)
        known->value = value;
    else
        *LIST_PUSH(render->arena, &render->bindings) = (struct binding){name, value};
}

void scope_replace(struct render *render, const struct name *name, struct value value)
{
    struct binding *known =
        find(render->bindings.items, render->floor, render->bindings.count, name);
    if (!known)
        known = find(render->overrides.items, 0, render->overrides.count, name);
    if (known)
        known->value = value;
    else if (render->context && value_map_find_text(render->context, name->text, name->hash))
        *LIST_PUSH(render->arena, &render->overrides) = (struct binding){name, value};
    else
        scope_set(render, name, value);
}

static bool builtin(const struct name *name, struct value *out)
{
    if (!name->is_builtin)
        return false;
    *out = name->text.at[0] == 'N' ? VALUE_NULL : value_bool(name->text.at[0] == 'T');
    return true;
}

bool scope_get(const struct render *render, const struct name *name, struct value *out)
{
    const struct value *found = NULL;
    const struct binding *binding =
        find(render->bindings.items, render->floor, render->bindings.count, name);
    if (!binding && render->context && render->overrides.count)
        binding = find(render->overrides.items, 0, render->overrides.count, name);
    if (binding)
        found = &binding->value;
    else if (render->context)
        found = value_map_find_text(render->context, name->text, name->hash);
    if (found)
        *out = *found;
    return found || builtin(name, out);
}

struct state *state_of(struct render *render, struct state **states, const void *owner, bool *made)
{
    *made = false;
    for (struct state *state = *states; state; state = state->next)
        if (state->owner == owner && state->path == render->layer->path)
            return state;
    struct state *state = ARENA_NEW(render->arena, struct state);
    *state = (struct state){.next = *states, .owner = owner, .path = render->layer->path};
    *states = state;
    *made = true;
    return state;
}

/* As much room as it took the last time: a buffer that grows is copied. */
static void reserve(struct buffer *out, size_t usual)
{
    if (!out->limit && usual)
        buffer_room(out, usual + usual / 8);
}

static enum status run(struct render *render, const struct template *template)
{
    reserve(render->out, atomic_load_explicit(template->usual, memory_order_relaxed));
    enum status status = render_nodes(render, &template->nodes);
    if (status == OK)
        status = render_check(render);
    if (status == OK)
        atomic_store_explicit(template->usual, render->out->length, memory_order_relaxed);
    return status == NOT_FOUND ? INVALID : status;
}

enum status template_render(struct template_set *set, struct text name,
                            const struct template_request *request, const struct value_map *context,
                            struct arena *arena, struct buffer *out)
{
    enum status status = OK;
    size_t limit = set->host.options.memory_limit ? set->host.options.memory_limit : MEMORY_MAX;
    const struct template *template = set_template(set, name, &status);
    if (!template)
        return status;
    struct layer layer = {0};
    struct render render = {.set = set,
                            .arena = arena,
                            .out = out,
                            .language = request ? request->language : NULL,
                            .source = request ? request->source : NULL,
                            .caller = request ? request->caller : NULL,
                            .context = context,
                            .template = template,
                            .layer = &layer,
                            .zone = set->current_zone,
                            .use_tz = set->host.options.use_tz,
                            .steps = STEPS_MAX,
                            .memory_limit = arena_used(arena) + limit,
                            .autoescape = !set->host.options.autoescape_off};
    return run(&render, template);
}
