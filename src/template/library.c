/* Libraries of tags and filters: whether their rows make sense, and what tags work with. */
#include "template/library.h"

#include <string.h>

#include "base/arena.h"
#include "template/set.h"
#include "template/unicode.h"

/* What templates can name: no space, no quote, nothing that ends a tag. */
static bool is_name(struct text name, bool filter)
{
    struct text rest = name;
    while (rest.length) {
        uint32_t c = unicode_take(&rest);
        if (!unicode_is_word(c) && (filter || c != '-'))
            return false;
    }
    return name.length > 0;
}

static enum status check_filters(const struct template_library *library)
{
    const struct template_filter *filters = library->filters;
    for (const struct template_filter *filter = filters; filter && filter->name; filter++) {
        if (!is_name(text_of(filter->name), true))
            return fail_as(INVALID, "\"%s\" can be no filter's name", filter->name);
        if (!filter->apply)
            return fail_as(INVALID, "the filter \"%s\" has no function", filter->name);
        for (const struct template_filter *other = filters; other < filter; other++)
            if (strcmp(other->name, filter->name) == 0)
                return fail_as(INVALID, "two filters have the name \"%s\"", filter->name);
    }
    return OK;
}

static const char *lack_of(const struct template_function *function)
{
    if (!function->call == !function->fill)
        return "needs either .call or .fill";
    if (!function->fill != !function->template)
        return "needs .fill and .template together";
    if (function->end && !function->call)
        return "needs .call for .end";
    return NULL;
}

static enum status check_parameters(const struct template_function *function)
{
    const char *const *parameters = function->parameters;
    size_t count = 0;
    for (; parameters && parameters[count]; count++) {
        const char *name = parameters[count];
        if (!is_name(text_of(name), true))
            return fail_as(INVALID, "the tag \"%s\": \"%s\" can be no parameter's name",
                           function->name, name);
        for (size_t i = 0; i < count; i++)
            if (strcmp(parameters[i], name) == 0)
                return fail_as(INVALID, "the tag \"%s\" has two parameters \"%s\"", function->name,
                               name);
    }
    if (function->optional > count)
        return fail_as(INVALID, "the tag \"%s\" has %zu parameters, of which %zu are optional",
                       function->name, count, function->optional);
    return OK;
}

static enum status check_function(const struct template_function *function)
{
    const char *lack = lack_of(function);
    if (lack)
        return fail_as(INVALID, "the tag \"%s\" %s", function->name, lack);
    if (function->end && !is_name(text_of(function->end), false))
        return fail_as(INVALID, "the tag \"%s\" cannot end with \"%s\"", function->name,
                       function->end);
    return check_parameters(function);
}

static size_t times_named(const struct template_library *library, const char *name)
{
    size_t times = 0;
    for (const struct template_tag *tag = library->tags; tag && tag->name; tag++)
        times += strcmp(tag->name, name) == 0;
    for (const struct template_function *each = library->functions; each && each->name; each++)
        times += (strcmp(each->name, name) == 0 ? 1u : 0u)
                 + (each->end && strcmp(each->end, name) == 0 ? 1u : 0u);
    return times;
}

/* Names of tags, and of their ends. */
static enum status check_name(const struct template_library *library, const char *name)
{
    if (!is_name(text_of(name), false))
        return fail_as(INVALID, "\"%s\" can be no tag's name", name);
    if (times_named(library, name) > 1)
        return fail_as(INVALID, "two tags have the name \"%s\"", name);
    return OK;
}

enum status template_library_check(const struct template_library *library)
{
    const struct template_tag *tag = library->tags;
    const struct template_function *function = library->functions;
    enum status status = check_filters(library);
    for (; tag && tag->name && status == OK; tag++)
        status = tag->compile ? check_name(library, tag->name)
                              : fail_as(INVALID, "the tag \"%s\" has no function", tag->name);
    for (; function && function->name && status == OK; function++) {
        status = check_name(library, function->name);
        if (status == OK)
            status = check_function(function);
    }
    return status;
}

enum status tag_fail(struct tag_call *call, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    struct text reason = text_vformat(call->arena, format, more);
    va_end(more);
    call->failed = true;
    return render_fail(call->render, kind, "%.*s", TEXT_ARG(reason));
}

bool tag_variable(const struct tag_call *call, struct text name, struct value *out)
{
    const struct render *render = call->render;
    const struct name *known = set_known_name(render->set, name);
    struct name unknown = {.text = name, .hash = value_hash_text(name)};
    return scope_get(render, known ? known : &unknown, out);
}

struct buffer tag_buffer(const struct tag_call *call)
{
    return (struct buffer){.arena = call->arena, .limit = call->render->out->limit};
}

enum status tag_html(struct tag_call *call, const struct buffer *buffer, struct value *out)
{
    if (buffer->failed) {
        call->failed = true;
        return render_stop(call->render, "MemoryError", "a tag's result is too long");
    }
    *out = value_safe(buffer_contents(buffer));
    return OK;
}
