#include "auth/account.h"

#include <string.h>

#include "auth/auth.h"
#include "auth/hashers.h"
#include "auth/permissions.h"
#include "base/arena.h"
#include "base/clock.h"
#include "crypto/signing.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "http/url.h"
#include "model/query.h"
#include "sessions/sessions.h"
#include "site/csrf.h"
#include "site/links.h"
#include "site/settings.h"
#include "site/site.h"

#define USER_KEY  "_auth_user_id"
#define BACKEND   "_auth_user_backend"
#define HASH      "_auth_user_hash"
#define HASH_SALT TEXT("django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash")

static const struct text model_backend = {"django.contrib.auth.backends.ModelBackend", 41};
_Static_assert(sizeof "django.contrib.auth.backends.ModelBackend" == 42, "its length");

/* Changes with the password, so that older sessions end. */
static struct text session_hash(struct arena *arena, enum digest digest, const struct user *user,
                                struct text key)
{
    struct digest_value made = salted_hmac(digest, HASH_SALT, user->password, key);
    return hex_of(arena, digest_bytes(&made));
}

/* Sessions of Django before 3.1 have it of SHA-1. */
static bool hash_fits(struct arena *arena, struct text hash, const struct user *user)
{
    struct text key;
    for (size_t i = 0; site_secret_key(i, &key); i++)
        if (secret_equal(hash, session_hash(arena, DIGEST_SHA256, user, key))
            || secret_equal(hash, session_hash(arena, DIGEST_SHA1, user, key)))
            return true;
    return false;
}

/* NULL: nobody's. */
static enum status user_of_session(const struct request *request, const struct user **out)
{
    const struct user *user;
    int64_t id;
    *out = NULL;
    if (!request->session || !text_to_int64(&id, session_text(request, USER_KEY))
        || !text_equal(session_text(request, BACKEND), model_backend))
        return OK;
    enum status status = model_find(request->db, request->arena, &user_model, DB_INT(id), &user);
    if (status == OK && user->is_active)
        *out = user;
    return status == NOT_FOUND ? OK : status;
}

static bool lets_in(const struct request *request)
{
    return request->route->access <= request->access;
}

bool account_enter(struct request *request, struct response *response)
{
    const struct user *user;
    if (user_of_session(request, &user) != OK) {
        site_answer_failure(request, response,
                            fail_as(BUSY, "no account: %s", status_failure()->message));
        return false;
    }
    if (user && !hash_fits(request->arena, session_text(request, HASH), user)) {
        session_drop(request, response);
        user = NULL;
    }
    request->user = user;
    if (user) {
        site_trace_user(request, user->id, user->username, user->email);
        request->access = user->is_staff ? ACCESS_STAFF : ACCESS_SIGNED_IN;
    }
    if (lets_in(request))
        return true;
    auth_ask_to_sign_in(request, response);
    return false;
}

void auth_ask_to_sign_in(struct request *request, struct response *response)
{
    struct text login;
    struct buffer to = {.arena = request->arena};
    if (router_reverse(site_router(), request->arena, TEXT("login"), NULL, 0, &login) != OK)
        login = TEXT("/");
    buffer_format(&to, "%.*s?next=", TEXT_ARG(login));
    url_encode(&to, link_here(request), TEXT("-._~/"));
    response_redirect(response, 302, buffer_contents(&to));
}

/* Signing in */

static void put_user(struct request *request, const struct user *user)
{
    struct arena *arena = request->arena;
    session_set_text(request, USER_KEY, text_format(arena, "%lld", (long long)user->id));
    session_set_text(request, BACKEND, model_backend);
    session_set_text(request, HASH,
                     session_hash(arena, DIGEST_SHA256, user, site_settings.secret_key));
}

/* What the session of somebody else had is not this user's. */
static enum status leave_other(struct request *request, struct response *response,
                               const struct user *user)
{
    struct text before = session_text(request, USER_KEY);
    int64_t id;
    if (!before.at || (text_to_int64(&id, before) && id == user->id))
        return OK;
    return session_flush(request, response);
}

enum status auth_sign_in(struct request *request, struct response *response,
                         const struct user *user)
{
    struct user after = *user;
    after.last_login = clock_wall();
    enum status status = leave_other(request, response, user);
    if (status == OK)
        status = session_rotate(request);
    if (status == OK)
        status = model_update(request->db, &user_model, user, &after);
    if (status != OK)
        return status;
    put_user(request, user);
    csrf_rotate(request);
    return session_save(request, response);
}

enum status auth_password_stands(struct db *db, const struct user *user)
{
    int64_t count;
    enum status status =
        db_integer(db, &count, 0, "SELECT count(*) FROM auth_user WHERE id = $1 AND password = $2",
                   DB_INT(user->id), DB_TEXT(user->password));
    return status == OK && !count ? fail_as(CONFLICT, "the password was changed in the meantime")
                                  : status;
}

enum status auth_set_password(struct db *db, const struct user *user, struct text hash)
{
    struct user after = *user;
    after.password = hash;
    return model_update(db, &user_model, user, &after);
}

enum status auth_keep_session(struct request *request, struct response *response,
                              const struct user *user)
{
    enum status status = session_rotate(request);
    if (status != OK)
        return status;
    put_user(request, user);
    return session_save(request, response);
}

/* For templates */

void account_add_context(const struct request *request, struct value_map *context)
{
    struct arena *arena = request->arena;
    if (request->user) {
        value_map_set(context, TEXT("user"), model_value(&user_model, request->user, arena));
        value_map_set(context, TEXT("perms"), permissions_value(request));
        return;
    }
    struct value_map *nobody = value_map_new(arena);
    value_map_set(nobody, TEXT("is_authenticated"), value_bool(false));
    value_map_set(nobody, TEXT("username"), value_text(TEXT("")));
    value_map_set(context, TEXT("user"), value_map(nobody));
}
