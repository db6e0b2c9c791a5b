/* urlize, urlizetrunc: addresses in a text become links. */
#include "base/arena.h"
#include "template/filters.h"
#include "template/html.h"
#include "template/number.h"
#include "template/percent.h"
#include "template/punycode.h"
#include "template/unicode.h"

#define URL_MAX   2048
#define SUBDELIMS "!$&'()*+,;="
#define GENDELIMS ":/?#[]@"
#define NO_LIMIT  INT64_MAX

#define BRACKETS     "()[]"
#define ENTITIES_MAX 256 /* rounds of trimming a word that has entities */

struct word {
    struct text middle;
    size_t brackets[4];  /* how many of each of BRACKETS are in it */
    struct buffer trail; /* from its end to its start */
};

static void count_brackets(struct word *word, struct text gone)
{
    for (size_t i = 0; i < gone.length; i++)
        for (size_t k = 0; k < sizeof word->brackets / sizeof *word->brackets; k++)
            word->brackets[k] += gone.at[i] == BRACKETS[k];
}

static void uncount_brackets(struct word *word, struct text gone)
{
    for (size_t i = 0; i < gone.length; i++)
        for (size_t k = 0; k < sizeof word->brackets / sizeof *word->brackets; k++)
            word->brackets[k] -= gone.at[i] == BRACKETS[k];
}

static void put_reversed(struct buffer *out, struct text text)
{
    for (size_t i = text.length; i-- > 0;)
        buffer_char(out, text.at[i]);
}

/* Brackets around the word do not belong to the address, unless they are balanced in it. */
static bool trim_brackets(struct word *word)
{
    struct text *middle = &word->middle;
    bool trimmed = false;
    for (size_t i = 0; i < 4; i += 2) {
        if (middle->length && middle->at[0] == BRACKETS[i]) {
            *middle = text_from(*middle, 1);
            word->brackets[i]--;
            trimmed = true;
        }
        if (middle->length && middle->at[middle->length - 1] == BRACKETS[i + 1]
            && word->brackets[i + 1] == word->brackets[i] + 1) {
            middle->length--;
            word->brackets[i + 1]--;
            buffer_char(&word->trail, BRACKETS[i + 1]);
            trimmed = true;
        }
    }
    return trimmed;
}

static size_t trailing_points(struct text text)
{
    size_t count = 0;
    while (count < text.length
           && text_find_char(TEXT(".,:;!"), text.at[text.length - 1 - count]) != TEXT_NOT_FOUND)
        count++;
    return count;
}

/* Punctuation at the end, counted with entities resolved so that their ";" stays. What goes behind
 * the link is what follows as many characters as the resolved text has, as in Django 3.2. */
static bool trim_points(struct arena *arena, struct word *word, bool entities)
{
    struct text middle = word->middle;
    struct text plain = entities ? html_unescape(arena, middle) : middle;
    size_t points = trailing_points(plain);
    if (points == 0)
        return false;
    if (!entities) {
        word->middle.length -= points;
        put_reversed(&word->trail, text_from(middle, word->middle.length));
        return true;
    }
    size_t length = unicode_length(middle);
    size_t kept = unicode_length(plain) - points;
    word->middle = unicode_part(middle, 0, length > points ? length - points : 0);
    uncount_brackets(word, text_from(middle, word->middle.length));
    put_reversed(&word->trail, text_from(middle, unicode_part(middle, 0, kept).length));
    return true;
}

static struct word trim(struct arena *arena, struct text all)
{
    struct word word = {.middle = all, .trail = {.arena = arena}};
    bool entities = text_find_char(all, '&') != TEXT_NOT_FOUND;
    bool more = true;
    count_brackets(&word, all);
    for (size_t rounds = 0; more && !(entities && rounds > ENTITIES_MAX); rounds++) {
        more = trim_brackets(&word);
        more |= trim_points(arena, &word, entities);
    }
    return word;
}

static bool starts_nocase(struct text text, struct text prefix)
{
    return text_equal_nocase(text_part(text, 0, prefix.length), prefix);
}

static bool starts_with_word(struct text text)
{
    return text.length && unicode_is_word(unicode_take(&text));
}

/* "http://…" */
static bool is_full_url(struct text text)
{
    size_t size = starts_nocase(text, TEXT("http://"))    ? 7
                  : starts_nocase(text, TEXT("https://")) ? 8
                                                          : 0;
    struct text rest = text_from(text, size);
    if (size && rest.length && rest.at[0] == '[')
        rest = text_from(rest, 1);
    return size && starts_with_word(rest);
}

