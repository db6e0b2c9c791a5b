#include "urls.h"

#include <locale.h>
#include <regex.h>
#include <string.h>

#include "base/buffer.h"
#include "base/list.h"
#include "template/percent.h"

#define FORMS_MAX 64

/* A way to write a path: literals, and parameters by name. */
struct piece {
    struct text literal;
    struct text parameter;
};
struct form {
    struct piece *items;
    size_t count;
};
struct forms {
    struct form items[FORMS_MAX];
    size_t count;
};

struct entry {
    bool include;
    struct text regex; /* Python's, without the first "^" */
    struct text name;
    struct text app_name;
    struct text namespace;
    const json_t *defaults;
    struct entry *entries;
    size_t count;
};

struct url_table {
    struct entry root;
};

struct query {
    struct arena *arena;
    struct text name;
    const struct template_argument *arguments;
    size_t count;
    struct text *out;
};

static struct text json_text(const json_t *json)
{
    return json_is_string(json) ? (struct text){json_string_value(json), json_string_length(json)}
                                : TEXT_NONE;
}

static struct text converter_regex(struct text name)
{
    static const struct {
        const char *name;
        const char *regex;
    } converters[] = {{"int", "[0-9]+"},
                      {"slug", "[-a-zA-Z0-9_]+"},
                      {"path", ".+"},
                      {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}};
    for (size_t i = 0; i < sizeof converters / sizeof *converters; i++)
        if (text_is(name, converters[i].name))
            return text_of(converters[i].regex);
    return TEXT("[^/]+");
}

/* "<int:id>/" to "(?P<id>[0-9]+)/". */
static struct text route_regex(struct arena *arena, struct text route, bool endpoint)
{
    struct buffer out = {.arena = arena};
    while (route.length) {
        size_t close = text_find_char(route, '>');
        if (route.at[0] == '<' && close != TEXT_NOT_FOUND) {
            struct text inside = text_part(route, 1, close);
            size_t colon = text_find_char(inside, ':');
            bool typed = colon != TEXT_NOT_FOUND;
            struct text name = typed ? text_from(inside, colon + 1) : inside;
            struct text regex = converter_regex(typed ? text_part(inside, 0, colon) : TEXT("str"));
            buffer_format(&out, "(?P<%.*s>%.*s)", TEXT_ARG(name), TEXT_ARG(regex));
            route = text_from(route, close + 1);
            continue;
        }
        if (strchr(".^$*+?{}[]\\|()", route.at[0]))
            buffer_char(&out, '\\');
        buffer_char(&out, route.at[0]);
        route = text_from(route, 1);
    }
    if (endpoint)
        buffer_char(&out, '$');
    return out.at ? buffer_contents(&out) : TEXT("");
}

static struct text pattern_regex(struct arena *arena, const json_t *json, bool include)
{
    struct text kind = json_text(json_object_get(json, include ? "prefix_kind" : "kind"));
    struct text text = json_text(json_object_get(json, include ? "prefix" : "pattern"));
    if (text_is(kind, "path"))
        return route_regex(arena, text, !include);
    return text_starts(text, TEXT("^")) ? text_from(text, 1) : text;
}

static void decode(struct arena *arena, const json_t *json, struct entry *out)
{
    out->count = json_array_size(json);
    out->entries = ARENA_ARRAY(arena, struct entry, out->count);
    for (size_t i = 0; i < out->count; i++) {
        const json_t *row = json_array_get(json, i);
        struct entry *entry = &out->entries[i];
        entry->include = text_is(json_text(json_object_get(row, "kind")), "include");
        entry->regex = pattern_regex(arena, row, entry->include);
        entry->name = json_text(json_object_get(row, "name"));
        entry->app_name = json_text(json_object_get(row, "app_name"));
        entry->namespace = json_text(json_object_get(row, "namespace"));
        entry->defaults = json_object_get(row, "args");
        if (entry->include)
            decode(arena, json_object_get(row, "patterns"), entry);
    }
}

struct url_table *url_table_new(struct arena *arena, const json_t *patterns)
{
    struct url_table *table = ARENA_NEW(arena, struct url_table);
    table->root.regex = TEXT("");
    decode(arena, patterns, &table->root);
    return table;
}

