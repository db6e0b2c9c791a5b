/* HTML cut after so many characters or words. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "template/html.h"
#include "template/unicode.h"

struct open_tags {
    LIST(struct text) names;
};

static bool is_single(struct text name)
{
    static const char *const singles[] = {"br",    "col",  "link", "base", "img",
                                          "param", "area", "hr",   "input"};
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        if (text_equal_nocase(name, text_of(singles[i])))
            return true;
    return false;
}

/* The name in "<…>", and whether it closes another or itself; empty when it is no tag. */
static struct text tag_name(struct text tag, bool *closing, bool *self_closing)
{
    size_t end = 0;
    struct text inside = text_part(tag, 1, tag.length - 1);
    *closing =
        inside.length > 1 && inside.at[0] == '/' && !unicode_is_space((unsigned char)inside.at[1]);
    if (*closing)
        inside = text_from(inside, 1);
    *self_closing = false;
    while (end < inside.length && !unicode_is_space((unsigned char)inside.at[end])) {
        end++;
        if (end + 1 == inside.length && inside.at[end] == '/')
            break;
    }
    struct text rest = unicode_trim(text_from(inside, end));
    *self_closing = text_is(rest, "/");
    return text_part(inside, 0, end);
}

static void note_tag(struct arena *arena, struct open_tags *open, struct text tag)
{
    bool closing;
    bool self_closing;
    struct text name = tag_name(tag, &closing, &self_closing);
    if (name.length == 0 || self_closing || is_single(name))
        return;
    if (!closing)
        *LIST_PUSH(arena, &open->names) = name;
    else if (open->names.count && text_equal_nocase(open->names.items[open->names.count - 1], name))
        open->names.count--;
}

/* Bytes of the tag at the front, 0 when there is none. */
static size_t tag_size(struct text rest)
{
    if (rest.length < 3 || rest.at[0] != '<' || rest.at[1] == '>')
        return 0;
    size_t close = text_find_char(rest, '>');
    return close == TEXT_NOT_FOUND ? 0 : close + 1;
}

/* Takes what counts as one off; false for what counts as nothing. */
static bool take_unit(struct text *rest, bool words)
{
    size_t size = 0;
    while (words && size < rest->length && rest->at[size] != '<' && rest->at[size] != '>') {
        struct text tail = text_from(*rest, size);
        if (unicode_is_space(unicode_take(&tail)))
            break;
        size = rest->length - tail.length;
    }
    *rest = text_from(*rest, size ? size : unicode_size(*rest));
    return !words || size > 0;
}

static struct text closed(struct arena *arena, struct text cut, bool words,
                          const struct open_tags *open)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, cut);
    buffer_text(&out, words ? TEXT(" …") : TEXT("…"));
    for (size_t i = open->names.count; i-- > 0;) {
        buffer_text(&out, TEXT("</"));
        unicode_put_lower(&out, open->names.items[i]);
        buffer_char(&out, '>');
    }
    return buffer_contents(&out);
}

struct text html_truncated(struct arena *arena, struct text html, int64_t limit, bool words)
{
    struct open_tags open = {0};
    struct text rest = html;
    if (limit < -1)
        limit = -1;
    int64_t keep = words ? limit : limit - 1;
    int64_t count = 0;
    size_t cut = 0;
    bool no_more_tags = false;
    if (words && limit <= 0)
        return TEXT("");
    while (rest.length && count <= limit) {
        size_t tag = no_more_tags ? 0 : tag_size(rest);
        no_more_tags |=
            tag == 0 && rest.at[0] == '<' && text_find_char(rest, '>') == TEXT_NOT_FOUND;
        if (tag) {
            if (count < keep)
                note_tag(arena, &open, text_part(rest, 0, tag));
            rest = text_from(rest, tag);
        } else if (take_unit(&rest, words) && ++count == keep) {
            cut = html.length - rest.length;
        }
    }
    return count <= limit ? html : closed(arena, text_part(html, 0, cut), words, &open);
}
