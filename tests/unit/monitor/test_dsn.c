/* SENTRY_DSN: what is taken, what is refused, and where it leads. */
#include "unit.h"

#include "monitor/dsn.h"

static void test_taken(void **state)
{
    static const struct {
        const char *dsn;
        const char *url;
        const char *shown;
    } cases[] = {
        {"https://abc@o42.ingest.us.sentry.io/7",
         "https://o42.ingest.us.sentry.io:443/api/7/envelope/",
         "https://o42.ingest.us.sentry.io:443/7"},
        {"http://abc:def@localhost:9000/a/b/7/", "http://localhost:9000/a/b/api/7/envelope/",
         "http://localhost:9000/a/b/7"},
        {"http://abc@[::1]:9000/7", "http://[::1]:9000/api/7/envelope/", "http://[::1]:9000/7"},
        {"http://abc@[::1]/seven", "http://[::1]:80/api/seven/envelope/", "http://[::1]:80/seven"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dsn dsn;
        assert_status(dsn_read(&dsn, text_of(cases[i].dsn)), OK);
        check_text(dsn_envelope_url(*state, &dsn), cases[i].url, "%s", cases[i].dsn);
        check_text(dsn_shown(*state, &dsn), cases[i].shown, "%s", cases[i].dsn);
        check_text(dsn.public_key, "abc", "%s", cases[i].dsn);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *dsn;
        const char *words;
    } cases[] = {
        {"sentry.io", "https://"},
        {"ftp://abc@sentry.io/7", "https://"},
        {"https://sentry.io/7", "no key"},
        {"https://@sentry.io/7", "no key"},
        {"https://a b@sentry.io/7", "no key"},
        {"https://abc:d\nf@sentry.io/7", "no key"},
        {"https://abc@/7", "no host"},
        {"https://abc@sen try/7", "no host"},
        {"https://abc@sentry.io:0/7", "port"},
        {"https://abc@sentry.io:65536/7", "port"},
        {"https://abc@sentry.io:x/7", "port"},
        {"https://abc@sentry.io", "no project"},
        {"https://abc@sentry.io///", "no project"},
        {"https://abc@sentry.io/7?x=1", "no project"},
        {"https://abc@sentry.io/7\r\nX: y", "no project"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dsn dsn;
        check(dsn_read(&dsn, text_of(cases[i].dsn)) == INVALID, "%s", cases[i].dsn);
        assert_failure_says(cases[i].words);
        check(!strstr(status_failure()->message, "abc"), "%s", cases[i].dsn);
    }
}

static const struct CMUnitTest tests[] = {TEST(test_taken), TEST(test_refused)};
UNIT_MAIN(tests)
