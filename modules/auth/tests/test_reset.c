/* Tokens of Django 3.2 for the key "only-for-tests". */
#include "unit.h"

#include "auth/models.h"
#include "auth/passwords.h"

#define KEY    TEXT("only-for-tests")
#define SECOND INT64_C(1000000)
#define MADE   ((INT64_C(978307200) + 700000000) * SECOND)
#define TOKEN  "bkrfgg-c7f79985a614489b29feffda723b1ae6"

static const struct user ada = {
    .id = 4,
    .username = {"ada", 3},
    .password = {"pbkdf2_sha256$1$a$b", 19},
    .email = {"ada@example.com", 15},
    .last_login = INT64_C(1639740838074294), /* 2021-12-17 11:33:58.074294 */
};

static void test_makes_djangos(void **state)
{
    struct user never = ada;
    never.last_login = FIELD_NULL;
    assert_text_equal(reset_token(*state, &ada, MADE + 999999, KEY), TOKEN);
    assert_text_equal(reset_token(*state, &never, MADE, KEY),
                      "bkrfgg-076da728e5012d1225753a5dd22133b9");
    assert_true(reset_token_fits(*state, &ada, TEXT(TOKEN), MADE, KEY));
}

static void test_ends(void **state)
{
    int64_t end = MADE + password_reset_timeout * SECOND;
    assert_true(reset_token_fits(*state, &ada, TEXT(TOKEN), end, KEY));
    assert_false(reset_token_fits(*state, &ada, TEXT(TOKEN), end + SECOND, KEY));
}

static void test_hangs_on_the_account(void **state)
{
    struct user others[5] = {ada, ada, ada, ada, ada};
    others[0].id = 5;
    others[1].password = TEXT("pbkdf2_sha256$1$a$c");
    others[2].email = TEXT("ada@example.org");
    others[3].last_login += SECOND;
    others[4].last_login = FIELD_NULL;
    for (size_t i = 0; i < COUNT(others); i++)
        check(!reset_token_fits(*state, &others[i], TEXT(TOKEN), MADE, KEY), "row %zu", i);
    assert_false(reset_token_fits(*state, &ada, TEXT(TOKEN), MADE, TEXT("another")));
}

static void test_refuses(void **state)
{
    static const char *const rows[] = {
        "",
        "-",
        "bkrfgg",
        "bkrfgg-",
        "-c7f79985a614489b29feffda723b1ae6",
        "bkrfgh-c7f79985a614489b29feffda723b1ae6",
        "BKRFGG-c7f79985a614489b29feffda723b1ae6",
        "0bkrfgg-c7f79985a614489b29feffda723b1ae6",
        "bkrfgg-c7f79985a614489b29feffda723b1ae7",
        (TOKEN "0"),
        "zzzzzzzzzzzzzzzzzzzz-c7f79985a614489b29feffda723b1ae6",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(!reset_token_fits(*state, &ada, text_of(rows[i]), MADE, KEY), "%s", rows[i]);
}

static const struct CMUnitTest tests[] = {
    TEST(test_makes_djangos),
    TEST(test_ends),
    TEST(test_hangs_on_the_account),
    TEST(test_refuses),
};

UNIT_MAIN(tests)
