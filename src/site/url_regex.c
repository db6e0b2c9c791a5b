#define PCRE2_CODE_UNIT_WIDTH 8
#include "site/url_regex.h"

#include <pcre2.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

#define FORMS_MAX  64
#define PIECES_MAX 4096
#define DEPTH_MAX  64

static struct url_form join(struct arena *arena, struct url_form a, struct url_form b)
{
    struct url_form both = {.count = a.count + b.count};
    both.items = ARENA_ARRAY(arena, struct url_piece, both.count);
    for (size_t i = 0; i < both.count; i++)
        both.items[i] = i < a.count ? a.items[i] : b.items[i - a.count];
    return both;
}

static struct url_forms one_form(struct arena *arena, struct url_piece piece)
{
    struct url_forms forms = {ARENA_NEW(arena, struct url_form), 1};
    if (piece.literal.length || piece.parameter.length)
        forms.items[0] = (struct url_form){ARENA_NEW(arena, struct url_piece), 1};
    if (forms.items[0].count)
        forms.items[0].items[0] = piece;
    return forms;
}

static struct url_forms empty_form(struct arena *arena)
{
    return one_form(arena, (struct url_piece){0});
}

static struct url_forms literal(struct arena *arena, struct text text)
{
    return one_form(arena, (struct url_piece){.literal = text});
}

/* Each of the one followed by each of the other. */
static struct url_forms multiply(struct arena *arena, struct url_forms a, struct url_forms b)
{
    struct url_forms all = {ARENA_ARRAY(arena, struct url_form, FORMS_MAX), 0};
    for (size_t i = 0; i < a.count; i++)
        for (size_t k = 0; k < b.count && all.count < FORMS_MAX; k++)
            if (a.items[i].count + b.items[k].count <= PIECES_MAX)
                all.items[all.count++] = join(arena, a.items[i], b.items[k]);
    return all;
}

struct reader {
    struct arena *arena;
    struct text regex;
    size_t at;
    int groups;
    int depth;
    bool has_choice; /* "|" where a path would have to follow one side */
    bool ended;      /* at "$" */
};

static bool at_end(const struct reader *reader)
{
    return reader->ended || reader->at >= reader->regex.length;
}

static char peek(const struct reader *reader)
{
    return at_end(reader) ? '\0' : reader->regex.at[reader->at];
}

