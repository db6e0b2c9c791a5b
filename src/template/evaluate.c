/* The value of a compiled expression. */
#include <string.h>

#include "base/arena.h"
#include "template/expression.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/language.h"
#include "template/number.h"
#include "template/set.h"

/* NOT_FOUND: there is no such variable. */
static enum status variable_value(const struct variable *variable, struct render *render,
                                  struct value *out)
{
    if (!scope_get(render, variable->name, out))
        return NOT_FOUND;
    bool found = out->kind != VALUE_FUNCTION || lookup_call(render, out);
    for (size_t i = 0; i < variable->count && found; i++)
        found = lookup_step(render, &variable->steps[i], out)
                && (out->kind != VALUE_FUNCTION || lookup_call(render, out));
    if (found)
        return OK;
    return render->status != OK ? render->status : NOT_FOUND;
}

static struct value invalid_value(const struct variable *variable, struct render *render)
{
    struct text text = render->set->host.options.string_if_invalid;
    size_t mark = text_find(text, TEXT("%s"));
    if (mark == TEXT_NOT_FOUND)
        return value_text(text);
    struct text part = text_part(text, 0, mark);
    struct text rest = text_from(text, mark + 2);
    return value_text(text_format(render->arena, "%.*s%.*s%.*s", TEXT_ARG(part),
                                  TEXT_ARG(variable->source), TEXT_ARG(rest)));
}

/* Django looks a text up, and gives it, with each "%" doubled. */
static struct text message_id(struct text text, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    if (text_find_char(text, '%') == TEXT_NOT_FOUND)
        return text;
    for (size_t i = 0; i < text.length; i++)
        buffer_text(&out, text.at[i] == '%' ? TEXT("%%") : text_part(text, i, i + 1));
    return buffer_contents(&out);
}

static enum status translated(struct render *render, struct text context, struct value *value)
{
    if (!value_is_text(*value)) {
        bool moment = value->kind >= VALUE_DATE && value->kind <= VALUE_DATETIME;
        return render_fail(render, moment ? "TypeError" : "AttributeError",
                           "only a text can be translated");
    }
    struct text message = language_line_ends(value_as_text(*value), render->arena);
    struct text text = language_text(render->language, context, message_id(message, render->arena));
    *value = value->kind == VALUE_SAFE ? value_safe(text) : value_text(text);
    return OK;
}

static enum status argument_value(const struct applied *applied, struct render *render,
                                  struct value *out)
{
    *out = applied->argument.constant;
    if (applied->argument.translate)
        return translated(render, TEXT_NONE, out);
    if (!applied->argument.variable)
        return OK;
    enum status status = variable_value(applied->argument.variable, render, out);
    if (status != NOT_FOUND)
        return status;
    render_fail(render, "VariableDoesNotExist", "the filter argument \"%.*s\" does not exist",
                TEXT_ARG(applied->argument.variable->source));
    return NOT_FOUND;
}

static enum status apply(const struct applied *applied, struct render *render, struct value *value)
{
    const struct template_filter *filter = applied->filter;
    struct value argument = VALUE_NULL;
    struct filter_call call = {.render = render,
                               .arena = render->arena,
                               .autoescape = render->autoescape,
                               .has_argument = applied->has_argument};
    enum status status = applied->has_argument ? argument_value(applied, render, &argument) : OK;
    if (status != OK)
        return status;
    bool safe = (filter->flags & FILTER_SAFE) && value->kind == VALUE_SAFE;
    if ((filter->flags & FILTER_TEXT) && !value_is_text(*value))
        *value = value_text(value_to_text(*value, render->arena));
    if (filter->flags & FILTER_LOCAL)
        *value = format_localtime(*value, render);
    *value = filter->apply(&call, *value, argument);
    if (safe && value->kind != VALUE_SAFE)
        *value = value_safe(value_to_text(*value, render->arena));
    return call.status == OK ? render_check(render) : call.status;
}

static enum status apply_filters(const struct expression *expression, struct render *render,
                                 struct value *value)
{
    enum status status = OK;
    for (size_t i = 0; i < expression->count && status == OK; i++)
        status = apply(&expression->filters[i], render, value);
    return status;
}

/* What stands before the filters. NOT_FOUND: no such variable. */
static enum status operand_value(const struct operand *operand, struct render *render,
                                 struct value *out)
{
    *out = operand->constant;
    if (operand->variable)
        return variable_value(operand->variable, render, out);
    return operand->translate ? translated(render, TEXT_NONE, out) : OK;
}

enum status expression_value(const struct expression *expression, struct render *render,
                             struct value *out)
{
    enum status status = operand_value(&expression->operand, render, out);
    if (status == NOT_FOUND) {
        *out = invalid_value(expression->operand.variable, render);
        status = OK;
        if (out->length)
            return OK;
    }
    return status == OK ? apply_filters(expression, render, out) : status;
}

enum status expression_or_none(const struct expression *expression, struct render *render,
                               struct value *out)
{
    enum status status = operand_value(&expression->operand, render, out);
    if (status == NOT_FOUND) {
        *out = VALUE_NULL;
        status = OK;
    }
    return status == OK ? apply_filters(expression, render, out) : status;
}

enum status expression_translated(const struct expression *expression, struct render *render,
                                  struct text context, struct value *out)
{
    enum status status = operand_value(&expression->operand, render, out);
    if (status == NOT_FOUND)
        return expression_value(expression, render, out);
    if (status == OK && !expression->operand.translate)
        status = translated(render, context, out);
    return status == OK ? apply_filters(expression, render, out) : status;
}

enum status assignments_bind(struct render *render, const struct assignments *assignments)
{
    struct value *values = ARENA_ARRAY(render->arena, struct value, assignments->count);
    for (size_t i = 0; i < assignments->count; i++) {
        enum status status = expression_value(assignments->items[i].expression, render, &values[i]);
        if (status != OK)
            return status;
    }
    for (size_t i = 0; i < assignments->count; i++)
        scope_set(render, assignments->items[i].name, values[i]);
    return OK;
}

struct value filter_fail(struct filter_call *call, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    struct text reason = text_vformat(call->arena, format, more);
    va_end(more);
    call->status = render_fail(call->render, kind, "%.*s", TEXT_ARG(reason));
    return VALUE_NULL;
}

bool filter_integer(struct filter_call *call, struct value value, int64_t *out)
{
    const char *kind = number_parse(value, call->arena, out);
    if (kind)
        filter_fail(call, kind, "an integer is expected");
    return !kind;
}

bool filter_integer_or_text(struct filter_call *call, struct value value, int64_t *out)
{
    const char *kind = number_clamped(value, call->arena, out);
    if (kind && strcmp(kind, "ValueError") != 0)
        filter_fail(call, kind, "an integer is expected");
    return !kind;
}

#define RESULT_MAX (16u << 20)

struct buffer filter_buffer(const struct filter_call *call)
{
    return (struct buffer){.arena = call->arena, .limit = RESULT_MAX};
}

struct value filter_result(struct filter_call *call, const struct buffer *buffer)
{
    if (buffer->failed) {
        call->status = render_stop(call->render, "MemoryError", "a filter's result is too long");
        return VALUE_NULL;
    }
    return value_text(buffer_contents(buffer));
}

struct text filter_text(const struct filter_call *call, struct value value)
{
    return value_to_text(value, call->arena);
}
