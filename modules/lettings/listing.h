/* The page of the list: what is asked of it, and what it finds. */
#pragma once

#include "lettings/search.h"

struct value_map;

struct listing {
    const struct request *request;
    struct value_map *context;
    struct letting_filter filter;
    bool is_counted;          /* there are words, and what they find fits on a page */
    struct place_list places; /* then: of all that the words find, as places_of_keys() */
};

/* The address of the list for another filter. */
struct text listing_url(const struct listing *listing, struct letting_filter filter);

/* Sets `states` and `cities`, each with how many lettings the visitor would see there, where that
 * is known; those that are chosen are always among them. Sets `total` where it is known. Fills in
 * the findings. */
enum status listing_add_places(struct listing *listing);

/* False: the words find nothing in the filter's place, or nothing is there. */
enum status listing_may_find(const struct listing *listing, bool *out);
