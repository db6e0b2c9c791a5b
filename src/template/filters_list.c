/* Filters of lists, and of texts as lists of characters. */
#include <string.h>

#include "base/arena.h"
#include "template/expression.h"
#include "template/filters.h"
#include "template/format.h"
#include "template/number.h"
#include "template/unicode.h"

FILTER(length)
{
    size_t count = 0;
    (void)argument;
    value_length(value, call->arena, &count);
    return value_integer((int64_t)count);
}

FILTER(length_is)
{
    size_t count;
    int64_t expected;
    const char *kind = number_clamped(argument, call->arena, &expected);
    if (!value_length(value, call->arena, &count) || (kind && strcmp(kind, "OverflowError") != 0))
        return value_text(TEXT(""));
    if (kind)
        return filter_fail(call, kind, "a number without end is no length");
    return value_bool(expected >= 0 && count == (uint64_t)expected);
}

static struct value at_end(struct filter_call *call, struct value value, bool last)
{
    struct value_list list;
    if (value.kind == VALUE_MAP) {
        const struct value *found = value_map_find(value.map, value_integer(last ? -1 : 0));
        return found ? *found : filter_fail(call, "KeyError", "a dictionary has no order here");
    }
    if (!value_items(value, call->arena, &list))
        return filter_fail(call, "TypeError", "the value has no items");
    if (list.count == 0)
        return value_text(TEXT(""));
    return list.items[last ? list.count - 1 : 0];
}

FILTER(first)
{
    (void)argument;
    return at_end(call, value, false);
}

FILTER(last)
{
    (void)argument;
    return at_end(call, value, true);
}

FILTER(pick_random)
{
    struct value_list list;
    (void)argument;
    if (!value_items(value, call->arena, &list))
        return filter_fail(call, "TypeError", "the value has no items");
    if (list.count == 0)
        return filter_fail(call, "IndexError", "nothing to choose from");
    size_t at = format_pick(call->render, list.count);
    if (value.kind != VALUE_MAP)
        return list.items[at];
    const struct value *found = value_map_find(value.map, value_integer((int64_t)at));
    return found ? *found : filter_fail(call, "KeyError", "a map has no items by number");
}

FILTER(join)
{
    struct value_list list;
    struct buffer out = filter_buffer(call);
    struct buffer separator = filter_buffer(call);
    if (!value_items(value, call->arena, &list))
        return value;
    put_escaped(&separator, call, argument);
    for (size_t i = 0; i < list.count; i++) {
        if (!call->autoescape && !value_is_text(list.items[i]))
            return value;
        if (i > 0)
            buffer_text(&out, buffer_contents(&separator));
        if (call->autoescape)
            put_escaped(&out, call, list.items[i]);
        else
            buffer_text(&out, value_as_text(list.items[i]));
    }
    struct value result = filter_result(call, &out);
    return value_safe(value_as_text(result));
}

/* The bounds of Python's slices: missing ones, and below zero from the end. */
struct bounds {
    int64_t from;
    int64_t to;
    int64_t step;
};

static int64_t clamp(int64_t at, int64_t low, int64_t high)
{
    return at < low ? low : at > high ? high : at;
}

static bool parse_bounds(struct filter_call *call, struct text text, int64_t length,
                         struct bounds *out)
{
    int64_t numbers[3] = {0};
    bool given[3] = {false};
    struct text part;
    size_t count = 0;
    if (text.length == 0)
        text = TEXT("");
    for (; text_next(&text, ':', &part); count++) {
        if (count == 3)
            return false;
        given[count] = part.length > 0;
        if (given[count] && !number_integer(value_text(part), call->arena, &numbers[count]))
            return false;
    }
    if (count == 1) {
        given[1] = given[0];
        numbers[1] = numbers[0];
        given[0] = false;
    }
    out->step = given[2] ? numbers[2] : 1;
    if (out->step == 0)
        return false;
    int64_t low = out->step < 0 ? -1 : 0;
    int64_t high = out->step < 0 ? length - 1 : length;
    for (size_t i = 0; i < 2; i++)
        if (given[i] && numbers[i] < 0)
            numbers[i] = numbers[i] < -length ? low : numbers[i] + length;
    out->from = given[0] ? clamp(numbers[0], low, high) : out->step < 0 ? high : low;
    out->to = given[1] ? clamp(numbers[1], low, high) : out->step < 0 ? low : high;
    return true;
}

