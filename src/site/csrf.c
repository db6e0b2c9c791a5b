#include "site/csrf.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/internal.h"
#include "site/settings.h"
#include "site/site.h"

#define COOKIE        "csrftoken"
#define COOKIE_AGE    "Max-Age=31449600" /* 52 weeks */
#define FIELD         "csrfmiddlewaretoken"
#define HEADER        "X-CSRFToken"
#define SECRET_LENGTH 32
#define LETTERS       TEXT("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

struct csrf {
    struct request *request;
    struct text secret; /* empty: none yet */
    bool is_used;       /* the cookie is to be sent */
};

/* Tokens: the mask, and the secret with the mask added letter by letter. */

static struct text shifted(struct arena *arena, struct text text, struct text mask, int direction)
{
    char *out = arena_alloc(arena, SECRET_LENGTH + 1);
    size_t count = LETTERS.length;
    for (size_t i = 0; i < SECRET_LENGTH; i++) {
        size_t letter = text_find_char(LETTERS, text.at[i]);
        size_t by = text_find_char(LETTERS, mask.at[i]);
        out[i] = LETTERS.at[(letter + (direction > 0 ? by : count - by)) % count];
    }
    out[SECRET_LENGTH] = '\0';
    return (struct text){out, SECRET_LENGTH};
}

static bool is_of_letters(struct text token)
{
    for (size_t i = 0; i < token.length; i++)
        if (text_find_char(LETTERS, token.at[i]) == TEXT_NOT_FOUND)
            return false;
    return true;
}

/* Of a masked token, or a bare secret; empty: it is neither. */
static struct text secret_of(struct arena *arena, struct text token)
{
    if (!is_of_letters(token))
        return TEXT_NONE;
    if (token.length == SECRET_LENGTH)
        return token;
    if (token.length != (size_t)2 * SECRET_LENGTH)
        return TEXT_NONE;
    return shifted(arena, text_from(token, SECRET_LENGTH), text_part(token, 0, SECRET_LENGTH), -1);
}

struct text csrf_token(const struct request *request)
{
    struct csrf *csrf = request->csrf;
    struct arena *arena = request->arena;
    if (!csrf)
        return TEXT_NONE;
    csrf->is_used = true;
    if (!csrf->secret.length)
        csrf->secret = random_text(arena, LETTERS, SECRET_LENGTH);
    struct text mask = random_text(arena, LETTERS, SECRET_LENGTH);
    struct text masked = shifted(arena, csrf->secret, mask, 1);
    return text_format(arena, "%.*s%.*s", TEXT_ARG(mask), TEXT_ARG(masked));
}

void csrf_rotate(struct request *request)
{
    request->csrf->is_used = true;
    request->csrf->secret = random_text(request->arena, LETTERS, SECRET_LENGTH);
}

static struct text print_token(const void *self, struct arena *arena)
{
    (void)arena;
    const struct csrf *csrf = self;
    return csrf_token(csrf->request);
}

void csrf_add_context(const struct request *request, struct value_map *context)
{
    static const struct value_class class = {.name = "csrf_token", .print = print_token};
    if (request->csrf)
        value_map_set(context, TEXT("csrf_token"),
                      value_object(request->arena, &class, request->csrf));
}

/* Where the form came from */

/* One with a star for its first label stands for all subdomains. */
static bool is_trusted_origin(struct text origin)
{
    struct text rest = site_settings.csrf_trusted_origins;
    struct text trusted;
    while (rest.length && text_next(&rest, ',', &trusted)) {
        trusted = text_trim(trusted);
        size_t star = text_find(trusted, TEXT("://*."));
        if (star == TEXT_NOT_FOUND) {
            if (text_equal(origin, trusted))
                return true;
            continue;
        }
        size_t scheme = star + strlen("://");
        struct text domain = text_from(trusted, scheme + 1); /* ".example.com" */
        if (text_starts(origin, text_part(trusted, 0, scheme)) && text_ends(origin, domain)
            && origin.length > scheme + domain.length)
            return true;
    }
    return false;
}

static bool is_own_origin(const struct request *request, struct text origin)
{
    struct text own = text_format(request->arena, "%s://%.*s", request->secure ? "https" : "http",
                                  TEXT_ARG(request->host));
    return text_equal(origin, own);
}

/* "https://host:port" of an address; empty: it has none. */
static struct text origin_of(struct text address)
{
    size_t scheme = text_find(address, TEXT("://"));
    if (scheme == TEXT_NOT_FOUND)
        return TEXT_NONE;
    struct text host = text_from(address, scheme + strlen("://"));
    size_t end = 0;
    while (end < host.length && !strchr("/?#", host.at[end]))
        end++;
    return end ? text_part(address, 0, scheme + strlen("://") + end) : TEXT_NONE;
}

/* Browsers send Origin; where one does not, the Referer must do under https. NULL: all is well. */
static const char *refuse_origin(const struct request *request)
{
    struct text origin = request_header(request, "Origin");
    if (origin.at)
        return is_own_origin(request, origin) || is_trusted_origin(origin)
                   ? NULL
                   : "the Origin is another site: see CSRF_TRUSTED_ORIGINS";
    if (!request->secure)
        return NULL;
    origin = origin_of(request_header(request, "Referer"));
    if (!origin.length)
        return "neither Origin nor Referer tells where the form came from";
    return is_own_origin(request, origin) || is_trusted_origin(origin)
               ? NULL
               : "the Referer is another site: see CSRF_TRUSTED_ORIGINS";
}

/* What was sent; an empty field leaves it to the header, a wrong one does not. */
static struct text sent_token(const struct request *request)
{
    struct text token = TEXT_NONE;
    if (request->method == HTTP_POST && request_form(request, FIELD, &token) && token.length)
        return token;
    return request_header(request, HEADER);
}

static const char *refuse_token(const struct request *request)
{
    struct text sent = sent_token(request);
    if (!request->csrf->secret.length)
        return "the cookie " COOKIE " is missing";
    if (!sent.length)
        return "the field " FIELD " is missing";
    struct text secret = secret_of(request->arena, sent);
    return secret_equal(secret, request->csrf->secret) ? NULL : "the token is wrong";
}

/* The steps */

static bool is_to_be_checked(const struct request *request)
{
    return !(request->method & (HTTP_GET | HTTP_HEAD | HTTP_OPTIONS))
           && !request->route->csrf_exempt;
}

bool csrf_enter(struct request *request, struct response *response)
{
    struct text cookie;
    request->csrf = ARENA_NEW(request->arena, struct csrf);
    request->csrf->request = request;
    if (request_cookie(request, COOKIE, &cookie))
        request->csrf->secret = secret_of(request->arena, cookie);
    if (!is_to_be_checked(request))
        return true;
    const char *refusal = refuse_origin(request);
    if (!refusal)
        refusal = refuse_token(request);
    if (!refusal)
        return true;
    log_warning("form refused", LOG_TEXT("path", request->path), LOG_STRING("reason", refusal));
    site_error_page(request, response, 403,
                    text_of(translate("It could not be made sure that this form was sent from our "
                                      "own page. Please go back, load the page anew and send it "
                                      "again; cookies must be allowed for it.")));
    return false;
}

void csrf_leave(struct request *request, struct response *response)
{
    if (!request->csrf->is_used)
        return;
    response_vary(response, "Cookie");
    response_add_header(response, "Set-Cookie",
                        text_format(request->arena,
                                    COOKIE "=%.*s; Path=/; " COOKIE_AGE "; SameSite=Lax%s",
                                    TEXT_ARG(request->csrf->secret),
                                    request->secure ? "; Secure" : ""));
}
