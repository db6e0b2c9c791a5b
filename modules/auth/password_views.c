#include "auth/password_views.h"

#include "attempts/attempts.h"
#include "auth/account_page.h"
#include "auth/auth.h"
#include "auth/guessing.h"
#include "auth/passwords.h"
#include "auth/sign_in.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/base64.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "mail/mail.h"
#include "model/query.h"
#include "site/admin.h"
#include "site/links.h"
#include "site/messages.h"
#include "site/settings.h"
#include "site/site.h"
#include "template/language.h"
#include "template/unicode.h"
#include "template/value.h"

#define INPUT_NEW(field, text, words)                                                              \
    {                                                                                              \
        .name = (field), .label = (text), .type = "password", .autocomplete = "new-password",      \
        .keeps_space = true, .help = (words)                                                       \
    }

/* What both forms do with a new password. */

static struct text joined(struct arena *arena, const struct text *texts, size_t count)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < count; i++)
        buffer_format(&out, "%s%.*s", i ? " " : "", TEXT_ARG(texts[i]));
    return buffer_contents(&out);
}

/* False: an input says what is wrong. */
static bool is_good(struct arena *arena, struct input *first, struct input *second,
                    const struct user *user)
{
    struct text faults[AUTH_PASSWORD_RULES];
    size_t count = auth_password_faults(arena, first->value, user, faults);
    if (!site_settings.debug && text_equal(first->value, DEMO_PASSWORD))
        first->error = text_of(translate("That password is published with the demo."));
    else if (count)
        first->error = joined(arena, faults, count);
    if (!text_equal(first->value, second->value))
        second->error = text_of(translate("The two are not the same."));
    return !first->error.length && !second->error.length;
}

/* Changing */

struct changing {
    struct request *request;
    struct response *response;
    struct text hash;
};

static enum status change(struct db *db, void *context)
{
    struct changing *changing = context;
    struct request *request = changing->request;
    struct user after = *request->user;
    after.password = changing->hash;
    enum status status = auth_password_stands(db, request->user);
    if (status == OK)
        status = auth_set_password(db, request->user, changing->hash);
    return status == OK ? auth_keep_session(request, changing->response, &after) : status;
}

enum { OLD, NEW, AGAIN, CHANGE_INPUTS };

/* An open session must not be a way to try passwords. */
static enum status check_old(struct request *request, struct input *old)
{
    static const struct attempt_limit limit = {"change", 5, 300};
    const struct attempt attempt = {&limit, request->user->username};
    int64_t wait = 0;
    enum status status = attempts_begin(request->db, request->arena, &attempt, 1, &wait);
    if (status != OK)
        return status;
    if (wait > 0)
        old->error = account_page_wait_words(request, wait);
    else if (!password_verify(request->arena, request->user->password, old->value, true))
        old->error = text_of(translate("That is not your password."));
    else
        status = attempts_succeeded(request->db, request->arena, &attempt, 1);
    return status;
}

enum status password_change(struct request *request, struct response *response)
{
    struct input inputs[CHANGE_INPUTS] = {
        {.name = "old_password",
         .label = N_("Current password"),
         .type = "password",
         .autocomplete = "current-password",
         .keeps_space = true},
        INPUT_NEW("new_password1", N_("New password"),
                  N_("At least 8 characters, not only digits, and nothing that one guesses.")),
        INPUT_NEW("new_password2", N_("New password, again"), NULL),
    };
    struct account_page page = {.title = translate("Change your password"),
                                .submit = translate("Change password"),
                                .inputs = inputs,
                                .count = CHANGE_INPUTS};
    if (request->method != HTTP_POST || !account_page_take(&page, request))
        return account_page_show(&page, request, response);
    bool good = is_good(request->arena, &inputs[NEW], &inputs[AGAIN], request->user);
    enum status status = check_old(request, &inputs[OLD]);
    if (status != OK || inputs[OLD].error.length || !good)
        return status == OK ? account_page_show(&page, request, response) : status;
    struct changing changing = {request, response,
                                password_hash(request->arena, inputs[NEW].value)};
    const struct text path = model_path(&user_model, request->user, request->arena);
    status = db_transaction_on(request->db, &path, 1, change, &changing);
    if (status == CONFLICT) {
        inputs[OLD].error = text_of(translate("That is not your password."));
        return account_page_show(&page, request, response);
    }
    if (status != OK)
        return status;
    message_add(request, MESSAGE_SUCCESS, text_of(translate("Your password is changed.")));
    return account_page_go(request, response, TEXT(""), "account");
}

