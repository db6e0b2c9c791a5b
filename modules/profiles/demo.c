/* Made-up profiles, of users who cannot sign in. */
#include "profiles/demo.h"

#include "base/arena.h"
#include "db/db.h"
#include "site/demo.h"

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

enum status profiles_insert_demo(struct db *db, struct arena *arena, struct demo_random *random,
                                 int64_t key)
{
    struct text first = text_of(demo_pick(random, first_names));
    struct text last = text_of(demo_pick(random, last_names));
    struct text name =
        text_format(arena, "%.*s%.*s%lld", TEXT_ARG(first), TEXT_ARG(last), (long long)key);
    struct text email = text_format(arena, "%.*s@example.com", TEXT_ARG(name));
    struct demo_place place = demo_place(random, arena);
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
    return db_run(db,
                  "INSERT INTO profiles_profile (id, favorite_city, user_id) VALUES ($1, $2, $1)",
                  DB_INT(key), DB_TEXT(has_city ? place.city : TEXT("")));
}
