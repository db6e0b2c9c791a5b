/* The places beside the list of lettings, and how many lettings each has. */
#include <stdlib.h>

#include "base/arena.h"
#include "http/request.h"
#include "lettings/listing.h"
#include "site/pages.h"
#include "template/record.h"

#define CITIES_AT_FIRST 20 /* while no state is chosen */

/* Links */

struct place_link {
    const struct listing *listing;
    const struct place *place;
    struct text name;
    struct text state; /* of a city */
    int64_t count;     /* 0: it is not known */
    bool selected;
};

static bool place_url(const struct value_attribute *attribute, const void *self,
                      struct arena *arena, struct value *out)
{
    const struct place_link *link = self;
    const struct letting_filter chosen = {link->listing->filter.query, link->place->state,
                                          link->place->city};
    (void)attribute;
    (void)arena;
    *out = value_text(listing_url(link->listing, chosen));
    return true;
}

static const struct value_class place_class;
static const struct record_attribute place_attributes[] = {
    RECORD(struct place_link, name, TEXT, &place_class),
    RECORD(struct place_link, state, TEXT, &place_class),
    RECORD(struct place_link, count, INTEGER, &place_class),
    {.attribute = {&place_class, place_url}, .name = "url"},
    RECORD(struct place_link, selected, BOOL, &place_class),
    {.name = NULL},
};

static const struct value_attribute *find_in_place(struct text name)
{
    return record_find(place_attributes, name);
}

static const struct value_class place_class = {.name = "place", .find = find_in_place};

/* A city in any state has none; a state has no city. */
static bool is_chosen(const struct listing *listing, const struct place *place)
{
    return text_equal(place->state, listing->filter.state)
           && (!place->city.length || text_equal(place->city, listing->filter.city));
}

static struct value place_value(const struct listing *listing, const struct place *place)
{
    struct arena *arena = listing->request->arena;
    struct place_link *link = ARENA_NEW(arena, struct place_link);
    bool is_city = place->city.length > 0;
    *link = (struct place_link){
        .listing = listing,
        .place = place,
        .name = is_city ? place->city : place->state,
        .state = is_city ? place->state : TEXT(""),
        .count = place->lettings,
        .selected = is_chosen(listing, place),
    };
    return value_object(arena, &place_class, link);
}

static void set_places(const struct listing *listing, const char *name,
                       const struct place_list *places)
{
    struct arena *arena = listing->request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, places->count);
    for (size_t i = 0; i < places->count; i++)
        items[i] = place_value(listing, &places->items[i]);
    value_map_set(listing->context, text_of(name), value_list(arena, items, places->count));
}

/* Counting what words find */

/* Where the place that is chosen has more than a page, so has all; where none is, the hits are all
 * there are. */
static enum status count_words(struct listing *listing)
{
    const struct request *request = listing->request;
    const struct letting_filter *filter = &listing->filter;
    const struct letting_filter words = {.query = filter->query};
    struct search_hits hits = listing->hits;
    enum status status = OK;
    if (hits.count <= PAGE_SIZE && (filter->state.length || filter->city.length))
        status = search_all(request->db, request->arena, &words, PAGE_SIZE + 1, &hits);
    listing->is_counted = status == OK && hits.count <= PAGE_SIZE;
    if (listing->is_counted)
        status =
            places_of_keys(request->db, request->arena, hits.items, hits.count, &listing->places);
    return status;
}

static bool is_in(const struct place *place, const struct letting_filter *filter)
{
    return (!filter->state.length || text_equal(place->state, filter->state))
           && (!filter->city.length || text_equal(place->city, filter->city));
}

static int64_t count_in(const struct listing *listing, const struct letting_filter *filter)
{
    int64_t count = 0;
    for (size_t i = 0; i < listing->places.count; i++)
        if (is_in(&listing->places.items[i], filter))
            count += listing->places.items[i].lettings;
    return count;
}