/* Somebody else's, in the admin */

struct setting_password {
    struct request *request;
    struct response *response;
    const struct user *user;
    struct text hash;
};

static enum status set_password(struct db *db, void *context)
{
    const struct setting_password *setting = context;
    struct user after = *setting->user;
    after.password = setting->hash;
    enum status status = auth_set_password(db, setting->user, setting->hash);
    if (status == OK && setting->user->id == setting->request->user->id)
        status = auth_keep_session(setting->request, setting->response, &after);
    return status;
}

enum status password_of_user(struct request *request, struct response *response, const void *row,
                             struct admin_change *out)
{
    const struct user *user = row;
    struct input inputs[] = {
        INPUT_NEW("password1", N_("New password"),
                  N_("At least 8 characters, not only digits, and nothing that one guesses.")),
        INPUT_NEW("password2", N_("New password, again"), NULL),
    };
    struct account_page page = {
        .title = translate("Set a password"),
        .submit = translate("Change password"),
        .back = "../change/",
        .inputs = inputs,
        .count = 2,
    };
    struct text intro =
        text_format(request->arena, translate("Of the user “%.*s”, whose sessions end with it."),
                    TEXT_ARG(user->username));
    page.intro = text_string(request->arena, intro);
    if (request->method != HTTP_POST || !account_page_take(&page, request)
        || !is_good(request->arena, &inputs[0], &inputs[1], user))
        return account_page_show(&page, request, response);
    struct setting_password *setting = ARENA_NEW(request->arena, struct setting_password);
    *setting = (struct setting_password){request, response, user,
                                         password_hash(request->arena, inputs[0].value)};
    *out = (struct admin_change){"Password", set_password, setting};
    return OK;
}

/* Asking for the link */

#define RESET_PAUSE   INT64_C(300) /* seconds between two links to one address */
#define MOST_ACCOUNTS 10           /* of one address */

struct resetting {
    struct request *request;
    struct text email;
    struct text folded;
};

/* However an address is spelled, its mails go to the same people. */
static struct text folded(struct arena *arena, struct text address)
{
    struct buffer out = {.arena = arena};
    unicode_put_lower(&out, address);
    return buffer_contents(&out);
}

static enum status link_of(struct request *request, const struct user *user, struct text *out)
{
    struct arena *arena = request->arena;
    struct text path;
    struct text id = text_format(arena, "%lld", (long long)user->id);
    const struct route_argument arguments[] = {
        {.value = base64url_encode(arena, id)},
        {.value = reset_token(arena, user, clock_wall(), site_settings.secret_key)},
    };
    enum status status =
        router_reverse(site_router(), arena, TEXT("password_reset_confirm"), arguments, 2, &path);
    if (status == OK)
        *out = link_absolute(request, path, TEXT(""));
    return status;
}

