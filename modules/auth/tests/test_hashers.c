/* Hashes that Django 3.2 made (scrypt: Python's hashlib), and what is none. */
#include "unit.h"

#include <time.h>

#include "auth/hashers.h"
#include "auth/passwords.h"

#define PASSWORD "l\xc3\xa8tmein"
#define E_10     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define BCRYPT   "$abcdefghijklmnopqrstuu"

static const struct {
    const char *encoded;
    const char *password;
} good[] = {
    {"pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=", PASSWORD},
    {"pbkdf2_sha256$1000$seasalt$XHfRVmyEZRTCcSbqGP00JKv0fRwYHK0ogjPZdSJxCXk=", ""},
    {"pbkdf2_sha256$1000$seasalt$GcZ9i7e48oMz2AKZbWf+soqX9Oz4eFxGBRYlUpk/uUQ=", "a b"},
    {"pbkdf2_sha256$1$seasalt$mJQ8D8xVBAKQGCo0t0n+NSPS2a0gQhVtjuC9LdL9WiM=", PASSWORD},
    {"pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=", PASSWORD},
    {"pbkdf2_sha1$1000$seasalt$ljleU4wBmTtz/MoG5YTwxpM0d7I=", PASSWORD},
    {"argon2$argon2id$v=19$m=512,t=2,p=2$c2Vhc2FsdHNlYXNhbHQ$UAHiDkoOOZb6CtTaMXW6Qw", PASSWORD},
    {"argon2$argon2i$v=19$m=512,t=2,p=2$c2Vhc2FsdHNlYXNhbHQ$QallDq/1zpg73Bt1RKe/jA", PASSWORD},
    {"argon2$argon2d$v=19$m=512,t=2,p=2$c2Vhc2FsdHNlYXNhbHQ$DX5Qvc3ZuwS2R6RGeDchAA", PASSWORD},
    {"bcrypt_sha256$$2b$04" BCRYPT "lyx/yrfLnuLCi6gwFG5mrkJjuQKpL6S", PASSWORD},
    {"bcrypt$$2b$04" BCRYPT "anVo7Xut1CH8VGIGlz1JovQh9GJbbtG", PASSWORD},
    {"bcrypt$$2b$04" BCRYPT "KiIlCeXB6chNXkLyAo8C7XcLPzh6zUe", E_10 E_10 E_10 E_10 E_10},
    {"bcrypt$$2a$04" BCRYPT "anVo7Xut1CH8VGIGlz1JovQh9GJbbtG", PASSWORD},
    {"scrypt$1024$seasalt$8$5$ozpUt/qDR/QLBzi9csaWJofO252yHC+Oxl5cycNUQkna/BBjumDq5KMXPAq1Xi3s"
     "xxGWxqtAlQmEE+DSWNl+FQ==",
     PASSWORD},
};

static int fast(void **state)
{
    password_iterations = 100;
    return unit_arena(state);
}

#define FAST_TEST(function) cmocka_unit_test_setup_teardown(function, fast, unit_arena_end)

static void test_takes_the_right_password(void **state)
{
    for (size_t i = 0; i < COUNT(good); i++)
        check(password_verify(*state, text_of(good[i].encoded), text_of(good[i].password), true),
              "%s", good[i].encoded);
}

static void test_refuses_another(void **state)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct arena *arena = *state;
        struct text encoded = text_of(good[i].encoded);
        check(!password_verify(arena, encoded, TEXT("letmein"), true), "%s", good[i].encoded);
        check(!password_verify(arena, encoded, text_format(arena, " %s", good[i].password), true),
              "%s", good[i].encoded);
        char *changed = text_string(arena, encoded);
        changed[encoded.length - 4] = changed[encoded.length - 4] == 'A' ? 'B' : 'A';
        check(!password_verify(arena, text_of(changed), text_of(good[i].password), true), "%s",
              changed);
    }
}

