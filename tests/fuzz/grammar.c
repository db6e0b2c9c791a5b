#include "grammar.h"

#include <string.h>

#include "base/arena.h"
#include "template/builtins.h"

#define DEPTH_MAX  5
#define SOURCE_MAX 6000

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *const grammar_names[GRAMMAR_TEMPLATES] = {"page", "part", "base"};

struct writer {
    struct arena *arena;
    const uint8_t *bytes;
    size_t size;
    struct buffer out;
    unsigned depth;
};

static uint8_t take(struct writer *writer)
{
    if (!writer->size)
        return 0;
    writer->size--;
    return *writer->bytes++;
}

static size_t choose(struct writer *writer, size_t count)
{
    return take(writer) % count;
}

static void put(struct writer *writer, const char *text)
{
    buffer_text(&writer->out, text_of(text));
}

static void put_one(struct writer *writer, const char *const *texts, size_t count)
{
    put(writer, texts[choose(writer, count)]);
}
#define PUT_ONE(writer, texts) put_one((writer), (texts), COUNT(texts))

static const char *const texts[] = {
    "x",         " ",
    "\n",        "<p class=\"a\">x</p> <br>",
    "&amp; <i>", "\u00E9\u2026\U0001F600",
    "{",         "%}",
    "{{",        "}}",
    "{% ",       "{#",
    "\\",        "'",
    "100%",      "a b\tc  d",
};

static const char *const variables[] = {
    "text",        "evil",
    "safe_html",   "number",
    "negative",    "real",
    "infinite",    "decimal",
    "yes",         "no",
    "none",        "list",
    "pairs",       "tuple",
    "empty",       "map",
    "maps",        "object",
    "objects",     "day",
    "clock",       "moment",
    "aware",       "span",
    "unicode",     "long_text",
    "html",        "function",
    "missing",     "x",
    "y",           "forloop",
    "block",       "forloop.last",
    "block.super", "map.a",
    "list.0",      "pairs.1.0",
    "map.b.c",     "object.name",
    "object.load", "object.fails",
    "moment.year", "text.upper",
    "map.items",   "forloop.parentloop.counter",
    "True",        "None",
    "function.a",  "unicode.1",
    "csrf_token",  "forloop.revcounter0",
};

static const char *const literals[] = {
    "0",
    "1",
    "-1",
    "3",
    "2.5",
    "1e3",
    "99999999999999999999",
    "-9223372036854775808",
    "1000000",
    "''",
    "\"\"",
    "'a'",
    "\"<b>\"",
    "'%s'",
    "'%05d'",
    "'%.3e'",
    "'%(x)s'",
    "'Y-m-d H:i:s e'",
    "'d.x'",
    "'a,b,c'",
    "'1:3'",
    "'-2::2'",
    "'2g'",
    "'-3u'",
    "'none'",
    "'\\\\n\\''",
    "'\u00E9'",
    "_('x')",
    "' '",
    "'DATE_FORMAT'",
    "'name'",
    "'0'",
    "'part'",
    "'r'",
    "'nplurals'",
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
};

static const char *const names[] = {"x",       "y", "z", "text", "list", "x", "y", "z",
                                    "forloop", "n", "g", "x",    "y",    "z", "z", "y"};

/* Any filter, of whatever library. */
static const struct template_filter *filter_at(size_t wanted)
{
    const struct template_filter *found = NULL;
    size_t count = 0;
    for (size_t round = 0; round < 2; round++) {
        size_t at = 0;
        for (size_t i = 0; template_libraries[i]; i++) {
            const struct template_filter *filter = template_libraries[i]->filters;
            for (; filter && filter->name; filter++, at++)
                if (count && at == wanted % count)
                    found = filter;
        }
        count = at;
    }
    return found;
}

static void put_operand(struct writer *writer)
{
    if (choose(writer, 4))
        PUT_ONE(writer, variables);
    else
        PUT_ONE(writer, literals);
}

/* With the argument that it takes, most times. */
static void put_filter(struct writer *writer)
{
    const struct template_filter *filter = filter_at(take(writer));
    size_t choice = choose(writer, 32);
    put(writer, filter->name);
    if (choice == 31
        || (choice > 15 ? filter->argument == ARGUMENT_REQUIRED
                        : filter->argument != ARGUMENT_NONE)) {
        put(writer, ":");
        put_operand(writer);
    }
}

