#include "site/url_table.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "site/url_regex.h"
#include "template/json_context.h"
#include "template/percent.h"
#include "template/unicode.h"

#define DEPTH_MAX 32
#define REGEX_MAX 65536 /* of an entry, with those it is included by; longer ones fit nothing */
#define IMPROPER  "ImproperlyConfigured"

struct entry {
    const struct entry *parent;
    bool include;
    struct text regex; /* without the first "^" */
    struct text name;
    struct text app_name;
    struct text namespace;
    const struct value_map *defaults;
    struct entry *entries;
    size_t count;
    struct url_forms forms; /* of the regular expressions of all parents and its own */
    const struct url_matcher *matcher;
    enum status status; /* of making them */
    bool ready;
    const char *kind;
};

struct url_table {
    struct entry root;
    struct text fault; /* of some pattern; empty: none */
    const char *kind;  /* of the fault */
    bool bad_route;    /* which counts before other faults */
};

struct query {
    struct arena *arena;
    struct text name;
    const struct template_argument *arguments;
    size_t count;
    struct text *out;
    const char **kind;
};

/* ---- the table ---- */

static const char *converter_regex(struct text name)
{
    static const struct {
        const char *name;
        const char *regex;
    } converters[] = {{"str", "[^/]+"},
                      {"int", "[0-9]+"},
                      {"slug", "[-a-zA-Z0-9_]+"},
                      {"path", ".+"},
                      {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}};
    for (size_t i = 0; i < sizeof converters / sizeof *converters; i++)
        if (text_is(name, converters[i].name))
            return converters[i].regex;
    return NULL;
}

static void put_literal(struct buffer *out, struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (strchr(".^$*+?{}[]\\|()-#", text.at[i]) && text.at[i])
            buffer_char(out, '\\');
        buffer_char(out, text.at[i]);
    }
}

static void set_fault(struct url_table *table, struct arena *arena, const char *kind)
{
    if (table->bad_route)
        return;
    table->fault = text_copy(arena, text_of(status_failure()->message));
    table->kind = kind;
}

__attribute__((format(printf, 3, 4))) static void
set_bad_route(struct url_table *table, struct arena *arena, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    table->fault = text_vformat(arena, format, more);
    va_end(more);
    table->kind = IMPROPER;
    table->bad_route = true;
}

static bool is_identifier(struct text name)
{
    bool first = true;
    while (name.length) {
        uint32_t c = unicode_take(&name);
        if (!unicode_is_word(c) || (first && unicode_digit(c) >= 0))
            return false;
        first = false;
    }
    return !first;
}

static bool has_space(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] == ' ' || (text.at[i] >= '\t' && text.at[i] <= '\r'))
            return true;
    return false;
}

/* "int:id" to "(?P<id>[0-9]+)". */
static void put_parameter(struct url_table *table, struct buffer *out, struct text inside)
{
    size_t colon = text_find_char(inside, ':');
    bool typed = colon != TEXT_NOT_FOUND && colon > 0 && colon + 1 < inside.length;
    struct text name = typed ? text_from(inside, colon + 1) : inside;
    struct text converter = typed ? text_part(inside, 0, colon) : TEXT("str");
    const char *regex = converter_regex(converter);
    if (has_space(inside))
        set_bad_route(table, out->arena, "\"<%.*s>\" has white space", TEXT_ARG(inside));
    else if (!is_identifier(name))
        set_bad_route(table, out->arena, "\"%.*s\" is no name of a parameter", TEXT_ARG(name));
    else if (!regex)
        set_bad_route(table, out->arena, "no converter \"%.*s\"", TEXT_ARG(converter));
    else
        buffer_format(out, "(?P<%.*s>%s)", TEXT_ARG(name), regex);
}

