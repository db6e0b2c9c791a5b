/* lorem. */

#include <string.h>

#include "base/arena.h"
#include "template/expression.h"
#include "template/format.h"
#include "template/number.h"
#include "template/tags.h"
#include "template/unicode.h"

#define LENGTH_MAX   (1u << 20)
#define COMMON_WORDS 19

static const char common_text[] =
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut "
    "labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco "
    "laboris nisi ut aliquip ex ea commodo consequat. Duis aute irure dolor in reprehenderit in "
    "voluptate velit esse cillum dolore eu fugiat nulla pariatur. Excepteur sint occaecat "
    "cupidatat "
    "non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.";

static const char *const words[] = {
    "lorem",     "ipsum",  "dolor",    "sit",       "amet",     "consectetur", "adipisicing",
    "elit",      "sed",    "do",       "eiusmod",   "tempor",   "incididunt",  "ut",
    "labore",    "et",     "dolore",   "magna",     "aliqua",   "enim",        "ad",
    "minim",     "veniam", "quis",     "nostrud",   "ullamco",  "laboris",     "nisi",
    "aliquip",   "ex",     "ea",       "commodo",   "duis",     "aute",        "irure",
    "voluptate", "velit",  "esse",     "cillum",    "fugiat",   "nulla",       "pariatur",
    "excepteur", "sint",   "occaecat", "cupidatat", "proident", "culpa",       "officia",
    "deserunt",  "mollit", "anim",     "laborum",
};

struct lorem_node {
    struct node node;
    struct expression *count;
    char method; /* w: words, p: paragraphs of HTML, b: plain ones */
    bool random;
};

static const char *any_word(const struct render *render)
{
    return words[format_pick(render, sizeof words / sizeof *words)];
}

static void put_words(struct buffer *out, const struct render *render,
                      const struct lorem_node *node, int64_t count)
{
    if (count < 0) /* so many fewer of those that come first */
        count += node->random ? 0 : COMMON_WORDS;
    for (int64_t i = 0; i < count && !out->failed; i++) {
        bool common = !node->random && i < COMMON_WORDS;
        buffer_text(out, i > 0 ? TEXT(" ") : TEXT(""));
        buffer_text(out, text_of(common ? words[i] : any_word(render)));
    }
}

static void put_sentence(struct buffer *out, const struct render *render)
{
    size_t count = 4 + format_pick(render, 8);
    struct text first = text_of(any_word(render));
    unicode_put_upper(out, text_part(first, 0, 1));
    buffer_text(out, text_from(first, 1));
    for (size_t i = 1; i < count; i++)
        buffer_format(out, "%s %s", i % 5 == 0 ? "," : "", any_word(render));
    buffer_char(out, '.');
}

static void put_paragraph(struct buffer *out, const struct render *render, bool common)
{
    if (common) {
        buffer_text(out, text_of(common_text));
        return;
    }
    size_t count = 1 + format_pick(render, 4);
    for (size_t i = 0; i < count; i++) {
        buffer_text(out, i > 0 ? TEXT(" ") : TEXT(""));
        put_sentence(out, render);
    }
}

static void put_paragraphs(struct buffer *out, const struct render *render,
                           const struct lorem_node *node, int64_t count)
{
    for (int64_t i = 0; i < count && !out->failed; i++) {
        buffer_text(out, i > 0 ? TEXT("\n\n") : TEXT(""));
        buffer_text(out, node->method == 'p' ? TEXT("<p>") : TEXT(""));
        put_paragraph(out, render, i == 0 && !node->random);
        buffer_text(out, node->method == 'p' ? TEXT("</p>") : TEXT(""));
    }
}

static enum status render_lorem(const struct node *self, struct render *render)
{
    const struct lorem_node *node = (const struct lorem_node *)self;
    struct buffer text = {.arena = render->arena, .limit = LENGTH_MAX};
    struct value value = value_integer(1);
    int64_t count;
    enum status status = node->count ? expression_value(node->count, render, &value) : OK;
    if (status != OK)
        return status;
    const char *kind = number_clamped(value, render->arena, &count);
    if (kind && strcmp(kind, "OverflowError") == 0)
        return render_fail(render, kind, "a number without end counts nothing");
    if (kind)
        count = 1;
    if (node->method == 'w')
        put_words(&text, render, node, count);
    else
        put_paragraphs(&text, render, node, count);
    if (text.failed)
        return render_stop(render, "MemoryError", "too much text");
    buffer_text(render->out, buffer_contents(&text));
    return OK;
}

static struct node *compile_lorem(struct parser *parser, const struct tag *tag)
{
    struct lorem_node *node = NODE_NEW(parser, tag, struct lorem_node, render_lorem);
    size_t count = tag->count;
    struct text last = tag->words[count - 1];
    node->method = 'b';
    node->random = count > 1 && text_is(last, "random");
    count -= node->random;
    last = tag->words[count - 1];
    if (count > 1 && last.length == 1
        && (last.at[0] == 'w' || last.at[0] == 'p' || last.at[0] == 'b')) {
        node->method = last.at[0];
        count--;
    }
    if (count > 2)
        return parser_fail(parser, "a number, one of \"w\", \"p\" and \"b\", and \"random\" "
                                   "are expected at most");
    if (count < 2)
        return &node->node;
    node->count = expression_compile(parser, tag->words[1]);
    return node->count ? &node->node : NULL;
}

static const struct template_tag rows[] = {{"lorem", compile_lorem}, {0}};
const struct template_library tags_lorem = {"", .tags = rows};
