#include "auth/sign_in.h"

#include "auth/account_page.h"
#include "auth/auth.h"
#include "auth/guessing.h"
#include "auth/hashers.h"
#include "base/arena.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "model/query.h"
#include "sessions/sessions.h"
#include "site/messages.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/language.h"
#include "template/unicode.h"

struct text auth_login_redirect;
struct text auth_logout_redirect;
bool auth_upgrades_passwords;

enum { USERNAME, PASSWORD, INPUTS };

struct signing_in {
    struct request *request;
    struct response *response;
    struct account_page page;
    struct input inputs[INPUTS];
    struct guessing guessing;
    const struct user *user;  /* whose password it was; NULL: nobody's */
    const struct user *after; /* the same, with the hash that is to be kept */
};

static void start(struct signing_in *signing, struct request *request, struct response *response)
{
    *signing = (struct signing_in){
        .request = request,
        .response = response,
        .inputs =
            {
                {.name = "username",
                 .label = N_("User name"),
                 .type = "text",
                 .autocomplete = "username",
                 .max_length = 150},
                {.name = "password",
                 .label = N_("Password"),
                 .type = "password",
                 .autocomplete = "current-password",
                 .keeps_space = true},
            },
        .page =
            {
                .title = translate("Sign in"),
                .submit = translate("Sign in"),
                .count = INPUTS,
                .more = "password_reset",
                .more_label = translate("Forgotten your password?"),
                .next = account_page_next(request),
            },
    };
    signing->page.inputs = signing->inputs;
    if (request->access < ACCESS_STAFF && request->user)
        signing->page.intro =
            translate("You are signed in. To go there, sign in as somebody else.");
}

/* An unknown user costs what a wrong password does, and nothing tells the two apart. */
static enum status authenticate(struct signing_in *signing)
{
    struct request *request = signing->request;
    const struct user *user;
    struct text password = signing->inputs[PASSWORD].value;
    const struct query query = {
        .model = &user_model,
        .where = WHERE({"username", .value = DB_TEXT(signing->inputs[USERNAME].value)}),
    };
    enum status status = query_first(request->db, request->arena, &query, &user);
    if (status == NOT_FOUND)
        password_waste(request->arena, password);
    else if (status == OK
             && password_verify(request->arena, user->password, password, user->is_active))
        signing->user = user;
    return status == NOT_FOUND ? OK : status;
}

/* PASSWORD_UPGRADE: the hash becomes one of ours while the password is known. */
static const struct user *upgraded(const struct signing_in *signing)
{
    struct request *request = signing->request;
    if (!auth_upgrades_passwords || !password_is_outdated(signing->user->password))
        return signing->user;
    struct user *after = ARENA_NEW(request->arena, struct user);
    *after = *signing->user;
    after->password = password_hash(request->arena, signing->inputs[PASSWORD].value);
    return after;
}

static enum status let_in(struct db *db, void *context)
{
    struct signing_in *signing = context;
    struct request *request = signing->request;
    enum status status = auth_password_stands(db, signing->user);
    if (status == OK)
        status = model_update(db, &user_model, signing->user, signing->after);
    if (status == OK)
        status = guessing_succeeded(&signing->guessing, db, request->arena);
    if (status == OK)
        status = auth_sign_in(request, signing->response, signing->after);
    return status;
}

static enum status refuse(struct signing_in *signing)
{
    log_warning("sign-in refused", LOG_TEXT("client", signing->request->client));
    signing->page.error = text_of(translate(
        "User name and password do not match. Capital and small letters differ in both."));
    return account_page_show(&signing->page, signing->request, signing->response);
}

static enum status finish(struct signing_in *signing)
{
    struct text next = signing->page.next;
    signing->after = upgraded(signing);
    const struct text path = model_path(&user_model, signing->user, signing->request->arena);
    enum status status = db_transaction_on(signing->request->db, &path, 1, let_in, signing);
    if (status == CONFLICT)
        return refuse(signing);
    if (status != OK)
        return status;
    log_info("signed in", LOG_INT("user", signing->user->id));
    return account_page_go(signing->request, signing->response,
                           next.length ? next : auth_login_redirect, NULL);
}

/* The demo's password is on the web: with it, nobody is who he says. */
static bool is_published(const struct signing_in *signing)
{
    return !site_settings.debug && text_equal(signing->inputs[PASSWORD].value, DEMO_PASSWORD);
}

static enum status take(struct signing_in *signing)
{
    int64_t wait = 0;
    if (is_published(signing)) {
        signing->page.error = text_of(translate(
            "That password is published with the demo and opens nothing here. Set another one with "
            "the link below, or with the command changepassword."));
        return account_page_show(&signing->page, signing->request, signing->response);
    }
    enum status status = guessing_begin(&signing->guessing, signing->request,
                                        signing->inputs[USERNAME].value, &wait);
    if (status == OK && wait > 0)
        return account_page_wait(&signing->page, signing->request, signing->response, wait);
    if (status == OK)
        status = authenticate(signing);
    if (status != OK)
        return status;
    return signing->user ? finish(signing) : refuse(signing);
}

enum status sign_in(struct request *request, struct response *response)
{
    struct signing_in signing;
    start(&signing, request, response);
    bool is_sent = request->method == HTTP_POST && account_page_take(&signing.page, request);
    struct text *username = &signing.inputs[USERNAME].value;
    *username = unicode_nfkc(request->arena, *username); /* as names are stored */
    if (is_sent)
        return take(&signing);
    return account_page_show(&signing.page, request, response);
}

/* Signing out */

struct signing_out {
    struct request *request;
    struct response *response;
};

static enum status let_go(struct db *db, void *context)
{
    struct signing_out *signing = context;
    (void)db;
    return session_flush(signing->request, signing->response);
}

enum status sign_out(struct request *request, struct response *response)
{
    struct signing_out signing = {request, response};
    struct text next = account_page_next(request);
    enum status status = db_transaction_on(request->db, NULL, 0, let_go, &signing);
    if (status != OK)
        return status;
    message_add(request, MESSAGE_SUCCESS, text_of(translate("You are signed out.")));
    return account_page_go(request, response, next.length ? next : auth_logout_redirect, NULL);
}

/* One's own account */

enum status account_page(struct request *request, struct response *response)
{
    return account_page_render(request, response, "auth/account.html", site_context(request));
}
