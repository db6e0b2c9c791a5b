#include "auth/hashers.h"

#include <crypt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/arena.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"

#define ALPHANUMERIC      TEXT("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
#define SALT_LENGTH       22 /* 128 bits and more, of these letters */
#define UNUSABLE_LENGTH   40
#define LONGEST           1024 /* of an encoded hash */
#define MOST_ITERATIONS   INT64_C(10000000)
#define MOST_BCRYPT_COST  14                           /* Django's default: 12 */
#define MOST_MEMORY       ((int64_t)128 * 1024 * 1024) /* bytes */
#define MOST_SCRYPT       (4 * INT64_C(16384) * 8 * 5) /* N·r·p: four times Django's default */
#define MOST_ARGON2       (4 * INT64_C(102400) * 2)    /* m·t, likewise */
#define MOST_LANES        64
#define SCRYPT_LENGTH     64
#define PBKDF2_MOST_BYTES 32
#define MEASURED          20000 /* iterations */
#define MEASURED_TIMES    3

int64_t password_iterations = 1000000;

/* What stands between the '$'; false: fewer parts than that. The last is all that is left. */
static bool take_parts(struct text encoded, struct text *parts, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (!text_next(&encoded, '$', &parts[i]) || !encoded.at)
            return false;
    parts[count - 1] = encoded;
    return encoded.length > 0;
}

static bool number_within(struct text digits, int64_t least, int64_t most, int64_t *out)
{
    return text_to_int64(out, digits) && *out >= least && *out <= most;
}

/* PBKDF2 */

static struct text pbkdf2(struct arena *arena, const EVP_MD *method, struct text password,
                          struct text salt, int64_t iterations)
{
    unsigned char key[PBKDF2_MOST_BYTES];
    int length = EVP_MD_get_size(method);
    if (password.length > INT32_MAX
        || PKCS5_PBKDF2_HMAC(password.length ? password.at : "", (int)password.length,
                             (const unsigned char *)salt.at, (int)salt.length, (int)iterations,
                             method, length, key)
               != 1)
        abort();
    struct text out = base64_encode(arena, (struct text){(const char *)key, (size_t)length});
    secret_wipe(key, sizeof key);
    return out;
}

static struct text pbkdf2_encoded(struct arena *arena, const char *name, const EVP_MD *method,
                                  struct text password, struct text salt, int64_t iterations)
{
    struct text hash = pbkdf2(arena, method, password, salt, iterations);
    return text_format(arena, "%s$%" PRId64 "$%.*s$%.*s", name, iterations, TEXT_ARG(salt),
                       TEXT_ARG(hash));
}

static bool verify_pbkdf2(struct arena *arena, struct text encoded, struct text password,
                          const char *name, const EVP_MD *method)
{
    struct text parts[4];
    int64_t iterations;
    if (!take_parts(encoded, parts, 4) || !number_within(parts[1], 1, MOST_ITERATIONS, &iterations)
        || !parts[2].length)
        return false;
    return secret_equal(pbkdf2_encoded(arena, name, method, password, parts[2], iterations),
                        encoded);
}

static bool verify_pbkdf2_sha256(struct arena *arena, struct text encoded, struct text password)
{
    return verify_pbkdf2(arena, encoded, password, "pbkdf2_sha256", EVP_sha256());
}

static bool verify_pbkdf2_sha1(struct arena *arena, struct text encoded, struct text password)
{
    return verify_pbkdf2(arena, encoded, password, "pbkdf2_sha1", EVP_sha1());
}

/* Argon2: "argon2" and the PHC string behind it. */

/* "m=102400,t=2,p=8" */
static bool is_moderate(struct text parameters)
{
    struct text item;
    int64_t memory = 0; /* KiB */
    int64_t passes = 0;
    bool good = true;
    while (parameters.at && text_next(&parameters, ',', &item)) {
        int64_t lanes;
        struct text digits = text_from(item, 2);
        if (text_starts(item, TEXT("m=")))
            good = good && number_within(digits, 1, MOST_MEMORY / 1024, &memory);
        else if (text_starts(item, TEXT("t=")))
            good = good && number_within(digits, 1, MOST_ARGON2, &passes);
        else
            good = good && number_within(digits, 1, MOST_LANES, &lanes);
    }
    return good && memory && passes && memory * passes <= MOST_ARGON2;
}

static bool verify_argon2(struct arena *arena, struct text encoded, struct text password)
{
    static const struct {
        const char *name;
        argon2_type type;
    } types[] = {{"argon2i", Argon2_i}, {"argon2d", Argon2_d}, {"argon2id", Argon2_id}};
    struct text phc = text_from(encoded, strlen("argon2"));
    struct text rest = phc;
    struct text part;
    const argon2_type *type = NULL;
    while (text_next(&rest, '$', &part)) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (text_is(part, types[i].name))
                type = &types[i].type;
        if (text_starts(part, TEXT("m=")) && !is_moderate(part))
            return false;
    }
    return type
           && argon2_verify(text_string(arena, phc), password.length ? password.at : "",
                            password.length, *type)
                  == ARGON2_OK;
}

/* bcrypt, of the password or of the digits of its SHA-256 */

static bool verify_crypt(struct arena *arena, struct text encoded, struct text password)
{
    struct text parts[4]; /* nothing, "2b", the cost, salt and hash */
    int64_t cost;
    if (!take_parts(encoded, parts, 4) || !text_starts(parts[1], TEXT("2"))
        || !number_within(parts[2], 4, MOST_BCRYPT_COST, &cost)
        || text_find_char(password, '\0') != TEXT_NOT_FOUND)
        return false;
    struct crypt_data *data = ARENA_NEW(arena, struct crypt_data);
    const char *made = crypt_rn(text_string(arena, password), text_string(arena, encoded), data,
                                (int)sizeof *data);
    bool good = made && secret_equal(text_of(made), encoded);
    secret_wipe(data, sizeof *data);
    return good;
}

