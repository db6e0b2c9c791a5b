#include "template/lexer.h"

#include "template/unicode.h"

/* End of the tag that begins at `from`, or TEXT_NOT_FOUND. */
static size_t tag_end(struct text source, size_t from)
{
    static const struct {
        char opener;
        struct text closer;
    } kinds[] = {{'{', {"}}", 2}}, {'%', {"%}", 2}}, {'#', {"#}", 2}}};
    struct text line = text_from(source, from + 2);
    size_t length = text_find_char(line, '\n');
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (from + 1 >= source.length || source.at[from + 1] != kinds[i].opener)
            continue;
        size_t close = text_find(text_part(line, 0, length), kinds[i].closer);
        return close == TEXT_NOT_FOUND ? close : from + 2 + close + 2;
    }
    return TEXT_NOT_FOUND;
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
static bool find_tag(const struct lexer *lexer, size_t from, struct text *tag)
{
    for (size_t at = from;; at++) {
        size_t brace = text_find_char(text_from(lexer->source, at), '{');
        if (brace == TEXT_NOT_FOUND)
            return false;
        at += brace;
        size_t end = tag_end(lexer->source, at);
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

bool lexer_word(struct text *rest, struct text *word)
{
    size_t at = 0;
    bool quoted = false;
    *rest = unicode_trim(*rest);
    if (rest->length == 0)
        return false;
    while (at < rest->length && !is_space(rest->at[at])) {
        if (rest->at[at] != '"' && rest->at[at] != '\'') {
            at++;
            continue;
        }
        size_t behind = skip_quoted(*rest, at);
        if (behind == at)
            break;
        quoted = true;
        at = behind;
    }
    if (!quoted)
        while (at < rest->length && !is_space(rest->at[at]))
            at++;
    *word = text_part(*rest, 0, at);
    *rest = text_from(*rest, at);
    return true;
}
