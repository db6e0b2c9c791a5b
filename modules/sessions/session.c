#include "sessions/sessions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "model/query.h"
#include "sessions/data.h"
#include "sessions/middleware.h"
#include "site/settings.h"
#include "site/site.h"

#define COOKIE     "sessionid"
#define KEY_LENGTH 32
#define KEY_LEAST  8
#define KEY_MOST   40
#define LETTERS    TEXT("abcdefghijklmnopqrstuvwxyz0123456789")
#define SECOND     INT64_C(1000000)

int64_t session_cookie_age;

struct session_state {
    struct text key; /* of its row; empty: it has none yet */
    json_t *values;
    bool is_stored;
};

/* Values */

struct text session_text(const struct request *request, const char *name)
{
    const json_t *value = request->session ? json_object_get(request->session->values, name) : NULL;
    if (!json_is_string(value))
        return TEXT_NONE;
    return (struct text){json_string_value(value), json_string_length(value)};
}

void session_set_text(struct request *request, const char *name, struct text value)
{
    if (json_object_set_new(request->session->values, name, json_stringn(value.at, value.length))
        != 0)
        abort();
}

void session_remove(struct request *request, const char *name)
{
    json_object_del(request->session->values, name);
}

/* The cookie */

static void set_cookie(const struct request *request, struct response *response, struct text key,
                       int64_t age)
{
    struct text value =
        text_format(request->arena, COOKIE "=%.*s; Path=/; Max-Age=%lld; SameSite=Lax; HttpOnly%s",
                    TEXT_ARG(key), (long long)age, request->secure ? "; Secure" : "");
    response_add_header(response, "Set-Cookie", value);
}

/* What depends on the session is nobody else's to keep. */
static void mark_private(struct response *response)
{
    response_vary(response, "Cookie");
    if (!response_header_value(response, "Cache-Control").length)
        response_header(response, "Cache-Control", TEXT("private, no-cache"));
}

/* Rows */

static enum status delete_row(struct request *request)
{
    struct session_state *session = request->session;
    if (!session->is_stored)
        return OK;
    session->is_stored = false;
    return db_run(request->db, "DELETE FROM django_session WHERE session_key = $1",
                  DB_TEXT(session->key));
}

/* As set_expiry() left it, which Django keeps within the session. */
static int64_t age_of(const struct session_state *session)
{
    const json_t *age = json_object_get(session->values, "_session_expiry");
    return json_is_integer(age) && json_integer_value(age) > 0 ? json_integer_value(age)
                                                               : session_cookie_age;
}

enum status session_save(struct request *request, struct response *response)
{
    struct session_state *session = request->session;
    struct arena *arena = request->arena;
    int64_t now = clock_wall();
    int64_t age = age_of(session);
    if (!session->key.length)
        session->key = random_text(arena, LETTERS, KEY_LENGTH);
    struct session row = {
        .session_key = session->key,
        .session_data =
            session_encode(arena, session->values, now / SECOND, site_settings.secret_key),
        .expire_date = now + age * SECOND,
    };
    enum status status = delete_row(request);
    if (status == OK)
        status = model_insert(request->db, &session_model, &row);
    if (status != OK)
        return status;
    session->is_stored = true;
    mark_private(response);
    set_cookie(request, response, session->key, age);
    return OK;
}

enum status session_rotate(struct request *request)
{
    enum status status = delete_row(request);
    request->session->key = TEXT_NONE;
    return status;
}

void session_drop(struct request *request, struct response *response)
{
    json_object_clear(request->session->values);
    request->session->key = TEXT_NONE;
    request->session->is_stored = false;
    mark_private(response);
    response_add_header(response, "Set-Cookie",
                        TEXT(COOKIE "=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
                                    "SameSite=Lax; HttpOnly"));
}

enum status session_flush(struct request *request, struct response *response)
{
    enum status status = delete_row(request);
    if (status == OK)
        session_drop(request, response);
    return status;
}

enum status sessions_clear(struct db *db, int64_t *count)
{
    struct arena *arena = arena_new(1024);
    const struct session row = {.expire_date = clock_wall()};
    struct db_parameter now =
        field_bind(model_field(&session_model, TEXT("expire_date")), &row, arena);
    struct db_rows rows;
    *count = 0;
    db_query(db, &rows, "DELETE FROM django_session WHERE expire_date < $1 RETURNING session_key",
             now);
    while (db_next(&rows))
        ++*count;
    enum status status = db_finish(&rows);
    arena_free(arena);
    return status;
}

/* The steps around a view */

static bool is_key(struct text key)
{
    for (size_t i = 0; i < key.length; i++)
        if (text_find_char(LETTERS, key.at[i]) == TEXT_NOT_FOUND)
            return false;
    return key.length >= KEY_LEAST && key.length <= KEY_MOST;
}

static json_t *values_of(struct arena *arena, const struct session *row)
{
    json_t *values = NULL;
    struct text key;
    for (size_t i = 0; !values && site_secret_key(i, &key); i++)
        values = session_decode(arena, row->session_data, key);
    return values;
}

/* NOT_FOUND: there is none, or it is over, or not ours. */
static enum status load(struct request *request, struct text key)
{
    struct session_state *session = request->session;
    const struct session *row;
    enum status status =
        model_find(request->db, request->arena, &session_model, DB_TEXT(key), &row);
    if (status != OK)
        return status;
    json_t *values = row->expire_date > clock_wall() ? values_of(request->arena, row) : NULL;
    if (!values)
        return NOT_FOUND;
    json_decref(session->values);
    session->values = values;
    session->key = row->session_key;
    session->is_stored = true;
    return OK;
}

/* A database that cannot be read just now is no reason to sign somebody out. */
static bool refuse_for_now(struct request *request, struct response *response)
{
    session_leave(request, response);
    site_answer_failure(request, response,
                        fail_as(BUSY, "no session: %s", status_failure()->message));
    return false;
}

bool session_enter(struct request *request, struct response *response)
{
    struct text key;
    if (!request->db)
        return true;
    request->session = ARENA_NEW(request->arena, struct session_state);
    request->session->values = json_object();
    if (!request_cookie(request, COOKIE, &key))
        return true;
    mark_private(response);
    enum status status = is_key(key) ? load(request, key) : NOT_FOUND;
    if (status == NOT_FOUND)
        session_drop(request, response);
    return status == OK || status == NOT_FOUND || refuse_for_now(request, response);
}

void session_leave(struct request *request, struct response *response)
{
    (void)response;
    if (request->session)
        json_decref(request->session->values);
    request->session = NULL;
}