static void put_filters(struct writer *writer, size_t most)
{
    for (size_t i = choose(writer, most + 1); i > 0; i--) {
        put(writer, "|");
        put_filter(writer);
    }
}

static void put_expression(struct writer *writer)
{
    put_operand(writer);
    put_filters(writer, 3);
}

static void put_condition(struct writer *writer)
{
    static const char *const operators[] = {" == ",  " != ", " < ",       " <= ", " > ",
                                            " >= ",  " in ", " not in ",  " is ", " is not ",
                                            " and ", " or ", " and not ", " "};
    if (!choose(writer, 4))
        put(writer, "not ");
    put_expression(writer);
    for (size_t i = choose(writer, 4); i > 0; i--) {
        PUT_ONE(writer, operators);
        put_expression(writer);
    }
}

static void put_body(struct writer *writer);

/* `$` and a letter stand for parts: see put_part(). */
static const char *const patterns[] = {
    "{% if $C %}$B{% endif %}",
    "{% if $C %}$B{% elif $C %}$B{% else %}$B{% endif %}",
    "{% for $N in $E %}$B{% endfor %}",
    "{% for $N in $E reversed %}$B{% empty %}$B{% endfor %}",
    "{% for $N, $N in $E %}$B{% endfor %}",
    "{% with $N=$E %}$B{% endwith %}",
    "{% with $N=$E $N=$E %}$B{% endwith %}",
    "{% with $E as $N %}$B{% endwith %}",
    "{% block $N %}$B{% endblock %}",
    "{% block $N %}$B{{ block.super }}{% endblock $N %}",
    "{% extends $T %}",
    "{% include $T %}",
    "{% include $T with $N=$E only %}",
    "{% include $E %}",
    "{% autoescape off %}$B{% endautoescape %}",
    "{% autoescape on %}$B{% endautoescape %}",
    "{% filter $F %}$B{% endfilter %}",
    "{% spaceless %}$B{% endspaceless %}",
    "{% verbatim %}$B{% endverbatim %}",
    "{% verbatim $N %}$B{% endverbatim $N %}",
    "{% comment %}$B{% endcomment %}",
    "{% firstof $E $E %}",
    "{% firstof $E as $N %}",
    "{% cycle $E $E %}",
    "{% cycle $E $E as z %}{% cycle z %}",
    "{% cycle $E $E as z silent %}$B{% resetcycle z %}{% cycle z %}",
    "{% for $N in $E %}{% cycle $E $E %}$B{% resetcycle %}{% endfor %}",
    "{% ifchanged %}$B{% endifchanged %}",
    "{% ifchanged $E $E %}$B{% else %}$B{% endifchanged %}",
    "{% ifequal $E $E %}$B{% endifequal %}",
    ("{% regroup $E by $V as $N %}{% for g in $N %}{{ g.grouper }}{{ g.list }}{% endfor %}"),
    "{% url $E $E %}",
    "{% url 'two' $E a=$E %}",
    "{% url 'one' $E as $N %}{{ $N }}",
    "{% now $L %}",
    "{% now $L as $N %}{{ $N }}",
    "{% widthratio $E $E $E %}",
    "{% widthratio $E $E 100 as $N %}{{ $N }}",
    "{% templatetag openblock %}",
    "{% lorem $L w %}",
    "{% csrf_token %}",
    "{% load trans from i18n %}",
    "{% translate $E %}",
    "{% translate $L context $E as $N %}{{ $N }}",
    "{% blocktranslate %}x {{ x }}{% endblocktranslate %}",
    "{% blocktranslate trimmed with $N=$E %}{{ $N }} $X{% endblocktranslate %}",
    "{% blocktranslate count n=$E %}{{ n }} $X{% plural %}{{ n }}s{% endblocktranslate %}",
    "{% blocktranslate asvar $N %}{{ evil }}{% endblocktranslate %}{{ $N }}",
    "{% language $E %}$B{% endlanguage %}",
    "{% get_current_language as $N %}{{ $N }}",
    "{% get_available_languages as $N %}{{ $N }}",
    "{% get_language_info for $E as $N %}{{ $N.name_local }}",
    "{% static $E %}",
    "{% get_static_prefix %}",
    "{# $X #}",
    "{% $G $E %}",
    "{% $G $E %}$B{% end$G %}",
    "{% $G %}$B{% end$G %}",
};

