#include "admin/list.h"

#include <string.h>

#include "admin/registry.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "http/url.h"
#include "site/links.h"
#include "template/unicode.h"

/* The address */

struct text list_value(const struct list *list, struct text name)
{
    struct text found = TEXT_NONE;
    for (size_t i = 0; i < list->parameters.count; i++)
        if (text_equal(list->parameters.items[i].name, name))
            found = list->parameters.items[i].value;
    return found;
}

static void read_parameters(struct list *list)
{
    struct text query = list->request->query;
    struct list_parameter parameter;
    while (url_query_next(list->arena, &query, &parameter.name, &parameter.value))
        if (parameter.name.length && parameter.value.at)
            *LIST_PUSH(list->arena, &list->parameters) = parameter;
        else if (parameter.name.length || !parameter.name.at)
            list->mistaken = true;
}

static const struct list_parameter *change_of(const struct list_parameter *changes, size_t count,
                                              struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(changes[i].name, name))
            return &changes[i];
    return NULL;
}

static void put_parameter(struct buffer *out, const struct list_parameter *parameter,
                          struct arena *arena)
{
    if (!parameter->value.length)
        return;
    struct buffer name = {.arena = arena};
    url_encode(&name, parameter->name, TEXT("-._~"));
    link_put(out, text_string(arena, buffer_contents(&name)), parameter->value);
}

struct text list_link(const struct list *list, const struct list_parameter *changes, size_t count)
{
    struct buffer out = {.arena = list->arena};
    for (size_t i = 0; i < list->parameters.count; i++) {
        const struct list_parameter *each = &list->parameters.items[i];
        if (!change_of(changes, count, each->name) && !text_is(each->name, "p")
            && !text_is(each->name, "e"))
            put_parameter(&out, each, list->arena);
    }
    for (size_t i = 0; i < count; i++)
        put_parameter(&out, &changes[i], list->arena);
    struct text query = buffer_contents(&out);
    return text_format(list->arena, "?%.*s", TEXT_ARG(query));
}

struct text list_own_url(const struct list *list)
{
    struct text path = registry_url(list->arena, list->admin, "changelist", TEXT_NONE);
    struct text query = list->request->query;
    return text_format(list->arena, "%.*s%s%.*s", TEXT_ARG(path), query.length ? "?" : "",
                       TEXT_ARG(query));
}

/* Search */

/* The next word, or what stands in quotes. */
static bool next_term(struct text *rest, struct text *term)
{
    *rest = unicode_trim_start(*rest);
    if (!rest->length)
        return false;
    char quote = rest->at[0];
    size_t end =
        quote == '"' || quote == '\'' ? text_find_char(text_from(*rest, 1), quote) : TEXT_NOT_FOUND;
    if (end == TEXT_NOT_FOUND)
        return unicode_next_word(rest, term);
    *term = text_part(*rest, 1, end + 1);
    *rest = text_from(*rest, end + 2);
    return true;
}

static struct condition searched(const char *name, struct text term)
{
    enum lookup lookup = *name == '^'   ? LOOKUP_ISTARTSWITH
                         : *name == '=' ? LOOKUP_IEXACT
                                        : LOOKUP_ICONTAINS;
    return (struct condition){.name = name + (lookup != LOOKUP_ICONTAINS),
                              .lookup = lookup,
                              .value = DB_TEXT(term)};
}

/* Every word in one of the fields. */
static void read_search(struct list *list)
{
    const char *const *fields = list->admin->search_fields;
    struct text rest = list_value(list, TEXT("q"));
    struct text term;
    size_t count = 0;
    list->search = fields ? rest : TEXT_NONE;
    while (fields && fields[count])
        count++;
    while (count && next_term(&rest, &term)) {
        struct condition *any = ARENA_ARRAY(list->arena, struct condition, count);
        for (size_t i = 0; i < count; i++)
            any[i] = searched(fields[i], term);
        *LIST_PUSH(list->arena, &list->where) = (struct condition){.any = {any, count}};
    }
}

