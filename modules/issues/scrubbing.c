#include "issues/scrubbing.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "issues/grouping.h"
#include "issues/payload.h"
#include "monitor/scrub.h"

#define FILTERED    "[Filtered]"
#define LEAST_CARD  13 /* digits */
#define LONGEST_ONE 19
#define QUOTES      "\"'`"

/* Within values and source; of names scrub_is_secret() decides. */
static const char *const words[] = {
    "password",    "secret",    "passwd",     "api_key",     "apikey", "auth",
    "credentials", "mysql_pwd", "privatekey", "private_key", "token",  "bearer",
};

static char normal(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static bool begins_with(struct text text, const char *word)
{
    size_t i = 0;
    while (i < text.length && word[i] && normal(text.at[i]) == word[i])
        i++;
    return !word[i];
}

static bool begins_with_word(struct text text)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins_with(text, words[i]))
            return true;
    return false;
}

static bool has_word(struct text text)
{
    for (size_t at = 0; at < text.length; at++)
        if (begins_with_word(text_from(text, at)))
            return true;
    return false;
}

/* Numbers of cards */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Each second digit from the right counts twice (ISO/IEC 7812-1). */
static bool has_check_digit(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        digit = i % 2 ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

/* How many bytes at the beginning are one, with single spaces or dashes between digits; 0: none. */
static size_t card_size(struct text text)
{
    char digits[LONGEST_ONE];
    size_t count = 0;
    size_t end = 0;
    for (size_t at = 0; at < text.length; at++) {
        bool separates = (text.at[at] == ' ' || text.at[at] == '-') && count && end == at;
        if (!is_digit(text.at[at]) && !separates)
            break;
        if (separates)
            continue;
        if (count == LONGEST_ONE)
            return 0;
        digits[count++] = text.at[at];
        end = at + 1;
    }
    return count >= LEAST_CARD && has_check_digit(digits, count) ? end : 0;
}

/* Texts */

/* How many bytes behind "://" say who is signed in, with the "@"; 0: nobody. */
static size_t user_size(struct text place)
{
    size_t at = 0;
    while (at < place.length && place.at[at] > ' ' && !strchr("/?#\"'<>@", place.at[at]))
        at++;
    bool has_password = text_find_char(text_part(place, 0, at), ':') < at;
    return at < place.length && place.at[at] == '@' && has_password ? at + 1 : 0;
}

static void put_scrubbed(struct buffer *out, struct text text)
{
    for (size_t at = 0; at < text.length;) {
        struct text rest = text_from(text, at);
        bool begins = at == 0 || !is_digit(text.at[at - 1]);
        size_t card = begins && is_digit(rest.at[0]) ? card_size(rest) : 0;
        size_t user = text_starts(rest, TEXT("://")) ? user_size(text_from(rest, 3)) : 0;
        if (card)
            buffer_text(out, TEXT(FILTERED));
        else if (user)
            buffer_text(out, TEXT("://" FILTERED "@"));
        else
            buffer_char(out, rest.at[0]);
        at += card ? card : user ? 3 + user : 1;
    }
}

/* Source */

static bool is_of_name(char c)
{
    return c == '_' || is_digit(c) || (normal(c) >= 'a' && normal(c) <= 'z');
}

/* Where a value in quotes begins that a name with a secret word is given, of `line` from `at` on;
 * 0: nowhere. */
static size_t secret_value(struct text line, size_t at)
{
    while (at < line.length && is_of_name(line.at[at]))
        at++;
    while (at < line.length && strchr(QUOTES " ])", line.at[at]))
        at++;
    bool is_given = false;
    for (; at < line.length && strchr("=:> ", line.at[at]); at++)
        is_given = is_given || line.at[at] != ' ';
    bool is_quoted = at < line.length && strchr(QUOTES, line.at[at]);
    return is_given && is_quoted ? at : 0;
}

/* "password = 'x'" is source, and its value a secret. */
static void put_line(struct buffer *out, struct text line)
{
    size_t done = 0;
    for (size_t at = 0; at < line.length; at++) {
        if (!begins_with_word(text_from(line, at)))
            continue;
        size_t quote = secret_value(line, at);
        size_t length = text_find_char(text_from(line, quote + 1), line.at[quote]);
        if (!quote || length == TEXT_NOT_FOUND)
            continue;
        put_scrubbed(out, text_part(line, done, quote + 1));
        buffer_text(out, TEXT(FILTERED));
        done = quote + 1 + length;
        at = done;
    }
    put_scrubbed(out, text_from(line, done));
}

/* NULL: it stays as it is. */
static json_t *line_instead_of(struct arena *arena, const json_t *value)
{
    struct text line = payload_text_of(value);
    struct buffer out = {.arena = arena};
    if (text_find(line, TEXT("PRIVATE KEY-----")) != TEXT_NOT_FOUND)
        return json_string(FILTERED);
    put_line(&out, line);
    struct text scrubbed = buffer_contents(&out);
    return text_equal(scrubbed, line) ? NULL : json_stringn(scrubbed.at, scrubbed.length);
}

static void scrub_source(struct arena *arena, json_t *frame)
{
    static const char *const around[] = {"pre_context", "post_context"};
    json_t *instead = line_instead_of(arena, json_object_get(frame, "context_line"));
    if (instead)
        json_object_set_new(frame, "context_line", instead);
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        json_t *lines = json_object_get(frame, around[i]);
        for (size_t k = 0; k < json_array_size(lines); k++) {
            instead = line_instead_of(arena, json_array_get(lines, k));
            if (instead)
                json_array_set_new(lines, k, instead);
        }
    }
}