static void put_tag(struct writer *writer, size_t number);

/* The name of any tag, known here or not. */
static void put_tag_name(struct writer *writer)
{
    size_t wanted = take(writer);
    size_t count = 0;
    for (size_t round = 0; round < 2; round++) {
        size_t at = 0;
        for (size_t i = 0; template_libraries[i]; i++) {
            const struct template_tag *tag = template_libraries[i]->tags;
            for (; tag && tag->name; tag++, at++)
                if (count && at == wanted % count) {
                    put(writer, tag->name);
                    return;
                }
        }
        count = at;
    }
}

static void put_part(struct writer *writer, char part)
{
    switch (part) {
    case 'B': put_body(writer); break;
    case 'C': put_condition(writer); break;
    case 'E': put_expression(writer); break;
    case 'F':
        put_filter(writer);
        put_filters(writer, 2);
        break;
    case 'G': put_tag_name(writer); break;
    case 'L': PUT_ONE(writer, literals); break;
    case 'N': PUT_ONE(writer, names); break;
    case 'T':
        put(writer, "\"");
        PUT_ONE(writer, grammar_names);
        put(writer, "\"");
        break;
    case 'V': PUT_ONE(writer, variables); break;
    default: PUT_ONE(writer, texts); break;
    }
}

static void put_tag(struct writer *writer, size_t number)
{
    for (const char *at = patterns[number]; *at; at++) {
        if (*at == '$' && at[1])
            put_part(writer, *++at);
        else
            buffer_char(&writer->out, *at);
    }
}

static void put_item(struct writer *writer)
{
    switch (choose(writer, 4)) {
    case 0: PUT_ONE(writer, texts); break;
    case 1:
        put(writer, "{{ ");
        put_expression(writer);
        put(writer, " }}");
        break;
    default: put_tag(writer, choose(writer, COUNT(patterns)));
    }
}

static void put_body(struct writer *writer)
{
    if (writer->depth >= DEPTH_MAX || writer->out.length > SOURCE_MAX)
        return;
    writer->depth++;
    for (size_t i = choose(writer, 4); i > 0 && writer->size; i--)
        put_item(writer);
    writer->depth--;
}

/* A slice that is missing or there twice now and then: most of what is wrong in a template. */
static struct text damaged(struct writer *writer, struct text source)
{
    size_t from = (size_t)take(writer) * source.length / 256;
    size_t length = choose(writer, 16);
    struct text tail = text_from(source, from + length < source.length ? from + length : from);
    struct buffer out = {.arena = writer->arena};
    bool twice = choose(writer, 2);
    buffer_text(&out, text_part(source, 0, twice ? source.length - tail.length : from));
    buffer_text(&out, twice ? text_from(source, from) : tail);
    return buffer_contents(&out);
}

static struct text write_one(struct writer *writer, size_t number)
{
    static const char *const starts[] = {"", "", "{% extends 'base' %}", "{% extends parent %}"};
    writer->out = (struct buffer){.arena = writer->arena};
    writer->depth = 0;
    if (number != 2)
        put(writer, starts[choose(writer, COUNT(starts))]);
    for (size_t i = 0; template_libraries[i]; i++)
        if (template_libraries[i]->name[0] && choose(writer, 16))
            buffer_format(&writer->out, "{%% load %s %%}", template_libraries[i]->name);
    for (size_t i = 1 + choose(writer, 6); i > 0 && writer->size; i--)
        put_item(writer);
    struct text source = buffer_contents(&writer->out);
    return choose(writer, 12) ? source : damaged(writer, source);
}

void grammar_write(struct arena *arena, const uint8_t **bytes, size_t *size,
                   struct text sources[GRAMMAR_TEMPLATES])
{
    struct writer writer = {.arena = arena, .bytes = *bytes, .size = *size};
    for (size_t i = 0; i < GRAMMAR_TEMPLATES; i++)
        sources[i] = write_one(&writer, i);
    *bytes = writer.bytes;
    *size = writer.size;
}
