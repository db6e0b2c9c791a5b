#include "profiles/models.h"

static struct text profile_print(const void *row, struct arena *arena)
{
    const struct profile *profile = row;
    const struct user *user = profile->user;
    if (user)
        return user->username;
    return text_format(arena, "profile of user %lld", (long long)profile->user_id);
}

MODEL(profile, PROFILE_FIELDS, "profiles", .print = profile_print);
