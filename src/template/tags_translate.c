/* Of the library "i18n": translate, blocktranslate, and their short names. */
#include "base/arena.h"
#include "template/catalogue.h"
#include "template/language.h"
#include "template/number.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/unicode.h"

struct translate_node {
    struct node node;
    struct expression *message;
    struct expression *context; /* NULL: none */
    const struct name *as;
    bool noop;
    const struct text *ready; /* of a constant message, by language; NULL: to be looked up */
    size_t ready_count;
};

/* The value of `context "…"`; TEXT_NONE without one. */
static enum status context_of(const struct expression *expression, struct render *render,
                              struct text *out)
{
    struct value value;
    *out = TEXT_NONE;
    if (!expression)
        return OK;
    enum status status = expression_value(expression, render, &value);
    if (status == OK && value_truth(value, render->arena))
        *out = value_to_text(value, render->arena);
    return status;
}

static struct text halve_percents(struct text text, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    size_t from = 0;
    size_t found;
    while ((found = text_find(text_from(text, from), TEXT("%%"))) != TEXT_NOT_FOUND) {
        buffer_text(&out, text_part(text, from, from + found + 1));
        from += found + 2;
    }
    if (from == 0)
        return text;
    buffer_text(&out, text_from(text, from));
    return buffer_contents(&out);
}

/* Into the variable `as`, or else out. */
static enum status give(struct render *render, const struct name *as, struct value value)
{
    if (as)
        scope_set(render, as, value);
    else
        buffer_text(render->out, value_as_text(value));
    return OK;
}

static bool is_ready(const struct translate_node *node, const struct render *render)
{
    const struct language *language = render->language;
    return language && language->index < node->ready_count
           && language == &render->set->host.languages->items[language->index];
}

static enum status render_translate(const struct node *self, struct render *render)
{
    const struct translate_node *node = (const struct translate_node *)self;
    struct text context;
    struct value value;
    if (is_ready(node, render))
        return give(render, node->as, value_safe(node->ready[render->language->index]));
    enum status status = context_of(node->context, render, &context);
    if (status == OK)
        status = node->noop ? expression_value(node->message, render, &value)
                            : expression_translated(node->message, render, context, &value);
    if (status != OK)
        return status;
    struct text text = halve_percents(render_value_text(render, value), render->arena);
    bool safe = render->autoescape || value.kind == VALUE_SAFE;
    return give(render, node->as, safe ? value_safe(text) : value_text(text));
}

static bool translate_option(struct parser *parser, const struct tag *tag, size_t *at,
                             struct translate_node *node)
{
    struct text option = tag->words[(*at)++];
    struct text value = *at < tag->count ? tag->words[*at] : TEXT_NONE;
    bool again = (text_is(option, "noop") && node->noop)
                 || (text_is(option, "context") && node->context)
                 || (text_is(option, "as") && node->as);
    if (again)
        return parser_fail(parser, "\"%.*s\" is there twice", TEXT_ARG(option));
    if (text_is(option, "noop")) {
        node->noop = true;
        return true;
    }
    if (!text_is(option, "context") && !text_is(option, "as"))
        return parser_fail(parser, "\"noop\", \"context\" or \"as\" is expected, not \"%.*s\"",
                           TEXT_ARG(option));
    ++*at;
    if (text_is(option, "as")) {
        node->as = value.at ? parser_name(parser, value) : NULL;
        return node->as || parser_fail(parser, "a name is expected behind \"as\"");
    }
    if (!value.at || text_is(value, "as") || text_is(value, "noop"))
        return parser_fail(parser, "a text is expected behind \"context\"");
    node->context = expression_compile(parser, value);
    return node->context != NULL;
}

/* Looks a constant message up in every language, once for all pages. */
static void make_ready(struct parser *parser, struct translate_node *node)
{
    const struct language_list *languages = parser->set->host.languages;
    struct value constant;
    if (!languages || node->context || node->noop || !expression_constant(node->message, &constant)
        || constant.kind != VALUE_SAFE
        || text_find_char(value_as_text(constant), '%') != TEXT_NOT_FOUND)
        return;
    struct text *texts = ARENA_ARRAY(parser->arena, struct text, languages->count);
    for (size_t i = 0; i < languages->count; i++)
        texts[i] =
            halve_percents(language_text(&languages->items[i], TEXT_NONE, value_as_text(constant)),
                           parser->arena);
    node->ready = texts;
    node->ready_count = languages->count;
}

static struct node *compile_translate(struct parser *parser, const struct tag *tag)
{
    struct translate_node *node = NODE_NEW(parser, tag, struct translate_node, render_translate);
    size_t at = 2;
    if (tag->count < 2)
        return parser_fail(parser, "a text is expected");
    node->message = expression_compile(parser, tag->words[1]);
    if (!node->message)
        return NULL;
    while (at < tag->count)
        if (!translate_option(parser, tag, &at, node))
            return NULL;
    make_ready(parser, node);
    return &node->node;
}

