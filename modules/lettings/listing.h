/* The page of the list: what is asked of it, and what it finds. */
#pragma once

#include "lettings/search.h"

struct value_map;

struct listing {
    const struct request *request;
    struct value_map *context;
    struct letting_filter filter;
    struct search_hits hits;  /* of the words, up to this page and one more */
    bool is_counted;          /* what the words find anywhere fits on a page */
    struct place_list places; /* then: where it is, as places_of_keys() */
};

/* The address of the list for another filter. */
struct text listing_url(const struct listing *listing, struct letting_filter filter);

/* Sets `states` and `cities`, each with how many lettings the visitor would see there, where that
 * is known; those that are chosen are always among them. Sets `total` for a place without words. */
enum status listing_add_places(struct listing *listing);