/* ---- Python's regular expressions, to forms that they match ---- */

static struct form join(struct arena *arena, struct form a, struct form b)
{
    struct form both = {.count = a.count + b.count};
    both.items = ARENA_ARRAY(arena, struct piece, both.count);
    for (size_t i = 0; i < both.count; i++)
        both.items[i] = i < a.count ? a.items[i] : b.items[i - a.count];
    return both;
}

static void multiply(struct arena *arena, struct forms *forms, const struct forms *by)
{
    struct forms all = {0};
    for (size_t i = 0; i < forms->count; i++)
        for (size_t j = 0; j < by->count && all.count < FORMS_MAX; j++)
            all.items[all.count++] = join(arena, forms->items[i], by->items[j]);
    *forms = all;
}

static struct forms one_piece(struct arena *arena, struct text literal, struct text parameter)
{
    struct forms forms = {.count = 1};
    forms.items[0].count = 1;
    forms.items[0].items = ARENA_NEW(arena, struct piece);
    forms.items[0].items[0] = (struct piece){literal, parameter};
    return forms;
}

/* Behind the ")" of the group whose inside begins at `at`. */
static size_t group_end(struct text regex, size_t at)
{
    bool in_class = false;
    for (int depth = 1; at < regex.length; at++) {
        char c = regex.at[at];
        if (c == '\\')
            at++;
        else if (in_class)
            in_class = c != ']';
        else if (c == '[')
            in_class = true;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return at + 1;
    }
    return regex.length;
}

struct reader {
    struct arena *arena;
    struct text regex;
    size_t at;
    int groups;
    bool failed; /* "|" at a place where it would have to be followed */
};

static struct forms read_all(struct reader *reader);

static struct forms read_group(struct reader *reader)
{
    struct text rest = text_from(reader->regex, reader->at);
    if (text_starts(rest, TEXT("?:"))) {
        reader->at += 2;
        return read_all(reader);
    }
    size_t from = reader->at;
    reader->at = group_end(reader->regex, from);
    if (text_starts(rest, TEXT("?P<"))) {
        struct text name = text_part(rest, 3, text_find_char(rest, '>'));
        return one_piece(reader->arena, TEXT_NONE, name);
    }
    if (text_starts(rest, TEXT("?")))
        return (struct forms){.count = 1};
    return one_piece(reader->arena, TEXT_NONE, text_format(reader->arena, "_%d", reader->groups++));
}

static struct forms read_class(struct reader *reader)
{
    size_t from = reader->at + (reader->regex.at[reader->at] == '^');
    size_t end = from + 1;
    while (end < reader->regex.length && reader->regex.at[end] != ']')
        end += reader->regex.at[end] == '\\' ? 2 : 1;
    bool escaped = reader->regex.at[from] == '\\';
    char c = reader->regex.at[from + escaped];
    reader->at = end + 1;
    const char *example = escaped && c == 'd' ? "0" : escaped && c == 'w' ? "x" : NULL;
    return one_piece(reader->arena,
                     example ? text_of(example)
                             : text_part(reader->regex, from + escaped, from + escaped + 1),
                     TEXT_NONE);
}

static struct forms read_escape(struct reader *reader)
{
    char c = reader->regex.at[reader->at++];
    if (strchr("AbBZ", c))
        return (struct forms){.count = 1};
    const char *example = c == 'd'               ? "0"
                          : c == 'D' || c == 'w' ? "x"
                          : c == 's'             ? " "
                          : c == 'W'             ? "!"
                                                 : NULL;
    struct text literal = text_part(reader->regex, reader->at - 1, reader->at);
    return one_piece(reader->arena, example ? text_of(example) : literal, TEXT_NONE);
}

static struct forms read_one(struct reader *reader)
{
    char c = reader->regex.at[reader->at++];
    switch (c) {
    case '^':
    case '$': return (struct forms){.count = 1};
    case '(': return read_group(reader);
    case '[': return read_class(reader);
    case '\\': return read_escape(reader);
    case '.': return one_piece(reader->arena, TEXT("."), TEXT_NONE);
    case '|': reader->failed = true; return (struct forms){.count = 1};
    default:
        return one_piece(reader->arena, text_part(reader->regex, reader->at - 1, reader->at),
                         TEXT_NONE);
    }
}