struct names {
    const struct name **items;
    size_t count;
    size_t capacity;
};

struct block_translate_node {
    struct node node;
    struct text singular; /* as in catalogues: "%(name)s", "%%" */
    struct text plural;   /* empty: none */
    struct names names;   /* of the variables in both */
    struct assignments with;
    struct assignments count;
    struct expression *context;
    const struct name *as;
    bool trimmed;
};

/* Of a variable that there is not, as expression_value() gives it. */
static struct value invalid_value(const struct render *render, struct text name)
{
    struct text text = render->set->host.options.string_if_invalid;
    size_t mark = text_find(text, TEXT("%s"));
    if (mark == TEXT_NOT_FOUND)
        return value_text(text);
    struct text part = text_part(text, 0, mark);
    struct text rest = text_from(text, mark + 2);
    return value_text(
        text_format(render->arena, "%.*s%.*s%.*s", TEXT_ARG(part), TEXT_ARG(name), TEXT_ARG(rest)));
}

static void put_variable(struct render *render, struct buffer *out, const struct name *name)
{
    struct value value;
    if (!scope_get(render, name, &value))
        value = invalid_value(render, name->text);
    buffer_text(out, render_value_text(render, value));
}

static const struct name *find_name(const struct names *names, struct text text)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->items[i]->text, text))
            return names->items[i];
    return NULL;
}

/* Fills "%(name)s" and "%%" in. False: it names something else, or is not of that form. */
static bool put_filled(const struct block_translate_node *node, struct render *render,
                       struct text text, struct buffer *out)
{
    size_t percent;
    while ((percent = text_find_char(text, '%')) != TEXT_NOT_FOUND) {
        buffer_text(out, text_part(text, 0, percent));
        text = text_from(text, percent + 1);
        size_t close = text_find(text, TEXT(")s"));
        if (text_starts(text, TEXT("%"))) {
            buffer_char(out, '%');
            text = text_from(text, 1);
            continue;
        }
        const struct name *name = text_starts(text, TEXT("(")) && close != TEXT_NOT_FOUND
                                      ? find_name(&node->names, text_part(text, 1, close))
                                      : NULL;
        if (!name)
            return false;
        put_variable(render, out, name);
        text = text_from(text, close + 2);
    }
    buffer_text(out, text);
    return true;
}

static bool find_text(const struct block_translate_node *node, const struct render *render,
                      struct text context, const int64_t *n, struct text *out)
{
    const struct catalogue *catalogue = render->language ? render->language->catalogue : NULL;
    if (!n)
        return catalogue_find(catalogue, context, node->singular, out);
    return catalogue_find_plural(catalogue, context, node->singular, *n, out)
           || (context.at && catalogue_find_plural(catalogue, TEXT_NONE, node->singular, *n, out));
}

/* The number that chooses the plural; NULL in `n` where none does. */
static enum status bind_count(const struct block_translate_node *node, struct render *render,
                              int64_t *room, const int64_t **n, bool *is_one)
{
    struct value count;
    if (!node->plural.length)
        return OK;
    enum status status = expression_value(node->count.items[0].expression, render, &count);
    if (status != OK)
        return status;
    if (!value_is_number(count))
        return render_fail(render, "TemplateSyntaxError", "what is counted must be a number");
    scope_set(render, node->count.items[0].name, count);
    *is_one = value_equal(count, value_integer(1));
    const char *kind = number_clamped(count, render->arena, room);
    if (kind && render->language && render->language->catalogue)
        return render_fail(render, kind, "what is counted has no integer");
    *n = kind ? NULL : room;
    return OK;
}

static enum status put_message(const struct block_translate_node *node, struct render *render,
                               struct buffer *out)
{
    struct text context;
    struct text text;
    const int64_t *n = NULL;
    int64_t room;
    bool is_one = true;
    enum status status = context_of(node->context, render, &context);
    if (status == OK)
        status = assignments_bind(render, &node->with);
    if (status == OK)
        status = bind_count(node, render, &room, &n, &is_one);
    if (status != OK)
        return status;
    if (find_text(node, render, context, n, &text) && put_filled(node, render, text, out))
        return render->status;
    if (render->status != OK)
        return render->status;
    out->length = 0;
    text = is_one ? node->singular : node->plural;
    return put_filled(node, render, text, out)
               ? render->status
               : render_fail(render, "TemplateSyntaxError", "\"%.*s\" cannot be filled in",
                             TEXT_ARG(text));
}

