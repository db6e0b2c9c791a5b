/* Made-up lettings. */
#include "lettings/demo.h"

#include <inttypes.h>

#include "base/arena.h"
#include "db/db.h"
#include "site/demo.h"
#include "site/site.h"

#define BATCH 20000

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

struct batch {
    const struct demo *demo;
    struct demo_random *random;
    struct arena *arena;
    int64_t first; /* key of the first that is made */
    int64_t made;
};

static enum status add_letting(struct db *db, struct batch *batch)
{
    struct demo_random *random = batch->random;
    int64_t key = batch->first + batch->made;
    struct demo_place place = demo_place(random, batch->arena);
    struct text title = text_format(batch->arena, "%s %s %s", demo_pick(random, qualities),
                                    demo_pick(random, kinds), demo_pick(random, sites));
    if (demo_below(random, 4) == 0)
        title = text_format(batch->arena, "%.*s, %.*s", TEXT_ARG(title), TEXT_ARG(place.city));
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

static enum status add_batch(struct db *db, void *context)
{
    struct batch *batch = context;
    enum status status = OK;
    for (int i = 0; i < BATCH && batch->made < batch->demo->count && status == OK; i++) {
        status = add_letting(db, batch);
        arena_reset(batch->arena);
        batch->made++;
    }
    return status;
}

static enum status find_first(struct db *db, struct batch *batch)
{
    int64_t last;
    enum status status =
        db_integer(db, &last, 0,
                   "SELECT max((SELECT COALESCE(max(id), 0) FROM lettings_address),"
                   " (SELECT COALESCE(max(id), 0) FROM lettings_letting))");
    if (status == OK && last > 0 && !batch->demo->add)
        return fail_as(CONFLICT, "there are lettings or addresses already: add to them with --add,"
                                 " or name another DATABASE_URL");
    batch->first = last + 1;
    return status;
}

/* Without the triggers, which `migrate` makes again with all that they would have done. */
enum status lettings_demo(struct db *db, const struct demo *demo)
{
    struct demo_random random = {demo->seed};
    struct batch batch = {.demo = demo, .random = &random, .arena = arena_new(4096)};
    size_t applied;
    enum status status = find_first(db, &batch);
    if (status == OK)
        status = db_run(db, "DROP TRIGGER IF EXISTS lettings_letting_insert");
    if (status == OK)
        status = db_run(db, "DROP TRIGGER IF EXISTS lettings_address_insert");
    while (status == OK && batch.made < demo->count) {
        status = db_transaction(db, add_batch, &batch);
        demo->progress(batch.made);
    }
    arena_free(batch.arena);
    return status == OK ? site_migrations_apply(db, &applied) : status;
}