/* `put`: into the outbox, or what costs as much. */
static enum status write_mail(struct request *request, const struct user *user, mail_putting *put)
{
    struct buffer body = {.arena = request->arena};
    struct value_map *context = value_map_new(request->arena);
    struct text link;
    enum status status = link_of(request, user, &link);
    if (status != OK)
        return status;
    value_map_set(context, TEXT("site_name"), value_text(site_settings.site_name));
    value_map_set(context, TEXT("username"), value_text(user->username));
    value_map_set(context, TEXT("link"), value_text(link));
    value_map_set(context, TEXT("hours"), value_integer(password_reset_timeout / 3600));
    status = site_render_into(request, &body, "auth/password_reset_mail.html", context);
    if (status != OK)
        return status;
    struct text subject = text_format(request->arena, translate("Your password at %.*s"),
                                      TEXT_ARG(site_settings.site_name));
    return put(request->db, user->email, subject, buffer_contents(&body));
}

/* How long the answer takes must not tell whether somebody has the address. */
static enum status waste_mail(struct request *request)
{
    const struct user nobody = {
        .id = 1,
        .username = TEXT("nobody"),
        .email = TEXT("nobody@example.com"),
        .password = TEXT("!"),
    };
    return write_mail(request, &nobody, mail_waste);
}

/* Whoever asks for links over and over fills no mailbox, and keeps nobody from having one: it is
 * there. Of an address that nobody has the same is remembered. */
static enum status choose_putting(struct db *db, const struct resetting *resetting,
                                  mail_putting **out)
{
    struct arena *arena = resetting->request->arena;
    struct text subject = text_format(arena, "reset\n%.*s", TEXT_ARG(resetting->folded));
    bool is_known;
    enum status status = attempts_is_known(db, arena, subject, &is_known);
    *out = status == OK && is_known ? mail_waste : mail_put;
    return status == OK && !is_known ? attempts_know(db, arena, subject, RESET_PAUSE) : status;
}

static bool may_have_link(const struct user *user)
{
    const char *fault = password_is_usable(user->password) ? validate_email(user->email) : NULL;
    if (fault)
        log_warning("no link can be sent", LOG_INT("user", user->id), LOG_STRING("error", fault));
    return !fault && password_is_usable(user->password);
}

/* To each account that has the address, may sign in and has a password. As many mails are written
 * whether it is nobody's or that of several. */
static enum status write_mails(struct db *db, void *context)
{
    const struct resetting *resetting = context;
    struct request *request = resetting->request;
    const struct query query = {
        .model = &user_model,
        .where = WHERE({"email", LOOKUP_IEXACT, .value = DB_TEXT(resetting->email)},
                       {"is_active", .value = DB_BOOL(true)}),
        .limit = MOST_ACCOUNTS,
    };
    struct row_list users = {0};
    mail_putting *putting;
    enum status status = choose_putting(db, resetting, &putting);
    if (status == OK)
        status = query_rows(db, request->arena, &query, &users);
    for (size_t i = 0; i < MOST_ACCOUNTS && status == OK; i++) {
        const struct user *user = i < users.count ? users.items[i] : NULL;
        status =
            user && may_have_link(user) ? write_mail(request, user, putting) : waste_mail(request);
    }
    return status;
}

static enum status write_once(struct resetting *resetting)
{
    struct request *request = resetting->request;
    const struct text path = text_format(request->arena, "reset/%.*s", TEXT_ARG(resetting->folded));
    return db_transaction_on(request->db, &path, 1, write_mails, resetting);
}

enum status password_reset(struct request *request, struct response *response)
{
    static const struct attempt_limit place = {"reset", 3, 3600};
    static const struct attempt_limit client = {"reset-client", 10, 3600};
    struct input input = {.name = "email",
                          .label = N_("Email"),
                          .type = "email",
                          .autocomplete = "email",
                          .max_length = 254};
    struct account_page page = {
        .title = translate("Reset your password"),
        .intro = translate("Tell us the address of your account. We send a link to it with which "
                           "you choose a new password."),
        .submit = translate("Send the link"),
        .inputs = &input,
        .count = 1,
    };
    int64_t wait = 0;
    if (request->method != HTTP_POST || !account_page_take(&page, request))
        return account_page_show(&page, request, response);
    struct resetting resetting = {request, input.value, folded(request->arena, input.value)};
    struct text from = attempt_client(request);
    struct text pair =
        text_format(request->arena, "%.*s\n%.*s", TEXT_ARG(from), TEXT_ARG(resetting.folded));
    const struct attempt attempts[] = {{&place, pair}, {&client, from}};
    enum status status = attempts_begin(request->db, request->arena, attempts, 2, &wait);
    if (status == OK && wait > 0)
        return account_page_wait(&page, request, response, wait);
    if (status == OK)
        status = write_once(&resetting);
    return status == OK ? account_page_go(request, response, TEXT(""), "password_reset_done")
                        : status;
}