static enum status render_block_translate(const struct node *self, struct render *render)
{
    const struct block_translate_node *node = (const struct block_translate_node *)self;
    struct buffer out = {.arena = render->arena, .limit = render->out->limit};
    struct frame frame = frame_push(render);
    enum status status = put_message(node, render, &out);
    frame_pop(render, frame);
    if (status == OK && out.failed)
        status = render_stop(render, "MemoryError", "the output is over its limit");
    struct text text = out.at ? buffer_contents(&out) : TEXT("");
    return status == OK ? give(render, node->as, value_text(text)) : status;
}

static bool block_option(struct parser *parser, const struct tag *tag, size_t *at,
                         struct block_translate_node *node)
{
    struct text option = tag->words[(*at)++];
    bool has_value = *at < tag->count;
    if (text_is(option, "trimmed") && !node->trimmed)
        return node->trimmed = true;
    if (text_is(option, "with") && !node->with.count)
        return parser_assignments(parser, tag, at, true, &node->with)
               && (node->with.count
                   || parser_fail(parser, "\"name=value\" is expected behind "
                                          "\"with\""));
    if (text_is(option, "count") && !node->count.count)
        return parser_assignments(parser, tag, at, true, &node->count)
               && (node->count.count == 1
                   || parser_fail(parser, "one \"name=value\" is expected behind \"count\""));
    if (text_is(option, "context") && !node->context) {
        node->context = has_value ? expression_compile(parser, tag->words[(*at)++]) : NULL;
        return node->context || parser_fail(parser, "a text is expected behind \"context\"");
    }
    if (text_is(option, "asvar") && !node->as) {
        node->as = has_value ? parser_name(parser, tag->words[(*at)++]) : NULL;
        return node->as || parser_fail(parser, "a name is expected behind \"asvar\"");
    }
    return parser_fail(parser, "\"%.*s\" is not understood, or there twice", TEXT_ARG(option));
}

/* As in catalogues, without the line breaks and what is around them when it is to be trimmed. */
static struct text trimmed(struct text text, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    struct text rest = unicode_trim(text);
    struct text line;
    while (text_next(&rest, '\n', &line)) {
        line = unicode_trim(line);
        if (!line.length)
            continue;
        if (out.length)
            buffer_char(&out, ' ');
        buffer_text(&out, line);
    }
    return out.at ? buffer_contents(&out) : TEXT("");
}

static void put_token(struct parser *parser, struct block_translate_node *node, struct buffer *out)
{
    struct text source = parser->token.source;
    if (parser->token.kind == TOKEN_VARIABLE) {
        buffer_format(out, "%%(%.*s)s", TEXT_ARG(parser->token.contents));
        *LIST_PUSH(parser->arena, &node->names) = parser_name(parser, parser->token.contents);
        return;
    }
    for (size_t i = 0; i < source.length; i++)
        buffer_text(out, source.at[i] == '%' ? TEXT("%%") : text_part(source, i, i + 1));
}

/* Up to the next tag, which is then parser->token. */
static struct text read_message(struct parser *parser, struct block_translate_node *node)
{
    struct buffer out = {.arena = parser->arena};
    for (;;) {
        parser->token = lexer_next(&parser->lexer);
        if (parser->token.kind != TOKEN_TEXT && parser->token.kind != TOKEN_VARIABLE)
            break;
        put_token(parser, node, &out);
    }
    struct text text = out.at ? buffer_contents(&out) : TEXT("");
    text = language_line_ends(text, parser->arena);
    return node->trimmed ? trimmed(text, parser->arena) : text;
}

static struct node *compile_block_translate(struct parser *parser, const struct tag *tag)
{
    struct block_translate_node *node =
        NODE_NEW(parser, tag, struct block_translate_node, render_block_translate);
    struct text end = text_format(parser->arena, "end%.*s", TEXT_ARG(tag->words[0]));
    size_t at = 1;
    while (at < tag->count)
        if (!block_option(parser, tag, &at, node))
            return NULL;
    node->singular = read_message(parser, node);
    if (node->count.count) {
        if (!text_is(parser->token.contents, "plural"))
            return parser_fail(parser, "{%% plural %%} is expected, and no other tag before it");
        node->plural = read_message(parser, node);
    }
    if (!text_equal(parser->token.contents, end))
        return parser_fail(parser, "{%% %.*s %%} is expected, and no other tag before it",
                           TEXT_ARG(end));
    return &node->node;
}

static const struct template_tag rows[] = {
    {"translate", compile_translate},
    {"trans", compile_translate},
    {"blocktranslate", compile_block_translate},
    {"blocktrans", compile_block_translate},
    {0},
};
const struct template_library tags_translate = {"i18n", .tags = rows};
