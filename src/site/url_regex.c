#define PCRE2_CODE_UNIT_WIDTH 8
#include "site/url_regex.h"

#include <pcre2.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

#define STEPS_MAX    1000000
#define HEAP_MAX_KIB 16384

struct url_matcher {
    const pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *data;
};

/* ---- Python's syntax to PCRE's ---- */

struct translation {
    struct buffer out;
    struct text regex;
    size_t at;
    bool in_class;
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static enum status refuse(const struct translation *translation, const char *reason)
{
    return fail_as(INVALID, "\"%.*s\" is no regular expression: %s", TEXT_ARG(translation->regex),
                   reason);
}

/* "\x41", "\u00e9", "\U0001F600" */
static enum status put_numbered(struct translation *translation, size_t size)
{
    struct text digits =
        text_part(translation->regex, translation->at + 1, translation->at + 1 + size);
    for (size_t i = 0; i < digits.length; i++)
        if (!is_hex(digits.at[i]))
            return refuse(translation, "incomplete escape");
    if (digits.length < size)
        return refuse(translation, "incomplete escape");
    buffer_format(&translation->out, "\\x{%.*s}", TEXT_ARG(digits));
    translation->at += 1 + size;
    return OK;
}

/* Behind "\". */
static enum status put_escape(struct translation *translation)
{
    char c = translation->regex.at[translation->at];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (c == 'x' || c == 'u' || c == 'U')
        return put_numbered(translation, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    if (letter && !strchr(translation->in_class ? "bdDsSwWafnrtv" : "AbBdDsSwWZafnrtv", c))
        return refuse(translation, "bad escape");
    translation->at++;
    if (c == 'v')
        buffer_text(&translation->out, TEXT("\\x0B"));
    else
        buffer_format(&translation->out, "\\%c", c == 'Z' ? 'z' : c);
    return OK;
}

/* Flags that are Python's own say what is the case already. */
static enum status put_flags(struct translation *translation, struct text rest)
{
    size_t size = strspn(text_string(translation->out.arena, rest), "aiLmsux-");
    bool global = size < rest.length && rest.at[size] == ')';
    if (size == 0 || (!global && (size == rest.length || rest.at[size] != ':')))
        return refuse(translation, "unknown extension");
    if (global && translation->at > 2)
        return refuse(translation, "global flags not at the start");
    for (size_t i = 0; i < size; i++)
        if (rest.at[i] != 'a' && rest.at[i] != 'u')
            buffer_char(&translation->out, rest.at[i]);
    translation->at += size;
    return OK;
}

/* Behind "(". */
static enum status put_group(struct translation *translation)
{
    static const char *const known[] = {":", "=", "!", "<=", "<!", "P<", "P=", "#", ">", "("};
    struct text rest = text_from(translation->regex, translation->at);
    buffer_char(&translation->out, '(');
    if (text_starts(rest, TEXT("*")))
        return refuse(translation, "nothing to repeat");
    if (!text_starts(rest, TEXT("?")))
        return OK;
    buffer_char(&translation->out, '?');
    translation->at++;
    rest = text_from(rest, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_starts(rest, text_of(known[i])))
            return OK;
    return put_flags(translation, text_part(rest, 0, 16));
}

static void put_class_start(struct translation *translation)
{
    struct text rest = text_from(translation->regex, translation->at);
    translation->in_class = true;
    buffer_char(&translation->out, '[');
    if (text_starts(rest, TEXT("^"))) {
        buffer_char(&translation->out, '^');
        translation->at++;
        rest = text_from(rest, 1);
    }
    if (text_starts(rest, TEXT("]"))) {
        buffer_text(&translation->out, TEXT("\\]"));
        translation->at++;
    }
}

static enum status put_next(struct translation *translation)
{
    char c = translation->regex.at[translation->at++];
    if (c == '\\' && translation->at < translation->regex.length)
        return put_escape(translation);
    if (translation->in_class) {
        translation->in_class = c != ']';
        buffer_text(&translation->out, c == '[' ? TEXT("\\[") : (struct text){&c, 1});
        return OK;
    }
    if (c == '(')
        return put_group(translation);
    if (c == '[')
        put_class_start(translation);
    else
        buffer_char(&translation->out, c);
    return OK;
}

/* ---- matching ---- */

static void *take(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void leave(void *block, void *arena)
{
    (void)block;
    (void)arena;
}

static enum status compile(const struct translation *translation, pcre2_general_context *memory,
                           struct url_matcher *out)
{
    int error;
    size_t place;
    unsigned char reason[128];
    struct text text = translation->out.at ? buffer_contents(&translation->out) : TEXT("");
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    out->code = context ? pcre2_compile((PCRE2_SPTR)text.at, text.length, PCRE2_UTF | PCRE2_UCP,
                                        &error, &place, context)
                        : NULL;
    out->limits = pcre2_match_context_create(memory);
    out->data = pcre2_match_data_create(1, memory);
    if (!context || !out->limits || !out->data)
        return fail("no memory for a regular expression");
    pcre2_set_match_limit(out->limits, STEPS_MAX);
    pcre2_set_heap_limit(out->limits, HEAP_MAX_KIB);
    if (out->code)
        return OK;
    pcre2_get_error_message(error, reason, sizeof reason);
    return refuse(translation, (const char *)reason);
}

enum status url_matcher_new(struct arena *arena, struct text regex, struct url_matcher **out)
{
    struct translation translation = {.out = {.arena = arena}, .regex = regex};
    pcre2_general_context *memory = pcre2_general_context_create(take, leave, arena);
    *out = ARENA_NEW(arena, struct url_matcher);
    if (!memory)
        return fail("no memory for a regular expression");
    while (translation.at < regex.length) {
        enum status status = put_next(&translation);
        if (status != OK)
            return status;
    }
    return compile(&translation, memory, *out);
}

bool url_matcher_matches(const struct url_matcher *matcher, struct text text)
{
    return pcre2_match(matcher->code, (PCRE2_SPTR)text.at, text.length, 0, 0, matcher->data,
                       matcher->limits)
           >= 0;
}
