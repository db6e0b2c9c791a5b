#include "site/demo.h"

#include "base/arena.h"

#define PLACES 6000

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
