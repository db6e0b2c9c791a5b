/* Users, groups and permissions, shared with the Django site: who signs in, and may what. */
#include "site/module.h"
#include "attempts/attempts.h"
#include "auth/account.h"
#include "auth/admin.h"
#include "auth/auth.h"
#include "auth/commands.h"
#include "auth/hashers.h"
#include "auth/password_views.h"
#include "auth/passwords.h"
#include "auth/permissions.h"
#include "auth/sign_in.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/url.h"
#include "site/commands.h"
#include "site/links.h"
#include "template/value.h"

#define BODY_LIMIT 8192
#define FORM       .methods = HTTP_GET | HTTP_POST, .work = WORK_HASHES, .body_limit = BODY_LIMIT

static const struct setting settings[] = {
    {"PASSWORD_ITERATIONS", "1000000", "iterations of new password hashes (PBKDF2)",
     .integer = &password_iterations, .min = 1, .max = 10000000},
    {"PASSWORD_UPGRADE", "0",
     "make older hashes new at sign-in; only when the Django site is not used any more",
     .flag = &auth_upgrades_passwords},
    {"PASSWORD_RESET_TIMEOUT", "259200", "seconds that a link to reset a password is good for",
     .integer = &password_reset_timeout, .min = 60, .max = 2592000},
    {"LOGIN_REDIRECT_URL", "/accounts/profile/", "where to go after signing in",
     .value = &auth_login_redirect},
    {"LOGOUT_REDIRECT_URL", "/", "where to go after signing out", .value = &auth_logout_redirect},
    {0},
};

/* Who is signed in, or the way to be. NOT_FOUND: the page does not know. */
static enum status fill_header(const struct request *request, struct text subject,
                               struct value_map *context)
{
    (void)subject;
    struct buffer next = {.arena = request->arena};
    if (!request->session)
        return NOT_FOUND;
    if (!text_starts(request->path, TEXT("/accounts/")))
        url_encode(&next, link_here(request), TEXT("-._~/"));
    account_add_context(request, context);
    value_map_set(context, TEXT("next"), value_text(buffer_contents(&next)));
    return OK;
}

const struct module auth_module = {
    .name = "auth",
    .verbose_name = N_("Authentication and Authorization"),
    .mount = "accounts/",
    .needs = NEEDS("contenttypes", "attempts", "mail", "sessions"),
    .models = MODELS(&permission_model, &group_model, &user_model),
    .shown = MODELS(&user_model), /* names */
    .admin = {auth_admins, AUTH_ADMINS},
    .settings = settings,
    .routes =
        ROUTES({"login/", sign_in, .name = "login", .access = ACCESS_PUBLIC, FORM},
               {"logout/", sign_out, .name = "logout", .access = ACCESS_PUBLIC,
                .methods = HTTP_POST, .body_limit = BODY_LIMIT},
               {"password_change/", password_change, .name = "password_change",
                .access = ACCESS_SIGNED_IN, FORM},
               {"password_reset/", password_reset, .name = "password_reset",
                .access = ACCESS_PUBLIC, .methods = HTTP_GET | HTTP_POST, .body_limit = BODY_LIMIT},
               {"password_reset/done/", password_reset_done, .name = "password_reset_done",
                .access = ACCESS_PUBLIC},
               {"reset/done/", password_reset_complete, .name = "password_reset_complete",
                .access = ACCESS_PUBLIC},
               {"reset/<str:uidb64>/<str:token>/", password_reset_confirm,
                .name = "password_reset_confirm", .access = ACCESS_PUBLIC, .is_secret = true, FORM},
               {"profile/", account_page, .name = "account", .access = ACCESS_SIGNED_IN}),
    .middleware = MIDDLEWARE({.before = account_enter}),
    .context = account_add_context,
    .panels = PANELS({"header", "auth/panel_header.html", fill_header}),
    .commands = COMMANDS({"createsuperuser", "[--noinput] [--username NAME] [--email ADDRESS]",
                          "make an account that may do everything", command_createsuperuser_help,
                          command_createsuperuser},
                         {"changepassword", "NAME", "give an account another password",
                          "It is asked for twice.\n", command_changepassword}),
    .migrated = permissions_write,
    .check = auth_check,
};
