/* Operators by precedence climbing, as Django's {% if %} ranks them. */
#include "template/condition.h"

#include "base/arena.h"
#include "template/expression.h"

enum operation {
    VALUE_OF,
    OR,
    AND,
    NOT,
    IN,
    NOT_IN,
    IS,
    IS_NOT,
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL,
};

struct condition {
    enum operation operation;
    const struct expression *expression;
    const struct condition *left;
    const struct condition *right;
};

static const struct {
    const char *word;
    enum operation operation;
    int rank;
} operators[] = {
    {"or", OR, 1},         {"and", AND, 2},   {"not", NOT, 3},          {"in", IN, 4},
    {"is", IS, 5},         {"==", EQUAL, 5},  {"!=", NOT_EQUAL, 5},     {"<", LESS, 5},
    {"<=", LESS_EQUAL, 5}, {">", GREATER, 5}, {">=", GREATER_EQUAL, 5},
};

struct words {
    struct parser *parser;
    const struct tag *tag;
    size_t at;
    unsigned operators;
};

#define OPERATORS_MAX 300
#define RANK_NOT      3

static const struct condition *compile(struct words *words, int rank);

static struct condition *make(struct words *words, enum operation operation)
{
    if (operation != VALUE_OF && words->operators++ >= OPERATORS_MAX)
        return parser_fail(words->parser, "more than %d operators", OPERATORS_MAX);
    struct condition *condition = ARENA_NEW(words->parser->arena, struct condition);
    condition->operation = operation;
    return condition;
}

static bool next_is(const struct words *words, size_t ahead, const char *word)
{
    return words->at + ahead < words->tag->count
           && text_is(words->tag->words[words->at + ahead], word);
}

/* The operator at the front, without taking it; "not in" and "is not" are one. */
static bool peek(const struct words *words, enum operation *operation, int *rank, size_t *size)
{
    *size = 1;
    if (next_is(words, 0, "not") && next_is(words, 1, "in")) {
        *operation = NOT_IN;
        *rank = 4;
        *size = 2;
        return true;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!next_is(words, 0, operators[i].word))
            continue;
        *operation = operators[i].operation;
        *rank = operators[i].rank;
        if (*operation == IS && next_is(words, 1, "not")) {
            *operation = IS_NOT;
            *size = 2;
        }
        return true;
    }
    return false;
}

static const struct condition *compile_operand(struct words *words)
{
    enum operation operation;
    int rank;
    size_t size;
    if (words->at >= words->tag->count)
        return parser_fail(words->parser, "the condition ends where a value is expected");
    struct text word = words->tag->words[words->at];
    bool is_operator = peek(words, &operation, &rank, &size);
    words->at += size;
    if (is_operator && operation != NOT)
        return parser_fail(words->parser, "\"%.*s\" stands where a value is expected",
                           TEXT_ARG(word));
    struct condition *condition = make(words, is_operator ? NOT : VALUE_OF);
    if (!condition)
        return NULL;
    if (is_operator)
        condition->left = compile(words, RANK_NOT);
    else
        condition->expression = expression_compile(words->parser, word);
    return condition->left || condition->expression ? condition : NULL;
}

/* An operand and all that follows of a higher rank. */
static const struct condition *compile(struct words *words, int rank)
{
    enum operation operation;
    int next;
    size_t size;
    const struct condition *left = compile_operand(words);
    while (left && peek(words, &operation, &next, &size) && next > rank) {
        if (operation == NOT)
            return parser_fail(words->parser, "\"not\" stands where an operator is expected");
        struct condition *both = make(words, operation);
        if (!both)
            return NULL;
        words->at += size;
        both->left = left;
        both->right = compile(words, next);
        left = both->right ? both : NULL;
    }
    return left;
}

const struct condition *condition_compile(struct parser *parser, const struct tag *tag)
{
    struct words words = {.parser = parser, .tag = tag, .at = 1};
    const struct condition *condition = compile(&words, 0);
    if (condition && words.at < tag->count)
        return parser_fail(parser, "\"%.*s\" is left over in the condition",
                           TEXT_ARG(tag->words[words.at]));
    return condition;
}

/* `is`: the same null, truth value, small integer or object. */
static bool is_same(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_NONE: return true;
    case VALUE_BOOL: return a.boolean == b.boolean;
    case VALUE_INTEGER: return a.integer == b.integer;
    case VALUE_FLOAT: return a.real == b.real || (a.real != a.real && b.real != b.real);
    case VALUE_TEXT:
    case VALUE_SAFE: return a.text == b.text && a.length == b.length;
    default: return a.list == b.list;
    }
}

static bool compare(enum operation operation, struct value a, struct value b)
{
    int order;
    if (!value_compare(a, b, &order))
        return false;
    switch (operation) {
    case LESS: return order < 0;
    case LESS_EQUAL: return order <= 0;
    case GREATER: return order > 0;
    default: return order >= 0;
    }
}

static bool apply(enum operation operation, struct value a, struct value b, struct arena *arena)
{
    bool found;
    switch (operation) {
    case IN: return value_contains(b, a, arena, &found) && found;
    case NOT_IN: return value_contains(b, a, arena, &found) && !found;
    case IS: return is_same(a, b);
    case IS_NOT: return !is_same(a, b);
    case EQUAL: return value_equal(a, b);
    case NOT_EQUAL: return !value_equal(a, b);
    default: return compare(operation, a, b);
    }
}

static enum status evaluate(const struct condition *condition, struct render *render,
                            struct value *out);

/* A failure within an operator makes it false, unless it is a limit, or not the template's. */
static enum status forgiven(struct render *render, enum status status)
{
    if (status == FAILED || status == BUSY || status == TIMEOUT)
        return status;
    render->status = OK;
    return OK;
}

static enum status truth(const struct condition *condition, struct render *render, bool *out,
                         bool *failed)
{
    struct value value;
    enum status status = evaluate(condition, render, &value);
    *failed = status != OK;
    *out = status == OK && value_truth(value, render->arena);
    return forgiven(render, status);
}

static enum status evaluate_logic(const struct condition *condition, struct render *render,
                                  struct value *out)
{
    bool left;
    bool right = false;
    bool failed;
    enum status status = truth(condition->left, render, &left, &failed);
    *out = value_bool(false);
    if (status != OK || failed)
        return status;
    if (condition->operation == NOT) {
        *out = value_bool(!left);
        return OK;
    }
    if (left == (condition->operation == OR)) {
        *out = value_bool(left);
        return OK;
    }
    status = truth(condition->right, render, &right, &failed);
    *out = value_bool(right);
    return status;
}

static enum status evaluate(const struct condition *condition, struct render *render,
                            struct value *out)
{
    struct value left;
    struct value right;
    if (condition->operation == VALUE_OF)
        return expression_or_none(condition->expression, render, out);
    if (condition->operation <= NOT)
        return evaluate_logic(condition, render, out);
    *out = value_bool(false);
    enum status status = evaluate(condition->left, render, &left);
    if (status == OK)
        status = evaluate(condition->right, render, &right);
    if (status == OK)
        *out = value_bool(apply(condition->operation, left, right, render->arena));
    return forgiven(render, status);
}

enum status condition_test(const struct condition *condition, struct render *render, bool *out)
{
    struct value value;
    enum status status = evaluate(condition, render, &value);
    *out = status == OK && value_truth(value, render->arena);
    if (status == NOT_FOUND)
        render->status = OK;
    return status == NOT_FOUND ? OK : status;
}
