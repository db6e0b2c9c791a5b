#include "auth/passwords.h"

#include <string.h>

#include "auth/auth.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/signing.h"
#include "template/language.h"
#include "template/unicode.h"

#define LEAST_LENGTH    8
#define MOST_SIMILARITY 0.7
#define SECOND          INT64_C(1000000)
#define YEAR_2001       INT64_C(978307200) /* seconds since 1970 */
#define RESET_SALT      TEXT("django.contrib.auth.tokens.PasswordResetTokenGenerator")

int64_t password_reset_timeout = 259200;

/* Similarity: how much of two texts is the same letters, wherever they stand (0 to 1). */

static double similarity(struct text a, struct text b)
{
    int counts[256] = {0};
    size_t same = 0;
    for (size_t i = 0; i < b.length; i++)
        counts[(unsigned char)b.at[i]]++;
    for (size_t i = 0; i < a.length; i++)
        same += counts[(unsigned char)a.at[i]]-- > 0;
    return a.length + b.length ? 2.0 * (double)same / (double)(a.length + b.length) : 0;
}

static struct text lowered(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    unicode_put_lower(&out, text);
    return buffer_contents(&out);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* The value as a whole, and each word of it ("ada" of "ada@example.com"). */
static bool is_similar_to(struct text password, struct text value)
{
    size_t start = 0;
    if (similarity(password, value) >= MOST_SIMILARITY)
        return true;
    for (size_t i = 0; i <= value.length; i++) {
        if (i < value.length && is_word(value.at[i]))
            continue;
        if (i > start && similarity(password, text_part(value, start, i)) >= MOST_SIMILARITY)
            return true;
        start = i + 1;
    }
    return false;
}

static bool is_similar(struct arena *arena, struct text password, const struct user *user)
{
    const struct text values[] = {user->username, user->first_name, user->last_name, user->email};
    struct text lower = lowered(arena, password);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].length && is_similar_to(lower, lowered(arena, values[i])))
            return true;
    return false;
}

static bool is_numeric(struct text password)
{
    while (password.length)
        if (!unicode_is_digit(unicode_take(&password)))
            return false;
    return true;
}

size_t auth_password_faults(struct arena *arena, struct text password, const struct user *user,
                            struct text faults[AUTH_PASSWORD_RULES])
{
    size_t count = 0;
    if (user && is_similar(arena, password, user))
        faults[count++] = text_of(translate("It is too similar to your name or your address."));
    if (unicode_length(password) < LEAST_LENGTH)
        faults[count++] =
            text_format(arena, translate("It is too short: it needs at least %d characters."),
                        LEAST_LENGTH);
    if (password_is_common(arena, password))
        faults[count++] = text_of(translate("It is too common."));
    if (is_numeric(password))
        faults[count++] = text_of(translate("It is only digits."));
    return count;
}

/* Reset tokens: "time-digest", the time in seconds since 2001 in base 36 */

/* As Python prints a datetime without zone, its fraction cut off; nothing of nobody. */
static struct text sign_in_moment(struct arena *arena, const struct user *user)
{
    const struct field *field = model_field(&user_model, TEXT("last_login"));
    struct user whole = *user;
    if (field_is_null(field, user))
        return TEXT("");
    whole.last_login -= ((whole.last_login % SECOND) + SECOND) % SECOND;
    return field_bind(field, &whole, arena).text;
}

static struct text token_at(struct arena *arena, const struct user *user, int64_t time,
                            struct text secret_key)
{
    struct text moment = sign_in_moment(arena, user);
    struct text value =
        text_format(arena, "%lld%.*s%.*s%lld%.*s", (long long)user->id, TEXT_ARG(user->password),
                    TEXT_ARG(moment), (long long)time, TEXT_ARG(user->email));
    struct digest_value made = salted_hmac(DIGEST_SHA256, RESET_SALT, value, secret_key);
    struct text hex = hex_of(arena, digest_bytes(&made));
    struct buffer token = {.arena = arena};
    buffer_text(&token, base36_of(arena, time));
    buffer_char(&token, '-');
    for (size_t i = 0; i < hex.length; i += 2)
        buffer_char(&token, hex.at[i]);
    return buffer_contents(&token);
}

struct text reset_token(struct arena *arena, const struct user *user, int64_t now,
                        struct text secret_key)
{
    return token_at(arena, user, now / SECOND - YEAR_2001, secret_key);
}

bool reset_token_fits(struct arena *arena, const struct user *user, struct text token, int64_t now,
                      struct text secret_key)
{
    int64_t time;
    size_t hyphen = text_find_char(token, '-');
    if (hyphen == TEXT_NOT_FOUND || !base36_read(text_part(token, 0, hyphen), &time))
        return false;
    return secret_equal(token, token_at(arena, user, time, secret_key))
           && now / SECOND - YEAR_2001 - time <= password_reset_timeout;
}
