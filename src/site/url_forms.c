/* Regular expressions turned round, step by step as django.utils.regex_helper.normalize() does: its
 * oddities decide which URLs can be reversed. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "site/url_regex.h"

#define FORMS_MAX 1024
#define BYTES_MAX (1u << 20) /* of all forms together */
#define ITEMS_MAX 65536
#define DEPTH_MAX 300

enum kind { LITERAL, PARAMETER, GROUP, CHOICE };

struct items;

struct item {
    enum kind kind;
    char literal;
    bool repeated;             /* a back reference: the same parameter again */
    struct text name;          /* of a parameter */
    const struct items *inner; /* of a group; of a choice between nothing and its one item */
};

struct items {
    LIST(struct item) list;
};

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct text regex;
    size_t at;
    char c; /* the newest, or what stands for its class */
    bool escaped;
    struct items items;
    LIST(size_t) open; /* where in `items` the groups begin that are open */
    int positional;
    bool too_big;
    bool has_choice;  /* "|" where a path would have to follow one side */
    const char *kind; /* of what is wrong */
};

/* What stands for a class of characters; '\0': nothing at all. */
static char example_of(char escaped)
{
    switch (escaped) {
    case 'A':
    case 'b':
    case 'B':
    case 'Z': return '\0';
    case 'd': return '0';
    case 'D':
    case 'S':
    case 'w': return 'x';
    case 's': return ' ';
    case 'W': return '!';
    default: return escaped;
    }
}

/* False at the end. */
static bool next(struct reader *reader)
{
    while (reader->at < reader->regex.length) {
        reader->c = reader->regex.at[reader->at++];
        reader->escaped = reader->c == '\\';
        if (!reader->escaped)
            return true;
        if (reader->at == reader->regex.length)
            return false;
        reader->c = example_of(reader->regex.at[reader->at++]);
        if (reader->c)
            return true;
    }
    return false;
}

static void push(struct reader *reader, struct item item)
{
    if (reader->items.list.count >= ITEMS_MAX)
        reader->too_big = true;
    else
        *LIST_PUSH(reader->arena, &reader->items.list) = item;
}

static void push_literal(struct reader *reader)
{
    push(reader, (struct item){.kind = LITERAL, .literal = reader->c});
}

static bool refuse(struct reader *reader, const char *kind)
{
    reader->kind = kind;
    return false;
}

/* Behind the ")" of the group that we are in. */
static bool walk_to_end(struct reader *reader)
{
    size_t nesting = reader->c == '(';
    while (next(reader)) {
        if (reader->escaped)
            continue;
        if (reader->c == ')' && nesting-- == 0)
            return true;
        nesting += reader->c == '(';
    }
    return false;
}

/* Behind "(?P<" or "(?P=". */
static bool read_named(struct reader *reader)
{
    bool repeated = reader->c == '=';
    char end = repeated ? ')' : '>';
    struct buffer name = {.arena = reader->arena};
    while (next(reader) && reader->c != end)
        buffer_char(&name, reader->c);
    if (reader->c != end)
        return false;
    push(reader, (struct item){.kind = PARAMETER,
                               .repeated = repeated,
                               .name = name.at ? buffer_contents(&name) : TEXT("")});
    return repeated || walk_to_end(reader);
}

/* Behind "(". */
static bool read_group(struct reader *reader)
{
    if (!next(reader))
        return false;
    if (reader->c != '?' || reader->escaped) {
        struct text name = text_format(reader->arena, "_%d", reader->positional++);
        push(reader, (struct item){.kind = PARAMETER, .name = name});
        return walk_to_end(reader);
    }
    if (!next(reader))
        return false;
    switch (reader->c) {
    case '!':
    case '=':
    case '<': return walk_to_end(reader);
    case ':': *LIST_PUSH(reader->arena, &reader->open) = reader->items.list.count; return true;
    case 'P': break;
    default: return refuse(reader, "ValueError");
    }
    if (!next(reader))
        return false;
    return reader->c == '<' || reader->c == '=' ? read_named(reader) : refuse(reader, "ValueError");
}

