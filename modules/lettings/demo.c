/* Made-up lettings. */
#include "lettings/demo.h"

#include "base/arena.h"
#include "db/db.h"
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

enum status lettings_insert_demo(struct db *db, struct arena *arena, struct demo_random *random,
                                 int64_t key)
{
    struct demo_place place = demo_place(random, arena);
    struct text title = text_format(arena, "%s %s %s", demo_pick(random, qualities),
                                    demo_pick(random, kinds), demo_pick(random, sites));
    if (demo_below(random, 4) == 0)
        title = text_format(arena, "%.*s, %.*s", TEXT_ARG(title), TEXT_ARG(place.city));
    enum status status = db_run(db,
                                "INSERT INTO lettings_address (id, number, street, city, state,"
                                " zip_code, country_iso_code) VALUES ($1, $2, $3, $4, $5, $6,"
                                " 'USA')",
                                DB_INT(key), DB_INT((int64_t)(1 + demo_below(random, 9999))),
                                DB_TEXT(text_of(demo_pick(random, streets))), DB_TEXT(place.city),
                                DB_TEXT(place.state), DB_INT(place.zip_code));
    if (status != OK)
        return status;
    return db_run(db, "INSERT INTO lettings_letting (id, title, address_id) VALUES ($1, $2, $1)",
                  DB_INT(key), DB_TEXT(title));
}