/* Filters: "city=Paris", "state__exact=FL", "date_joined__gte=2024-01-01", "address__isnull=1" */

static const struct {
    const char *word;
    enum lookup lookup;
    bool is_null;
} lookups[] = {
    {"exact", LOOKUP_EXACT, false},
    {"iexact", LOOKUP_IEXACT, false},
    {"icontains", LOOKUP_ICONTAINS, false},
    {"istartswith", LOOKUP_ISTARTSWITH, false},
    {"gt", LOOKUP_GT, false},
    {"gte", LOOKUP_GTE, false},
    {"lt", LOOKUP_LT, false},
    {"lte", LOOKUP_LTE, false},
    {"isnull", LOOKUP_EXACT, true},
};

static bool is_named(const char *const *names, struct text name)
{
    for (; names && *names; names++)
        if (text_is(name, *names + (**names == '^' || **names == '=')))
            return true;
    return false;
}

/* Whether lists may be cut by it: it is in them anyway. "address__id" goes with "address". */
static bool is_allowed(const struct list *list, struct text name)
{
    const struct model_admin *admin = list->admin;
    struct text of = name;
    if (text_ends(of, TEXT("__id")) || text_ends(of, TEXT("__pk")))
        of = text_part(of, 0, of.length - 4);
    return text_is(name, "pk") || text_is(name, model_key(admin->model)->name)
           || is_named(admin->list_filter, name) || is_named(admin->list_filter, of)
           || is_named(admin->list_display, name) || is_named(admin->search_fields, name);
}

const struct model *list_owner(const struct model *model, struct text name)
{
    size_t end;
    while ((end = text_find(name, TEXT("__"))) != TEXT_NOT_FOUND) {
        const struct field *field = model_field(model, text_part(name, 0, end));
        if (!field || !field->to)
            return model;
        model = field->to;
        name = text_from(name, end + 2);
    }
    return model;
}

static bool parse_value(struct list *list, struct text name, enum lookup lookup, struct text raw,
                        struct db_parameter *out)
{
    const struct field *field = query_name(list->admin->model, name);
    void *row = model_empty(list_owner(list->admin->model, name), list->arena);
    struct field as = *field;
    as.choices = NULL;
    as.validators = NULL;
    as.min_length = 0;
    as.blank = true;
    bool is_part =
        lookup == LOOKUP_ICONTAINS || lookup == LOOKUP_ISTARTSWITH || lookup == LOOKUP_IEXACT;
    *out = DB_TEXT(raw);
    if (is_part)
        return true;
    if (!raw.length || field_parse(&as, row, raw, list->arena).length)
        return false;
    *out = field_bind(field, row, list->arena);
    return out->kind != DB_KIND_NULL;
}

static void add_filter(struct list *list, struct text name, size_t index, struct text raw)
{
    struct condition condition = {.name = text_string(list->arena, name),
                                  .lookup = lookups[index].lookup,
                                  .value = DB_NULL};
    if (!is_allowed(list, name))
        list->forbidden = true;
    else if (lookups[index].is_null)
        condition.negated = text_is(raw, "0") || text_equal_nocase(raw, TEXT("false"));
    else if (!parse_value(list, name, lookups[index].lookup, raw, &condition.value))
        list->mistaken = true;
    list->filtered = true;
    if (!list->forbidden && !list->mistaken)
        *LIST_PUSH(list->arena, &list->where) = condition;
}

static void read_filter(struct list *list, const struct list_parameter *parameter)
{
    struct text name = parameter->name;
    if (query_name(list->admin->model, name)) {
        add_filter(list, name, 0, parameter->value);
        return;
    }
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        struct text end = text_format(list->arena, "__%s", lookups[i].word);
        struct text before = text_part(name, 0, name.length - end.length);
        if (!text_ends(name, end) || !query_name(list->admin->model, before))
            continue;
        add_filter(list, before, i, parameter->value);
        return;
    }
    list->forbidden = true;
}

