/* Made-up lettings. */
#include "lettings/demo.h"

#include "base/arena.h"
#include "lettings/models.h"
#include "model/query.h"
#include "site/demo.h"

static const char *const qualities[] = {
    "Airy",       "Beautiful", "Bright",  "Charming", "Classic",     "Cosy",
    "Delightful", "Elegant",   "Hidden",  "Historic", "Lovely",      "Modern",
    "Peaceful",   "Pretty",    "Quiet",   "Restored", "Romantic",    "Rustic",
    "Secluded",   "Spacious",  "Stylish", "Sunny",    "Traditional", "Warm",
};
static const char *const kinds[] = {
    "Apartment", "Barn",       "Beach House", "Bungalow",  "Cabin", "Chalet",     "Cottage",
    "Farmhouse", "Flat",       "House",       "Houseboat", "Lodge", "Loft",       "Mill",
    "Studio",    "Tiny House", "Townhouse",   "Villa",     "Yurt",  "Tree House",
};
static const char *const sites[] = {
    "by the Lake",     "by the River",   "by the Sea",     "in the Hills",     "in the Old Town",
    "in the Vineyard", "in the Woods",   "near the Beach", "near the Station", "on the Square",
    "under the Oaks",  "with Fireplace", "with Garden",    "with Hot Tub",     "with Mountain View",
    "with Pool",       "with Sauna",     "with Sea View",  "with Terrace",     "with Workshop",
};
static const char *const streets[] = {
    "Bay Street",   "Bridge Street", "Cedar Lane",    "Church Street", "Elm Street",
    "Garden Lane",  "Harbor Road",   "High Street",   "Hill Road",     "Lake Drive",
    "Main Street",  "Maple Avenue",  "Market Square", "Meadow Lane",   "Mill Road",
    "Oak Avenue",   "Park Road",     "River Road",    "School Street", "Station Road",
    "Valley Drive", "Walnut Street",
};

static struct address *make_address(struct arena *arena, struct demo_random *random, int64_t key,
                                    const struct demo_place *place)
{
    struct address *address = model_new(&address_model, arena);
    address->id = key;
    address->number = (int64_t)(1 + demo_below(random, 9999));
    address->street = text_of(demo_pick(random, streets));
    address->city = place->city;
    address->state = place->state;
    address->zip_code = place->zip_code;
    address->country_iso_code = TEXT("USA");
    return address;
}

static struct text make_title(struct arena *arena, struct demo_random *random,
                              const struct demo_place *place)
{
    struct text title = text_format(arena, "%s %s %s", demo_pick(random, qualities),
                                    demo_pick(random, kinds), demo_pick(random, sites));
    if (demo_below(random, 4) == 0)
        title = text_format(arena, "%.*s, %.*s", TEXT_ARG(title), TEXT_ARG(place->city));
    return title;
}

enum status lettings_insert_demo(struct db *db, struct arena *arena, struct demo_random *random,
                                 int64_t key, size_t count)
{
    void **addresses = ARENA_ARRAY(arena, void *, count);
    void **lettings = ARENA_ARRAY(arena, void *, count);
    for (size_t i = 0; i < count; i++) {
        struct demo_place place = demo_place(random, arena);
        struct letting *letting = model_new(&letting_model, arena);
        letting->id = key + (int64_t)i;
        letting->address_id = letting->id;
        letting->title = make_title(arena, random, &place);
        lettings[i] = letting;
        addresses[i] = make_address(arena, random, letting->id, &place);
    }
    enum status status = model_insert_all(db, &address_model, addresses, count);
    return status == OK ? model_insert_all(db, &letting_model, lettings, count) : status;
}
