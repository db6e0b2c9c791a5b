/* Of the library "i18n": language, get_current_language, get_available_languages,
 * get_language_info …, and the filters language_name …. */
#include "base/arena.h"
#include "template/expression.h"
#include "template/filters.h"
#include "template/language.h"
#include "template/set.h"
#include "template/tags.h"
#include "template/unicode.h"

struct language_node {
    struct node node;
    struct expression *code;
    struct nodes body;
};

/* What {% language None %} makes current: translations are off. */
static const struct language no_language = {.code = {"en", 2}};

/* "pt_BR" as "pt-br". */
static struct text language_code(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    size_t line = text_find_char(text, '_');
    unicode_put_lower(&out, text_part(text, 0, line));
    if (line != TEXT_NOT_FOUND) {
        buffer_char(&out, '-');
        unicode_put_lower(&out, text_from(text, line + 1));
    }
    return out.at ? buffer_contents(&out) : TEXT("");
}

/* Of that code, with the texts of one like it when there is none. */
static const struct language *language_called(struct render *render, struct text code)
{
    const struct language_list *languages = render->set->host.languages;
    const struct language *known = languages ? language_match(languages, code) : NULL;
    if (known && text_equal_nocase(known->code, code))
        return known;
    struct language *other = ARENA_NEW(render->arena, struct language);
    *other = (struct language){.code = language_code(render->arena, code),
                               .catalogue = known ? known->catalogue : NULL};
    return other;
}

static enum status render_language(const struct node *self, struct render *render)
{
    const struct language_node *node = (const struct language_node *)self;
    const struct language *outer = render->language;
    struct value code;
    enum status status = expression_value(node->code, render, &code);
    if (status == OK && code.kind != VALUE_NONE && !value_is_text(code)
        && value_truth(code, render->arena))
        status = render_fail(render,
                             code.kind == VALUE_LIST || code.kind == VALUE_MAP ? "TypeError"
                                                                               : "AttributeError",
                             "a language is named by a text");
    if (status != OK)
        return status;
    if (code.kind == VALUE_NONE)
        render->language = &no_language;
    else if (value_truth(code, render->arena))
        render->language = language_called(render, value_to_text(code, render->arena));
    status = render_nodes(render, &node->body);
    render->language = outer;
    return status;
}

static struct node *compile_language(struct parser *parser, const struct tag *tag)
{
    static const char *const ends[] = {"endlanguage", NULL};
    struct language_node *node = NODE_NEW(parser, tag, struct language_node, render_language);
    if (tag->count != 2)
        return parser_fail(parser, "one language code is expected");
    node->code = expression_compile(parser, tag->words[1]);
    return node->code && parser_body(parser, tag, ends, &node->body) ? &node->node : NULL;
}

static struct text current_code(const struct render *render)
{
    if (render->language == &no_language)
        return TEXT("None");
    return render->language ? render->language->code : TEXT("en");
}

struct as_node {
    struct node node;
    const struct name *as;
};

/* {% tag as name %} */
static struct node *compile_as(struct parser *parser, const struct tag *tag,
                               enum status (*render)(const struct node *, struct render *))
{
    struct as_node *node = NODE_NEW(parser, tag, struct as_node, render);
    if (tag->count != 3 || !text_is(tag->words[1], "as"))
        return parser_fail(parser, "\"as name\" is expected");
    node->as = parser_name(parser, tag->words[2]);
    return &node->node;
}

static enum status render_current(const struct node *self, struct render *render)
{
    scope_set(render, ((const struct as_node *)self)->as, value_text(current_code(render)));
    return OK;
}

static struct node *compile_current(struct parser *parser, const struct tag *tag)
{
    return compile_as(parser, tag, render_current);
}

static enum status render_bidi(const struct node *self, struct render *render)
{
    scope_set(render, ((const struct as_node *)self)->as,
              value_bool(language_is_bidi(current_code(render))));
    return OK;
}

static struct node *compile_bidi(struct parser *parser, const struct tag *tag)
{
    return compile_as(parser, tag, render_bidi);
}

static enum status render_available(const struct node *self, struct render *render)
{
    const struct language_list *languages = render->set->host.languages;
    size_t count = languages ? languages->count : 0;
    struct value *items = ARENA_ARRAY(render->arena, struct value, count);
    for (size_t i = 0; i < count; i++) {
        struct value *pair = ARENA_ARRAY(render->arena, struct value, 2);
        pair[0] = value_text(languages->items[i].code);
        pair[1] = value_text(language_text(render->language, TEXT_NONE, languages->items[i].name));
        items[i] = value_tuple(render->arena, pair, 2);
    }
    scope_set(render, ((const struct as_node *)self)->as, value_list(render->arena, items, count));
    return OK;
}