/* "www.…", or "….com" and the like, with or without a path. */
static bool is_bare_url(struct text text)
{
    static const char *const domains[] = {"com", "edu", "gov", "int", "mil", "net", "org"};
    if (starts_nocase(text, TEXT("www.")))
        return true;
    if (starts_nocase(text, TEXT("http")) || !starts_with_word(text))
        return false;
    size_t at = text_find_char(text, '@');
    size_t first = unicode_size(text);
    for (size_t i = first + 1; i + 3 < text.length && i < at; i++) {
        struct text rest = text_from(text, i + 4);
        if (text.at[i] != '.' || (rest.length && rest.at[0] != '/'))
            continue;
        for (size_t k = 0; k < sizeof domains / sizeof *domains; k++)
            if (text_equal_nocase(text_part(text, i + 1, i + 4), text_of(domains[k])))
                return true;
    }
    return false;
}

static bool is_mail(struct text text, size_t *at)
{
    *at = text_find_char(text, '@');
    if (*at == TEXT_NOT_FOUND || *at == 0 || text_find_char(text, ':') != TEXT_NOT_FOUND)
        return false;
    struct text domain = text_from(text, *at + 1);
    return domain.length && domain.at[0] != '.' && unicode_length(domain) <= 63
           && text_find_char(domain, '@') == TEXT_NOT_FOUND
           && text_find_char(domain, '.') != TEXT_NOT_FOUND;
}

static struct text unquoted(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    percent_decode(&out, text);
    return out.at ? buffer_contents(&out) : TEXT("");
}

static void put_requoted(struct arena *arena, struct buffer *out, struct text text)
{
    percent_encode(out, unquoted(arena, text), SUBDELIMS GENDELIMS "~");
}

static struct text without_plus(struct arena *arena, struct text text)
{
    struct text copy = text_copy(arena, text);
    for (size_t i = 0; i < copy.length; i++)
        if (copy.at[i] == '+')
            ((char *)copy.at)[i] = ' ';
    return unquoted(arena, unquoted(arena, copy));
}

static void put_query_part(struct arena *arena, struct buffer *out, struct text part)
{
    struct buffer quoted = {.arena = arena};
    percent_encode(&quoted, without_plus(arena, part), " ");
    struct text text = buffer_contents(&quoted);
    for (size_t i = 0; i < text.length; i++)
        buffer_char(out, text.at[i] == ' ' ? '+' : text.at[i]);
}

static void put_query(struct arena *arena, struct buffer *out, struct text query)
{
    struct text pair;
    char separator = '?';
    while (text_next(&query, '&', &pair)) {
        size_t equals = text_find_char(pair, '=');
        if (pair.length == 0)
            continue;
        buffer_char(out, separator);
        put_query_part(arena, out, text_part(pair, 0, equals));
        buffer_char(out, '=');
        if (equals != TEXT_NOT_FOUND)
            put_query_part(arena, out, text_from(pair, equals + 1));
        separator = '&';
    }
}

static size_t find_any(struct text text, const char *any)
{
    size_t first = text.length;
    for (; *any; any++) {
        size_t at = text_find_char(text, *any);
        first = at < first ? at : first;
    }
    return first;
}

/* The address with each part encoded as it should be, or all of it as it may be. */
static struct text quoted_url(struct arena *arena, struct text url)
{
    struct buffer out = {.arena = arena};
    struct text host;
    size_t colon = text_find(url, TEXT("://"));
    struct text rest = text_from(url, colon + 3);
    size_t end = find_any(rest, "/?#");
    struct text netloc = text_part(rest, 0, end);
    bool opened = text_find_char(netloc, '[') != TEXT_NOT_FOUND;
    bool closed = text_find_char(netloc, ']') != TEXT_NOT_FOUND;
    if (opened != closed || !punycode_domain(arena, netloc, &host)) {
        put_requoted(arena, &out, url);
        return buffer_contents(&out);
    }
    rest = text_from(rest, end);
    unicode_put_lower(&out, text_part(url, 0, colon));
    buffer_text(&out, TEXT("://"));
    buffer_text(&out, host);
    size_t hash = find_any(rest, "#");
    struct text fragment = text_from(rest, hash + 1);
    struct text before = text_part(rest, 0, hash);
    size_t mark = find_any(before, "?");
    put_requoted(arena, &out, text_part(before, 0, mark));
    put_query(arena, &out, text_from(before, mark + 1));
    if (fragment.length) {
        buffer_char(&out, '#');
        put_requoted(arena, &out, fragment);
    }
    return buffer_contents(&out);
}

enum link { NO_LINK, LINK, MAIL, BROKEN_MAIL };

static enum link find_link(struct arena *arena, struct text middle, struct text *url)
{
    size_t at;
    struct text domain;
    bool fits = unicode_length(middle) <= URL_MAX;
    if (fits && is_full_url(middle)) {
        *url = quoted_url(arena, html_unescape(arena, middle));
        return LINK;
    }
    if (fits && is_bare_url(middle)) {
        struct text plain = html_unescape(arena, middle);
        *url = quoted_url(arena, text_format(arena, "http://%.*s", TEXT_ARG(plain)));
        return LINK;
    }
    if (!is_mail(middle, &at))
        return NO_LINK;
    if (!punycode_domain(arena, text_from(middle, at + 1), &domain))
        return BROKEN_MAIL;
    struct text part = text_part(middle, 0, at);
    *url = text_format(arena, "mailto:%.*s@%.*s", TEXT_ARG(part), TEXT_ARG(domain));
    return MAIL;
}