static struct text route_regex(struct url_table *table, struct arena *arena, struct text route,
                               bool endpoint)
{
    struct buffer out = {.arena = arena};
    size_t open;
    size_t from = 0;
    while ((open = text_find_char(text_from(route, from), '<')) != TEXT_NOT_FOUND) {
        open += from;
        size_t close = text_find_char(text_from(route, open), '>');
        if (close == TEXT_NOT_FOUND)
            break;
        from = open + 1;
        if (close == 1)
            continue;
        put_literal(&out, text_part(route, 0, open));
        put_parameter(table, &out, text_part(route, open + 1, open + close));
        route = text_from(route, open + close + 1);
        from = 0;
    }
    put_literal(&out, route);
    if (endpoint)
        buffer_text(&out, TEXT("\\Z"));
    return out.at ? buffer_contents(&out) : TEXT("");
}

/* What Django would not turn round is an error of the whole table. */
static void check_regex(struct url_table *table, struct arena *arena, struct text regex,
                        const char *malformed, bool reversed)
{
    struct url_matcher *matcher;
    struct url_forms forms;
    const char *kind;
    if (url_matcher_new(arena, regex, &matcher) != OK)
        set_fault(table, arena, malformed);
    else if (reversed && url_forms(arena, regex, &forms, &kind) != OK)
        set_fault(table, arena, kind);
}

static struct text pattern_regex(struct url_table *table, struct arena *arena, const json_t *json,
                                 const struct entry *entry)
{
    bool include = entry->include;
    struct text kind = json_text(json_object_get(json, include ? "prefix_kind" : "kind"));
    struct text text = json_text(json_object_get(json, include ? "prefix" : "pattern"));
    bool route = text_is(kind, "path");
    if (route)
        text = route_regex(table, arena, text, !include);
    check_regex(table, arena, text, route ? "error" : IMPROPER, !entry->app_name.length);
    return text_starts(text, TEXT("^")) ? text_from(text, 1) : text;
}

static void decode(struct url_table *table, struct arena *arena, const json_t *json,
                   struct entry *out, int depth)
{
    out->count = depth < DEPTH_MAX ? json_array_size(json) : 0;
    out->entries = ARENA_ARRAY(arena, struct entry, out->count);
    for (size_t i = 0; i < out->count; i++) {
        const json_t *row = json_array_get(json, i);
        struct entry *entry = &out->entries[i];
        struct value defaults = VALUE_NULL;
        if (json_context_value(arena, json_object_get(row, "args"), &defaults) != OK)
            set_fault(table, arena, IMPROPER);
        entry->parent = out;
        entry->include = text_is(json_text(json_object_get(row, "kind")), "include");
        entry->name = json_text(json_object_get(row, "name"));
        entry->app_name = json_text(json_object_get(row, "app_name"));
        entry->regex = pattern_regex(table, arena, row, entry);
        entry->namespace = json_text(json_object_get(row, "namespace"));
        entry->defaults = defaults.kind == VALUE_MAP ? defaults.map : value_map_new(arena);
        if (entry->app_name.length && !entry->namespace.length)
            entry->namespace = entry->app_name;
        if (entry->include)
            decode(table, arena, json_object_get(row, "patterns"), entry, depth + 1);
    }
}

struct url_table *url_table_new(struct arena *arena, const json_t *patterns)
{
    struct url_table *table = ARENA_NEW(arena, struct url_table);
    table->root.regex = TEXT("");
    decode(table, arena, patterns, &table->root, 0);
    return table;
}

/* ---- one pattern ---- */

static bool is_positional(const struct query *query)
{
    return query->count && !query->arguments[0].name.at;
}

/* The parameter's argument; of those of the same name the last. */
static const struct template_argument *argument_of(const struct query *query,
                                                   const struct url_form *form, struct text name)
{
    if (!is_positional(query)) {
        for (size_t i = query->count; i-- > 0;)
            if (text_equal(query->arguments[i].name, name))
                return &query->arguments[i];
        return NULL;
    }
    for (size_t i = query->count; i-- > 0;)
        if (text_equal(form->names[i], name))
            return &query->arguments[i];
    return NULL;
}

static bool in_form(const struct url_form *form, struct text name)
{
    for (size_t i = 0; i < form->count; i++)
        if (text_equal(form->names[i], name))
            return true;
    return false;
}

static const struct value *default_of(const struct value_map *defaults, struct text name)
{
    return value_map_find_text(defaults, name, value_hash_text(name));
}

