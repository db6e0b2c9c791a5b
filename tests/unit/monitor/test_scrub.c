#include "unit.h"

#include "base/buffer.h"
#include "monitor/scrub.h"

static void test_secret_keys(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "Authorization", "Cookie",  "X-CSRFToken", "password",
        "new_PASSWORD1", "api_key", "sessionid",   "Proxy-Authorization",
        "Set-Cookie",    "sid",     "jwt",
    };
    static const char *const open[] = {"Accept", "page", "q", "Host", "User-Agent", "city", ""};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        assert_true(scrub_is_secret(text_of(secret[i])));
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_false(scrub_is_secret(text_of(open[i])));
}

static void test_personal_headers(void **state)
{
    (void)state;
    assert_true(scrub_is_personal(TEXT("x-forwarded-for")));
    assert_false(scrub_is_personal(TEXT("X-Forwarded-Proto")));
}

static void test_queries(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *scrubbed;
    } cases[] = {
        {"", ""},
        {"page=2&q=beach%20house", "page=2&q=beach%20house"},
        {"token=abc&page=2", "token=[Filtered]&page=2"},
        {"pass%77ord=abc", "pass%77ord=[Filtered]"},
        {"secret", "secret"},
        {"a=1&&b=2&", "a=1&&b=2&"},
        {"Password=a=b", "Password=[Filtered]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[100];
        struct buffer out = BUFFER_ON(room);
        scrub_query(&out, text_of(cases[i].query));
        assert_true(text_is(buffer_contents(&out), cases[i].scrubbed));
    }
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *scrubbed;
    } cases[] = {
        {"", ""},
        {"https://a.example/b/", "https://a.example/b/"},
        {"https://a.example/b/?", "https://a.example/b/?"},
        {"/b/?page=2&token=abc", "/b/?page=2&token=[Filtered]"},
        {"/b/?next=/c/?d&pwd=abc", "/b/?next=/c/?d&pwd=[Filtered]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[100];
        struct buffer out = BUFFER_ON(room);
        scrub_url(&out, text_of(cases[i].url));
        assert_true(text_is(buffer_contents(&out), cases[i].scrubbed));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_keys),
        cmocka_unit_test(test_personal_headers),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
