/* What Django 3.2 signs with the key "only-for-tests", and what it would not have. */
#include "unit.h"

#include "crypto/signing.h"

#define KEY    TEXT("only-for-tests")
#define SALT   TEXT("a.salt")
#define SIGNED "value:Y0hyoE2x1xtNwwvljR61mDTUUOv5_6iCUWf1cwE_3ng"
#define TIMED  "value:1r31eq:HQn10dfouLQQe_g0iSccDdTCD77VXdXWzH09UeONZno"

static void test_signs(void **state)
{
    struct text value;
    int64_t time = 0;
    assert_text_equal(signing_sign(*state, TEXT("value"), SALT, KEY), SIGNED);
    assert_text_equal(signing_sign_at(*state, TEXT("value"), 1700000000, SALT, KEY), TIMED);
    assert_true(signing_verify(*state, TEXT(SIGNED), SALT, KEY, &value));
    assert_text_equal(value, "value");
    assert_true(signing_verify_at(*state, TEXT(TIMED), SALT, KEY, &value, &time));
    assert_text_equal(value, "value");
    assert_int_equal(time, 1700000000);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *salt;
        const char *key;
    } rows[] = {
        {SIGNED, "a.salt", "another"},
        {SIGNED, "b.salt", "only-for-tests"},
        {"Value:Y0hyoE2x1xtNwwvljR61mDTUUOv5_6iCUWf1cwE_3ng", "a.salt", "only-for-tests"},
        {SIGNED "g", "a.salt", "only-for-tests"},
        {"value:Y0hyoE2x1xtNwwvljR61mDTUUOv5_6iCUWf1cwE_3n", "a.salt", "only-for-tests"},
        {"value:", "a.salt", "only-for-tests"},
        {"value", "a.salt", "only-for-tests"},
        {":", "a.salt", "only-for-tests"},
        {"", "a.salt", "only-for-tests"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text value;
        check(!signing_verify(*state, text_of(rows[i].text), text_of(rows[i].salt),
                              text_of(rows[i].key), &value),
              "%s", rows[i].text);
    }
}

/* Signed well, but no time is where one should be. */
static void test_refuses_without_time(void **state)
{
    static const char *const values[] = {"value", "value:", "value:a_b",
                                         "value:zzzzzzzzzzzzzzzzzzzz"};
    for (size_t i = 0; i < COUNT(values); i++) {
        struct text value;
        int64_t time;
        struct text made = signing_sign(*state, text_of(values[i]), SALT, KEY);
        check(!signing_verify_at(*state, made, SALT, KEY, &value, &time), "%s", values[i]);
    }
}

static void test_packs(void **state)
{
    struct arena *arena = *state;
    char *many = arena_alloc(arena, 5000);
    memset(many, 'a', 5000);
    const struct text texts[] = {TEXT(""), TEXT("short"), {many, 5000}};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct text out;
        struct text packed = signing_pack(arena, texts[i]);
        assert_true(signing_unpack(arena, packed, 5000, &out));
        assert_true(text_equal(out, texts[i]));
        check(packed.length < 100, "%zu bytes", packed.length);
    }
}

static void test_unpack_refuses(void **state)
{
    struct arena *arena = *state;
    char *many = arena_alloc(arena, 5000);
    memset(many, 'a', 5000);
    struct text packed = signing_pack(arena, (struct text){many, 5000});
    struct text out;
    assert_false(signing_unpack(arena, packed, 4999, &out));
    assert_false(signing_unpack(arena, text_part(packed, 0, packed.length - 4), 5000, &out));
    assert_false(signing_unpack(arena, TEXT(".YWJj"), 5000, &out));
    assert_false(signing_unpack(arena, TEXT("."), 5000, &out));
    assert_false(signing_unpack(arena, TEXT("!"), 5000, &out));
    assert_false(signing_unpack(arena, TEXT("YWJj"), 2, &out));
}

static void test_base36(void **state)
{
    static const struct {
        const char *digits;
        int64_t number;
    } rows[] = {{"0", 0}, {"z", 35}, {"10", 36}, {"bkrfgg", 700000000}};
    static const char *const refused[] = {"", "A", "-1", " 1", "1y2p0ij32e8e8"};
    int64_t number;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_text(base36_of(*state, rows[i].number), rows[i].digits, "row %zu", i);
        assert_true(base36_read(text_of(rows[i].digits), &number));
        assert_int_equal(number, rows[i].number);
    }
    for (size_t i = 0; i < COUNT(refused); i++)
        check(!base36_read(text_of(refused[i]), &number), "%s", refused[i]);
}

static const struct CMUnitTest tests[] = {
    TEST(test_signs), TEST(test_refuses),        TEST(test_refuses_without_time),
    TEST(test_packs), TEST(test_unpack_refuses), TEST(test_base36),
};

UNIT_MAIN(tests)