static void read_filters(struct list *list)
{
    static const char *const own[] = {"q",         "o",       "p",
                                      "all",       "e",       "_changelist_filters",
                                      "_format",   "_facets", "_popup",
                                      "_to_field", NULL};
    for (size_t i = 0; i < list->parameters.count; i++)
        if (!is_named(own, list->parameters.items[i].name)
            && !list_dates_has(list, list->parameters.items[i].name))
            read_filter(list, &list->parameters.items[i]);
}

/* Order */

const char *list_sort_field(const struct list *list, size_t column)
{
    const char *name = list->display[column - 1];
    const struct admin_column *made = model_admin_column(list->admin, text_of(name));
    if (made)
        return made->order;
    return query_name(list->admin->model, text_of(name)) ? name : NULL;
}

/* "2.-1"; what is no column that can be sorted by is passed over. */
static void read_sorts(struct list *list)
{
    struct text rest = list_value(list, TEXT("o"));
    struct text part;
    while (text_next(&rest, '.', &part)) {
        int64_t number;
        bool falling = text_starts(part, TEXT("-"));
        if (!text_to_int64(&number, text_from(part, falling)) || number < 1
            || (size_t)number > list->columns || !list_sort_field(list, (size_t)number))
            continue;
        bool known = false;
        for (size_t i = 0; i < list->sorts.count; i++)
            known = known || list->sorts.items[i].column == (size_t)number;
        if (!known)
            *LIST_PUSH(list->arena, &list->sorts) = (struct list_sort){(size_t)number, falling};
    }
}

/* The key comes last, and falls where the order falls, so that an index serves both ways. */
static void make_order(struct list *list)
{
    const struct model_admin *admin = list->admin;
    const char *const *names = admin->ordering ? admin->ordering : admin->model->ordering;
    bool falling = true;
    for (size_t i = 0; i < list->sorts.count; i++) {
        const struct list_sort *sort = &list->sorts.items[i];
        const char *field = list_sort_field(list, sort->column);
        *LIST_PUSH(list->arena, &list->order) =
            sort->falling ? text_string(list->arena, text_format(list->arena, "-%s", field))
                          : field;
    }
    for (; !list->sorts.count && names && *names; names++)
        *LIST_PUSH(list->arena, &list->order) = *names;
    if (list->order.count)
        falling = list->order.items[0][0] == '-';
    *LIST_PUSH(list->arena, &list->order) = falling ? "-pk" : "pk";
    *LIST_PUSH(list->arena, &list->order) = NULL;
}

static void read_page(struct list *list)
{
    struct text page = list_value(list, TEXT("p"));
    list->per_page = list->admin->list_per_page ? (int64_t)list->admin->list_per_page : 100;
    list->all = list_value(list, TEXT("all")).at != NULL;
    list->page = 1;
    if (page.at
        && (!text_to_int64(&list->page, page) || list->page < 1
            || list->page > INT64_MAX / list->per_page))
        list->mistaken = true;
}

static const char *const only_name[] = {"__str__", NULL};

static void read_all(struct list *list)
{
    list->display = list->admin->list_display ? list->admin->list_display : only_name;
    while (list->display[list->columns])
        list->columns++;
    list->facets = list_value(list, TEXT("_facets")).at != NULL;
    read_search(list);
    read_filters(list);
    list_dates_read(list);
    read_sorts(list);
    make_order(list);
    read_page(list);
}

void list_read(struct list *list, struct request *request, const struct model_admin *admin)
{
    *list = (struct list){.request = request, .arena = request->arena, .admin = admin};
    read_parameters(list);
    read_all(list);
}

void list_read_changed(struct list *out, const struct list *list,
                       const struct list_parameter *changes, size_t count)
{
    *out = (struct list){.request = list->request, .arena = list->arena, .admin = list->admin};
    for (size_t i = 0; i < list->parameters.count; i++)
        if (!change_of(changes, count, list->parameters.items[i].name))
            *LIST_PUSH(out->arena, &out->parameters) = list->parameters.items[i];
    for (size_t i = 0; i < count; i++)
        if (changes[i].value.length)
            *LIST_PUSH(out->arena, &out->parameters) = changes[i];
    read_all(out);
}
