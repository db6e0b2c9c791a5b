/* Of the library "l10n": localize, and the filters localize and unlocalize. */
#include "template/filters.h"
#include "template/format.h"
#include "template/set.h"
#include "template/tags.h"

struct localize_node {
    struct node node;
    bool on;
    struct nodes body;
};

static enum status render_localize(const struct node *self, struct render *render)
{
    const struct localize_node *node = (const struct localize_node *)self;
    enum localize outer = render->localize;
    render->localize = node->on ? LOCALIZE_ON : LOCALIZE_OFF;
    enum status status = render_nodes(render, &node->body);
    render->localize = outer;
    return status;
}

static struct node *compile_localize(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endlocalize", NULL};
    struct localize_node *node = NODE_NEW(parser, tag, struct localize_node, render_localize);
    node->on = tag->count == 1 || text_is(tag->words[1], "on");
    if (tag->count > 2 || (!node->on && !text_is(tag->words[1], "off")))
        return parser_fail(parser, "\"on\" or \"off\" is expected, or nothing");
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

/* The digits of an integer are safe, unless they come in groups. */
static bool is_safe(struct value value, bool groups)
{
    bool integer = value.kind != VALUE_BOOL && value_is_integer(value);
    return value.kind == VALUE_SAFE || (integer && !groups);
}

FILTER(localize)
{
    (void)argument;
    struct text text = format_localized(value, call->render, true);
    call->status = call->render->status;
    return is_safe(value, call->render->set->host.options.thousands) ? value_safe(text)
                                                                     : value_text(text);
}

FILTER(unlocalize)
{
    (void)argument;
    struct text text = value_is_number(value) ? filter_text(call, value)
                                              : format_localized(value, call->render, false);
    return value.kind == VALUE_SAFE ? value_safe(text) : value_text(text);
}

static const struct template_tag tag_rows[] = {{"localize", compile_localize}, {0}};
static const struct template_filter filter_rows[] = {
    {"localize", localize, ARGUMENT_NONE, 0},
    {"unlocalize", unlocalize, ARGUMENT_NONE, 0},
    {0},
};
const struct template_library tags_locale = {"l10n", .tags = tag_rows, .filters = filter_rows};
