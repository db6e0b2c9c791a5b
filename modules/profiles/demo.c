/* Made-up profiles, of users who cannot sign in. */
#include "profiles/demo.h"

#include "base/arena.h"
#include "db/db.h"
#include "site/demo.h"

#define BATCH 20000

static const char *const first_names[] = {
    "Ada",   "Amir", "Anna", "Ben",  "Carla", "Chen", "Dana", "Elias", "Emma",  "Finn",
    "Grace", "Hana", "Hugo", "Ines", "Jonas", "Kofi", "Lea",  "Luca",  "Marta", "Noah",
    "Olga",  "Paul", "Rosa", "Sami", "Tara",  "Theo", "Uma",  "Vera",  "Yara",  "Zoe",
};
static const char *const last_names[] = {
    "Adams",  "Baker",  "Brown",  "Clark", "Costa",  "Diaz",  "Evans",   "Fischer",
    "Garcia", "Hall",   "Ito",    "Jones", "Kim",    "Lopez", "Martin",  "Meyer",
    "Moore",  "Nguyen", "Okafor", "Patel", "Petit",  "Rossi", "Schmidt", "Silva",
    "Smith",  "Taylor", "Walker", "Weber", "Wright", "Young",
};

struct batch {
    const struct demo *demo;
    struct demo_random *random;
    struct arena *arena;
    int64_t first; /* key of the first that is made */
    int64_t made;
};

static enum status add_profile(struct db *db, struct batch *batch)
{
    struct demo_random *random = batch->random;
    int64_t key = batch->first + batch->made;
    struct text first = text_of(demo_pick(random, first_names));
    struct text last = text_of(demo_pick(random, last_names));
    struct text name =
        text_format(batch->arena, "%.*s%.*s%lld", TEXT_ARG(first), TEXT_ARG(last), (long long)key);
    struct text email = text_format(batch->arena, "%.*s@example.com", TEXT_ARG(name));
    struct demo_place place = demo_place(random, batch->arena);
    enum status status =
        db_run(db,
               "INSERT INTO auth_user (id, password, is_superuser, username,"
               " first_name, last_name, email, is_staff, is_active, date_joined)"
               " VALUES ($1, '!', FALSE, $2, $3, $4, $5, FALSE, TRUE,"
               " '2024-01-01 00:00:00')",
               DB_INT(key), DB_TEXT(name), DB_TEXT(first), DB_TEXT(last), DB_TEXT(email));
    if (status != OK)
        return status;
    bool has_city = demo_below(random, 10) > 0;
    return db_run(db, "INSERT INTO profiles_profile (favorite_city, user_id) VALUES ($1, $2)",
                  DB_TEXT(has_city ? place.city : TEXT("")), DB_INT(key));
}

static enum status add_batch(struct db *db, void *context)
{
    struct batch *batch = context;
    enum status status = OK;
    for (int i = 0; i < BATCH && batch->made < batch->demo->count && status == OK; i++) {
        status = add_profile(db, batch);
        arena_reset(batch->arena);
        batch->made++;
    }
    return status;
}

static enum status find_first(struct db *db, struct batch *batch)
{
    int64_t last;
    int64_t profiles;
    enum status status = db_integer(db, &last, 0, "SELECT COALESCE(max(id), 0) FROM auth_user");
    if (status == OK)
        status = db_integer(db, &profiles, 0, "SELECT max(id) FROM profiles_profile");
    if (status == OK && profiles > 0 && !batch->demo->add)
        return fail_as(CONFLICT, "there are profiles already: add to them with --add, or name "
                                 "another DATABASE_URL");
    batch->first = last + 1;
    return status;
}

enum status profiles_demo(struct db *db, const struct demo *demo)
{
    struct demo_random random = {demo->seed + 1};
    struct batch batch = {.demo = demo, .random = &random, .arena = arena_new(4096)};
    enum status status = find_first(db, &batch);
    while (status == OK && batch.made < demo->count) {
        status = db_transaction(db, add_batch, &batch);
        demo->progress(batch.made);
    }
    arena_free(batch.arena);
    return status;
}
