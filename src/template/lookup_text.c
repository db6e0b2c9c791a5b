/* Methods of texts that a template can name: Python's str, those that need no argument. */
#include <unictype.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "template/lookup.h"
#include "template/unicode.h"

#define TAB_SIZE 8

/* ---- texts of texts ---- */

static void put_capitalized(struct buffer *out, struct text text)
{
    struct text first = unicode_part(text, 0, 1);
    unicode_put_title(out, first);
    unicode_put_lower(out, text_from(text, first.length));
}

static void put_swapped(struct buffer *out, struct text text)
{
    while (text.length) {
        uint32_t c = unicode_take(&text);
        unicode_put(out, unicode_is_upper(c) ? unicode_lower(c) : unicode_upper(c));
    }
}

static void put_trimmed(struct buffer *out, struct text text)
{
    buffer_text(out, unicode_trim(text));
}

static void put_trimmed_start(struct buffer *out, struct text text)
{
    buffer_text(out, unicode_trim_start(text));
}

static void put_trimmed_end(struct buffer *out, struct text text)
{
    size_t lead = text.length - unicode_trim_start(text).length;
    size_t length = unicode_trim(text).length;
    buffer_text(out, text_part(text, 0, length ? lead + length : 0));
}

static void put_expanded(struct buffer *out, struct text text)
{
    size_t column = 0;
    while (text.length) {
        uint32_t c = unicode_take(&text);
        column = c == '\n' || c == '\r' ? 0 : column + (c != '\t');
        if (c != '\t')
            unicode_put(out, c);
        else
            do
                buffer_char(out, ' ');
            while (++column % TAB_SIZE);
    }
}

static const struct {
    const char *name;
    void (*put)(struct buffer *out, struct text text);
} mappings[] = {
    {"upper", unicode_put_upper},
    {"lower", unicode_put_lower},
    {"casefold", unicode_put_casefold},
    {"title", unicode_put_title},
    {"capitalize", put_capitalized},
    {"swapcase", put_swapped},
    {"strip", put_trimmed},
    {"lstrip", put_trimmed_start},
    {"rstrip", put_trimmed_end},
    {"expandtabs", put_expanded},
};

/* ---- what is true of all characters ---- */

static bool is_decimal(uint32_t c)
{
    return unicode_digit(c) >= 0;
}

static bool is_digit(uint32_t c)
{
    return is_decimal(c) || uc_digit_value(c) >= 0;
}

static bool is_numeric(uint32_t c)
{
    return is_digit(c) || uc_numeric_value(c).denominator != 0;
}

static bool is_alnum(uint32_t c)
{
    return unicode_is_alpha(c) || is_numeric(c);
}

static bool is_ascii(uint32_t c)
{
    return c < 0x80;
}

static const struct {
    const char *name;
    bool (*is)(uint32_t c);
    bool of_none;
} tests[] = {
    {"isalpha", unicode_is_alpha, false}, {"isdigit", is_digit, false},
    {"isdecimal", is_decimal, false},     {"isnumeric", is_numeric, false},
    {"isalnum", is_alnum, false},         {"isspace", unicode_is_space, false},
    {"isascii", is_ascii, true},          {"isprintable", unicode_is_printable, true},
};

static bool is_lower(uint32_t c)
{
    return c < 0x80 ? c >= 'a' && c <= 'z' : uc_is_property_lowercase(c);
}

static bool is_title(uint32_t c)
{
    return c >= 0x80 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Lt);
}

/* Letters of one case alone, and one of them at least. */
static bool has_case(struct text text, bool upper)
{
    bool found = false;
    while (text.length) {
        uint32_t c = unicode_take(&text);
        if (is_title(c) || (upper ? is_lower(c) : unicode_is_upper(c)))
            return false;
        found |= upper ? unicode_is_upper(c) : is_lower(c);
    }
    return found;
}

static bool is_titlecased(struct text text)
{
    bool within = false;
    bool found = false;
    while (text.length) {
        uint32_t c = unicode_take(&text);
        bool upper = unicode_is_upper(c) || is_title(c);
        bool lower = !upper && is_lower(c);
        if ((upper && within) || (lower && !within))
            return false;
        within = upper || lower;
        found |= within;
    }
    return found;
}

static bool holds(struct text text, bool (*is)(uint32_t c), bool of_none)
{
    if (!text.length)
        return of_none;
    while (text.length)
        if (!is(unicode_take(&text)))
            return false;
    return true;
}

static bool tested(struct text name, struct text text, struct value *out)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (text_is(name, tests[i].name)) {
            *out = value_bool(holds(text, tests[i].is, tests[i].of_none));
            return true;
        }
    }
    if (text_is(name, "isupper") || text_is(name, "islower"))
        *out = value_bool(has_case(text, text_is(name, "isupper")));
    else if (text_is(name, "istitle"))
        *out = value_bool(is_titlecased(text));
    else
        return false;
    return true;
}

/* ---- lists of texts ---- */

static struct value words_of(struct text text, struct arena *arena)
{
    LIST(struct value) words = {0};
    struct text word;
    while (unicode_next_word(&text, &word))
        *LIST_PUSH(arena, &words) = value_text(word);
    return value_list(arena, words.items, words.count);
}

static bool ends_line(uint32_t c)
{
    return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028
           || c == 0x2029;
}

static struct value lines_of(struct text text, struct arena *arena)
{
    LIST(struct value) lines = {0};
    struct text rest = text;
    while (rest.length) {
        size_t end = text.length - rest.length;
        uint32_t c = unicode_take(&rest);
        if (!ends_line(c) && rest.length)
            continue;
        *LIST_PUSH(arena, &lines) = value_text(ends_line(c) ? text_part(text, 0, end) : text);
        if (c == '\r' && rest.length && rest.at[0] == '\n')
            rest = text_from(rest, 1);
        text = rest;
    }
    return value_list(arena, lines.items, lines.count);
}

bool lookup_text(struct text name, struct arena *arena, struct value *value)
{
    struct text text = value_as_text(*value);
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++) {
        if (!text_is(name, mappings[i].name))
            continue;
        struct buffer out = {.arena = arena};
        mappings[i].put(&out, text);
        *value = value_text(out.at ? buffer_contents(&out) : TEXT(""));
        return true;
    }
    if (text_is(name, "split") || text_is(name, "rsplit"))
        *value = words_of(text, arena);
    else if (text_is(name, "splitlines"))
        *value = lines_of(text, arena);
    else
        return tested(name, text, value);
    return true;
}
