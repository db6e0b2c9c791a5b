#include "template/plural.h"

#include "base/arena.h"

#define FORMS_MAX   16
#define DEPTH_MAX   40
#define NODES_MAX   200
#define NUMBERS_MAX 1000
#define ENGLISH     TEXT("nplurals=2; plural=n != 1;")

enum operation {
    NUMBER,
    N,
    NOT,
    TIMES,
    DIVIDE,
    MODULO,
    PLUS,
    MINUS,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL,
    EQUAL,
    UNEQUAL,
    AND,
    OR,
    CHOOSE,
};

struct plural_node {
    enum operation operation;
    int64_t number;
    const struct plural_node *a, *b, *c;
};

struct reader {
    struct arena *arena;
    struct text rest;
    unsigned depth;
    unsigned nodes;
};

static bool take(struct reader *reader, struct text word)
{
    reader->rest = text_trim(reader->rest);
    if (!text_starts(reader->rest, word))
        return false;
    reader->rest = text_from(reader->rest, word.length);
    return true;
}

/* Evaluation goes as deep as there are nodes. */
static const struct plural_node *node(struct reader *reader, struct plural_node parts)
{
    if (++reader->nodes > NODES_MAX)
        return NULL;
    struct plural_node *node = ARENA_NEW(reader->arena, struct plural_node);
    *node = parts;
    return node;
}

static bool take_number(struct reader *reader, int64_t *out)
{
    size_t digits = 0;
    reader->rest = text_trim(reader->rest);
    while (digits < reader->rest.length && reader->rest.at[digits] >= '0'
           && reader->rest.at[digits] <= '9')
        digits++;
    struct text number = text_part(reader->rest, 0, digits);
    reader->rest = text_from(reader->rest, digits);
    return text_to_int64(out, number);
}

static const struct plural_node *choice(struct reader *reader);

static const struct plural_node *operand(struct reader *reader)
{
    int64_t number;
    if (take(reader, TEXT("("))) {
        const struct plural_node *inside = choice(reader);
        return inside && take(reader, TEXT(")")) ? inside : NULL;
    }
    if (take(reader, TEXT("n")))
        return node(reader, (struct plural_node){.operation = N});
    if (take_number(reader, &number))
        return node(reader, (struct plural_node){.operation = NUMBER, .number = number});
    return NULL;
}

static const struct plural_node *negation(struct reader *reader)
{
    size_t count = 0;
    while (take(reader, TEXT("!")))
        count++;
    const struct plural_node *inside = operand(reader);
    for (size_t i = count ? 2 - count % 2 : 0; inside && i > 0; i--)
        inside = node(reader, (struct plural_node){.operation = NOT, .a = inside});
    return inside;
}

/* C's binary operators, those that bind least first; of two that begin alike, the longer first. */
static const struct {
    struct text word;
    enum operation operation;
    unsigned level;
} operators[] = {
    {{"||", 2}, OR, 0},
    {{"&&", 2}, AND, 1},
    {{"==", 2}, EQUAL, 2},
    {{"!=", 2}, UNEQUAL, 2},
    {{"<=", 2}, LESS_EQUAL, 3},
    {{"<", 1}, LESS, 3},
    {{">=", 2}, GREATER_EQUAL, 3},
    {{">", 1}, GREATER, 3},
    {{"+", 1}, PLUS, 4},
    {{"-", 1}, MINUS, 4},
    {{"*", 1}, TIMES, 5},
    {{"/", 1}, DIVIDE, 5},
    {{"%", 1}, MODULO, 5},
};

#define LEVELS 6

static bool take_operator(struct reader *reader, unsigned level, enum operation *out)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (operators[i].level != level || !take(reader, operators[i].word))
            continue;
        *out = operators[i].operation;
        return true;
    }
    return false;
}

static const struct plural_node *binary(struct reader *reader, unsigned level)
{
    enum operation operation;
    if (level == LEVELS)
        return negation(reader);
    const struct plural_node *left = binary(reader, level + 1);
    while (left && take_operator(reader, level, &operation)) {
        const struct plural_node *right = binary(reader, level + 1);
        left = right ? node(reader,
                            (struct plural_node){.operation = operation, .a = left, .b = right})
                     : NULL;
    }
    return left;
}