static bool verify_bcrypt(struct arena *arena, struct text encoded, struct text password)
{
    return verify_crypt(arena, text_from(encoded, strlen("bcrypt$")), password);
}

static bool verify_bcrypt_sha256(struct arena *arena, struct text encoded, struct text password)
{
    struct digest_value digest = digest_of(DIGEST_SHA256, &password, 1);
    return verify_crypt(arena, text_from(encoded, strlen("bcrypt_sha256$")),
                        hex_of(arena, digest_bytes(&digest)));
}

/* scrypt: "scrypt$16384$salt$8$5$hash" */

static bool verify_scrypt(struct arena *arena, struct text encoded, struct text password)
{
    struct text parts[6];
    int64_t n;
    int64_t r;
    int64_t p;
    unsigned char key[SCRYPT_LENGTH];
    if (!take_parts(encoded, parts, 6) || !number_within(parts[1], 2, INT32_MAX, &n)
        || !number_within(parts[3], 1, 1024, &r) || !number_within(parts[4], 1, MOST_LANES, &p)
        || n * r > MOST_MEMORY / 128 || n * r * p > MOST_SCRYPT)
        return false;
    if (EVP_PBE_scrypt(password.length ? password.at : "", password.length,
                       (const unsigned char *)parts[2].at, parts[2].length, (uint64_t)n,
                       (uint64_t)r, (uint64_t)p, (uint64_t)MOST_MEMORY * 2, key, sizeof key)
        != 1)
        return false;
    struct text hash = base64_encode(arena, (struct text){(const char *)key, sizeof key});
    struct text made = text_format(arena, "scrypt$%" PRId64 "$%.*s$%" PRId64 "$%" PRId64 "$%.*s", n,
                                   TEXT_ARG(parts[2]), r, p, TEXT_ARG(hash));
    return secret_equal(made, encoded);
}

static const struct {
    const char *name; /* with the '$' behind it */
    bool (*verify)(struct arena *arena, struct text encoded, struct text password);
} hashers[] = {
    {"pbkdf2_sha256$", verify_pbkdf2_sha256},
    {"pbkdf2_sha1$", verify_pbkdf2_sha1},
    {"argon2$", verify_argon2},
    {"bcrypt_sha256$", verify_bcrypt_sha256},
    {"bcrypt$", verify_bcrypt},
    {"scrypt$", verify_scrypt},
};

bool password_fits(struct arena *arena, struct text encoded, struct text password)
{
    for (size_t i = 0; i < sizeof hashers / sizeof *hashers; i++)
        if (text_starts(encoded, text_of(hashers[i].name)) && encoded.length <= LONGEST)
            return hashers[i].verify(arena, encoded, password);
    return false;
}

/* What a refusal costs at least: the time of a new hash on this thread. It is measured once, by the
 * iteration, and made up for with iterations. */

static double nanoseconds_each; /* iteration */

static int64_t nanoseconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void measure(void)
{
    struct arena *arena = arena_new(1024);
    int64_t least = INT64_MAX;
    for (int i = 0; i < MEASURED_TIMES; i++) {
        int64_t start = nanoseconds_of(CLOCK_THREAD_CPUTIME_ID);
        pbkdf2(arena, EVP_sha256(), TEXT("password"), TEXT("salt"), MEASURED);
        int64_t took = nanoseconds_of(CLOCK_THREAD_CPUTIME_ID) - start;
        least = took < least ? took : least;
    }
    nanoseconds_each = (double)least / MEASURED;
    arena_free(arena);
}

static void make_up_for(struct arena *arena, struct text password, int64_t spent)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, measure);
    double left = (double)password_iterations - (double)spent / nanoseconds_each;
    if (left >= 1)
        pbkdf2(arena, EVP_sha256(), password, TEXT("salt"), (int64_t)left);
}

bool password_verify(struct arena *arena, struct text encoded, struct text password, bool may)
{
    /* Argon2 has threads of its own. */
    clockid_t clock =
        text_starts(encoded, TEXT("argon2$")) ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    int64_t start = nanoseconds_of(clock);
    bool fits = password_fits(arena, encoded, password);
    if (fits && may)
        return true;
    make_up_for(arena, password, nanoseconds_of(clock) - start);
    return false;
}

struct text password_hash(struct arena *arena, struct text password)
{
    return pbkdf2_encoded(arena, "pbkdf2_sha256", EVP_sha256(), password,
                          random_text(arena, ALPHANUMERIC, SALT_LENGTH), password_iterations);
}

void password_waste(struct arena *arena, struct text password)
{
    make_up_for(arena, password, 0);
}

bool password_is_outdated(struct text encoded)
{
    struct text parts[4];
    int64_t iterations;
    return !text_starts(encoded, TEXT("pbkdf2_sha256$")) || !take_parts(encoded, parts, 4)
           || !text_to_int64(&iterations, parts[1]) || iterations != password_iterations
           || parts[2].length < SALT_LENGTH;
}

struct text password_unusable(struct arena *arena)
{
    struct text random = random_text(arena, ALPHANUMERIC, UNUSABLE_LENGTH);
    return text_format(arena, "!%.*s", TEXT_ARG(random));
}

bool password_is_usable(struct text encoded)
{
    return encoded.length > 0 && encoded.at[0] != '!';
}
