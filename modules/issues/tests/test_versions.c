/* Which of two releases is the later, where their names tell. */
#include "unit.h"

#include "issues/versions.h"

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void test_later_ones(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1.9.0", "2.0.0"},
        {"1.9.0", "1.10.0"},
        {"v1.9", "v2.0"},
        {"v1", "V2"},
        {"shop@1.9", "shop@1.10.0"},
        {"shop@41", "shop@42"},
        {"@scope/shop@1.0.0", "@scope/shop@1.0.1"},
        {"s@2.0.0-rc1", "s@2.0.0"},
        {"s@2.0.0-rc2", "s@2.0.0-rc10"},
        {"s@2.0.0-alpha", "s@2.0.0-beta"},
        {"s@2.0.0-rc", "s@2.0.0-rc.1"},
        {"s@2.0.0-SNAPSHOT", "s@2.0.0"},
        {"2.0-1", "2.0-2"},
        {"2.0-5-g1f00ab", "2.0-12-g00cc11"},
        {"2.0.post1", "2.0.post2"},
        {"2.0.post1", "2.1"},
        {"2.0.hotfix1", "2.0.1"},
        {"s@1.9.9", "s@2.0.0-rc1"},
        {"2.0.0rc1", "2.0.0"},
        {"2.0.dev3", "2.0"},
        {"s@2.0.0+7", "s@2.0.0+12"},
        {"2026.11.28", "2026.11.29"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        int there = 0;
        int back = 0;
        check(versions_compare(text_of(pairs[i][0]), text_of(pairs[i][1]), &there)
                  && versions_compare(text_of(pairs[i][1]), text_of(pairs[i][0]), &back),
              "%s, %s", pairs[i][0], pairs[i][1]);
        check(sign(there) == -1 && sign(back) == 1, "%s, %s: %d, %d", pairs[i][0], pairs[i][1],
              there, back);
    }
}

static void test_equal_ones(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"s@2.0", "s@2.0.0"},
        {"2.0", "v2.0.0"},
        {"s@2.0.0+abc", "s@2.0.0+def"},
        {"s@2.0.0-rc01", "s@2.0.0-rc1"},
        {"1.0", "1.0"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        int order = 1;
        check(versions_compare(text_of(pairs[i][0]), text_of(pairs[i][1]), &order) && order == 0,
              "%s, %s: %d", pairs[i][0], pairs[i][1], order);
    }
}

static void test_what_tells_nothing(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1f00", "77cc"},
        {"shop@1f00", "shop@77cc"},
        {"shop@1f00ab", "shop@1.0"},
        {"1234567", "7654321"},
        {"shop@1.0", "home@2.0"},
        {"1.0", "shop@2.0"},
        {"latest", "1.0"},
        {"", "1.0"},
        {"shop@", "shop@1.0"},
        {"1..0", "1.1"},
        {"99999999999999999999.0", "1.0"},
        {"2.0.post1", "2.0"},
        {"2.0.post1", "2.0rc1"},
        {"2.0-1", "2.0"},
        {"s@2.0.0-1", "s@2.0.0-alpha"},
        {"v2.0-5-g1f00ab", "v2.0"},
        {"2.0.hotfix1", "2.0"},
        {"2.0-hotfix1", "2.0-fix1"},
        {".", "1.0"},
        {"v", "v1"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        int order = 0;
        check(!versions_compare(text_of(pairs[i][0]), text_of(pairs[i][1]), &order)
                  && !versions_compare(text_of(pairs[i][1]), text_of(pairs[i][0]), &order),
              "%s, %s: %d", pairs[i][0], pairs[i][1], order);
    }
}

static const struct CMUnitTest tests[] = {TEST(test_later_ones), TEST(test_equal_ones),
                                          TEST(test_what_tells_nothing)};
UNIT_MAIN(tests)