static void test_refuses_what_is_cut(void **state)
{
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t length = 0; length < strlen(good[i].encoded); length += 3)
            check(!password_fits(*state, text_part(text_of(good[i].encoded), 0, length),
                                 text_of(good[i].password)),
                  "%.*s", (int)length, good[i].encoded);
}

static void test_refuses_what_is_no_hash(void **state)
{
    static const char *const rows[] = {
        "",
        "!",
        "!pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$$$",
        "pbkdf2_sha256$ 1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256$1_000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256$01000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A",
        "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=$",
        "pbkdf2_sha256$0$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256$-1$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "pbkdf2_sha256$99999999999999999999$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "PBKDF2_SHA256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=",
        "argon2$",
        "argon2$argon2id",
        "argon2$argon2x$v=19$m=512,t=2,p=2$c2Vhc2FsdHNlYXNhbHQ$UAHiDkoOOZb6CtTaMXW6Qw",
        "argon2$argon2id$v=19$m=99999999,t=2,p=2$c2Vhc2FsdHNlYXNhbHQ$UAHiDkoOOZb6CtTaMXW6Qw",
        "argon2$argon2id$v=19$m=512,t=99999,p=2$c2Vhc2FsdHNlYXNhbHQ$UAHiDkoOOZb6CtTaMXW6Qw",
        "bcrypt$",
        ("bcrypt$2b$04" BCRYPT "anVo7Xut1CH8VGIGlz1JovQh9GJbbtG"),
        ("bcrypt$$2b$31" BCRYPT "anVo7Xut1CH8VGIGlz1JovQh9GJbbtG"),
        "bcrypt$$1$seasalt$mJQ8D8xVBAKQGCo0t0n",
        "bcrypt$$6$04$seasalt$mJQ8D8xVBAKQGCo0t0n",
        "bcrypt_sha256$",
        "scrypt$",
        "scrypt$1000$seasalt$8$5$AAAA",
        "scrypt$1024$seasalt$8$5$AAAA",
        "scrypt$2147483647$seasalt$8$5$AAAA",
        "scrypt$1024$seasalt$8$999999$AAAA",
        "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8",
        "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        PASSWORD,
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(!password_verify(*state, text_of(rows[i]), TEXT(PASSWORD), true), "%s", rows[i]);
}

/* Of the right password, but as dear as nobody makes them but to keep us busy. */
static void test_refuses_what_is_out_of_proportion(void **state)
{
    static const char *const rows[] = {
        ("scrypt$131072$seasalt$8$4$BpRgeyNN2B7tXBLBkSKbcMmePyOBYvY0b8o2DGASgGiSR6IBaHOvlQ"
         "yXqOISV4Epc9fVNmbZj0JrBTArKuJvbw=="),
        ("scrypt$262144$seasalt$8$1$2X7/nM5A2WRxmm2/0QG8P9SUK5DAisFJCPmvSLr8tkLaW+kV8eQc0L"
         "Angzka46eyBQ9W/uc7vi+KFS9URzz7jQ=="),
        "argon2$argon2id$v=19$m=131072,t=7,p=1$c2Vhc2FsdHNlYXNhbHQ$3Jd1fqoa/8Na9wLpCearXw",
        "argon2$argon2id$v=19$m=262144,t=1,p=1$c2Vhc2FsdHNlYXNhbHQ$3sxjJtTCG2sZloq+B1Opcw",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(!password_fits(*state, text_of(rows[i]), TEXT(PASSWORD)), "%s", rows[i]);
}

/* Argon2 has threads of its own: of it only what passes meanwhile can be told. */
static bool is_argon2(const char *encoded)
{
    return text_starts(text_of(encoded), TEXT("argon2"));
}

/* Seconds of this thread. */
static double spent(struct arena *arena, const char *encoded, const char *password, bool may)
{
    clockid_t clock = is_argon2(encoded) ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    struct timespec start;
    struct timespec end;
    clock_gettime(clock, &start);
    check(!password_verify(arena, text_of(encoded), text_of(password), may), "%s", encoded);
    clock_gettime(clock, &end);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* Without what makes up for the difference they are ten times and more apart. */
static void test_refusals_take_as_long_as_each_other(void **state)
{
    static const char *const others[] = {"", "!", "!abc", "pbkdf2_sha256$x", "md5$a$b"};
    password_iterations = 200000;
    spent(*state, "", PASSWORD, true); /* measures */
    double nobody = spent(*state, "", PASSWORD, true);
    for (size_t i = 0; i < COUNT(good) + COUNT(others); i++) {
        const char *encoded = i < COUNT(good) ? good[i].encoded : others[i - COUNT(good)];
        double took = spent(*state, encoded, "wrong", true);
        check(took > nobody / 3 && (is_argon2(encoded) || took < nobody * 3), "%s: %f, nobody %f",
              encoded, took, nobody);
    }
    double inactive = spent(*state, good[0].encoded, good[0].password, false);
    check(inactive > nobody / 3 && inactive < nobody * 3, "%f, nobody %f", inactive, nobody);
}

static void test_refuses_bytes_behind_a_nul(void **state)
{
    struct text encoded = text_of(good[10].encoded);
    const struct text password = {PASSWORD "\0more", strlen(PASSWORD) + 5};
    assert_true(password_verify(*state, encoded, TEXT(PASSWORD), true));
    assert_false(password_verify(*state, encoded, password, true));
}

static void test_makes_what_it_takes(void **state)
{
    struct arena *arena = *state;
    struct text made = password_hash(arena, TEXT(PASSWORD));
    assert_true(text_starts(made, TEXT("pbkdf2_sha256$100$")));
    assert_true(password_verify(arena, made, TEXT(PASSWORD), true));
    assert_false(text_equal(made, password_hash(arena, TEXT(PASSWORD))));
    assert_false(password_is_outdated(made));
    for (size_t i = 0; i < COUNT(good); i++)
        check(password_is_outdated(text_of(good[i].encoded)), "%s", good[i].encoded);
}

static void test_unusable(void **state)
{
    struct text made = password_unusable(*state);
    assert_false(password_is_usable(made));
    assert_false(password_is_usable(TEXT("")));
    assert_false(password_verify(*state, made, made, true));
    assert_true(password_is_usable(text_of(good[0].encoded)));
}

static void test_common(void **state)
{
    static const char *const common[] = {"password", "Password1",  "PASSWORD!!!",  "p4$$w0rd2024",
                                         "12345678", "87654321",   "qwertyuiop",   "1qwerty1",
                                         "aaaaaaaa", "abababab",   "abcabcabcabc", "Monkey99",
                                         "letmein",  "1234567890", "iloveyou!",    "motdepasse1"};
    static const char *const rare[] = {"correct horse 7",          "kestrel-in-oats", "Xq7!vdRz",
                                       "passwordkestrel",          "aaaaaaab",        "13579246",
                                       "\xc3\xa9t\xc3\xa9-kestrel"};
    for (size_t i = 0; i < COUNT(common); i++)
        check(password_is_common(*state, text_of(common[i])), "%s", common[i]);
    for (size_t i = 0; i < COUNT(rare); i++)
        check(!password_is_common(*state, text_of(rare[i])), "%s", rare[i]);
}

static const struct CMUnitTest tests[] = {
    FAST_TEST(test_takes_the_right_password),
    FAST_TEST(test_refuses_another),
    FAST_TEST(test_refuses_what_is_cut),
    FAST_TEST(test_refuses_what_is_no_hash),
    FAST_TEST(test_refuses_what_is_out_of_proportion),
    FAST_TEST(test_refusals_take_as_long_as_each_other),
    FAST_TEST(test_refuses_bytes_behind_a_nul),
    FAST_TEST(test_makes_what_it_takes),
    FAST_TEST(test_unusable),
    FAST_TEST(test_common),
};

UNIT_MAIN(tests)