/* How often at least the last thing must be there. */
static int read_quantifier(struct reader *reader)
{
    int least = 1;
    char c = reader->at < reader->regex.length ? reader->regex.at[reader->at] : '\0';
    if (c != '*' && c != '?' && c != '+' && c != '{')
        return 1;
    reader->at++;
    if (c == '{') {
        least = 0;
        while (reader->regex.at[reader->at] >= '0' && reader->regex.at[reader->at] <= '9')
            least = least * 10 + (reader->regex.at[reader->at++] - '0');
        size_t close = text_find_char(text_from(reader->regex, reader->at), '}');
        reader->at += close == TEXT_NOT_FOUND ? 0 : close + 1;
    } else {
        least = c == '+';
    }
    if (reader->at < reader->regex.length && reader->regex.at[reader->at] == '?')
        reader->at++;
    return least;
}

static bool has_parameter(const struct forms *forms)
{
    for (size_t i = 0; i < forms->count; i++)
        for (size_t j = 0; j < forms->items[i].count; j++)
            if (forms->items[i].items[j].parameter.at)
                return true;
    return false;
}

/* Up to the end or the ")" that closes what was opened before. */
static struct forms read_all(struct reader *reader)
{
    struct forms all = {.count = 1};
    while (reader->at < reader->regex.length) {
        if (reader->regex.at[reader->at] == ')') {
            reader->at++;
            break;
        }
        struct forms next = read_one(reader);
        int least = read_quantifier(reader);
        if (least == 0 && has_parameter(&next) && next.count < FORMS_MAX) {
            memmove(&next.items[1], &next.items[0], next.count * sizeof *next.items);
            next.items[0] = (struct form){0};
            next.count++;
        } else if (least == 0) {
            next = (struct forms){.count = 1};
        }
        for (int i = 0; i < (least ? least : 1) && i < 64; i++)
            multiply(reader->arena, &all, &next);
    }
    return all;
}

/* ---- and to POSIX's, to see whether a path matches ---- */

static void put_class(struct buffer *out, struct text inside)
{
    bool minus = false;
    buffer_char(out, '[');
    for (size_t i = 0; i < inside.length; i++) {
        char c = inside.at[i];
        bool escaped = c == '\\' && i + 1 < inside.length;
        c = escaped ? inside.at[++i] : c;
        if (escaped && c == 'w')
            buffer_text(out, TEXT("[:alnum:]_"));
        else if (escaped && c == 'd')
            buffer_text(out, TEXT("0-9"));
        else if (escaped && c == 's')
            buffer_text(out, TEXT("[:space:]"));
        else if (c == '-'
                 && (escaped || i == 0 || i + 1 == inside.length || inside.at[i - 1] == 'w'))
            minus = true;
        else
            buffer_char(out, c);
    }
    buffer_text(out, minus ? TEXT("-]") : TEXT("]"));
}

static void put_posix(struct buffer *out, struct text regex)
{
    for (size_t i = 0; i < regex.length; i++) {
        char c = regex.at[i];
        struct text rest = text_from(regex, i + 1);
        if (c == '\\' && rest.length) {
            i++;
            if (strchr("dwsDWS", rest.at[0]))
                buffer_text(out, rest.at[0] == 'd'   ? TEXT("[0-9]")
                                 : rest.at[0] == 'w' ? TEXT("[[:alnum:]_]")
                                 : rest.at[0] == 's' ? TEXT("[[:space:]]")
                                 : rest.at[0] == 'D' ? TEXT("[^0-9]")
                                 : rest.at[0] == 'W' ? TEXT("[^[:alnum:]_]")
                                                     : TEXT("[^[:space:]]"));
            else if (rest.at[0] == 'Z')
                buffer_char(out, '$');
            else if (strchr(".^$*+?{}[]\\|()", rest.at[0]))
                buffer_format(out, "\\%c", rest.at[0]);
            else
                buffer_char(out, rest.at[0]);
        } else if (c == '[') {
            size_t end = 1;
            while (end < rest.length && rest.at[end] != ']')
                end += rest.at[end] == '\\' ? 2 : 1;
            put_class(out, text_part(rest, 0, end));
            i += end + 1;
        } else if (c == '(' && text_starts(rest, TEXT("?P<"))) {
            buffer_char(out, '(');
            i += text_find_char(rest, '>') + 1;
        } else if (c == '(' && text_starts(rest, TEXT("?:"))) {
            buffer_char(out, '(');
            i += 2;
        } else if (c == '^' && i > 0) {
            continue;
        } else {
            buffer_char(out, c);
            if (strchr("*+?", c) && rest.length && rest.at[0] == '?')
                i++;
        }
    }
}

