/* Filters that make one text of another. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "template/filters.h"
#include "template/number.h"
#include "template/percent.h"
#include "template/print_pretty.h"
#include "template/unicode.h"

/* Filters that need nothing but a function from text to text. */
#define TEXT_FILTER(name, put)                                                                     \
    FILTER(name)                                                                                   \
    {                                                                                              \
        struct buffer out = filter_buffer(call);                                                   \
        (void)argument;                                                                            \
        put(&out, value_as_text(value));                                                           \
        return filter_result(call, &out);                                                          \
    }

static void put_slashed(struct buffer *out, struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '\\' || text.at[i] == '"' || text.at[i] == '\'')
            buffer_char(out, '\\');
        buffer_char(out, text.at[i]);
    }
}

static void put_capfirst(struct buffer *out, struct text text)
{
    struct text first = unicode_part(text, 0, 1);
    unicode_put_upper(out, first);
    buffer_text(out, text_from(text, first.length));
}

static bool is_capital(struct text text, size_t at)
{
    return at < text.length && text.at[at] >= 'A' && text.at[at] <= 'Z';
}

/* As str.title(), but "don't" and "1st" go on in lower case. */
static void put_title(struct buffer *out, struct text text)
{
    size_t from = out->length;
    unicode_put_title(out, text);
    struct text title = out->failed ? TEXT("") : text_from(buffer_contents(out), from);
    if (title.length == 0)
        return;
    char *letters = out->at + from;
    for (size_t i = 2; i < title.length; i++)
        if (title.at[i - 1] == '\'' && title.at[i - 2] >= 'a' && title.at[i - 2] <= 'z'
            && is_capital(title, i))
            letters[i] |= 0x20;
    for (struct text rest = title; rest.length;) {
        bool digit = unicode_digit(unicode_take(&rest)) >= 0;
        if (digit && is_capital(rest, 0))
            letters[title.length - rest.length] |= 0x20;
    }
}

static void put_phone(struct buffer *out, struct text text)
{
    static const char keys[] = "22233344455566677778889999";
    struct buffer lower = {.arena = out->arena};
    unicode_put_lower(&lower, text);
    text = buffer_contents(&lower);
    while (text.length) {
        uint32_t c = unicode_take(&text);
        unicode_put(out, c >= 'a' && c <= 'z' ? (uint32_t)keys[c - 'a'] : c);
    }
}

TEXT_FILTER(addslashes, put_slashed)
TEXT_FILTER(capfirst, put_capfirst)
TEXT_FILTER(lower, unicode_put_lower)
TEXT_FILTER(upper, unicode_put_upper)
TEXT_FILTER(title, put_title)
TEXT_FILTER(phone_number, put_phone)
TEXT_FILTER(iriencode, percent_encode_iri)

FILTER(phone2numeric)
{
    if (!value_is_text(value))
        return filter_fail(call, "AttributeError", "a text is expected");
    return phone_number(call, value, argument);
}

FILTER(cut)
{
    struct text text = value_as_text(value);
    struct text what = filter_text(call, argument);
    struct buffer out = filter_buffer(call);
    if (!value_is_text(argument))
        return filter_fail(call, "TypeError", "cut needs a text");
    while (what.length && text.length) {
        size_t at = text_find(text, what);
        if (at == TEXT_NOT_FOUND)
            break;
        buffer_text(&out, text_part(text, 0, at));
        text = text_from(text, at + what.length);
    }
    buffer_text(&out, text);
    struct value result = filter_result(call, &out);
    bool safe = value.kind == VALUE_SAFE && !text_is(what, ";");
    return safe ? value_safe(value_as_text(result)) : result;
}

/* The widths that ljust, rjust and center want. */
static bool padding_of(struct filter_call *call, struct value value, struct value argument,
                       size_t *padding)
{
    int64_t width;
    size_t length = unicode_length(value_as_text(value));
    if (!filter_integer(call, argument, &width))
        return false;
    *padding = width > 0 && (uint64_t)width > length ? (size_t)width - length : 0;
    return true;
}

static void put_spaces(struct buffer *out, size_t count)
{
    char *room = buffer_room(out, count);
    if (!room)
        return;
    memset(room, ' ', count);
    out->length += count;
}

static struct value pad(struct filter_call *call, struct value value, size_t before, size_t after)
{
    struct buffer out = filter_buffer(call);
    put_spaces(&out, before);
    buffer_text(&out, value_as_text(value));
    put_spaces(&out, after);
    return filter_result(call, &out);
}

FILTER(ljust)
{
    size_t padding;
    return padding_of(call, value, argument, &padding) ? pad(call, value, 0, padding) : VALUE_NULL;
}

FILTER(rjust)
{
    size_t padding;
    return padding_of(call, value, argument, &padding) ? pad(call, value, padding, 0) : VALUE_NULL;
}

/* The odd space goes left when the width is odd, as str.center() has it. */
FILTER(center)
{
    size_t padding;
    int64_t width = 0;
    if (!padding_of(call, value, argument, &padding))
        return VALUE_NULL;
    number_integer(argument, call->arena, &width);
    size_t left = padding / 2 + (padding & (size_t)width & 1);
    return pad(call, value, left, padding - left);
}

FILTER(slugify)
{
    struct text text = unicode_to_ascii(call->arena, value_as_text(value));
    struct buffer out = filter_buffer(call);
    bool gap = false;
    (void)argument;
    while (text.length) {
        uint32_t c = unicode_lower(unicode_take(&text));
        bool space = c == '-' || unicode_is_space(c);
        gap |= space;
        if (space || !unicode_is_word(c))
            continue;
        if (gap)
            buffer_char(&out, '-');
        gap = false;
        buffer_char(&out, (char)c);
    }
    struct text slug = buffer_contents(&out);
    while (slug.length && (slug.at[0] == '-' || slug.at[0] == '_'))
        slug = text_from(slug, 1);
    while (slug.length && (slug.at[slug.length - 1] == '-' || slug.at[slug.length - 1] == '_'))
        slug.length--;
    return value_text(slug);
}

