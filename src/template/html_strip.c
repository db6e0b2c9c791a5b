/* Taking tags out, with the patience for broken HTML that Python's html.parser has. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/html.h"

#define PASSES_MAX   50
#define OPEN_TAG_MAX 1000
#define NOT_CLOSED   SIZE_MAX

struct scanner {
    struct buffer *out;
    struct text html;
    size_t at;
    struct text raw; /* within script or style: its name */
};

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_alnum(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char peek(const struct scanner *scanner, size_t at)
{
    return at < scanner->html.length ? scanner->html.at[at] : '\0';
}

static bool has(const struct scanner *scanner, size_t at, const char *word)
{
    return text_starts(text_from(scanner->html, at), text_of(word));
}

static size_t find(const struct scanner *scanner, size_t from, const char *what)
{
    size_t at = text_find(text_from(scanner->html, from), text_of(what));
    return at == TEXT_NOT_FOUND ? NOT_CLOSED : from + at;
}

static size_t skip_spaces(const struct scanner *scanner, size_t at)
{
    while (is_space(peek(scanner, at)))
        at++;
    return at;
}

static void put(struct scanner *scanner, size_t from, size_t to)
{
    buffer_text(scanner->out, text_part(scanner->html, from, to));
}

/* Spaces, and slashes that do not close the tag. */
static size_t skip_gaps(const struct scanner *scanner, size_t at)
{
    while (is_space(peek(scanner, at))
           || (peek(scanner, at) == '/' && peek(scanner, at + 1) != '>'))
        at++;
    return at;
}

/* The value from behind the attribute's name on; `at` itself when there is none. */
static size_t skip_value(const struct scanner *scanner, size_t at)
{
    size_t equals = skip_spaces(scanner, at);
    size_t behind = equals;
    while (peek(scanner, behind) == '=')
        behind++;
    if (behind == equals)
        return at;
    size_t value = skip_spaces(scanner, behind);
    char quote = peek(scanner, value);
    if (quote == '"' || quote == '\'') {
        size_t close = find(scanner, value + 1, quote == '"' ? "\"" : "'");
        if (close != NOT_CLOSED)
            return skip_spaces(scanner, close + 1);
        if (value > behind)
            return skip_spaces(scanner, behind);
        if (behind - equals < 2)
            return at;
        value = behind - 1;
    }
    while (value < scanner->html.length && peek(scanner, value) != '>'
           && !is_space(peek(scanner, value)))
        value++;
    return skip_spaces(scanner, value);
}

static bool begins_attribute(const struct scanner *scanner, size_t at)
{
    char before = scanner->html.at[at - 1];
    char c = peek(scanner, at);
    return (before == '"' || before == '\'' || before == '/' || is_space(before))
           && at < scanner->html.length && !is_space(c) && c != '/' && c != '>';
}

static size_t skip_attributes(const struct scanner *scanner, size_t at)
{
    while (is_space(peek(scanner, at)) || peek(scanner, at) == '/')
        at++;
    while (begins_attribute(scanner, at)) {
        at++;
        while (at < scanner->html.length && !is_space(peek(scanner, at))
               && !strchr("/=>", peek(scanner, at)))
            at++;
        at = skip_gaps(scanner, skip_value(scanner, at));
    }
    return skip_spaces(scanner, at);
}

static size_t name_end(const struct scanner *scanner, size_t at)
{
    while (at < scanner->html.length && !memchr("\t\n\r\f />", peek(scanner, at), 8))
        at++;
    return at;
}

static void enter_raw(struct scanner *scanner, struct text name, size_t end)
{
    bool closed = scanner->html.at[end - 2] == '/';
    if (!closed
        && (text_equal_nocase(name, TEXT("script")) || text_equal_nocase(name, TEXT("style"))))
        scanner->raw = name;
}

/* Behind the start tag at `from`; what is not quite a tag is text. */
static size_t start_tag(struct scanner *scanner, size_t from)
{
    size_t named = name_end(scanner, from + 1);
    size_t end = skip_attributes(scanner, named);
    char next = peek(scanner, end);
    if (end >= scanner->html.length)
        return NOT_CLOSED;
    if (next == '/' && peek(scanner, end + 1) == '>')
        return end + 2;
    if (next == '>') {
        enter_raw(scanner, text_part(scanner->html, from + 1, named), end + 1);
        return end + 1;
    }
    if (is_letter(next) || next == '=' || next == '/')
        return NOT_CLOSED;
    put(scanner, from, end);
    return end;
}

static size_t behind_close(const struct scanner *scanner, size_t from)
{
    size_t close = find(scanner, from, ">");
    return close == NOT_CLOSED ? NOT_CLOSED : close + 1;
}

/* The name in </name>, when there is nothing else in it. */
static bool plain_end_tag(const struct scanner *scanner, size_t from, struct text *name)
{
    size_t start = skip_spaces(scanner, from + 2);
    size_t end = start;
    if (!is_letter(peek(scanner, start)))
        return false;
    while (is_alnum(peek(scanner, end))
           || (peek(scanner, end) && strchr("-.:_", peek(scanner, end))))
        end++;
    *name = text_part(scanner->html, start, end);
    return peek(scanner, skip_spaces(scanner, end)) == '>';
}

static size_t end_tag(struct scanner *scanner, size_t from)
{
    struct text name;
    size_t close = behind_close(scanner, from + 1);
    if (close == NOT_CLOSED)
        return NOT_CLOSED;
    bool plain = plain_end_tag(scanner, from, &name);
    if (scanner->raw.at && !(plain && text_equal_nocase(name, scanner->raw))) {
        put(scanner, from, close);
        return close;
    }
    if (plain)
        scanner->raw = TEXT_NONE;
    if (plain || !is_letter(peek(scanner, from + 2)))
        return close;
    return behind_close(scanner, name_end(scanner, from + 2));
}

/* Behind `first`, spaces, and the characters of `then` with spaces before each. */
static size_t find_spaced(const struct scanner *scanner, size_t from, const char *first,
                          const char *then)
{
    for (size_t at = find(scanner, from, first); at != NOT_CLOSED;
         at = find(scanner, at + 1, first)) {
        size_t end = at + strlen(first);
        const char *next = then;
        for (; *next; next++) {
            end = skip_spaces(scanner, end);
            if (peek(scanner, end++) != *next)
                break;
        }
        if (!*next)
            return end;
    }
    return NOT_CLOSED;
}

static size_t marked_section(const struct scanner *scanner, size_t from)
{
    struct text rest = text_from(scanner->html, from + 3);
    bool office = text_starts(rest, TEXT("if")) || text_starts(rest, TEXT("else"))
                  || text_starts(rest, TEXT("endif"));
    return office ? find_spaced(scanner, from + 3, "]", ">")
                  : find_spaced(scanner, from + 3, "]", "]>");
}

static size_t markup(struct scanner *scanner, size_t from)
{
    if (is_letter(peek(scanner, from + 1)))
        return start_tag(scanner, from);
    if (has(scanner, from, "</"))
        return end_tag(scanner, from);
    if (has(scanner, from, "<!--"))
        return find_spaced(scanner, from + 4, "--", ">");
    if (has(scanner, from, "<!["))
        return marked_section(scanner, from);
    if (has(scanner, from, "<?") || has(scanner, from, "<!"))
        return behind_close(scanner, from + 2);
    buffer_char(scanner->out, '<');
    return from + 1;
}

/* The end of a reference that begins at `from`, before what closes it; 0: it is none, or cut. */
static size_t reference_end(const struct scanner *scanner, size_t from)
{
    size_t at = from + 1;
    if (peek(scanner, at) == '#') {
        bool hexadecimal = (peek(scanner, at + 1) | 0x20) == 'x';
        size_t digits = at + 1 + hexadecimal;
        for (at = digits; (peek(scanner, at) >= '0' && peek(scanner, at) <= '9')
                          || (hexadecimal && (peek(scanner, at) | 0x20) >= 'a'
                              && (peek(scanner, at) | 0x20) <= 'f');)
            at++;
        bool letter = (peek(scanner, at) | 0x20) >= 'a' && (peek(scanner, at) | 0x20) <= 'f';
        return at == digits || letter || at >= scanner->html.length ? 0 : at;
    }
    if (!is_letter(peek(scanner, at)))
        return 0;
    size_t end = at;
    while (is_alnum(peek(scanner, at)) || peek(scanner, at) == '-' || peek(scanner, at) == '.') {
        at++;
        if (is_alnum(scanner->html.at[at - 1]))
            end = at;
    }
    if (at >= scanner->html.length && end == at)
        return 0;
    return at < scanner->html.length ? at : end;
}

/* False: nothing more can be made of it before the end is known. */
static bool reference(struct scanner *scanner, bool final)
{
    size_t from = scanner->at;
    size_t end = reference_end(scanner, from);
    if (end) {
        put(scanner, from, end);
        buffer_char(scanner->out, ';');
        scanner->at = end + (peek(scanner, end) == ';');
        return true;
    }
    if (peek(scanner, from + 1) == '#') {
        if (find(scanner, from, ";") != NOT_CLOSED) {
            put(scanner, from, from + 2);
            scanner->at += 2;
        }
        return false;
    }
    if (is_letter(peek(scanner, from + 1))) {
        if (final && from + 2 == scanner->html.length)
            scanner->at++;
        return false;
    }
    if (from + 1 >= scanner->html.length)
        return false;
    buffer_char(scanner->out, '&');
    scanner->at++;
    return true;
}

static bool tag(struct scanner *scanner, bool final)
{
    size_t from = scanner->at;
    if (from + 1 >= scanner->html.length)
        return false;
    size_t end = markup(scanner, from);
    if (end == NOT_CLOSED) {
        if (!final)
            return false;
        end = find(scanner, from + 1, ">");
        if (end != NOT_CLOSED)
            end++;
        else
            end = find(scanner, from + 1, "<");
        if (end == NOT_CLOSED)
            end = from + 1;
        put(scanner, from, end);
    }
    scanner->at = end;
    return true;
}

/* Where the next markup is; within script or style only its own end tag counts. */
static size_t next_markup(const struct scanner *scanner)
{
    struct text name;
    if (!scanner->raw.at) {
        size_t at = scanner->at;
        while (at < scanner->html.length && scanner->html.at[at] != '<'
               && scanner->html.at[at] != '&')
            at++;
        return at;
    }
    for (size_t at = find(scanner, scanner->at, "</"); at != NOT_CLOSED;
         at = find(scanner, at + 1, "</"))
        if (plain_end_tag(scanner, at, &name) && text_equal_nocase(name, scanner->raw))
            return at;
    return NOT_CLOSED;
}

static void scan(struct scanner *scanner, bool final)
{
    bool more = true;
    while (more && scanner->at < scanner->html.length) {
        size_t next = next_markup(scanner);
        if (next == NOT_CLOSED)
            break;
        put(scanner, scanner->at, next);
        scanner->at = next;
        if (next < scanner->html.length)
            more = scanner->html.at[next] == '<' ? tag(scanner, final) : reference(scanner, final);
    }
    if (final && !scanner->raw.at)
        put(scanner, scanner->at, scanner->html.length);
}

static size_t count_of(struct text text, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.at[i] == c;
    return count;
}

/* Many "<" within what looks like one long tag: only an attack has that. */
static bool is_suspicious(struct text html)
{
    size_t opened = 0;
    size_t count = 0;
    for (size_t i = 0; i < html.length; i++) {
        if (html.at[i] == '>') {
            opened = count = 0;
        } else if (html.at[i] == '<'
                   && (count || (i + 1 < html.length && is_letter(html.at[i + 1])))) {
            opened = count++ ? opened : i;
        }
        if (count >= PASSES_MAX && i - opened > OPEN_TAG_MAX)
            return true;
    }
    return false;
}

bool html_strip_tags(struct arena *arena, struct text html, struct text *out)
{
    *out = html;
    if (is_suspicious(html))
        return false;
    for (int pass = 0;
         text_find_char(*out, '<') != TEXT_NOT_FOUND && text_find_char(*out, '>') != TEXT_NOT_FOUND;
         pass++) {
        struct buffer stripped = {.arena = arena};
        struct scanner scanner = {.out = &stripped, .html = *out};
        if (pass >= PASSES_MAX)
            return false;
        scan(&scanner, false);
        scan(&scanner, true);
        struct text result = stripped.at ? buffer_contents(&stripped) : TEXT("");
        if (count_of(*out, '<') == count_of(result, '<'))
            break;
        *out = result;
    }
    return true;
}