static struct text reversed(struct arena *arena, const struct buffer *text)
{
    struct buffer out = {.arena = arena};
    put_reversed(&out, buffer_contents(text));
    return out.at ? buffer_contents(&out) : TEXT("");
}

struct linker {
    struct filter_call *call;
    struct buffer *out;
    bool escape;
    int64_t limit; /* characters of the link's text */
};

static void put(const struct linker *linker, struct text text)
{
    if (linker->escape)
        buffer_escaped(linker->out, text);
    else
        buffer_text(linker->out, text);
}

static struct text shortened(const struct linker *linker, struct text text)
{
    if (linker->limit == NO_LIMIT || (int64_t)unicode_length(text) <= linker->limit)
        return text;
    size_t keep = linker->limit > 1 ? (size_t)linker->limit - 1 : 0;
    struct text part = unicode_part(text, 0, keep);
    return text_format(linker->call->arena, "%.*s…", TEXT_ARG(part));
}

static void put_word(const struct linker *linker, struct text all)
{
    struct text url;
    bool candidate = find_any(all, ".@:") < all.length;
    struct word word = candidate ? trim(linker->call->arena, all) : (struct word){.middle = all};
    enum link link = candidate ? find_link(linker->call->arena, word.middle, &url) : NO_LINK;
    if (link == BROKEN_MAIL) {
        buffer_text(linker->out, all);
        return;
    }
    if (link == NO_LINK) {
        put(linker, all);
        return;
    }
    put(linker, text_part(all, 0, (size_t)(word.middle.at - all.at)));
    buffer_text(linker->out, TEXT("<a href=\""));
    buffer_escaped(linker->out, url);
    buffer_text(linker->out, link == LINK ? TEXT("\" rel=\"nofollow\">") : TEXT("\">"));
    put(linker, shortened(linker, word.middle));
    buffer_text(linker->out, TEXT("</a>"));
    put(linker, reversed(linker->call->arena, &word.trail));
}

/* What parts words: white space, angle brackets, quotes. */
static size_t gap_size(struct text text)
{
    struct text rest = text;
    while (rest.length) {
        struct text next = rest;
        uint32_t c = unicode_take(&next);
        if (!unicode_is_space(c) && c != '<' && c != '>' && c != '"' && c != '\'')
            break;
        rest = next;
    }
    return text.length - rest.length;
}

static struct value linked(struct filter_call *call, struct value value, int64_t limit)
{
    struct buffer out = filter_buffer(call);
    struct text rest = value_as_text(value);
    struct linker linker = {call, &out, call->autoescape && value.kind != VALUE_SAFE, limit};
    while (rest.length) {
        size_t gap = gap_size(rest);
        put(&linker, text_part(rest, 0, gap));
        rest = text_from(rest, gap);
        size_t size = 0;
        while (size < rest.length && gap_size(text_from(rest, size)) == 0)
            size += unicode_size(text_from(rest, size));
        put_word(&linker, text_part(rest, 0, size));
        rest = text_from(rest, size);
    }
    struct value result = filter_result(call, &out);
    return value_safe(value_as_text(result));
}

FILTER(urlize)
{
    (void)argument;
    return linked(call, value, NO_LIMIT);
}

FILTER(urlizetrunc)
{
    int64_t limit;
    const char *kind = number_clamped(argument, call->arena, &limit);
    if (kind)
        return filter_fail(call, kind, "an integer is expected");
    return linked(call, value, limit);
}

FILTER(striptags)
{
    struct text text;
    (void)argument;
    if (!html_strip_tags(call->arena, value_as_text(value), &text))
        return filter_fail(call, "SuspiciousOperation", "tags are nested too deeply");
    return value_text(text);
}

static struct value truncated(struct filter_call *call, struct value value, struct value argument,
                              bool words)
{
    int64_t limit;
    if (!filter_integer_or_text(call, argument, &limit))
        return value;
    return value_text(html_truncated(call->arena, value_as_text(value), limit, words));
}

FILTER(truncatechars_html)
{
    return truncated(call, value, argument, false);
}

FILTER(truncatewords_html)
{
    return truncated(call, value, argument, true);
}

static const struct template_filter rows[] = {
    {"striptags", striptags, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"truncatechars_html", truncatechars_html, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"truncatewords_html", truncatewords_html, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {"urlize", urlize, ARGUMENT_NONE, FILTER_TEXT | FILTER_SAFE},
    {"urlizetrunc", urlizetrunc, ARGUMENT_REQUIRED, FILTER_TEXT | FILTER_SAFE},
    {0},
};
const struct template_library filters_urlize = {"", .filters = rows};