/* Behind the ")" of the group that we are in. */
static void skip_group(struct reader *reader)
{
    int depth = 1;
    while (!at_end(reader) && depth > 0) {
        char c = reader->regex.at[reader->at++];
        reader->at += c == '\\';
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
}

static struct text take_until(struct reader *reader, char end)
{
    struct text rest = text_from(reader->regex, reader->at);
    struct text name = text_part(rest, 0, text_find_char(rest, end));
    reader->at += name.length + 1;
    return name;
}

static struct url_forms read_all(struct reader *reader);

/* Behind "(?". */
static struct url_forms read_special_group(struct reader *reader)
{
    struct text rest = text_from(reader->regex, reader->at);
    if (text_starts(rest, TEXT(":"))) {
        reader->at++;
        return read_all(reader);
    }
    if (text_starts(rest, TEXT("P="))) {
        reader->at += 2;
        struct url_piece piece = {.parameter = take_until(reader, ')'), .repeated = true};
        return one_form(reader->arena, piece);
    }
    if (!text_starts(rest, TEXT("P<"))) {
        skip_group(reader);
        return empty_form(reader->arena);
    }
    reader->at += 2;
    struct url_piece piece = {.parameter = take_until(reader, '>')};
    skip_group(reader);
    return one_form(reader->arena, piece);
}

static struct url_forms read_group(struct reader *reader)
{
    if (peek(reader) == '?') {
        reader->at++;
        return read_special_group(reader);
    }
    skip_group(reader);
    return one_form(reader->arena, (struct url_piece){.parameter = text_format(reader->arena, "_%d",
                                                                               reader->groups++)});
}

/* What stands for a class of characters; NULL: the character itself, "": nothing at all. */
static const char *example_of(char escaped)
{
    switch (escaped) {
    case 'A':
    case 'b':
    case 'B':
    case 'Z': return "";
    case 'd': return "0";
    case 'D':
    case 'w': return "x";
    case 's': return " ";
    case 'W': return "!";
    default: return NULL;
    }
}

static struct text take_character(struct reader *reader, bool *escaped)
{
    *escaped = peek(reader) == '\\';
    reader->at += *escaped;
    if (at_end(reader))
        return TEXT("");
    const char *example = *escaped ? example_of(peek(reader)) : NULL;
    reader->at++;
    return example ? text_of(example) : text_part(reader->regex, reader->at - 1, reader->at);
}

static struct url_forms read_class(struct reader *reader)
{
    bool escaped;
    struct text first = take_character(reader, &escaped);
    struct text next;
    do
        next = take_character(reader, &escaped);
    while (!at_end(reader) && (escaped || !text_is(next, "]")));
    return literal(reader->arena, first);
}

static struct url_forms read_one(struct reader *reader)
{
    bool escaped;
    struct text c = take_character(reader, &escaped);
    if (escaped || !c.length)
        return literal(reader->arena, c);
    switch (c.at[0]) {
    case '$': reader->ended = true; return empty_form(reader->arena);
    case '|': reader->has_choice = true; return empty_form(reader->arena);
    case '^': return empty_form(reader->arena);
    case '(': return read_group(reader);
    case '[': return read_class(reader);
    default: return literal(reader->arena, c);
    }
}

/* How often at least the last thing must be there. */
static int read_quantifier(struct reader *reader)
{
    int least = 1;
    char c = peek(reader);
    if (c != '*' && c != '?' && c != '+' && c != '{')
        return 1;
    reader->at++;
    if (c == '{') {
        struct text inside = take_until(reader, '}');
        int64_t number;
        bool good = text_to_int64(&number, text_part(inside, 0, text_find_char(inside, ',')));
        least = good && number <= FORMS_MAX ? (int)number : 1;
    } else {
        least = c == '+';
    }
    reader->at += peek(reader) == '?';
    return least;
}

static bool has_parameter(struct url_forms forms)
{
    for (size_t i = 0; i < forms.count; i++)
        for (size_t k = 0; k < forms.items[i].count; k++)
            if (forms.items[i].items[k].parameter.length)
                return true;
    return false;
}

/* It may be missing. */
static struct url_forms optional(struct arena *arena, struct url_forms forms)
{
    if (!has_parameter(forms))
        return empty_form(arena);
    struct url_forms both = {ARENA_ARRAY(arena, struct url_form, forms.count + 1), 1};
    for (size_t i = 0; i < forms.count; i++)
        both.items[both.count++] = forms.items[i];
    return both;
}

/* Up to the end or the ")" that closes what was opened before. */
static struct url_forms read_all(struct reader *reader)
{
    struct url_forms all = empty_form(reader->arena);
    if (reader->depth++ > DEPTH_MAX)
        reader->ended = true;
    while (!at_end(reader)) {
        if (peek(reader) == ')') {
            reader->at++;
            break;
        }
        struct url_forms next = read_one(reader);
        int least = read_quantifier(reader);
        if (least == 0)
            next = optional(reader->arena, next);
        for (int i = 0; i < (least ? least : 1); i++)
            all = multiply(reader->arena, all, next);
    }
    reader->depth--;
    return all;
}

struct url_forms url_forms(struct arena *arena, struct text regex)
{
    struct reader reader = {.arena = arena, .regex = regex};
    struct url_forms forms = read_all(&reader);
    return reader.has_choice ? empty_form(arena) : forms;
}

/* Python's end of the text is \Z, which is \z here. */
static struct text to_pcre(struct arena *arena, struct text regex)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < regex.length; i++) {
        char c = regex.at[i];
        buffer_char(&out, c);
        if (c == '\\' && ++i < regex.length)
            buffer_char(&out, regex.at[i] == 'Z' ? 'z' : regex.at[i]);
    }
    return out.at ? buffer_contents(&out) : TEXT("");
}

static pcre2_code *compile(struct text regex, int *error)
{
    size_t place;
    return pcre2_compile((PCRE2_SPTR)regex.at, regex.length, PCRE2_UTF | PCRE2_UCP, error, &place,
                         NULL);
}

enum status url_regex_check(struct text regex)
{
    int error;
    unsigned char reason[128];
    pcre2_code *code = compile(regex, &error);
    if (code) {
        pcre2_code_free(code);
        return OK;
    }
    pcre2_get_error_message(error, reason, sizeof reason);
    return fail_as(INVALID, "\"%.*s\" is no regular expression: %s", TEXT_ARG(regex),
                   (const char *)reason);
}

bool url_regex_matches(struct arena *arena, struct text regex, struct text text)
{
    int error;
    pcre2_code *code = compile(to_pcre(arena, regex), &error);
    if (!code)
        return false;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    bool found =
        match
        && pcre2_match(code, (PCRE2_SPTR)text.at, text.length, 0, PCRE2_ANCHORED, match, NULL) >= 0;
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return found;
}