static bool in_bounds(const struct bounds *bounds, int64_t at)
{
    return bounds->step > 0 ? at < bounds->to : at > bounds->to;
}

static struct value slice_items(struct filter_call *call, struct value value,
                                const struct bounds *bounds)
{
    struct value_list list;
    LIST(struct value) part = {0};
    struct buffer out = filter_buffer(call);
    value_items(value, call->arena, &list);
    for (int64_t at = bounds->from; in_bounds(bounds, at);) {
        if (value_is_text(value))
            buffer_text(&out, value_as_text(list.items[at]));
        else
            *LIST_PUSH(call->arena, &part) = list.items[at];
        if (__builtin_add_overflow(at, bounds->step, &at))
            break;
    }
    if (value_is_text(value))
        return filter_result(call, &out);
    return value.kind == VALUE_TUPLE ? value_tuple(call->arena, part.items, part.count)
                                     : value_list(call->arena, part.items, part.count);
}

FILTER(slice)
{
    struct bounds bounds;
    size_t length;
    if (value.kind == VALUE_MAP || !value_length(value, call->arena, &length)
        || !parse_bounds(call, filter_text(call, argument), (int64_t)length, &bounds))
        return value;
    if (value_is_text(value) && bounds.step == 1)
        return value_text(unicode_part(value_as_text(value), (size_t)bounds.from,
                                       (size_t)clamp(bounds.to, bounds.from, INT64_MAX)));
    return slice_items(call, value, &bounds);
}

/* item[by]; false, after filter_fail() or where Python's TypeError makes the result empty. */
static bool item_by_number(struct filter_call *call, struct value by, struct value *item)
{
    struct value_list list;
    if (item->kind == VALUE_MAP) {
        const struct value *found = value_map_find(item->map, by);
        if (!found)
            filter_fail(call, "KeyError", "an item lacks the key to sort by");
        else
            *item = *found;
        return found != NULL;
    }
    if (by.kind == VALUE_BOOL)
        by = value_integer(by.boolean);
    if (by.kind != VALUE_INTEGER || !value_items(*item, call->arena, &list))
        return false;
    int64_t at = by.integer < 0 ? by.integer + (int64_t)list.count : by.integer;
    if (at < 0 || (uint64_t)at >= list.count) {
        filter_fail(call, "IndexError", "an item has no such part to sort by");
        return false;
    }
    *item = list.items[at];
    return true;
}

/* What dictsort sorts by: an index, or keys and attributes parted by dots. */
static bool sort_key(struct filter_call *call, struct value item, struct value by,
                     struct value *out)
{
    double number;
    struct text rest = value_as_text(by);
    struct text part;
    *out = item;
    if (number_real(by, call->arena, &number))
        return item_by_number(call, by, out);
    while (text_next(&rest, '.', &part)) {
        struct attribute_cache cache = {.found = NULL};
        struct step step = {.text = part, .hash = value_hash_text(part), .cache = &cache};
        if (!lookup_step(call->render, &step, out)) {
            call->status = call->render->status;
            return false;
        }
    }
    return true;
}

/* Empty and private names are refused even when there is nothing to sort. */
static bool check_key(struct filter_call *call, struct value by)
{
    double number;
    struct text text = value_as_text(by);
    if (number_real(by, call->arena, &number))
        return true;
    if (!value_is_text(by))
        return false;
    if (text.length == 0)
        filter_fail(call, "IndexError", "the name to sort by is empty");
    return text.length > 0 && text.at[0] != '_' && text_find(text, TEXT("._")) == TEXT_NOT_FOUND;
}

struct sortable {
    struct value key;
    struct value item;
};