/* NULL: it stays as it is. */
static json_t *instead_of(struct arena *arena, const json_t *value)
{
    struct text text = payload_text_of(value);
    struct buffer out = {.arena = arena};
    if (!text.length)
        return NULL;
    if (has_word(text) || text_find(text, TEXT("PRIVATE KEY-----")) != TEXT_NOT_FOUND)
        return json_string(FILTERED);
    put_scrubbed(&out, text);
    struct text scrubbed = buffer_contents(&out);
    return text_equal(scrubbed, text) ? NULL : json_stringn(scrubbed.at, scrubbed.length);
}

/* "name=value&name=value", or with ";". */
static json_t *pairs(struct arena *arena, struct text text, char separator)
{
    struct text pair;
    struct buffer out = {.arena = arena};
    for (bool first = true; text_next(&text, separator, &pair); first = false) {
        size_t end = text_find_char(pair, '=');
        struct text name = text_part(pair, 0, end);
        bool hides = end != TEXT_NOT_FOUND
                     && (scrub_is_secret(name) || has_word(pair)
                         || text_find_char(name, '%') != TEXT_NOT_FOUND);
        if (!first)
            buffer_char(&out, separator);
        if (hides)
            buffer_format(&out, "%.*s=" FILTERED, TEXT_ARG(name));
        else
            put_scrubbed(&out, pair);
    }
    struct text scrubbed = buffer_contents(&out);
    return json_stringn(scrubbed.at ? scrubbed.at : "", scrubbed.length);
}

/* JSON */

static void walk(struct arena *arena, json_t *value);

/* What is to stand in the place of a value of that name. */
static json_t *member_instead_of(struct arena *arena, struct text name, json_t *value)
{
    if (scrub_is_secret(name) && !json_is_null(value))
        return json_string(FILTERED);
    walk(arena, value);
    return instead_of(arena, value);
}

/* ["name", value]: headers, cookies and parameters as some SDKs send them. */
static bool is_pair(const json_t *array)
{
    return json_array_size(array) == 2 && json_is_string(json_array_get(array, 0));
}

static void walk_array(struct arena *arena, json_t *array)
{
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
    {
        struct text name =
            i == 1 && is_pair(array) ? payload_text_of(json_array_get(array, 0)) : TEXT("");
        json_t *instead = member_instead_of(arena, name, item);
        if (instead && !(i == 0 && is_pair(array)))
            json_array_set_new(array, i, instead);
        else
            json_decref(instead);
    }
}