enum status password_reset_done(struct request *request, struct response *response)
{
    return account_page_say(request, response, translate("Check your mail"),
                            translate(
                                "If there is an account with that address, a link is on its way to "
                                "it. It may take some minutes; look among the spam too."),
                            NULL, NULL);
}

/* Following it */

struct following {
    struct request *request;
    struct text hash;
    const struct user *user; /* whose link it is; NULL: it is good for nothing */
};

static bool token_fits(const struct request *request, const struct user *user)
{
    struct text token = request_text(request, "token");
    struct text key;
    for (size_t i = 0; site_secret_key(i, &key); i++)
        if (reset_token_fits(request->arena, user, token, clock_wall(), key))
            return true;
    return false;
}

static enum status find_user(struct following *following)
{
    struct request *request = following->request;
    struct text digits;
    int64_t id;
    const struct user *user;
    following->user = NULL;
    if (!base64url_decode(request->arena, request_text(request, "uidb64"), &digits)
        || !text_to_int64(&id, digits))
        return OK;
    enum status status = model_find(request->db, request->arena, &user_model, DB_INT(id), &user);
    if (status == OK && user->is_active && token_fits(request, user))
        following->user = user;
    return status == NOT_FOUND ? OK : status;
}

/* Looks again, since the link may have been followed a second time meanwhile. */
static enum status reset(struct db *db, void *context)
{
    struct following *following = context;
    enum status status = find_user(following);
    if (status == OK && following->user)
        status = auth_set_password(db, following->user, following->hash);
    if (status == OK && following->user)
        status = guessing_forget(db, following->request, following->user->username);
    return status;
}

static enum status say_expired(struct request *request, struct response *response)
{
    return account_page_say(request, response, translate("This link is no longer valid"),
                            translate(
                                "It was used already, or it is too old. You can ask for another."),
                            "password_reset", translate("Ask for another link"));
}

enum status password_reset_confirm(struct request *request, struct response *response)
{
    struct following following = {.request = request};
    struct input inputs[] = {
        INPUT_NEW("new_password1", N_("New password"),
                  N_("At least 8 characters, not only digits, and nothing that one guesses.")),
        INPUT_NEW("new_password2", N_("New password, again"), NULL),
    };
    struct account_page page = {.title = translate("Choose a new password"),
                                .submit = translate("Change password"),
                                .inputs = inputs,
                                .count = 2};
    enum status status = find_user(&following);
    if (status != OK || !following.user)
        return status == OK ? say_expired(request, response) : status;
    if (request->method != HTTP_POST || !account_page_take(&page, request)
        || !is_good(request->arena, &inputs[0], &inputs[1], following.user))
        return account_page_show(&page, request, response);
    following.hash = password_hash(request->arena, inputs[0].value);
    const struct text path = model_path(&user_model, following.user, request->arena);
    status = db_transaction_on(request->db, &path, 1, reset, &following);
    if (status != OK || !following.user)
        return status == OK ? say_expired(request, response) : status;
    log_info("password reset", LOG_INT("user", following.user->id));
    return account_page_go(request, response, TEXT(""), "password_reset_complete");
}

enum status password_reset_complete(struct request *request, struct response *response)
{
    return account_page_say(request, response, translate("Your password is changed"),
                            translate("You can sign in with it now."), "login",
                            translate("Sign in"));
}
