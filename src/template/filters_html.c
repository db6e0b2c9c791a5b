/* Filters about HTML: escaping, line breaks, scripts. */
#include "base/arena.h"
#include "template/filters.h"
#include "template/json.h"
#include "template/unicode.h"

void put_escaped(struct buffer *out, const struct filter_call *call, struct value value)
{
    if (value.kind == VALUE_SAFE
        || (value.kind == VALUE_OBJECT && value.object->class->print_is_html))
        buffer_text(out, filter_text(call, value));
    else
        buffer_escaped(out, filter_text(call, value));
}

static struct value safe_result(struct filter_call *call, const struct buffer *out)
{
    struct value result = filter_result(call, out);
    return call->status == OK ? value_safe(value_as_text(result)) : result;
}

FILTER(escape)
{
    struct buffer out = filter_buffer(call);
    (void)argument;
    put_escaped(&out, call, value);
    return safe_result(call, &out);
}

FILTER(force_escape)
{
    struct buffer out = filter_buffer(call);
    (void)argument;
    buffer_escaped(&out, value_as_text(value));
    return safe_result(call, &out);
}

FILTER(safe)
{
    (void)call;
    (void)argument;
    return value_safe(value_as_text(value));
}

FILTER(safeseq)
{
    struct value_list list;
    (void)argument;
    if (!value_items(value, call->arena, &list))
        return filter_fail(call, "TypeError", "safeseq needs a list");
    struct value *items = ARENA_ARRAY(call->arena, struct value, list.count);
    for (size_t i = 0; i < list.count; i++)
        items[i] = value_safe(filter_text(call, list.items[i]));
    return value_list(call->arena, items, list.count);
}

/* How many bytes at the beginning stand for themselves in JavaScript. */
static size_t plain_js(struct text text)
{
    static const bool special[0x80] = {
        ['\\'] = true, ['\''] = true, ['"'] = true, ['>'] = true, ['<'] = true,
        ['&'] = true,  ['='] = true,  ['-'] = true, [';'] = true, ['`'] = true,
    };
    size_t length = 0;
    for (; length < text.length; length++) {
        unsigned char c = (unsigned char)text.at[length];
        if (c < 32 || c >= 0x80 || special[c])
            break;
    }
    return length;
}

static void put_js(struct buffer *out, uint32_t c)
{
    if (c < 0x80 || c == 0x2028 || c == 0x2029)
        buffer_format(out, "\\u%04X", c);
    else
        unicode_put(out, c);
}

FILTER(escapejs)
{
    struct text text = value_as_text(value);
    struct buffer out = filter_buffer(call);
    (void)argument;
    if (plain_js(text) == text.length)
        return value_safe(text);
    while (text.length) {
        size_t plain = plain_js(text);
        buffer_append(&out, text.at, plain);
        text = text_from(text, plain);
        if (text.length)
            put_js(&out, unicode_take(&text));
    }
    return safe_result(call, &out);
}

/* All kinds of line ends as "\n". */
static struct text with_newlines(struct filter_call *call, struct text text)
{
    struct buffer out = filter_buffer(call);
    if (text_find_char(text, '\r') == TEXT_NOT_FOUND)
        return text;
    for (size_t i = 0; i < text.length; i++) {
        bool pair = text.at[i] == '\r' && i + 1 < text.length && text.at[i + 1] == '\n';
        if (!pair)
            buffer_char(&out, text.at[i] == '\r' ? '\n' : text.at[i]);
    }
    return buffer_contents(&out);
}

static void put_broken(struct buffer *out, struct text text, bool escape)
{
    struct text line;
    for (bool first = true; text_next(&text, '\n', &line); first = false) {
        if (!first)
            buffer_text(out, TEXT("<br>"));
        if (escape)
            buffer_escaped(out, line);
        else
            buffer_text(out, line);
    }
}

FILTER(linebreaksbr)
{
    struct buffer out = filter_buffer(call);
    bool escape = call->autoescape && value.kind != VALUE_SAFE;
    (void)argument;
    put_broken(&out, with_newlines(call, value_as_text(value)), escape);
    return safe_result(call, &out);
}

FILTER(linebreaks)
{
    struct text rest = with_newlines(call, value_as_text(value));
    struct buffer out = filter_buffer(call);
    bool escape = call->autoescape && value.kind != VALUE_SAFE;
    bool more = true;
    (void)argument;
    while (more) {
        size_t end = text_find(rest, TEXT("\n\n"));
        more = end != TEXT_NOT_FOUND;
        buffer_text(&out, TEXT("<p>"));
        put_broken(&out, text_part(rest, 0, more ? end : rest.length), escape);
        buffer_text(&out, more ? TEXT("</p>\n\n") : TEXT("</p>"));
        while (more && end < rest.length && rest.at[end] == '\n')
            end++;
        if (more)
            rest = text_from(rest, end);
    }
    return safe_result(call, &out);
}

FILTER(linenumbers)
{
    struct text rest = value_as_text(value);
    struct text line;
    struct buffer out = filter_buffer(call);
    bool escape = call->autoescape && value.kind != VALUE_SAFE;
    int lines = 1;
    (void)argument;
    for (size_t i = 0; i < rest.length; i++)
        lines += rest.at[i] == '\n';
    int width = (int)text_format(call->arena, "%d", lines).length;
    for (int number = 1; text_next(&rest, '\n', &line); number++) {
        buffer_format(&out, "%s%0*d. ", number > 1 ? "\n" : "", width, number);
        if (escape)
            buffer_escaped(&out, line);
        else
            buffer_text(&out, line);
    }
    return safe_result(call, &out);
}

FILTER(json_script)
{
    struct buffer json = filter_buffer(call);
    struct buffer out = filter_buffer(call);
    const char *unfit = json_put(&json, value, call->arena);
    if (value.kind == VALUE_TIME && value.moment->aware)
        return filter_fail(call, "ValueError", "a time with a zone cannot be written as JSON");
    if (unfit)
        return filter_fail(call, "TypeError", "%s cannot be written as JSON", unfit);
    buffer_text(&out, TEXT("<script id=\""));
    put_escaped(&out, call, argument);
    buffer_text(&out, TEXT("\" type=\"application/json\">"));
    json_put_for_html(&out, buffer_contents(&json));
    buffer_text(&out, TEXT("</script>"));
    return safe_result(call, &out);
}

static const struct template_filter rows[] = {
    {"escape", escape, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"escapejs", escapejs, ARGUMENT_NONE, FILTER_TEXT},
    {"force_escape", force_escape, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"json_script", json_script, ARGUMENT_REQUIRED, 0},
    {"linebreaks", linebreaks, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"linebreaksbr", linebreaksbr, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"linenumbers", linenumbers, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"safe", safe, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"safeseq", safeseq, ARGUMENT_NONE, FILTER_SAFE},
    {0},
};
const struct template_library filters_html = {"", .filters = rows};
