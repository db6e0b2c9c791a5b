/* x.y: key, then attribute, then index, as Django looks them up. */
#include "base/arena.h"
#include "template/expression.h"
#include "template/moment.h"
#include "template/unicode.h"

static struct value pairs_of(const struct value_map *map, struct arena *arena)
{
    struct value *pairs = ARENA_ARRAY(arena, struct value, map->count);
    struct value *items = ARENA_ARRAY(arena, struct value, map->count * 2);
    for (size_t i = 0; i < map->count; i++) {
        items[i * 2] = map->entries[i].key;
        items[i * 2 + 1] = map->entries[i].value;
        pairs[i] = value_tuple(arena, &items[i * 2], 2);
    }
    return value_list(arena, pairs, map->count);
}

static struct value values_of(const struct value_map *map, struct arena *arena)
{
    struct value *values = ARENA_ARRAY(arena, struct value, map->count);
    for (size_t i = 0; i < map->count; i++)
        values[i] = map->entries[i].value;
    return value_list(arena, values, map->count);
}

static bool map_attribute(const struct value_map *map, struct text name, struct arena *arena,
                          struct value *out)
{
    struct value_list keys;
    if (text_is(name, "items"))
        *out = pairs_of(map, arena);
    else if (text_is(name, "values"))
        *out = values_of(map, arena);
    else if (text_is(name, "keys") && value_items(value_map(map), arena, &keys))
        *out = value_list(arena, keys.items, keys.count);
    else if (text_is(name, "copy"))
        *out = value_map(map);
    else
        return false;
    return true;
}

static bool map_step(const struct step *step, struct arena *arena, struct value *value)
{
    const struct value_map *map = value->map;
    const struct value *found = value_map_find_text(map, step->text, step->hash);
    if (!found && map_attribute(map, step->text, arena, value))
        return true;
    if (!found && step->is_index)
        found = value_map_find(map, value_integer(step->index));
    if (found)
        *value = *found;
    return found != NULL;
}

static struct value words_of(struct text text, struct arena *arena)
{
    LIST(struct value) words = {0};
    struct text word;
    while (unicode_next_word(&text, &word))
        *LIST_PUSH(arena, &words) = value_text(word);
    return value_list(arena, words.items, words.count);
}

static void put_capitalized(struct buffer *out, struct text text)
{
    struct text first = unicode_part(text, 0, 1);
    unicode_put_title(out, first);
    unicode_put_lower(out, text_from(text, first.length));
}

static void put_swapped(struct buffer *out, struct text text)
{
    while (text.length) {
        uint32_t c = unicode_take(&text);
        unicode_put(out, unicode_is_upper(c) ? unicode_lower(c) : unicode_upper(c));
    }
}

static void put_trimmed(struct buffer *out, struct text text)
{
    buffer_text(out, unicode_trim(text));
}

static bool text_attribute(struct text name, struct arena *arena, struct value *value)
{
    static const struct {
        const char *name;
        void (*put)(struct buffer *out, struct text text);
    } methods[] = {
        {"upper", unicode_put_upper},    {"lower", unicode_put_lower},
        {"casefold", unicode_put_lower}, {"title", unicode_put_title},
        {"capitalize", put_capitalized}, {"swapcase", put_swapped},
        {"strip", put_trimmed},
    };
    struct text text = value_as_text(*value);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (!text_is(name, methods[i].name))
            continue;
        struct buffer out = {.arena = arena};
        methods[i].put(&out, text);
        *value = value_text(buffer_contents(&out));
        return true;
    }
    if (!text_is(name, "split"))
        return false;
    *value = words_of(text, arena);
    return true;
}

static bool text_step(const struct step *step, struct arena *arena, struct value *value)
{
    if (text_attribute(step->text, arena, value))
        return true;
    if (!step->is_index)
        return false;
    struct text c =
        unicode_part(value_as_text(*value), (size_t)step->index, (size_t)step->index + 1);
    *value = value_text(c);
    return c.length > 0;
}

static bool list_step(const struct step *step, struct value *value)
{
    if (!step->is_index || (uint64_t)step->index >= value->list->count)
        return false;
    *value = value->list->items[step->index];
    return true;
}

