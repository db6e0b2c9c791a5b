/* Lettings, and where they are, from the tables that migrations/0002_search.sql keeps. */
#pragma once

#include "lettings/models.h"
#include "model/query.h"

struct request;

/* What a visitor asks to see; empty texts ask for nothing. */
struct letting_filter {
    struct text query; /* words */
    struct text state;
    struct text city;
};

/* Whether the tables are there: a database of the Django site's may be served before `migrate`. */
bool search_is_there(struct db *db, struct arena *arena);

/* Of a state (without a city), or of a city. */
struct place {
    struct text state;
    struct text city;
    int64_t lettings;
};
struct place_list {
    struct place *items;
    size_t count;
    size_t capacity;
};

#define STATES_SHOWN 100
#define CITIES_SHOWN 50

/* Those without a name are left out. By name, at most STATES_SHOWN. */
enum status places_states(struct db *db, struct arena *arena, struct place_list *out);
/* Those with most lettings, of a state or of all; at most `limit`. */
enum status places_cities(struct db *db, struct arena *arena, struct text state, int64_t limit,
                          struct place_list *out);
/* How many lettings the filter's place has. */
enum status places_count(struct db *db, const struct letting_filter *filter, int64_t *out);

/* Of lettings with these keys: each place once, by state and city, also those without a name. */
enum status places_of_keys(struct db *db, struct arena *arena, const int64_t *keys, size_t count,
                           struct place_list *out);

/* As page_source.read; `filter` is a struct letting_filter, of which the words are left aside. */
enum status lettings_in_place(const struct request *request, const void *filter, enum lookup side,
                              int64_t key, int64_t limit, struct row_list *out);

/* Rows with their addresses, in the order of the keys; those that are not there are left out. */
enum status lettings_of_keys(struct db *db, struct arena *arena, const int64_t *keys, size_t count,
                             struct row_list *out);

/* At most `limit`. */
enum status lettings_newest(struct db *db, struct arena *arena, int64_t limit,
                            struct row_list *out);

/* A letting, and those before and behind it by their keys, NULL where there is none. */
struct neighbours {
    const struct letting *letting;
    const struct letting *previous;
    const struct letting *next;
};
/* All with their addresses. NOT_FOUND: there is no letting of that key. */
enum status letting_among(struct db *db, struct arena *arena, int64_t key, struct neighbours *out);