/* The named arguments and the parameters are the same, but for defaults; those given agree. */
static bool names_fit(const struct query *query, const struct url_form *form,
                      const struct value_map *defaults)
{
    for (size_t i = 0; i < form->count; i++)
        if (!argument_of(query, form, form->names[i]) && !default_of(defaults, form->names[i]))
            return false;
    for (size_t i = 0; i < query->count; i++) {
        const struct template_argument *argument = &query->arguments[i];
        const struct value *fallback = default_of(defaults, argument->name);
        if (!in_form(form, argument->name) && !fallback)
            return false;
        if (fallback && !value_equal(*fallback, argument->value))
            return false;
    }
    return true;
}

static bool fits(const struct query *query, const struct url_form *form,
                 const struct value_map *defaults)
{
    return is_positional(query) ? form->count == query->count : names_fit(query, form, defaults);
}

static enum status refuse(const struct query *query, const char *kind, const char *reason,
                          struct text what)
{
    *query->kind = kind;
    return fail_as(INVALID, "%s \"%.*s\"", reason, TEXT_ARG(what));
}

/* "%(name)s" or "%%", behind the "%", or "%s", where Python puts all arguments; all else of
 * Python's conversions has no place in a path. */
static enum status put_conversion(const struct query *query, const struct url_form *form,
                                  struct text *rest, struct buffer *out)
{
    if (text_starts(*rest, TEXT("%"))) {
        *rest = text_from(*rest, 1);
        buffer_char(out, '%');
        return OK;
    }
    if (text_starts(*rest, TEXT("s"))) {
        *rest = text_from(*rest, 1);
        buffer_text(out, TEXT("{}"));
        return OK;
    }
    size_t end = text_find_char(*rest, ')');
    if (!text_starts(*rest, TEXT("(")) || end == TEXT_NOT_FOUND
        || !text_starts(text_from(*rest, end), TEXT(")s")))
        return refuse(query, "ValueError", "a conversion is not understood in", form->format);
    struct text name = text_part(*rest, 1, end);
    const struct template_argument *argument = argument_of(query, form, name);
    if (!argument)
        return refuse(query, "KeyError", "there is no argument", name);
    value_print(out, argument->value, query->arena);
    *rest = text_from(*rest, end + 2);
    return OK;
}

static enum status fill(const struct query *query, const struct url_form *form, struct buffer *out)
{
    struct text rest = form->format;
    enum status status = OK;
    buffer_char(out, '/');
    while (status == OK) {
        size_t mark = text_find_char(rest, '%');
        buffer_text(out, text_part(rest, 0, mark));
        if (mark == TEXT_NOT_FOUND)
            break;
        rest = text_from(rest, mark + 1);
        status = put_conversion(query, form, &rest, out);
    }
    return status;
}

static struct text encoded(const struct query *query, struct text path)
{
    struct buffer out = {.arena = query->arena};
    bool twice = text_starts(path, TEXT("//"));
    buffer_text(&out, twice ? TEXT("/%2F") : TEXT(""));
    percent_encode(&out, text_from(path, twice ? 2 : 0), "!$&'()*+,;=/~:@");
    return buffer_contents(&out);
}

static enum status try_form(const struct query *query, const struct entry *entry,
                            const struct url_form *form)
{
    struct buffer path = {.arena = query->arena};
    if (!fits(query, form, entry->defaults))
        return NOT_FOUND;
    enum status status = fill(query, form, &path);
    if (status != OK)
        return status;
    if (!entry->matcher)
        return refuse(query, "error", "no regular expression with its parents:", entry->regex);
    if (!url_matcher_matches(entry->matcher, buffer_contents(&path)))
        return NOT_FOUND;
    *query->out = encoded(query, buffer_contents(&path));
    return OK;
}

/* ---- the whole table ---- */

static void put_regex(struct buffer *out, const struct entry *entry)
{
    if (entry->parent)
        put_regex(out, entry->parent);
    buffer_text(out, entry->regex);
}