static struct node *compile_available(struct parser *parser, const struct tag *tag)
{
    return compile_as(parser, tag, render_available);
}

static enum status info_of(struct render *render, struct value code, struct value *out)
{
    struct language_names names;
    struct text text = value_to_text(code, render->arena);
    struct value_map *map = value_map_new(render->arena);
    if (!value_is_text(code) || !language_names(text, &names))
        return render_fail(render,
                           value_is_text(code) || code.kind == VALUE_TUPLE ? "KeyError"
                                                                           : "TypeError",
                           "no language is known by the code \"%.*s\"", TEXT_ARG(text));
    value_map_set(map, TEXT("bidi"), value_bool(language_is_bidi(names.code)));
    value_map_set(map, TEXT("code"), value_text(names.code));
    value_map_set(map, TEXT("name"), value_text(names.english));
    value_map_set(map, TEXT("name_local"), value_text(names.own));
    value_map_set(map, TEXT("name_translated"),
                  value_text(language_text(render->language, TEXT_NONE, names.english)));
    *out = value_map(map);
    return OK;
}

struct info_node {
    struct node node;
    struct expression *what; /* a code, or a list of codes */
    const struct name *as;
    bool is_list;
};

/* Of a list: codes, or pairs that begin with one. */
static enum status info_list(struct render *render, struct value codes, struct value *out)
{
    struct value_list list;
    if (!value_items(codes, render->arena, &list))
        return render_fail(render, "TypeError", "a list of language codes is expected");
    struct value *items = ARENA_ARRAY(render->arena, struct value, list.count);
    for (size_t i = 0; i < list.count; i++) {
        struct value code = list.items[i];
        if ((code.kind == VALUE_LIST || code.kind == VALUE_TUPLE) && code.list->count)
            code = code.list->items[0];
        enum status status = info_of(render, code, &items[i]);
        if (status != OK)
            return status;
    }
    *out = value_list(render->arena, items, list.count);
    return OK;
}

static enum status render_info(const struct node *self, struct render *render)
{
    const struct info_node *node = (const struct info_node *)self;
    struct value value;
    enum status status = expression_value(node->what, render, &value);
    if (status == OK)
        status = node->is_list ? info_list(render, value, &value) : info_of(render, value, &value);
    if (status == OK)
        scope_set(render, node->as, value);
    return status;
}

static struct node *compile_info(struct parser *parser, const struct tag *tag)
{
    struct info_node *node = NODE_NEW(parser, tag, struct info_node, render_info);
    if (tag->count != 5 || !text_is(tag->words[1], "for") || !text_is(tag->words[3], "as"))
        return parser_fail(parser, "\"for code as name\" is expected");
    node->is_list = text_is(tag->words[0], "get_language_info_list");
    node->what = expression_compile(parser, tag->words[2]);
    node->as = parser_name(parser, tag->words[4]);
    return node->what ? &node->node : NULL;
}

static struct value info_part(struct filter_call *call, struct value code, const char *part)
{
    struct value info = VALUE_NULL;
    call->status = info_of(call->render, code, &info);
    return call->status == OK
               ? *value_map_find_text(info.map, text_of(part), value_hash_text(text_of(part)))
               : VALUE_NULL;
}

FILTER(language_name)
{
    (void)argument;
    return info_part(call, value, "name");
}

FILTER(language_name_local)
{
    (void)argument;
    return info_part(call, value, "name_local");
}

FILTER(language_name_translated)
{
    (void)argument;
    return info_part(call, value, "name_translated");
}

FILTER(language_bidi)
{
    (void)argument;
    return info_part(call, value, "bidi");
}

static const struct template_tag tag_rows[] = {
    {"language", compile_language},
    {"get_current_language", compile_current},
    {"get_current_language_bidi", compile_bidi},
    {"get_available_languages", compile_available},
    {"get_language_info", compile_info},
    {"get_language_info_list", compile_info},
    {0},
};
static const struct template_filter filter_rows[] = {
    {"language_name", language_name, ARGUMENT_NONE, 0},
    {"language_name_local", language_name_local, ARGUMENT_NONE, 0},
    {"language_name_translated", language_name_translated, ARGUMENT_NONE, 0},
    {"language_bidi", language_bidi, ARGUMENT_NONE, 0},
    {0},
};
const struct template_library tags_language = {"i18n", .tags = tag_rows, .filters = filter_rows};
