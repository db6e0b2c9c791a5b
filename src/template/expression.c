/* Filter expressions: a variable or a literal, and the filters behind it. */
#include "template/expression.h"

#include <string.h>

#include "base/arena.h"
#include "template/decimal.h"
#include "template/set.h"
#include "template/unicode.h"

#define EXPRESSION_MAX 65536

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the quoted string at the start, 0 when there is none. */
static size_t quoted_size(struct text text)
{
    if (text.length == 0 || (text.at[0] != '"' && text.at[0] != '\''))
        return 0;
    for (size_t i = 1; i < text.length; i++) {
        if (text.at[i] == '\\')
            i++;
        else if (text.at[i] == text.at[0])
            return i + 1;
    }
    return 0;
}

static size_t constant_size(struct text text)
{
    if (!text_starts(text, TEXT("_(")))
        return quoted_size(text);
    size_t quoted = quoted_size(text_from(text, 2));
    return quoted && 2 + quoted < text.length && text.at[2 + quoted] == ')' ? quoted + 3 : 0;
}

/* Bytes of the word characters (and points, when `points`) at the start. */
static size_t word_size(struct text text, bool points)
{
    size_t size = 0;
    while (size < text.length) {
        struct text tail = text_from(text, size);
        uint32_t c = unicode_take(&tail);
        if (!unicode_is_word(c) && !(points && c == '.'))
            break;
        size = text.length - tail.length;
    }
    return size;
}

static size_t number_size(struct text text)
{
    size_t size = text.length > 0 && (text.at[0] == '-' || text.at[0] == '+');
    if (size >= text.length || !is_digit(text.at[size]))
        return 0;
    while (size < text.length
           && (is_digit(text.at[size]) || text.at[size] == '.' || text.at[size] == 'e'))
        size++;
    return size;
}

static size_t operand_size(struct text text)
{
    size_t size = constant_size(text);
    if (size == 0)
        size = word_size(text, true);
    return size ? size : number_size(text);
}

static struct text unquoted(struct text quoted, struct arena *arena)
{
    struct text inside = text_part(quoted, 1, quoted.length - 1);
    if (text_find_char(inside, '\\') == TEXT_NOT_FOUND)
        return inside;
    char *plain = arena_alloc(arena, inside.length);
    size_t length = 0;
    for (size_t i = 0; i < inside.length; i++) {
        bool escape = inside.at[i] == '\\' && i + 1 < inside.length
                      && (inside.at[i + 1] == '\\' || inside.at[i + 1] == quoted.at[0]);
        i += escape;
        plain[length++] = inside.at[i];
    }
    return (struct text){plain, length};
}

/* "_" is allowed between digits. */
static bool underscores_fit(struct text word)
{
    for (size_t i = 0; i < word.length; i++)
        if (word.at[i] == '_'
            && (i == 0 || i + 1 == word.length || !is_digit(word.at[i - 1])
                || !is_digit(word.at[i + 1])))
            return false;
    return true;
}

static bool parse_number(struct parser *parser, struct text word, struct value *out)
{
    struct decimal number;
    bool real = text_find_char(word, '.') != TEXT_NOT_FOUND
                || text_find_char(word, 'e') != TEXT_NOT_FOUND
                || text_find_char(word, 'E') != TEXT_NOT_FOUND;
    bool begins =
        word.length > 0
        && (is_digit(word.at[0]) || word.at[0] == '-' || word.at[0] == '+' || word.at[0] == '.');
    if (!begins || word.at[word.length - 1] == '.' || !underscores_fit(word)
        || !decimal_parse(&number, word, parser->arena))
        return false;
    struct buffer digits = {.arena = parser->arena};
    if (real) {
        decimal_print(&digits, number);
        *out = value_float(value_as_double(value_decimal(buffer_contents(&digits))));
        return true;
    }
    decimal_print_fixed(&digits, number);
    struct text plain = buffer_contents(&digits);
    *out = text_to_int64(&out->integer, plain) ? value_integer(out->integer) : value_decimal(plain);
    return true;
}

