#include "site/demo.h"

#include "base/arena.h"
#include "db/db.h"
#include "model/migrations.h"
#include "model/query.h"
#include "site/module.h"
#include "site/site.h"

#define BATCH   20000 /* rows in one transaction */
#define AT_ONCE 512   /* in memory */
#define PLACES  6000

/* SplitMix64 (prng.di.unimi.it/splitmix64.c) */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

uint64_t demo_below(struct demo_random *random, uint64_t limit)
{
    random->state += 0x9E3779B97F4A7C15u;
    return mix(random->state) % limit;
}

static const char *const beginnings[] = {
    "Ash",   "Bay",   "Bell",  "Birch", "Black", "Brook", "Cedar", "Clear",  "Cold",  "Crest",
    "Deer",  "East",  "Elk",   "Elm",   "Fair",  "Fern",  "Fox",   "Glen",   "Gold",  "Grand",
    "Green", "Grey",  "Hart",  "Hazel", "High",  "Holly", "Iron",  "King",   "Lake",  "Laurel",
    "Lin",   "Long",  "Maple", "Marsh", "Mill",  "Moss",  "New",   "North",  "Oak",   "Old",
    "Park",  "Pine",  "Rich",  "River", "Rock",  "Rose",  "Sand",  "Silver", "South", "Spring",
    "Stone", "Storm", "Sun",   "Swan",  "West",  "White", "Wild",  "Win",    "Wood",  "York",
};
static const char *const endings[] = {
    "borough", "bridge", "burg", "bury", "cliff", "dale",  "field", "ford", "gate", "grove",
    "ham",     "haven",  "hill", "land", "mont",  "mouth", "port",  "side", "ton",  "ville",
};
static const char *const states[] = {
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "IA", "ID",
    "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT",
    "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "RI",
    "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The number of a place is taken from the low end of the range by far the most often. */
static uint64_t place_number(struct demo_random *random)
{
    uint64_t a = demo_below(random, PLACES);
    uint64_t b = demo_below(random, PLACES);
    return a * b / PLACES * b / PLACES;
}

struct demo_place demo_place(struct demo_random *random, struct arena *arena)
{
    uint64_t number = place_number(random);
    uint64_t name = mix(number + 1);
    size_t state = mix(number + PLACES) % COUNT(states);
    return (struct demo_place){
        .city = text_format(arena, "%s%s", beginnings[name % COUNT(beginnings)],
                            endings[name / COUNT(beginnings) % COUNT(endings)]),
        .state = text_of(states[state]),
        .zip_code = (int64_t)(1000 + state * 1900 + number % 1900),
    };
}

/* Rows */

struct making {
    const struct module *module;
    const struct demo_order *order;
    struct arena *arena; /* for some rows */
    struct demo_random random;
    int64_t key; /* of the next */
    int64_t made;
};

/* 0: there are none. */
static enum status last_key(struct db *db, struct arena *arena, const struct model *model,
                            int64_t *out)
{
    const void *row;
    const struct query newest = {.model = model, .order = NAMES("-pk")};
    enum status status = query_first(db, arena, &newest, &row);
    *out = status == OK ? *(const int64_t *)field_at(model_key(model), row) : 0;
    return status == NOT_FOUND ? OK : status;
}

static enum status find_key(struct db *db, struct making *making)
{
    const struct model *const *models = making->module->demo.models;
    int64_t last;
    enum status status = OK;
    for (size_t i = 0; models[i] && status == OK; i++) {
        status = last_key(db, making->arena, models[i], &last);
        if (status == OK && i == 0 && last && !making->order->add)
            return fail_as(CONFLICT,
                           "there are %s already: add to them with --add, or name another "
                           "DATABASE_URL",
                           making->module->name);
        making->key = last >= making->key ? last + 1 : making->key;
    }
    return status;
}

static enum status suspend_triggers(struct db *db, void *context)
{
    const struct making *making = context;
    const struct migration_list list = site_migrations(making->arena);
    const struct model *const *models = making->module->demo.models;
    bool dropped;
    enum status status = OK;
    for (size_t i = 0; models[i] && status == OK; i++)
        status = migrations_suspend(db, list, text_of(model_table(models[i])), &dropped);
    return status;
}

static enum status make_batch(struct db *db, void *context)
{
    struct making *making = context;
    enum status status = OK;
    int64_t end = making->made + BATCH;
    if (end > making->order->count)
        end = making->order->count;
    while (making->made < end && status == OK) {
        int64_t count = end - making->made < AT_ONCE ? end - making->made : AT_ONCE;
        status = making->module->demo.insert(db, making->arena, &making->random, making->key,
                                             (size_t)count);
        arena_reset(making->arena);
        making->key += count;
        making->made += count;
    }
    return status;
}

static enum status follow_keys(struct db *db, const struct making *making)
{
    const struct model *const *models = making->module->demo.models;
    enum status status = OK;
    for (size_t i = 0; models[i] && status == OK; i++)
        status = model_keys_follow(db, models[i]);
    return status;
}

enum status demo_make(struct db *db, const struct module *module, const struct demo_order *order)
{
    struct making making = {.module = module,
                            .order = order,
                            .arena = arena_new(4096),
                            .random = {order->seed},
                            .key = 1};
    size_t applied;
    enum status status = find_key(db, &making);
    if (status == OK)
        status = db_transaction(db, suspend_triggers, &making);
    while (status == OK && making.made < order->count) {
        status = db_transaction(db, make_batch, &making);
        order->progress(making.made);
    }
    if (status == OK)
        status = follow_keys(db, &making);
    arena_free(making.arena);
    return status == OK ? site_migrations_apply(db, &applied) : status;
}