static const struct plural_node *choice(struct reader *reader)
{
    if (++reader->depth > DEPTH_MAX)
        return NULL;
    const struct plural_node *condition = binary(reader, 0);
    if (condition && take(reader, TEXT("?"))) {
        const struct plural_node *yes = choice(reader);
        const struct plural_node *no = yes && take(reader, TEXT(":")) ? choice(reader) : NULL;
        condition =
            no ? node(reader,
                      (struct plural_node){.operation = CHOOSE, .a = condition, .b = yes, .c = no})
               : NULL;
    }
    reader->depth--;
    return condition;
}

/* Rounds towards minus infinity, as Python does. */
static bool divide(int64_t a, int64_t b, int64_t *quotient, int64_t *rest)
{
    if (b == 0 || (a == INT64_MIN && b == -1))
        return false;
    bool down = a % b != 0 && (a < 0) != (b < 0);
    *quotient = a / b - down;
    *rest = a % b + (down ? b : 0);
    return true;
}

static bool calculate(enum operation operation, int64_t a, int64_t b, int64_t *out)
{
    int64_t other;
    switch (operation) {
    case TIMES: return !__builtin_mul_overflow(a, b, out);
    case PLUS: return !__builtin_add_overflow(a, b, out);
    case MINUS: return !__builtin_sub_overflow(a, b, out);
    case DIVIDE: return divide(a, b, out, &other);
    case MODULO: return divide(a, b, &other, out);
    case LESS: *out = a < b; return true;
    case LESS_EQUAL: *out = a <= b; return true;
    case GREATER: *out = a > b; return true;
    case GREATER_EQUAL: *out = a >= b; return true;
    case EQUAL: *out = a == b; return true;
    case UNEQUAL: *out = a != b; return true;
    default: return false;
    }
}

/* False: a division by zero, or a number that is too large. */
static bool evaluate(const struct plural_node *node, int64_t n, int64_t *out)
{
    int64_t a;
    int64_t b;
    *out = node->operation == N ? n : node->number;
    if (node->operation == N || node->operation == NUMBER)
        return true;
    if (!evaluate(node->a, n, &a))
        return false;
    switch (node->operation) {
    case NOT: *out = !a; return true;
    case CHOOSE: return evaluate(a ? node->b : node->c, n, out);
    case AND:
    case OR:
        *out = node->operation == OR;
        if ((a != 0) == (node->operation == OR))
            return true;
        if (!evaluate(node->b, n, &b))
            return false;
        *out = b != 0;
        return true;
    default: return evaluate(node->b, n, &b) && calculate(node->operation, a, b, out);
    }
}

static bool form_of(const struct plural *plural, int64_t n, size_t *out)
{
    int64_t form;
    bool fits = evaluate(plural->form, n, &form) && form >= 0 && (uint64_t)form < plural->count;
    *out = fits ? (size_t)form : 0;
    return fits;
}

static enum status check_forms(const struct plural *plural)
{
    size_t form;
    for (int64_t n = 0; n <= NUMBERS_MAX; n++)
        if (!form_of(plural, n, &form))
            return fail_as(INVALID, "Plural-Forms gives no form for %lld", (long long)n);
    return OK;
}

enum status plural_parse(struct arena *arena, struct text line, struct plural *out)
{
    int64_t count;
    struct reader reader = {.arena = arena, .rest = line.length ? line : ENGLISH};
    if (!take(&reader, TEXT("nplurals")) || !take(&reader, TEXT("="))
        || !take_number(&reader, &count) || !take(&reader, TEXT(";"))
        || !take(&reader, TEXT("plural")) || !take(&reader, TEXT("=")))
        return fail_as(INVALID, "Plural-Forms is not \"nplurals=…; plural=…;\"");
    if (count < 1 || count > FORMS_MAX)
        return fail_as(INVALID, "Plural-Forms has %lld forms", (long long)count);
    *out = (struct plural){.count = (size_t)count, .form = choice(&reader)};
    take(&reader, TEXT(";"));
    if (!out->form || text_trim(reader.rest).length) {
        struct text excerpt = text_part(reader.rest, 0, 40);
        return fail_as(INVALID, "Plural-Forms is not understood, from \"%.*s\" on",
                       TEXT_ARG(excerpt));
    }
    return check_forms(out);
}

size_t plural_form(const struct plural *plural, int64_t n)
{
    size_t form;
    form_of(plural, n, &form);
    return form;
}