static bool matches(struct arena *arena, struct text regex, struct text path)
{
    regex_t compiled;
    struct buffer posix = {.arena = arena};
    static bool localized;
    if (!localized)
        setlocale(LC_CTYPE, "C.UTF-8");
    localized = true;
    buffer_text(&posix, TEXT("^/"));
    put_posix(&posix, regex);
    if (regcomp(&compiled, text_string(arena, buffer_contents(&posix)), REG_EXTENDED | REG_NOSUB))
        return false;
    bool found = regexec(&compiled, text_string(arena, path), 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

/* ---- reversing ---- */

static const struct template_argument *argument_of(const struct query *query, struct text name,
                                                   size_t position)
{
    if (query->count && !query->arguments[0].name.at)
        return position < query->count ? &query->arguments[position] : NULL;
    for (size_t i = 0; i < query->count; i++)
        if (text_equal(query->arguments[i].name, name))
            return &query->arguments[i];
    return NULL;
}

static bool in_form(const struct form *form, struct text name)
{
    for (size_t i = 0; i < form->count; i++)
        if (form->items[i].parameter.at && text_equal(form->items[i].parameter, name))
            return true;
    return false;
}

static bool json_equals(const json_t *json, struct value value, struct arena *arena)
{
    struct value other = json_is_integer(json)  ? value_integer(json_integer_value(json))
                         : json_is_string(json) ? value_text(json_text(json))
                                                : VALUE_NULL;
    (void)arena;
    return value_equal(value, other);
}

/* The named arguments and the parameters are the same, but for defaults; those given agree. */
static bool names_fit(const struct query *query, const struct form *form, const json_t *defaults)
{
    const char *key;
    json_t *json;
    for (size_t i = 0; i < query->count; i++) {
        const char *name = text_string(query->arena, query->arguments[i].name);
        if (!in_form(form, query->arguments[i].name) && !json_object_get(defaults, name))
            return false;
    }
    json_object_foreach((json_t *)defaults, key, json)
    {
        const struct template_argument *argument = argument_of(query, text_of(key), 0);
        if (argument && !json_equals(json, argument->value, query->arena))
            return false;
    }
    return true;
}

static bool fits(const struct query *query, const struct form *form, const json_t *defaults)
{
    size_t parameters = 0;
    bool positional = query->count && !query->arguments[0].name.at;
    for (size_t i = 0; i < form->count; i++) {
        struct text name = form->items[i].parameter;
        if (!name.at)
            continue;
        if (!argument_of(query, name, parameters++))
            return false;
    }
    return positional ? parameters == query->count : names_fit(query, form, defaults);
}

static struct text fill(const struct query *query, const struct form *form)
{
    struct buffer out = {.arena = query->arena};
    size_t position = 0;
    buffer_char(&out, '/');
    for (size_t i = 0; i < form->count; i++) {
        const struct piece *piece = &form->items[i];
        buffer_text(&out, piece->literal);
        if (piece->parameter.at)
            value_print(&out, argument_of(query, piece->parameter, position++)->value,
                        query->arena);
    }
    return buffer_contents(&out);
}

static bool try_regex(const struct query *query, struct text regex, const json_t *defaults)
{
    struct reader reader = {.arena = query->arena, .regex = regex};
    struct forms forms = read_all(&reader);
    if (reader.failed)
        forms = (struct forms){.count = 1};
    for (size_t i = 0; i < forms.count; i++) {
        if (!fits(query, &forms.items[i], defaults))
            continue;
        struct text path = fill(query, &forms.items[i]);
        if (!matches(query->arena, regex, path))
            continue;
        struct buffer out = {.arena = query->arena};
        bool twice = text_starts(path, TEXT("//"));
        buffer_text(&out, twice ? TEXT("/%2F") : TEXT(""));
        percent_encode(&out, text_from(path, twice ? 2 : 0), "!$&'()*+,;=/~:@");
        *query->out = buffer_contents(&out);
        return true;
    }
    return false;
}

/* The last that was declared comes first. */
static bool try_entries(const struct query *query, const struct entry *parent, struct text prefix)
{
    for (size_t i = parent->count; i-- > 0;) {
        const struct entry *entry = &parent->entries[i];
        struct text regex =
            text_format(query->arena, "%.*s%.*s", TEXT_ARG(prefix), TEXT_ARG(entry->regex));
        if (entry->include && !entry->namespace.length && !entry->app_name.length) {
            if (try_entries(query, entry, regex))
                return true;
        } else if (!entry->include && text_equal(entry->name, query->name)) {
            if (try_regex(query, regex, entry->defaults))
                return true;
        }
    }
    return false;
}

struct scope {
    const struct entry *entry;
    struct text prefix;
};

/* The first of the namespace `name` that was declared. */
static bool find_namespace(struct arena *arena, const struct entry *parent, struct text name,
                           struct text prefix, struct scope *out)
{
    for (size_t i = 0; i < parent->count; i++) {
        const struct entry *entry = &parent->entries[i];
        struct text regex =
            text_format(arena, "%.*s%.*s", TEXT_ARG(prefix), TEXT_ARG(entry->regex));
        if (!entry->include)
            continue;
        if (entry->app_name.length) {
            if (text_equal(entry->namespace, name)) {
                *out = (struct scope){entry, regex};
                return true;
            }
        } else if (find_namespace(arena, entry, name, regex, out)) {
            return true;
        }
    }
    return false;
}

/* The instances of application `name`, the last that was declared first. */
static void find_instances(const struct entry *parent, struct text name, struct text *last,
                           struct text current, struct text instance, bool *has_current,
                           bool *has_instance)
{
    for (size_t i = parent->count; i-- > 0;) {
        const struct entry *entry = &parent->entries[i];
        if (!entry->include)
            continue;
        if (!entry->app_name.length) {
            find_instances(entry, name, last, current, instance, has_current, has_instance);
        } else if (text_equal(entry->app_name, name)) {
            if (!last->at)
                *last = entry->namespace;
            *has_current |= current.length && text_equal(entry->namespace, current);
            *has_instance |= text_equal(entry->namespace, instance);
        }
    }
}

static struct text instance_of(const struct entry *entry, struct text name, struct text current)
{
    struct text last = TEXT_NONE;
    bool has_current = false;
    bool has_instance = false;
    find_instances(entry, name, &last, current, name, &has_current, &has_instance);
    return has_current ? current : last.at && !has_instance ? last : name;
}

enum status url_reverse(const struct url_table *table, struct arena *arena, struct text name,
                        struct text current_app, const struct template_argument *arguments,
                        size_t count, struct text *out)
{
    struct scope scope = {&table->root, TEXT("")};
    struct text apps = current_app;
    size_t colon;
    while ((colon = text_find_char(name, ':')) != TEXT_NOT_FOUND) {
        struct text current = TEXT_NONE;
        if (apps.length)
            text_next(&apps, ':', &current);
        struct text space = instance_of(scope.entry, text_part(name, 0, colon), current);
        if (!text_equal(space, current))
            apps = TEXT_NONE;
        if (!find_namespace(arena, scope.entry, space, scope.prefix, &scope))
            return NOT_FOUND;
        name = text_from(name, colon + 1);
    }
    struct query query = {arena, name, arguments, count, out};
    return try_entries(&query, scope.entry, scope.prefix) ? OK : NOT_FOUND;
}
