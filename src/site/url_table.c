#include "site/url_table.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "site/url_regex.h"
#include "template/json_context.h"
#include "template/percent.h"

#define DEPTH_MAX 32

struct entry {
    bool include;
    struct text regex; /* without the first "^" */
    struct text name;
    struct text app_name;
    struct text namespace;
    const struct value_map *defaults;
    struct entry *entries;
    size_t count;
};

struct url_table {
    struct entry root;
    struct text fault; /* of some pattern; empty: none */
};

struct query {
    struct arena *arena;
    struct text name;
    const struct template_argument *arguments;
    size_t count;
    struct text *out;
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

/* "<int:id>" to "(?P<id>[0-9]+)". */
static void put_parameter(struct url_table *table, struct buffer *out, struct text inside)
{
    size_t colon = text_find_char(inside, ':');
    bool typed = colon != TEXT_NOT_FOUND;
    struct text name = typed ? text_from(inside, colon + 1) : inside;
    struct text converter = typed ? text_part(inside, 0, colon) : TEXT("str");
    const char *regex = converter_regex(converter);
    if (!regex)
        table->fault = text_format(out->arena, "no converter \"%.*s\"", TEXT_ARG(converter));
    else
        buffer_format(out, "(?P<%.*s>%s)", TEXT_ARG(name), regex);
}

static struct text route_regex(struct url_table *table, struct arena *arena, struct text route,
                               bool endpoint)
{
    struct buffer out = {.arena = arena};
    size_t open;
    while ((open = text_find_char(route, '<')) != TEXT_NOT_FOUND) {
        size_t close = text_find_char(text_from(route, open), '>');
        if (close == TEXT_NOT_FOUND)
            break;
        put_literal(&out, text_part(route, 0, open));
        put_parameter(table, &out, text_part(route, open + 1, open + close));
        route = text_from(route, open + close + 1);
    }
    put_literal(&out, route);
    if (endpoint)
        buffer_text(&out, TEXT("\\Z"));
    return out.at ? buffer_contents(&out) : TEXT("");
}

static struct text pattern_regex(struct url_table *table, struct arena *arena, const json_t *json,
                                 bool include)
{
    struct text kind = json_text(json_object_get(json, include ? "prefix_kind" : "kind"));
    struct text text = json_text(json_object_get(json, include ? "prefix" : "pattern"));
    if (text_is(kind, "path"))
        return route_regex(table, arena, text, !include);
    if (url_regex_check(text) != OK)
        table->fault = text_copy(arena, text_of(status_failure()->message));
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
            table->fault = text_copy(arena, text_of(status_failure()->message));
        entry->include = text_is(json_text(json_object_get(row, "kind")), "include");
        entry->regex = pattern_regex(table, arena, row, entry->include);
        entry->name = json_text(json_object_get(row, "name"));
        entry->app_name = json_text(json_object_get(row, "app_name"));
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

/* For the parameter that is the `position`th of its form. */
static const struct template_argument *argument_of(const struct query *query, struct text name,
                                                   size_t position)
{
    if (is_positional(query))
        return position < query->count ? &query->arguments[position] : NULL;
    for (size_t i = query->count; i-- > 0;)
        if (text_equal(query->arguments[i].name, name))
            return &query->arguments[i];
    return NULL;
}

static bool in_form(const struct url_form *form, struct text name)
{
    for (size_t i = 0; i < form->count; i++)
        if (!form->items[i].repeated && text_equal(form->items[i].parameter, name))
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
    for (size_t i = 0; i < form->count; i++) {
        struct text name = form->items[i].parameter;
        if (name.length && !argument_of(query, name, 0))
            return false;
    }
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
    size_t parameters = 0;
    for (size_t i = 0; i < form->count; i++)
        parameters += form->items[i].parameter.length && !form->items[i].repeated;
    return is_positional(query) ? parameters == query->count : names_fit(query, form, defaults);
}

/* Which parameter of the form that one is, from 0. */
static size_t position_of(const struct url_form *form, struct text name)
{
    size_t position = 0;
    for (size_t i = 0; i < form->count; i++) {
        if (!form->items[i].parameter.length || form->items[i].repeated)
            continue;
        if (text_equal(form->items[i].parameter, name))
            return position;
        position++;
    }
    return position;
}

static struct text fill(const struct query *query, const struct url_form *form)
{
    struct buffer out = {.arena = query->arena};
    buffer_char(&out, '/');
    for (size_t i = 0; i < form->count; i++) {
        const struct url_piece *piece = &form->items[i];
        const struct template_argument *argument =
            piece->parameter.length
                ? argument_of(query, piece->parameter, position_of(form, piece->parameter))
                : NULL;
        buffer_text(&out, piece->literal);
        if (argument)
            value_print(&out, argument->value, query->arena);
    }
    return buffer_contents(&out);
}

static bool try_regex(const struct query *query, struct text regex,
                      const struct value_map *defaults)
{
    struct url_forms forms = url_forms(query->arena, regex);
    for (size_t i = 0; i < forms.count; i++) {
        if (!fits(query, &forms.items[i], defaults))
            continue;
        struct text path = fill(query, &forms.items[i]);
        struct text whole = text_format(query->arena, "/%.*s", TEXT_ARG(regex));
        if (!url_regex_matches(query->arena, whole, path))
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

/* ---- the whole table ---- */

static struct text joined(struct arena *arena, struct text prefix, const struct entry *entry)
{
    return text_format(arena, "%.*s%.*s", TEXT_ARG(prefix), TEXT_ARG(entry->regex));
}

/* The last that was declared comes first. */
static bool try_entries(const struct query *query, const struct entry *parent, struct text prefix)
{
    for (size_t i = parent->count; i-- > 0;) {
        const struct entry *entry = &parent->entries[i];
        struct text regex = joined(query->arena, prefix, entry);
        if (entry->include && !entry->app_name.length) {
            if (try_entries(query, entry, regex))
                return true;
        } else if (!entry->include && entry->name.at && text_equal(entry->name, query->name)) {
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
        struct text regex = joined(arena, prefix, entry);
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
                              size_t count, struct text *out)
{
    struct scope scope = {&table->root, TEXT("")};
    struct text apps = current_app;
    size_t colon;
    if (table->fault.length)
        return fail("%.*s", TEXT_ARG(table->fault));
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
