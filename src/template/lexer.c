#include "template/lexer.h"

#include <string.h>

#include "template/unicode.h"

/* End of the tag that begins at `from`, or TEXT_NOT_FOUND. What was found for one tag of a line
 * holds for the next, so that the line is searched once. */
static size_t tag_end(struct lexer *lexer, size_t from)
{
    static const char openers[] = "{%#";
    static const struct text closers[] = {{"}}", 2}, {"%}", 2}, {"#}", 2}};
    struct text source = lexer->source;
    size_t inside = from + 2;
    const char *opener = from + 1 < source.length && source.at[from + 1]
                             ? strchr(openers, source.at[from + 1])
                             : NULL;
    if (!opener)
        return TEXT_NOT_FOUND;
    if (inside > lexer->line_end) {
        size_t length = text_find_char(text_from(source, inside), '\n');
        lexer->line_end = length == TEXT_NOT_FOUND ? source.length : inside + length;
        memset(lexer->closers, 0, sizeof lexer->closers);
    }
    size_t *closer = &lexer->closers[opener - openers];
    if (*closer < inside) {
        size_t at =
            text_find(text_part(source, inside, lexer->line_end), closers[opener - openers]);
        *closer = at == TEXT_NOT_FOUND ? lexer->line_end : inside + at;
    }
    return *closer == lexer->line_end ? TEXT_NOT_FOUND : *closer + 2;
}

static struct text inside(struct text tag)
{
    return unicode_trim(text_part(tag, 2, tag.length - 2));
}

static bool ends_verbatim(const struct lexer *lexer, struct text tag)
{
    struct text contents = inside(tag);
    return tag.at[1] == '%' && text_starts(contents, TEXT("end"))
           && text_equal(text_from(contents, 3), lexer->verbatim);
}

/* The next tag that counts, from `from` on. */
static bool find_tag(struct lexer *lexer, size_t from, struct text *tag)
{
    for (size_t at = from;; at++) {
        size_t brace = text_find_char(text_from(lexer->source, at), '{');
        if (brace == TEXT_NOT_FOUND)
            return false;
        at += brace;
        size_t end = tag_end(lexer, at);
        if (end == TEXT_NOT_FOUND)
            continue;
        *tag = text_part(lexer->source, at, end);
        if (!lexer->verbatim.at || ends_verbatim(lexer, *tag))
            return true;
        at = end - 1;
    }
}

static struct token take(struct lexer *lexer, enum token_kind kind, struct text source)
{
    struct token token = {.kind = kind, .source = source, .line = lexer->line};
    for (size_t i = 0; i < source.length; i++)
        lexer->line += source.at[i] == '\n';
    lexer->at += source.length;
    if (kind != TOKEN_TEXT && kind != TOKEN_COMMENT)
        token.contents = inside(source);
    return token;
}

static struct token take_block(struct lexer *lexer, struct text tag)
{
    struct token token = take(lexer, TOKEN_BLOCK, tag);
    if (lexer->verbatim.at)
        lexer->verbatim = TEXT_NONE;
    else if (text_is(token.contents, "verbatim") || text_starts(token.contents, TEXT("verbatim ")))
        lexer->verbatim = token.contents;
    return token;
}

struct token lexer_next(struct lexer *lexer)
{
    struct text tag;
    if (lexer->at < lexer->source.length) {
        if (!find_tag(lexer, lexer->at, &tag))
            return take(lexer, TOKEN_TEXT, text_from(lexer->source, lexer->at));
        size_t start = (size_t)(tag.at - lexer->source.at);
        if (start > lexer->at)
            return take(lexer, TOKEN_TEXT, text_part(lexer->source, lexer->at, start));
        if (tag.at[1] == '%')
            return take_block(lexer, tag);
        return take(lexer, tag.at[1] == '{' ? TOKEN_VARIABLE : TOKEN_COMMENT, tag);
    }
    return (struct token){.kind = TOKEN_END, .line = lexer->line};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
}

/* Behind the quoted string that begins at `at`, or `at` when it is not closed. */
static size_t skip_quoted(struct text text, size_t at)
{
    for (size_t i = at + 1; i < text.length; i++) {
        if (text.at[i] == '\\')
            i++;
        else if (text.at[i] == text.at[at])
            return i + 1;
    }
    return at;
}

/* Behind the quoted string, unless it is known that it is not closed: then `at`. */
static size_t skip_closed(struct tag_words *words, size_t at)
{
    bool *unclosed = &words->unclosed[words->rest.at[at] == '\''];
    size_t behind = *unclosed ? at : skip_quoted(words->rest, at);
    *unclosed = behind == at;
    return behind;
}

bool lexer_word(struct tag_words *words, struct text *word)
{
    size_t at = 0;
    bool quoted = false;
    words->rest = unicode_trim_start(words->rest);
    struct text rest = words->rest;
    if (rest.length == 0)
        return false;
    while (at < rest.length && !is_space(rest.at[at])) {
        if (rest.at[at] != '"' && rest.at[at] != '\'') {
            at++;
            continue;
        }
        size_t behind = skip_closed(words, at);
        if (behind == at)
            break;
        quoted = true;
        at = behind;
    }
    if (!quoted)
        while (at < rest.length && !is_space(rest.at[at]))
            at++;
    *word = text_part(rest, 0, at);
    words->rest = text_from(rest, at);
    return true;
}
