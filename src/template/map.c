/* struct value_map: entries in order, with an index by hash once there are many. */
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "template/moment.h"
#include "template/value.h"

#define INDEX_FROM 9

uint32_t value_hash_text(struct text text)
{
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x01000193u;
    return hash ^ hash >> 15;
}

static uint32_t mixed(uint64_t bits)
{
    bits *= UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(bits >> 32);
}

/* Numbers that are equal are so as floats too, 0 and -0 among them. */
static uint32_t hash_of_number(struct value key)
{
    double real = value_as_double(key) + 0.0;
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return mixed(bits);
}

static uint32_t hash_of(struct value key)
{
    uint32_t hash = key.kind;
    if (value_is_text(key))
        return value_hash_text(value_as_text(key));
    if (value_is_number(key))
        return hash_of_number(key);
    switch (key.kind) {
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME: return mixed((uint64_t)moment_utc(key.moment));
    case VALUE_DURATION: return mixed((uint64_t)key.integer);
    case VALUE_TUPLE:
        for (size_t i = 0; i < key.list->count; i++)
            hash = mixed((uint64_t)hash << 32 | hash_of(key.list->items[i]));
        return hash;
    default: return hash;
    }
}

struct value_map *value_map_new(struct arena *arena)
{
    struct value_map *map = ARENA_NEW(arena, struct value_map);
    map->arena = arena;
    return map;
}

struct value value_map(const struct value_map *map)
{
    return (struct value){.kind = VALUE_MAP, .map = map};
}

static bool is_key(const struct value_entry *entry, struct value key, uint32_t hash)
{
    if (entry->hash != hash)
        return false;
    if (value_is_text(key) && value_is_text(entry->key))
        return key.length == entry->key.length
               && memcmp(key.text, entry->key.text, key.length) == 0;
    return value_equal(entry->key, key);
}

static const struct value_entry *find(const struct value_map *map, struct value key, uint32_t hash)
{
    if (!map->index) {
        for (size_t i = 0; i < map->count; i++)
            if (is_key(&map->entries[i], key, hash))
                return &map->entries[i];
        return NULL;
    }
    for (size_t at = hash & (map->index_size - 1);; at = (at + 1) & (map->index_size - 1)) {
        uint32_t number = map->index[at];
        if (number == 0)
            return NULL;
        if (is_key(&map->entries[number - 1], key, hash))
            return &map->entries[number - 1];
    }
}

static void index_add(struct value_map *map, uint32_t number)
{
    size_t at = map->entries[number - 1].hash & (map->index_size - 1);
    while (map->index[at])
        at = (at + 1) & (map->index_size - 1);
    map->index[at] = number;
}

static void index_keep(struct value_map *map)
{
    if (map->count < INDEX_FROM)
        return;
    if (map->count * 2 <= map->index_size) {
        index_add(map, (uint32_t)map->count);
        return;
    }
    map->index_size = map->index_size ? map->index_size * 2 : 32;
    map->index = ARENA_ARRAY(map->arena, uint32_t, map->index_size);
    for (uint32_t number = 1; number <= map->count; number++)
        index_add(map, number);
}

void value_map_put(struct value_map *map, struct value key, struct value value)
{
    uint32_t hash = hash_of(key);
    struct value_entry *known = (struct value_entry *)find(map, key, hash);
    if (known) {
        known->value = value;
        return;
    }
    map->entries =
        list_reserve(map->arena, map->entries, map->count, &map->capacity, sizeof *map->entries);
    map->entries[map->count++] = (struct value_entry){.key = key, .value = value, .hash = hash};
    index_keep(map);
}

void value_map_set(struct value_map *map, struct text name, struct value value)
{
    value_map_put(map, value_text(name), value);
}

const struct value *value_map_find(const struct value_map *map, struct value key)
{
    const struct value_entry *entry = find(map, key, hash_of(key));
    return entry ? &entry->value : NULL;
}

static const struct value_map *made(struct value_rest *rest)
{
    if (!rest->made)
        rest->made = rest->make(rest->self);
    return rest->made;
}

const struct value *value_map_find_text(const struct value_map *map, struct text name,
                                        uint32_t hash)
{
    const struct value_entry *entry = find(map, value_text(name), hash);
    if (!entry && map->rest)
        entry = find(made(map->rest), value_text(name), hash);
    return entry ? &entry->value : NULL;
}