/* A stable merge sort; false when two keys have no order. */
static bool sort(struct sortable *items, struct sortable *spare, size_t count, bool descending)
{
    size_t half = count / 2;
    int order;
    if (count < 2)
        return true;
    if (!sort(items, spare, half, descending)
        || !sort(items + half, spare, count - half, descending))
        return false;
    memcpy(spare, items, half * sizeof *items);
    for (size_t a = 0, b = half, at = 0; a < half; at++) {
        if (b < count) {
            if (!value_compare(items[b].key, spare[a].key, &order))
                return false;
            if (descending ? order > 0 : order < 0) {
                items[at] = items[b++];
                continue;
            }
        }
        items[at] = spare[a++];
    }
    return true;
}

static struct value sorted(struct filter_call *call, struct value value, struct value by,
                           bool descending)
{
    struct value_list list;
    struct value nothing = value_text(TEXT(""));
    if (!check_key(call, by) || !value_items(value, call->arena, &list))
        return nothing;
    struct sortable *items = ARENA_ARRAY(call->arena, struct sortable, list.count);
    struct sortable *spare = ARENA_ARRAY(call->arena, struct sortable, list.count);
    struct value *result = ARENA_ARRAY(call->arena, struct value, list.count);
    for (size_t i = 0; i < list.count; i++) {
        items[i].item = list.items[i];
        if (!sort_key(call, list.items[i], by, &items[i].key))
            return nothing;
    }
    if (!sort(items, spare, list.count, descending))
        return nothing;
    for (size_t i = 0; i < list.count; i++)
        result[i] = items[i].item;
    return value_list(call->arena, result, list.count);
}

FILTER(dictsort)
{
    return sorted(call, value, argument, false);
}

FILTER(dictsortreversed)
{
    return sorted(call, value, argument, true);
}

#define NESTED_MAX 300

static bool is_sequence(struct value value)
{
    return value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
}

static void put_tabs(struct buffer *out, int count)
{
    while (count-- > 0)
        buffer_char(out, '\t');
}

/* An item, and the list behind it as its children. */
static void put_nested(struct buffer *out, struct filter_call *call, const struct value_list *list,
                       int tabs)
{
    if (tabs > NESTED_MAX)
        call->status = render_stop(call->render, "RecursionError", "too many lists in each other");
    if (call->status != OK)
        return;
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_char(out, '\n');
        put_tabs(out, tabs);
        buffer_text(out, TEXT("<li>"));
        if (call->autoescape)
            put_escaped(out, call, list->items[i]);
        else
            buffer_text(out, filter_text(call, list->items[i]));
        bool nested = i + 1 < list->count && is_sequence(list->items[i + 1]);
        if (nested && list->items[++i].list->count) {
            buffer_char(out, '\n');
            put_tabs(out, tabs);
            buffer_text(out, TEXT("<ul>\n"));
            put_nested(out, call, list->items[i].list, tabs + 1);
            buffer_char(out, '\n');
            put_tabs(out, tabs);
            buffer_text(out, TEXT("</ul>\n"));
            put_tabs(out, tabs);
        }
        buffer_text(out, TEXT("</li>"));
    }
}

FILTER(unordered_list)
{
    struct value_list list;
    struct buffer out = filter_buffer(call);
    (void)argument;
    if (!value_items(value, call->arena, &list))
        return filter_fail(call, "TypeError", "unordered_list needs a list");
    put_nested(&out, call, &list, 1);
    struct value result = filter_result(call, &out);
    return value_safe(value_as_text(result));
}

static const struct template_filter rows[] = {
    {"dictsort", dictsort, ARGUMENT_REQUIRED, 0},
    {"dictsortreversed", dictsortreversed, ARGUMENT_REQUIRED, 0},
    {"first", first, ARGUMENT_NONE, 0},
    {"join", join, ARGUMENT_REQUIRED, FILTER_SAFE},
    {"last", last, ARGUMENT_NONE, FILTER_SAFE},
    {"length", length, ARGUMENT_NONE, 0},
    {"length_is", length_is, ARGUMENT_REQUIRED, 0},
    {"random", pick_random, ARGUMENT_NONE, FILTER_SAFE},
    {"slice", slice, ARGUMENT_REQUIRED, FILTER_SAFE},
    {"unordered_list", unordered_list, ARGUMENT_NONE, FILTER_SAFE},
    {0},
};
const struct template_library filters_list = {"", .filters = rows};