static struct items *items_new(struct reader *reader, const struct item *from, size_t count)
{
    struct items *items = ARENA_NEW(reader->arena, struct items);
    for (size_t i = 0; i < count; i++)
        *LIST_PUSH(reader->arena, &items->list) = from[i];
    return items;
}

static bool close_group(struct reader *reader)
{
    size_t count = reader->items.list.count;
    if (reader->open.count == 0)
        return refuse(reader, "IndexError");
    size_t start = reader->open.items[--reader->open.count];
    start = start < count ? start : count;
    struct items *inner = items_new(reader, reader->items.list.items + start, count - start);
    reader->items.list.count = start;
    push(reader, (struct item){.kind = GROUP, .inner = inner});
    return true;
}

/* The first character of a class stands for all. */
static bool read_class(struct reader *reader)
{
    if (!next(reader))
        return false;
    push_literal(reader);
    while (next(reader))
        if (reader->c == ']' && !reader->escaped)
            return true;
    return false;
}

/* "{2,3}": the first number. */
static bool read_count(struct reader *reader, int64_t *least)
{
    struct buffer inside = {.arena = reader->arena};
    while (next(reader) && reader->c != '}')
        buffer_char(&inside, reader->c);
    if (reader->c != '}')
        return false;
    struct text digits = inside.at ? buffer_contents(&inside) : TEXT("");
    digits = text_trim(text_part(digits, 0, text_find_char(digits, ',')));
    return text_to_int64(least, digits) || refuse(reader, "ValueError");
}

static bool has_parameter(const struct item *item, int depth)
{
    if (item->kind != GROUP || depth > DEPTH_MAX)
        return item->kind == PARAMETER;
    for (size_t i = 0; i < item->inner->list.count; i++)
        if (has_parameter(&item->inner->list.items[i], depth + 1))
            return true;
    return false;
}

/* How often at least the newest item must be there. */
static bool repeat(struct reader *reader, int64_t least)
{
    size_t count = reader->items.list.count;
    if (least == 1)
        return true;
    if (count == 0)
        return refuse(reader, "IndexError");
    struct item item = reader->items.list.items[count - 1];
    if (least == 0)
        reader->items.list.count--;
    if (least == 0 && has_parameter(&item, 0))
        push(reader, (struct item){.kind = CHOICE, .inner = items_new(reader, &item, 1)});
    for (int64_t i = 1; i < least && !reader->too_big; i++)
        push(reader, item);
    return true;
}

/* The quantifier that begins with the newest character. `taken`: so is the character behind it. */
static bool read_quantifier(struct reader *reader, bool *taken)
{
    int64_t least = reader->c == '+';
    if (reader->c == '{' && !read_count(reader, &least))
        return false;
    *taken = next(reader) && reader->c != '?';
    reader->escaped = false; /* whatever stands behind, as in Django */
    return repeat(reader, least);
}

/* One thing; false at the end, or when something is wrong. `taken`: the next is read already. */
static bool read_one(struct reader *reader, bool *taken)
{
    if (reader->escaped) {
        push_literal(reader);
        return true;
    }
    switch (reader->c) {
    case '|': reader->has_choice = true; return false;
    case '^': return true;
    case '$': return false;
    case ')': return close_group(reader);
    case '[': return read_class(reader);
    case '(': return read_group(reader);
    case '*':
    case '?':
    case '+':
    case '{': return read_quantifier(reader, taken);
    default: push_literal(reader); return true;
    }
}

static void read_all(struct reader *reader)
{
    bool more = next(reader);
    while (more && !reader->too_big) {
        bool taken = false;
        more = read_one(reader, &taken);
        more = more && (taken || next(reader));
    }
}

/* ---- the forms ---- */

struct building {
    struct buffer format;
    LIST(struct text) names;
};

struct forms {
    LIST(struct building) list;
};

struct writer {
    struct arena *arena;
    size_t bytes;
    bool too_big;
};