/* At most `limit` characters, the last of them "…" when some were left out. */
static struct text shortened(struct arena *arena, struct text text, int64_t limit)
{
    int64_t count = 0;
    struct text rest = text;
    size_t cut = text.length;
    bool found = limit <= 1;
    struct buffer out = {.arena = arena};
    if (found)
        cut = 0;
    if (limit > 0 && text.length <= (uint64_t)limit)
        return text;
    while (rest.length) {
        size_t at = text.length - rest.length;
        if ((unsigned char)rest.at[0] < 0x80)
            rest = text_from(rest, 1);
        else if (unicode_is_mark(unicode_take(&rest)))
            continue;
        if (++count >= limit && !found) {
            cut = at;
            found = true;
        }
        if (count > limit) {
            buffer_text(&out, text_part(text, 0, cut));
            buffer_text(&out, TEXT("…"));
            return buffer_contents(&out);
        }
    }
    return text;
}

FILTER(truncatechars)
{
    int64_t limit;
    if (!filter_integer_or_text(call, argument, &limit))
        return value;
    return value_text(shortened(call->arena, value_as_text(value), limit));
}

FILTER(wordcount)
{
    struct text rest = value_as_text(value);
    struct text word;
    int64_t count = 0;
    (void)call;
    (void)argument;
    while (unicode_next_word(&rest, &word))
        count++;
    return value_integer(count);
}

FILTER(truncatewords)
{
    int64_t limit;
    struct text rest = value_as_text(value);
    struct text word;
    struct buffer out = filter_buffer(call);
    if (!filter_integer_or_text(call, argument, &limit))
        return value;
    if (limit < 0) /* that many from the end */
        limit += wordcount(call, value, argument).integer;
    bool cut = wordcount(call, value, argument).integer > limit;
    for (int64_t count = 0; count < limit && unicode_next_word(&rest, &word); count++) {
        if (count > 0)
            buffer_char(&out, ' ');
        buffer_text(&out, word);
    }
    buffer_text(&out, cut ? TEXT(" …") : TEXT(""));
    return filter_result(call, &out);
}

/* A text, or the numbers of ASCII characters. */
static bool characters(struct filter_call *call, struct value value, struct text *out)
{
    struct value_list list;
    struct buffer all = {.arena = call->arena};
    *out = value_as_text(value);
    if (value_is_text(value))
        return true;
    bool listed = !value_is_number(value) && value_items(value, call->arena, &list);
    for (size_t i = 0; listed && i < list.count; i++) {
        struct value number = list.items[i];
        listed = number.kind == VALUE_INTEGER || number.kind == VALUE_BOOL;
        int64_t c = number.kind == VALUE_BOOL ? number.boolean : number.integer;
        if (listed && c < 0) {
            filter_fail(call, "ValueError", "there is no character of number %" PRId64, c);
            return false;
        }
        if (listed && c < 0x80)
            buffer_char(&all, (char)c);
    }
    *out = all.at ? buffer_contents(&all) : TEXT("");
    if (!listed)
        filter_fail(call, "TypeError", "the characters to keep must be a text");
    return listed;
}

FILTER(urlencode)
{
    struct buffer out = filter_buffer(call);
    if (!value.length)
        return value;
    struct text keep = TEXT("/");
    if (call->has_argument && argument.kind != VALUE_NONE && !characters(call, argument, &keep))
        return VALUE_NULL;
    percent_encode(&out, value_as_text(value), text_string(call->arena, keep));
    return filter_result(call, &out);
}

FILTER(wordwrap)
{
    int64_t width;
    struct buffer out = filter_buffer(call);
    const char *kind = number_clamped(argument, call->arena, &width);
    if (kind)
        return filter_fail(call, kind, "an integer is expected");
    text_wrap(&out, value_as_text(value), width);
    return filter_result(call, &out);
}

FILTER(make_list)
{
    struct value_list items;
    (void)argument;
    value_items(value, call->arena, &items);
    return value_list(call->arena, items.items, items.count);
}

FILTER(pprint)
{
    struct buffer out = filter_buffer(call);
    (void)argument;
    value_print_pretty(&out, value, call->arena);
    return filter_result(call, &out);
}

static const struct template_filter rows[] = {
    {"addslashes", addslashes, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"capfirst", capfirst, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"center", center, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"cut", cut, ARGUMENT_REQUIRED, FILTER_TEXT},
    {"iriencode", iriencode, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"ljust", ljust, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"lower", lower, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"make_list", make_list, ARGUMENT_NONE, FILTER_TEXT},
    {"phone2numeric", phone2numeric, ARGUMENT_NONE, FILTER_SAFE},
    {"pprint", pprint, ARGUMENT_NONE, FILTER_SAFE},
    {"rjust", rjust, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"slugify", slugify, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"title", title, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"truncatechars", truncatechars, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"truncatewords", truncatewords, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"upper", upper, ARGUMENT_NONE, FILTER_TEXT},
    {"urlencode", urlencode, ARGUMENT_OPTIONAL, FILTER_TEXT},
    {"wordcount", wordcount, ARGUMENT_NONE, FILTER_TEXT},
    {"wordwrap", wordwrap, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {0},
};
const struct template_library filters_text = {"", .filters = rows};
