/* What other modules may use of auth: who is signed in (request->user), and what he or she may do.
 */
#pragma once

#include <stdbool.h>

#include "auth/hashers.h"
#include "auth/models.h"
#include "base/status.h"

struct arena;
struct db;
struct request;
struct response;

/* Whether the one who is signed in may: "lettings.change_letting". A superuser may all, somebody
 * who is not active or not signed in nothing. */
enum status auth_may(const struct request *request, const char *permission, bool *out);

/* Sends to the sign-in, and from there back to this page. */
void auth_ask_to_sign_in(struct request *request, struct response *response);

/* Signs somebody in whose password was right: a new session key, a new CSRF secret, and
 * `last_login`. Within the caller's transaction. */
enum status auth_sign_in(struct request *request, struct response *response,
                         const struct user *user);

/* Gives a user a new password, which password_hash() was made of before; all sessions of his end
 * with it. Within the caller's transaction. */
enum status auth_set_password(struct db *db, const struct user *user, struct text hash);

/* CONFLICT: the password is not what `user` says any more. Within the transaction that rests on it:
 * hashing takes long enough for somebody to have set another. */
enum status auth_password_stands(struct db *db, const struct user *user);

/* Keeps this session of the one who has just changed his own; `user` as it is now. */
enum status auth_keep_session(struct request *request, struct response *response,
                              const struct user *user);

/* What is wrong with a new password, in a sentence each for whoever chose it; `user` as it is to be
 * (NULL: nobody yet). The number of them is given. */
#define AUTH_PASSWORD_RULES 4
size_t auth_password_faults(struct arena *arena, struct text password, const struct user *user,
                            struct text faults[AUTH_PASSWORD_RULES]);
