/* Password hashes as Django writes them into auth_user.password
 * (docs.djangoproject.com/en/5.2/topics/auth/passwords/). Each takes from milliseconds to a second
 * of a processor: call them where a route is WORK_HASHES, or in a command. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct arena;

/* Of new hashes: PASSWORD_ITERATIONS. */
extern int64_t password_iterations;

/* Takes pbkdf2_sha256, pbkdf2_sha1, argon2, bcrypt_sha256, bcrypt and scrypt; false for a wrong
 * password, for what is no hash or would take out of proportion long, and always unless `may`. What
 * is false takes as long as password_waste(), or longer where the hash itself does. */
bool password_verify(struct arena *arena, struct text encoded, struct text password, bool may);

/* The same as fast as it can be: not where somebody could take its time. */
bool password_fits(struct arena *arena, struct text encoded, struct text password);

/* A new pbkdf2_sha256. */
struct text password_hash(struct arena *arena, struct text password);

/* The time of a wrong password, for a user that is none. */
void password_waste(struct arena *arena, struct text password);

/* Whether it is of another kind, or fewer iterations, than a new one. */
bool password_is_outdated(struct text encoded);

/* What no password verifies against, and whether it is so. */
struct text password_unusable(struct arena *arena);
bool password_is_usable(struct text encoded);
