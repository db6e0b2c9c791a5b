#include "profiles/models.h"

#include "template/language.h"

static struct text profile_print(const void *row, struct arena *arena)
{
    const struct profile *profile = row;
    const struct user *user = profile->user;
    if (user)
        return user->username;
    return text_format(arena, "profile of user %lld", (long long)profile->user_id);
}

/* The user's name; of a profile without one, what tells it from others. */
static struct value profile_name(const void *row, struct arena *arena)
{
    const struct profile *profile = row;
    const struct user *user = profile->user;
    if (user && text_trim(user->username).length)
        return value_text(user->username);
    return value_text(text_format(arena, translate("Profile %lld"), (long long)profile->id));
}

MODEL(profile, PROFILE_FIELDS, "profiles", .print = profile_print, .verbose_name = N_("profile"),
      .verbose_name_plural = N_("profiles"),
      .methods = METHODS(METHOD(profile, "name", profile_name)));