/* What it takes to reverse an entry, made when it is asked for first. */
static enum status prepare(struct arena *arena, struct entry *entry)
{
    struct buffer regex = {.arena = arena, .limit = REGEX_MAX};
    struct url_matcher *matcher;
    if (entry->ready)
        return entry->status;
    entry->ready = true;
    buffer_text(&regex, TEXT("^/"));
    put_regex(&regex, entry);
    if (regex.failed)
        return OK;
    struct text whole = buffer_contents(&regex);
    entry->status = url_forms(arena, text_from(whole, 2), &entry->forms, &entry->kind);
    if (url_matcher_new(arena, whole, &matcher) == OK)
        entry->matcher = matcher;
    return entry->status;
}

static enum status try_entry(const struct query *query, struct entry *entry)
{
    enum status status = prepare(query->arena, entry);
    if (status != OK)
        return refuse(query, entry->kind, "this cannot be turned round:", entry->regex);
    status = NOT_FOUND;
    for (size_t i = 0; i < entry->forms.count && status == NOT_FOUND; i++)
        status = try_form(query, entry, &entry->forms.items[i]);
    return status;
}

/* The last that was declared comes first. */
static enum status try_entries(const struct query *query, const struct entry *parent)
{
    enum status status = NOT_FOUND;
    for (size_t i = parent->count; i-- > 0 && status == NOT_FOUND;) {
        struct entry *entry = &parent->entries[i];
        if (entry->include && !entry->app_name.length)
            status = try_entries(query, entry);
        else if (!entry->include && entry->name.at && text_equal(entry->name, query->name))
            status = try_entry(query, entry);
    }
    return status;
}

/* The first of the namespace `name` that was declared; NULL: there is none. */
static const struct entry *find_namespace(const struct entry *parent, struct text name)
{
    for (size_t i = 0; i < parent->count; i++) {
        const struct entry *entry = &parent->entries[i];
        bool named = entry->app_name.length > 0;
        if (entry->include && named && text_equal(entry->namespace, name))
            return entry;
        const struct entry *found = entry->include && !named ? find_namespace(entry, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

struct instances {
    struct text name; /* of the application */
    struct text current;
    struct text last; /* that was declared */
    bool has_current;
    bool has_name;
};

static void find_instances(const struct entry *parent, struct instances *found)
{
    for (size_t i = parent->count; i-- > 0;) {
        const struct entry *entry = &parent->entries[i];
        if (!entry->include)
            continue;
        if (!entry->app_name.length) {
            find_instances(entry, found);
        } else if (text_equal(entry->app_name, found->name)) {
            if (!found->last.at)
                found->last = entry->namespace;
            found->has_current |=
                found->current.length && text_equal(entry->namespace, found->current);
            found->has_name |= text_equal(entry->namespace, found->name);
        }
    }
}

static struct text instance_of(const struct entry *entry, struct text name, struct text current)
{
    struct instances found = {.name = name, .current = current};
    find_instances(entry, &found);
    if (found.has_current)
        return current;
    return found.last.at && !found.has_name ? found.last : name;
}

enum status url_table_reverse(const struct url_table *table, struct arena *arena, struct text name,
                              struct text current_app, const struct template_argument *arguments,
                              size_t count, struct text *out, const char **kind)
{
    const struct entry *scope = &table->root;
    struct text apps = current_app;
    size_t colon;
    *kind = table->kind;
    if (!arguments && text_find_char(name, ':') == TEXT_NOT_FOUND)
        return OK;
    if (table->fault.length)
        return fail_as(INVALID, "%.*s", TEXT_ARG(table->fault));
    while ((colon = text_find_char(name, ':')) != TEXT_NOT_FOUND) {
        struct text current = TEXT_NONE;
        if (apps.length)
            text_next(&apps, ':', &current);
        struct text space = instance_of(scope, text_part(name, 0, colon), current);
        if (!text_equal(space, current))
            apps = TEXT_NONE;
        scope = find_namespace(scope, space);
        if (!scope)
            return NOT_FOUND;
        name = text_from(name, colon + 1);
    }
    if (!arguments)
        return OK;
    const struct query query = {arena, name, arguments, count, out, kind};
    return try_entries(&query, scope);
}