static void parse_step(struct arena *arena, struct step *step, struct text word)
{
    *step = (struct step){.text = word,
                          .hash = value_hash_text(word),
                          .cache = ARENA_NEW(arena, struct attribute_cache)};
    step->is_index = word.length > 0 && is_digit(word.at[0]) && text_to_int64(&step->index, word);
}

static const struct variable *parse_variable(struct parser *parser, struct text word)
{
    size_t points = 0;
    struct text rest = word;
    struct text part;
    for (size_t i = 0; i < word.length; i++)
        points += word.at[i] == '.';
    if (word.at[0] == '_' || text_find(word, TEXT("._")) != TEXT_NOT_FOUND)
        return parser_fail(parser, "\"%.*s\": names may not begin with an underscore",
                           TEXT_ARG(word));
    struct variable *variable =
        arena_zero(parser->arena, 1, sizeof *variable + points * sizeof *variable->steps);
    variable->source = word;
    text_next(&rest, '.', &part);
    variable->name = parser_name(parser, part);
    while (text_next(&rest, '.', &part))
        parse_step(parser->arena, &variable->steps[variable->count++], part);
    return variable;
}

static bool parse_operand(struct parser *parser, struct text word, struct operand *out)
{
    *out = (struct operand){0};
    if (constant_size(word)) {
        out->translate = word.at[0] == '_';
        struct text quoted = out->translate ? text_part(word, 2, word.length - 1) : word;
        out->constant = value_safe(unquoted(quoted, parser->arena));
        return true;
    }
    if (parse_number(parser, word, &out->constant))
        return true;
    out->variable = parse_variable(parser, word);
    return out->variable != NULL;
}

static bool check_argument(struct parser *parser, const struct applied *applied)
{
    const struct template_filter *filter = applied->filter;
    if (applied->has_argument && filter->argument == ARGUMENT_NONE)
        return parser_fail(parser, "filter \"%s\" takes no argument", filter->name);
    if (!applied->has_argument && filter->argument == ARGUMENT_REQUIRED)
        return parser_fail(parser, "filter \"%s\" needs an argument", filter->name);
    return true;
}

/* One "|name:argument" off `rest`. */
static bool parse_filter(struct parser *parser, struct text *rest, struct applied *out)
{
    struct text bar = unicode_trim_start(*rest);
    struct text after =
        bar.length && bar.at[0] == '|' ? unicode_trim_start(text_from(bar, 1)) : bar;
    size_t size = word_size(after, false);
    if (after.length == bar.length || size == 0)
        return parser_fail(parser, "\"%.*s\" is not understood", TEXT_ARG(bar));
    *out = (struct applied){.filter = parser_filter(parser, text_part(after, 0, size))};
    if (!out->filter)
        return false;
    *rest = text_from(after, size);
    if (rest->length && rest->at[0] == ':') {
        struct text argument = text_from(*rest, 1);
        size = operand_size(argument);
        if (size == 0)
            return parser_fail(parser, "filter \"%s\": no argument follows the colon",
                               out->filter->name);
        out->has_argument = true;
        if (!parse_operand(parser, text_part(argument, 0, size), &out->argument))
            return false;
        *rest = text_from(argument, size);
    }
    return check_argument(parser, out);
}

struct expression *expression_compile(struct parser *parser, struct text source)
{
    LIST(struct applied) filters = {0};
    struct expression *expression = ARENA_NEW(parser->arena, struct expression);
    size_t size = operand_size(source);
    if (source.length > EXPRESSION_MAX)
        return parser_fail(parser, "an expression of more than %d bytes", EXPRESSION_MAX);
    if (size == 0)
        return parser_fail(parser, "\"%.*s\" does not begin with a variable or literal",
                           TEXT_ARG(source));
    expression->source = source;
    if (!parse_operand(parser, text_part(source, 0, size), &expression->operand))
        return NULL;
    struct text rest = text_from(source, size);
    while (rest.length) {
        struct applied applied;
        if (!parse_filter(parser, &rest, &applied))
            return NULL;
        *LIST_PUSH(parser->arena, &filters) = applied;
    }
    expression->filters = filters.items;
    expression->count = filters.count;
    return expression;
}

bool expression_constant(const struct expression *expression, struct value *out)
{
    *out = expression->operand.constant;
    return !expression->operand.variable && expression->count == 0
           && !expression->operand.translate;
}
