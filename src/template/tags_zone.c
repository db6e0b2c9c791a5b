/* Of the library "tz": localtime, timezone, get_current_timezone, and the filters localtime, utc,
 * timezone. */
#include "template/filters.h"
#include "template/format.h"
#include "template/moment.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/zone.h"

struct localtime_node {
    struct node node;
    bool on;
    struct nodes body;
};

static enum status render_localtime(const struct node *self, struct render *render)
{
    const struct localtime_node *node = (const struct localtime_node *)self;
    bool outer = render->use_tz;
    render->use_tz = node->on;
    enum status status = render_nodes(render, &node->body);
    render->use_tz = outer;
    return status;
}

static struct node *compile_localtime(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endlocaltime", NULL};
    struct localtime_node *node = NODE_NEW(parser, tag, struct localtime_node, render_localtime);
    node->on = tag->count == 1 || text_is(tag->words[1], "on");
    if (tag->count > 2 || (!node->on && !text_is(tag->words[1], "off")))
        return parser_fail(parser, "\"on\" or \"off\" is expected, or nothing");
    return parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

struct timezone_node {
    struct node node;
    struct expression *zone;
    struct nodes body;
};

/* Null is the default zone. */
static enum status zone_of(struct render *render, struct value value, const struct zone **out)
{
    *out = render->set->zone;
    if (value.kind == VALUE_NONE)
        return OK;
    if (!value_is_text(value))
        return render_fail(render, "ValueError", "a time zone is named by a text");
    struct text name = value_as_text(value);
    *out = format_named_zone(render, name);
    return *out ? OK
                : render_fail(render, "UnknownTimeZoneError", "no time zone \"%.*s\"",
                              TEXT_ARG(name));
}

static enum status render_timezone(const struct node *self, struct render *render)
{
    const struct timezone_node *node = (const struct timezone_node *)self;
    const struct zone *outer = render->zone;
    const struct zone *inner;
    struct value value;
    enum status status = expression_value(node->zone, render, &value);
    if (status == OK)
        status = zone_of(render, value, &inner);
    if (status != OK)
        return status;
    render->zone = inner;
    status = render_nodes(render, &node->body);
    render->zone = outer;
    return status;
}

static struct node *compile_timezone(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endtimezone", NULL};
    struct timezone_node *node = NODE_NEW(parser, tag, struct timezone_node, render_timezone);
    if (tag->count != 2)
        return parser_fail(parser, "one time zone is expected");
    node->zone = expression_compile(parser, tag->words[1]);
    return node->zone && parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

struct current_node {
    struct node node;
    const struct name *as;
};

static enum status render_current(const struct node *self, struct render *render)
{
    scope_set(render, ((const struct current_node *)self)->as, value_text(zone_name(render->zone)));
    return OK;
}

static struct node *compile_current(struct parser *parser, const struct tag *tag)
{
    struct current_node *node = NODE_NEW(parser, tag, struct current_node, render_current);
    if (tag->count != 3 || !text_is(tag->words[1], "as"))
        return parser_fail(parser, "\"as name\" is expected");
    node->as = parser_name(parser, tag->words[2]);
    return &node->node;
}

/* The datetime in that zone, to stay there; empty for what has no moment. */
static struct value moved(struct filter_call *call, struct value value, const struct zone *zone)
{
    if (value.kind != VALUE_DATETIME || !zone)
        return value_text(TEXT(""));
    struct value_moment moment = *value.moment;
    if (!moment.aware) {
        const struct zone *naive = format_zone(call->render);
        if (!zone_is_exact(naive, &moment) || !zone_attach(naive, &moment))
            return value_text(TEXT(""));
    }
    moment = zone_local(zone, moment_utc(&moment));
    moment.fixed = true;
    return value_moment(call->arena, VALUE_DATETIME, &moment);
}

FILTER(local_of)
{
    (void)argument;
    return moved(call, value, call->render->zone);
}

FILTER(utc)
{
    (void)argument;
    return moved(call, value, format_named_zone(call->render, TEXT("UTC")));
}

FILTER(timezone_of)
{
    bool named = value_is_text(argument);
    return moved(call, value,
                 named ? format_named_zone(call->render, value_as_text(argument)) : NULL);
}

static const struct template_tag tag_rows[] = {
    {"localtime", compile_localtime},
    {"timezone", compile_timezone},
    {"get_current_timezone", compile_current},
    {0},
};
static const struct template_filter filter_rows[] = {
    {"localtime", local_of, ARGUMENT_NONE, 0},
    {"utc", utc, ARGUMENT_NONE, 0},
    {"timezone", timezone_of, ARGUMENT_REQUIRED, 0},
    {0},
};
const struct template_library tags_zone = {"tz", .tags = tag_rows, .filters = filter_rows};