static void add_form(struct writer *writer, struct forms *forms)
{
    if (forms->list.count >= FORMS_MAX)
        writer->too_big = true;
    else
        *LIST_PUSH(writer->arena, &forms->list) =
            (struct building){.format = {.arena = writer->arena}};
}

static void append(struct writer *writer, struct building *form, struct text text)
{
    writer->bytes += text.length;
    writer->too_big |= writer->bytes > BYTES_MAX;
    if (!writer->too_big)
        buffer_text(&form->format, text);
}

static void append_form(struct writer *writer, struct building *form, const struct building *more)
{
    append(writer, form, more->format.at ? buffer_contents(&more->format) : TEXT(""));
    for (size_t i = 0; i < more->names.count; i++)
        *LIST_PUSH(writer->arena, &form->names) = more->names.items[i];
}

/* Each of the one followed by each of the other. */
static void multiply(struct writer *writer, struct forms *forms, const struct forms *by)
{
    struct forms all = {0};
    for (size_t i = 0; i < forms->list.count && by->list.count == 1; i++)
        append_form(writer, &forms->list.items[i], &by->list.items[0]);
    if (by->list.count == 1)
        return;
    for (size_t i = 0; i < forms->list.count; i++) {
        for (size_t k = 0; k < by->list.count && !writer->too_big; k++) {
            add_form(writer, &all);
            struct building *form = &all.list.items[all.list.count - 1];
            append_form(writer, form, &forms->list.items[i]);
            append_form(writer, form, &by->list.items[k]);
        }
    }
    *forms = all;
}

static void write_items(struct writer *writer, struct forms *out, const struct items *items,
                        int depth);

static void write_item(struct writer *writer, struct forms *out, const struct item *item, int depth)
{
    struct forms inner = {0};
    if (item->kind == GROUP || item->kind == CHOICE) {
        if (item->kind == CHOICE)
            add_form(writer, &inner);
        write_items(writer, &inner, item->inner, depth + 1);
        multiply(writer, out, &inner);
        return;
    }
    struct text text = item->kind == LITERAL
                           ? (struct text){&item->literal, 1}
                           : text_format(writer->arena, "%%(%.*s)s", TEXT_ARG(item->name));
    for (size_t i = 0; i < out->list.count; i++) {
        append(writer, &out->list.items[i], text);
        if (item->kind == PARAMETER && !item->repeated)
            *LIST_PUSH(writer->arena, &out->list.items[i].names) = item->name;
    }
}

/* Adds the forms of the items one after the other. */
static void write_items(struct writer *writer, struct forms *out, const struct items *items,
                        int depth)
{
    struct forms all = {0};
    writer->too_big |= depth > DEPTH_MAX;
    add_form(writer, &all);
    for (size_t i = 0; i < items->list.count && !writer->too_big; i++)
        write_item(writer, &all, &items->list.items[i], depth);
    for (size_t i = 0; i < all.list.count && !writer->too_big; i++) {
        add_form(writer, out);
        append_form(writer, &out->list.items[out->list.count - 1], &all.list.items[i]);
    }
}

enum status url_forms(struct arena *arena, struct text regex, struct url_forms *out,
                      const char **kind)
{
    struct reader reader = {.arena = arena, .regex = regex};
    struct writer writer = {.arena = arena};
    struct forms forms = {0};
    read_all(&reader);
    *out = (struct url_forms){0};
    *kind = reader.kind;
    if (reader.kind)
        return fail_as(INVALID, "\"%.*s\" cannot be turned round into a path", TEXT_ARG(regex));
    if (reader.has_choice)
        reader.items.list.count = 0;
    write_items(&writer, &forms, &reader.items, 0);
    if (writer.too_big || reader.too_big)
        return OK;
    struct url_form *items = ARENA_ARRAY(arena, struct url_form, forms.list.count);
    for (size_t i = 0; i < forms.list.count; i++) {
        const struct building *form = &forms.list.items[i];
        items[i] = (struct url_form){form->format.at ? buffer_contents(&form->format) : TEXT(""),
                                     form->names.items, form->names.count};
    }
    *out = (struct url_forms){items, forms.list.count};
    return OK;
}
