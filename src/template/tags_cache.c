/* Of the library "cache": what a fragment gave is kept for the rest of the same rendering. */
#include <string.h>

#include "base/arena.h"
#include "template/number.h"
#include "template/set.h"
#include "template/tags.h"

struct cache_node {
    struct node node;
    struct expression *seconds;
    struct text fragment;
    struct expressions vary;
    struct expression *store; /* using="…"; NULL: none */
    struct nodes body;
};

/* Fragments are one for a name and what it varies with, in whichever template they stand. */
static enum status key_of(const struct cache_node *node, struct render *render, struct text *out)
{
    struct buffer key = {.arena = render->arena};
    buffer_text(&key, node->fragment);
    for (size_t i = 0; i < node->vary.count; i++) {
        struct value value;
        enum status status = expression_value(node->vary.items[i], render, &value);
        if (status != OK)
            return status;
        buffer_char(&key, '\0');
        value_print(&key, value, render->arena);
    }
    *out = buffer_contents(&key);
    return OK;
}

/* How long it is to be kept; null is for ever. */
static enum status keeps(const struct cache_node *node, struct render *render, bool *out)
{
    struct value value;
    int64_t seconds = 1;
    enum status status = expression_value(node->seconds, render, &value);
    if (status != OK)
        return status;
    const char *kind =
        value.kind != VALUE_NONE ? number_clamped(value, render->arena, &seconds) : NULL;
    if (kind && strcmp(kind, "OverflowError") != 0)
        kind = "TemplateSyntaxError";
    if (kind)
        return render_fail(render, kind, "the time to keep it is to be a number");
    *out = seconds > 0;
    return OK;
}

static enum status check_store(const struct cache_node *node, struct render *render)
{
    struct value value;
    enum status status = node->store ? expression_value(node->store, render, &value) : OK;
    if (status != OK || !node->store || text_is(value_to_text(value, render->arena), "default"))
        return status;
    return render_fail(render, "TemplateSyntaxError", "the only cache is \"default\"");
}

static enum status render_fragment(const struct cache_node *node, struct render *render,
                                   struct text key, bool keep)
{
    const struct value *known =
        render->fragments ? value_map_find(render->fragments, value_text(key)) : NULL;
    if (known) {
        buffer_text(render->out, value_as_text(*known));
        return OK;
    }
    struct text html;
    enum status status = render_captured(render, &node->body, &html);
    if (status != OK)
        return status;
    buffer_text(render->out, html);
    if (!keep)
        return OK;
    if (!render->fragments)
        render->fragments = value_map_new(render->arena);
    value_map_set(render->fragments, key, value_safe(html));
    return OK;
}

static enum status render_cache(const struct node *self, struct render *render)
{
    const struct cache_node *node = (const struct cache_node *)self;
    struct text key;
    bool keep = false;
    enum status status = keeps(node, render, &keep);
    if (status == OK)
        status = check_store(node, render);
    if (status == OK)
        status = key_of(node, render, &key);
    return status == OK ? render_fragment(node, render, key, keep) : status;
}

static struct node *compile_cache(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endcache", NULL};
    struct cache_node *node = NODE_NEW(parser, tag, struct cache_node, render_cache);
    size_t count = tag->count;
    if (!parser_body(parser, tag, ends, &node->body))
        return NULL;
    if (count < 3)
        return parser_fail(parser, "a time to keep it and a name are expected");
    if (count > 3 && text_starts(tag->words[count - 1], TEXT("using="))) {
        struct text store = text_from(tag->words[--count], TEXT("using=").length);
        node->store = expression_compile(parser, store);
        if (!node->store)
            return NULL;
    }
    node->fragment = tag->words[2];
    node->seconds = expression_compile(parser, tag->words[1]);
    return node->seconds && parser_expressions(parser, tag, 3, count, &node->vary) ? &node->node
                                                                                   : NULL;
}

static const struct template_tag rows[] = {{"cache", compile_cache}, {0}};
const struct template_library tags_cache = {"cache", .tags = rows};