static bool is_one_of(struct text name, const char *const *names)
{
    for (; *names; names++)
        if (text_is(name, *names))
            return true;
    return false;
}

static bool date_attribute(const struct value_moment *moment, struct text name, struct value *out)
{
    static const char *const weekdays[] = {"weekday", "isoweekday", NULL};
    if (text_is(name, "year"))
        *out = value_integer(moment->year);
    else if (text_is(name, "month"))
        *out = value_integer(moment->month);
    else if (text_is(name, "day"))
        *out = value_integer(moment->day);
    else if (is_one_of(name, weekdays))
        *out = value_integer(moment_weekday(moment) + (name.at[0] == 'i'));
    else
        return false;
    return true;
}

static bool time_attribute(const struct value_moment *moment, struct text name, struct value *out)
{
    if (text_is(name, "hour"))
        *out = value_integer(moment->hour);
    else if (text_is(name, "minute"))
        *out = value_integer(moment->minute);
    else if (text_is(name, "second"))
        *out = value_integer(moment->second);
    else if (text_is(name, "microsecond"))
        *out = value_integer(moment->microsecond);
    else
        return false;
    return true;
}

static bool datetime_part(const struct value_moment *moment, struct text name, struct arena *arena,
                          struct value *out)
{
    struct value_moment part = *moment;
    if (text_is(name, "date")) {
        *out = value_moment(arena, VALUE_DATE, &part);
        return true;
    }
    if (!text_is(name, "time"))
        return false;
    part.year = part.month = part.day = 0;
    part.aware = false;
    *out = value_moment(arena, VALUE_TIME, &part);
    return true;
}

static bool isoformat(struct value value, struct text name, struct arena *arena, struct value *out)
{
    if (!text_is(name, "isoformat"))
        return false;
    struct text text = text_copy(arena, value_to_text(value, arena));
    size_t space = text_find_char(text, ' ');
    if (space != TEXT_NOT_FOUND)
        ((char *)text.at)[space] = 'T';
    *out = value_text(text);
    return true;
}

static bool moment_step(const struct step *step, struct arena *arena, struct value *value)
{
    const struct value_moment *moment = value->moment;
    struct value whole = *value;
    return (whole.kind != VALUE_TIME && date_attribute(moment, step->text, value))
           || (whole.kind != VALUE_DATE && time_attribute(moment, step->text, value))
           || (whole.kind == VALUE_DATETIME && datetime_part(moment, step->text, arena, value))
           || isoformat(whole, step->text, arena, value);
}

static const struct value_attribute *find_attribute(const struct step *step,
                                                    const struct value_class *class)
{
    const struct value_attribute *known =
        atomic_load_explicit(&step->cache->found, memory_order_acquire);
    if (known && known->class == class)
        return known;
    known = class->find ? class->find(step->text) : NULL;
    if (known)
        atomic_store_explicit(&step->cache->found, known, memory_order_release);
    return known;
}

static bool object_step(struct render *render, const struct step *step, struct value *value)
{
    struct arena *arena = render->arena;
    const struct value_object *object = value->object;
    const struct value_attribute *attribute = find_attribute(step, object->class);
    struct value items;
    if (attribute && attribute->get(attribute, object->self, arena, value))
        return true;
    if (object->class->get && object->class->get(object->self, step->text, arena, value))
        return true;
    if (object->class->load && lookup_load(render, step, value))
        return true;
    if (!step->is_index || !object->class->items)
        return false;
    items = object->class->items(object->self, arena);
    if (items.kind != VALUE_LIST && items.kind != VALUE_TUPLE)
        return false;
    *value = items;
    return list_step(step, value);
}

bool lookup_step(struct render *render, const struct step *step, struct value *value)
{
    switch (value->kind) {
    case VALUE_MAP: return map_step(step, render->arena, value);
    case VALUE_OBJECT: return object_step(render, step, value) && render->status == OK;
    case VALUE_LIST:
    case VALUE_TUPLE: return list_step(step, value);
    case VALUE_TEXT:
    case VALUE_SAFE: return text_step(step, render->arena, value);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: return moment_step(step, render->arena, value);
    default: return false;
    }
}
