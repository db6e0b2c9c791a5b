/* widthratio, now. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "template/date_format.h"
#include "template/format.h"
#include "template/number.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/unicode.h"

struct widthratio_node {
    struct node node;
    struct expression *value;
    struct expression *most;
    struct expression *width;
    const struct name *as;
};

static struct text ratio_of(double value, double most, double width, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    if (most == 0)
        return TEXT("0");
    double ratio = nearbyint(value / most * width);
    if (!isfinite(ratio))
        return TEXT("");
    if (fabs(ratio) < 9e18)
        buffer_int(&out, (int64_t)ratio);
    else
        buffer_format(&out, "%.0f", ratio);
    return buffer_contents(&out);
}

/* What fails for its type or value fails as the tag's own error. */
static enum status operand(const struct expression *expression, struct render *render,
                           struct value *out)
{
    enum status status = expression_value(expression, render, out);
    if (status != INVALID)
        return status;
    const char *kind = template_error_kind();
    bool own = strcmp(kind, "ValueError") == 0 || strcmp(kind, "TypeError") == 0;
    return own ? render_fail(render, "TemplateSyntaxError", "a value must be a number") : status;
}

/* NOT_FOUND: the argument of a filter does not exist. */
static enum status ratio(const struct widthratio_node *node, struct render *render,
                         struct text *out)
{
    struct value value;
    struct value most;
    struct value width;
    double x;
    double y;
    struct decimal size;
    *out = TEXT("");
    enum status status = operand(node->value, render, &value);
    if (status == OK)
        status = operand(node->most, render, &most);
    if (status == OK)
        status = operand(node->width, render, &width);
    if (status != OK)
        return status;
    const char *kind = number_whole(width, render->arena, &size);
    if (kind && strcmp(kind, "OverflowError") != 0)
        kind = "TemplateSyntaxError";
    if (kind)
        return render_fail(render, kind, "the last value must be a number");
    double most_width = strtod(text_string(render->arena, size.digits), NULL);
    if (number_real(value, render->arena, &x) && number_real(most, render->arena, &y))
        *out = ratio_of(x, y, size.negative ? -most_width : most_width, render->arena);
    return OK;
}

static enum status render_widthratio(const struct node *self, struct render *render)
{
    const struct widthratio_node *node = (const struct widthratio_node *)self;
    struct text text;
    enum status status = ratio(node, render, &text);
    if (status == OK && node->as)
        scope_set(render, node->as, value_text(text));
    else if (status == OK)
        buffer_text(render->out, text);
    return status == NOT_FOUND ? OK : status;
}

static struct node *compile_widthratio(struct parser *parser, const struct tag *tag)
{
    struct widthratio_node *node = NODE_NEW(parser, tag, struct widthratio_node, render_widthratio);
    if (tag->count != 4 && !(tag->count == 6 && text_is(tag->words[4], "as")))
        return parser_fail(parser, "three values are expected, and \"as name\" or nothing");
    if (tag->count == 6)
        node->as = parser_name(parser, tag->words[5]);
    node->value = expression_compile(parser, tag->words[1]);
    node->most = node->value ? expression_compile(parser, tag->words[2]) : NULL;
    node->width = node->most ? expression_compile(parser, tag->words[3]) : NULL;
    return node->width ? &node->node : NULL;
}

struct now_node {
    struct node node;
    struct text format;
    const struct name *as;
};

static enum status render_now(const struct node *self, struct render *render)
{
    const struct now_node *node = (const struct now_node *)self;
    struct buffer text = {.arena = render->arena};
    struct value_moment now =
        render->set->host.options.use_tz ? format_now_current(render) : format_now(render, false);
    struct value value = {.kind = VALUE_DATETIME, .moment = &now};
    if (date_format(&text, format_named(render, node->format), value, format_zone(render),
                    render->language, false)
        != DATE_FORMAT_OK)
        return render_fail(render, "AttributeError", "no such letter in a date's format");
    if (node->as)
        scope_set(render, node->as, value_text(buffer_contents(&text)));
    else
        buffer_text(render->out, buffer_contents(&text));
    return OK;
}

static struct node *compile_now(struct parser *parser, const struct tag *tag)
{
    struct now_node *node = NODE_NEW(parser, tag, struct now_node, render_now);
    bool named = tag->count == 4 && text_is(tag->words[2], "as");
    if (tag->count != 2 && !named)
        return parser_fail(parser, "one format is expected");
    if (named)
        node->as = parser_name(parser, tag->words[3]);
    struct text word = tag->words[1];
    size_t length = unicode_length(word);
    node->format = length > 2 ? unicode_part(word, 1, length - 1) : TEXT("DATE_FORMAT");
    return &node->node;
}

static const struct template_tag rows[] = {
    {"widthratio", compile_widthratio},
    {"now", compile_now},
    {0},
};
const struct template_library tags_number = {"", .tags = rows};
