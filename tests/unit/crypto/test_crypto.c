#include "unit.h"

#include "crypto/base64.h"
#include "crypto/crypto.h"

static void test_digests(void **state)
{
    struct arena *arena = *state;
    const struct text parts[] = {TEXT("a"), TEXT(""), TEXT("bc")};
    struct digest_value sha256 = digest_of(DIGEST_SHA256, parts, 3);
    struct digest_value sha1 = digest_of(DIGEST_SHA1, parts, 3);
    assert_text_equal(hex_of(arena, digest_bytes(&sha256)),
                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_text_equal(hex_of(arena, digest_bytes(&sha1)),
                      "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* RFC 4231, 4.3. */
static void test_hmac(void **state)
{
    struct digest_value made =
        hmac_of(DIGEST_SHA256, TEXT("Jefe"), TEXT("what do ya want for nothing?"));
    assert_text_equal(hex_of(*state, digest_bytes(&made)),
                      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_random_text(void **state)
{
    struct arena *arena = *state;
    struct text alphabet = TEXT("abc");
    struct text made = random_text(arena, alphabet, 3000);
    size_t counts[3] = {0};
    assert_int_equal(made.length, 3000);
    for (size_t i = 0; i < made.length; i++)
        counts[made.at[i] - 'a']++;
    for (size_t i = 0; i < 3; i++)
        check(counts[i] > 800 && counts[i] < 1200, "%zu of letter %zu", counts[i], i);
    assert_false(text_equal(random_text(arena, alphabet, 40), random_text(arena, alphabet, 40)));
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(secret_equal(TEXT("abc"), TEXT("abc")));
    assert_true(secret_equal(TEXT(""), TEXT_NONE));
    assert_false(secret_equal(TEXT("abc"), TEXT("abd")));
    assert_false(secret_equal(TEXT("abc"), TEXT("ab")));
    assert_false(secret_equal(TEXT(""), TEXT("a")));
}

static const struct {
    const char *bytes;
    const char *standard;
    const char *url;
} encoded[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void test_base64(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(encoded); i++) {
        struct text back;
        struct text bytes = text_of(encoded[i].bytes);
        check_text(base64_encode(arena, bytes), encoded[i].standard, "row %zu", i);
        check_text(base64url_encode(arena, bytes), encoded[i].url, "row %zu", i);
        assert_true(base64_decode(arena, text_of(encoded[i].standard), &back));
        check_text(back, encoded[i].bytes, "row %zu", i);
        assert_true(base64url_decode(arena, text_of(encoded[i].url), &back));
        check_text(back, encoded[i].bytes, "row %zu", i);
    }
}

static void test_base64_refuses(void **state)
{
    static const char *const standard[] = {"Zg",    "Zg=",   "Zg===", "Z===", "====", "=",
                                           "Zm9v=", "Z g==", "Zh==",  "Zm9=", "-__-", "Zm=v"};
    static const char *const url[] = {"Z", "Zg==", "Zh", "+//+", "Zm9vY", "a b", "\xc3\xa9"};
    struct text out;
    for (size_t i = 0; i < COUNT(standard); i++)
        check(!base64_decode(*state, text_of(standard[i]), &out), "%s", standard[i]);
    for (size_t i = 0; i < COUNT(url); i++)
        check(!base64url_decode(*state, text_of(url[i]), &out), "%s", url[i]);
}

static const struct CMUnitTest tests[] = {
    TEST(test_digests), TEST(test_hmac),   TEST(test_random_text),
    TEST(test_equal),   TEST(test_base64), TEST(test_base64_refuses),
};

UNIT_MAIN(tests)
