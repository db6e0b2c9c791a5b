/* x.y: key, then attribute, then index, as Django looks them up. */
#include "template/lookup.h"
#include "base/arena.h"
#include "template/expression.h"
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

static bool text_step(const struct step *step, struct arena *arena, struct value *value)
{
    if (lookup_text(step->text, arena, value))
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
    if (value->kind == VALUE_LIST && text_is(step->text, "copy"))
        return true;
    if (!step->is_index || (uint64_t)step->index >= value->list->count)
        return false;
    *value = value->list->items[step->index];
    return true;
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
    case VALUE_DATETIME: return lookup_moment(step->text, render, value);
    case VALUE_BOOL:
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_DECIMAL:
    case VALUE_DURATION: return lookup_number(step->text, render->arena, value);
    default: return false;
    }
}
