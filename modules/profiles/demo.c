/* Made-up profiles, of users who cannot sign in. */
#include "profiles/demo.h"

#include "auth/auth.h"
#include "base/arena.h"
#include "model/query.h"
#include "profiles/models.h"
#include "site/demo.h"

#define JOINED (INT64_C(1704067200) * 1000000) /* 2024-01-01 */

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

static struct user *make_user(struct arena *arena, struct demo_random *random, int64_t key)
{
    struct user *user = model_new(&user_model, arena);
    user->id = key;
    user->password = TEXT("!");
    user->first_name = text_of(demo_pick(random, first_names));
    user->last_name = text_of(demo_pick(random, last_names));
    user->username = text_format(arena, "%.*s%.*s%lld", TEXT_ARG(user->first_name),
                                 TEXT_ARG(user->last_name), (long long)key);
    user->email = text_format(arena, "%.*s@example.com", TEXT_ARG(user->username));
    user->is_active = true;
    user->date_joined = JOINED;
    return user;
}

enum status profiles_insert_demo(struct db *db, struct arena *arena, struct demo_random *random,
                                 int64_t key, size_t count)
{
    void **users = ARENA_ARRAY(arena, void *, count);
    void **profiles = ARENA_ARRAY(arena, void *, count);
    for (size_t i = 0; i < count; i++) {
        struct user *user = make_user(arena, random, key + (int64_t)i);
        struct demo_place place = demo_place(random, arena);
        struct profile *profile = model_new(&profile_model, arena);
        profile->id = user->id;
        profile->user_id = user->id;
        profile->favorite_city = demo_below(random, 10) > 0 ? place.city : TEXT("");
        users[i] = user;
        profiles[i] = profile;
    }
    enum status status = model_insert_all(db, &user_model, users, count);
    return status == OK ? model_insert_all(db, &profile_model, profiles, count) : status;
}
