#pragma once

#include "base/status.h"
#include "base/text.h"
#include "profiles/models.h"
#include "site/pages.h"

/* Profiles with their users, by id. Of a user are read: id, names and e-mail. */
page_fetch profiles_fetch;

/* One with its user, in the arena; NOT_FOUND. */
enum status profile_find(struct db *db, struct arena *arena, struct text username,
                         const struct profile **out);