static void walk(struct arena *arena, json_t *value)
{
    const char *name;
    void *next;
    json_t *member;
    if (json_is_array(value))
        walk_array(arena, value);
    if (!json_is_object(value))
        return;
    if (scrub_is_secret(payload_text(value, "key")) && json_object_get(value, "value")) {
        json_object_set_new(value, "value", json_string(FILTERED));
        return;
    }
    json_object_foreach_safe(value, next, name, member)
    {
        json_t *instead = member_instead_of(arena, text_of(name), member);
        if (instead)
            json_object_set_new(value, name, instead);
    }
}

static void walk_member(struct arena *arena, json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    walk(arena, member);
    json_t *instead = instead_of(arena, member);
    if (instead)
        json_object_set_new(object, name, instead);
}

/* An address that is kept, but for what is secret in it. */
static void scrub_address(struct arena *arena, json_t *object)
{
    struct text url = payload_text(object, "url");
    size_t query = text_find_char(url, '?');
    struct buffer out = {.arena = arena};
    put_scrubbed(&out, text_part(url, 0, query));
    if (query != TEXT_NOT_FOUND) {
        json_t *rest = pairs(arena, text_from(url, query + 1), '&');
        buffer_format(&out, "?%s", json_string_value(rest));
        json_decref(rest);
    }
    struct text whole = buffer_contents(&out);
    if (whole.length)
        json_object_set_new(object, "url", json_stringn(whole.at, whole.length));
}

static void scrub_text_pairs(struct arena *arena, json_t *object, const char *name, char separator)
{
    struct text text = payload_text(object, name);
    if (text.length)
        json_object_set_new(object, name, pairs(arena, text, separator));
    else
        walk(arena, json_object_get(object, name));
}

static void scrub_request(struct arena *arena, json_t *request)
{
    static const char *const names[] = {"data", "headers", "env"};
    if (!json_is_object(request))
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        walk_member(arena, request, names[i]);
    scrub_text_pairs(arena, request, "query_string", '&');
    scrub_text_pairs(arena, request, "cookies", ';');
    scrub_address(arena, request);
}

static void scrub_stack(struct arena *arena, const json_t *holder)
{
    size_t i;
    json_t *frame;
    json_array_foreach(event_frames(holder), i, frame)
    {
        walk_member(arena, frame, "vars");
        scrub_source(arena, frame);
    }
}

static void scrub_stacks(struct arena *arena, const json_t *values)
{
    size_t i;
    const json_t *value;
    json_array_foreach(values, i, value)
    {
        scrub_stack(arena, value);
    }
}

static void scrub_breadcrumbs(struct arena *arena, const json_t *values)
{
    size_t i;
    json_t *crumb;
    json_array_foreach(values, i, crumb)
    {
        json_t *data = json_object_get(crumb, "data");
        json_t *url = json_incref(json_object_get(data, "url"));
        json_object_del(data, "url"); /* of it, only parts are secret */
        walk_member(arena, crumb, "data");
        if (url)
            json_object_set_new(data, "url", url);
        scrub_address(arena, data);
    }
}

/* How a trace goes on is no secret, whatever its parts are called. */
static void scrub_contexts(struct arena *arena, json_t *contexts)
{
    const char *name;
    void *next;
    json_t *context;
    json_object_foreach_safe(contexts, next, name, context)
    {
        if (!text_is(text_of(name), "trace"))
            walk_member(arena, contexts, name);
    }
}

void scrubbing_apply(struct arena *arena, json_t *event)
{
    static const char *const names[] = {"extra", "user", "tags"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        walk_member(arena, event, names[i]);
    walk_member(arena, json_object_get(event, "logentry"), "params");
    scrub_request(arena, json_object_get(event, "request"));
    scrub_contexts(arena, json_object_get(event, "contexts"));
    scrub_breadcrumbs(arena, payload_values(json_object_get(event, "breadcrumbs")));
    scrub_stack(arena, event);
    scrub_stacks(arena, event_exceptions(event));
    scrub_stacks(arena, payload_values(json_object_get(event, "threads")));
}