static struct place_list states_of(const struct listing *listing)
{
    struct place_list states = {0};
    for (size_t i = 0; i < listing->places.count; i++) {
        const struct place *place = &listing->places.items[i];
        struct place *last = states.count ? &states.items[states.count - 1] : NULL;
        if (last && text_equal(last->state, place->state))
            last->lettings += place->lettings;
        else if (place->state.length && states.count < STATES_SHOWN)
            *LIST_PUSH(listing->request->arena, &states) =
                (struct place){.state = place->state, .lettings = place->lettings};
    }
    return states;
}

/* As places_cities() orders them. */
static int by_size(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    if (one->lettings != other->lettings)
        return one->lettings < other->lettings ? 1 : -1;
    int order = text_compare(one->city, other->city);
    return order ? order : text_compare(one->state, other->state);
}

static size_t most_cities(const struct listing *listing)
{
    return listing->filter.state.length ? CITIES_SHOWN : CITIES_AT_FIRST;
}

static struct place_list cities_of(const struct listing *listing)
{
    const struct letting_filter in_state = {.state = listing->filter.state};
    struct place_list cities = {0};
    for (size_t i = 0; i < listing->places.count; i++) {
        const struct place *place = &listing->places.items[i];
        if (place->city.length && place->state.length && is_in(place, &in_state))
            *LIST_PUSH(listing->request->arena, &cities) = *place;
    }
    if (cities.count)
        qsort(cities.items, cities.count, sizeof *cities.items, by_size);
    if (cities.count > most_cities(listing))
        cities.count = most_cities(listing);
    return cities;
}

/* All places */

static void forget_counts(struct place_list *places)
{
    for (size_t i = 0; i < places->count; i++)
        places->items[i].lettings = 0;
}

static enum status read_states(const struct listing *listing, struct place_list *out)
{
    if (listing->is_counted) {
        *out = states_of(listing);
        return OK;
    }
    enum status status = places_states(listing->request->db, listing->request->arena, out);
    if (listing->filter.query.length)
        forget_counts(out);
    return status;
}

static enum status read_cities(const struct listing *listing, struct place_list *out)
{
    if (listing->is_counted) {
        *out = cities_of(listing);
        return OK;
    }
    enum status status = places_cities(listing->request->db, listing->request->arena,
                                       listing->filter.state, (int64_t)most_cities(listing), out);
    if (listing->filter.query.length)
        forget_counts(out);
    return status;
}

/* 0: it is not known. */
static enum status count_place(const struct listing *listing, const struct place *place,
                               int64_t *out)
{
    const struct letting_filter filter = {.state = place->state, .city = place->city};
    *out = listing->is_counted ? count_in(listing, &filter) : 0;
    if (listing->filter.query.length)
        return OK;
    return places_count(listing->request->db, &filter, out);
}

/* What is chosen is shown also where it is none of the first. */
static enum status add_chosen(const struct listing *listing, struct place chosen,
                              struct place_list *places)
{
    for (size_t i = 0; i < places->count; i++)
        if (is_chosen(listing, &places->items[i]))
            return OK;
    enum status status = count_place(listing, &chosen, &chosen.lettings);
    if (status == OK)
        *LIST_PUSH(listing->request->arena, places) = chosen;
    return status;
}

static enum status set_total(const struct listing *listing)
{
    const struct letting_filter *filter = &listing->filter;
    int64_t total;
    if (filter->query.length || (!filter->state.length && !filter->city.length))
        return OK;
    enum status status = places_count(listing->request->db, filter, &total);
    if (status == OK)
        value_map_set(listing->context, TEXT("total"), value_integer(total));
    return status;
}

enum status listing_add_places(struct listing *listing)
{
    const struct letting_filter *filter = &listing->filter;
    struct place_list states = {0};
    struct place_list cities = {0};
    enum status status = filter->query.length ? count_words(listing) : OK;
    if (status == OK)
        status = read_states(listing, &states);
    if (status == OK)
        status = read_cities(listing, &cities);
    if (status == OK)
        status = set_total(listing);
    if (status == OK && filter->state.length)
        status = add_chosen(listing, (struct place){.state = filter->state}, &states);
    if (status == OK && filter->city.length)
        status = add_chosen(listing, (struct place){.state = filter->state, .city = filter->city},
                            &cities);
    if (status != OK)
        return status;
    set_places(listing, "states", &states);
    set_places(listing, "cities", &cities);
    return OK;
}
