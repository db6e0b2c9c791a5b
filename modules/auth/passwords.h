/* Rules for new passwords, and the link that resets a forgotten one: Django's
 * (docs.djangoproject.com/en/5.2/topics/auth/passwords/#password-validation). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct arena;
struct user;

extern int64_t password_reset_timeout; /* seconds: PASSWORD_RESET_TIMEOUT */

/* The common passwords' rule (common.c): also with digits, signs or a capital letter about it. */
bool password_is_common(struct arena *arena, struct text password);

/* What stands in the link behind the user's key: good for one change, as it hangs on the password,
 * the last sign-in and the address. `now`: microseconds since 1970. */
struct text reset_token(struct arena *arena, const struct user *user, int64_t now,
                        struct text secret_key);
bool reset_token_fits(struct arena *arena, const struct user *user, struct text token, int64_t now,
                      struct text secret_key);
