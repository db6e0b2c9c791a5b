#include "unit.h"

#include "base/buffer.h"
#include "monitor/scrub.h"

static void test_secret_keys(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "Authorization", "Cookie",  "X-CSRFToken", "password",
        "new_PASSWORD1", "api_key", "sessionid",   "Proxy-Authorization",
        "Set-Cookie",    "sid",     "jwt",         "X-Pw",
        "x-otp",         "userPw",  "pin",         "PIN2",
        "X-Passcode",    "db_pass", "X-Signature",
    };
    static const char *const open[] = {"Accept",   "page",    "q",     "Host", "User-Agent", "city",
                                       "shipping", "compass", "Upwrd", "PINE", "optPwrite",  ""};
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
        {"next=http%3A%2F%2Fme%3Apw%40host&q=a%20b", "next=[Filtered]&q=a%20b"},
        {"next=/a/%3Ftoken%3dabc", "next=[Filtered]"},
        {"to=me@example.com", "to=[Filtered]"},
        {"q=5%4&r=%4", "q=5%4&r=%4"},
        {"next=/x?token=S", "next=[Filtered]"},
        {"next=/x?page=2", "next=[Filtered]"},
        {"next=/a/%253Ftoken%253DS", "next=[Filtered]"},
        {"next=/a/%25253Ftoken%25253DS&b=1", "next=[Filtered]&b=1"},
        {"a=1;password=S", "a=1;password=[Filtered]"},
        {"a=1;b=2;", "a=1;b=2;"},
        {"a=1&amp;password=S", "a=1&amp;password=[Filtered]"},
        {"password:S", "[Filtered]"},
        {"password%3AS&page=2", "[Filtered]&page=2"},
        {"token%3DS", "[Filtered]"},
        {"me@example.com", "[Filtered]"},
        {"filter={\"password\":\"S\"}&b=1", "filter=[Filtered]&b=1"},
        {"filter=%7B%22password%22%3A%22S%22%7D", "filter=[Filtered]"},
        {"filter=%257B%2522pass%2577ord%2522%3A1", "filter=[Filtered]"},
        {"filter={\"password\":\"S&S2\"}", "filter=[Filtered]"},
        {"{\"password\":\"S=S\"}", "[Filtered]"},
        {"[\"password\"]:S", "[Filtered]"},
        {"user[password]=S", "user[password]=[Filtered]"},
        {"q=Bearer+S", "q=[Filtered]"},
        {"q=eyJhbGciOi.eyJzdWIi.S", "q=[Filtered]"},
        {"filter={\"city\":\"Nice\"}", "filter={\"city\":\"Nice\"}"},
        {"{\"\\u0070assword\":\"S\"}", "[Filtered]"},
        {"filter={\"p\\u0061ss\\u0077ord\":\"S\"}&b=1", "filter=[Filtered]&b=1"},
        {"filter=%7B%22%5Cu0070assword%22%3A%22S%22%7D", "filter=[Filtered]"},
        {"filter={\\\"\\\\u0070assword\\\":\\\"S\\\"}", "filter=[Filtered]"},
        {"filter={\"\\u005cu0070assword\":1}", "filter=[Filtered]"},
        {"filter={\"\\u0025\\u0037\\u0030assword\":1}", "filter=[Filtered]"},
        {"filter={\"city\":\"\\u004eice \\u00e9t\\u00e9 \\u12\"}",
         "filter={\"city\":\"\\u004eice \\u00e9t\\u00e9 \\u12\"}"},
        {"otp:S", "[Filtered]"},
        {"q=eyJ1c2VyIjoiUyJ9", "q=[Filtered]"},
        {"q=eyJafjalla", "q=eyJafjalla"},
        {"q=the+key+to+the+house&at=10:30", "q=the+key+to+the+house&at=10:30"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[200];
        struct buffer out = BUFFER_ON(room);
        scrub_query(&out, text_of(cases[i].query));
        check_text(buffer_contents(&out), cases[i].scrubbed, "%s", cases[i].query);
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
        {"https://u:p@a.example/b/?c=1", "https://[Filtered]@a.example/b/?c=1"},
        {"https://u:p@q@a.example", "https://[Filtered]@a.example"},
        {"https://a.example/b@c", "https://a.example/b@c"},
        {"u:p@a.example", "u:p@a.example"},
        {"/b/?page=2&token=abc", "/b/?page=2&token=[Filtered]"},
        {"/b/?next=/c/?d&pwd=abc", "/b/?next=/c/?d&pwd=[Filtered]"},
        {"https://a.example/b/#part", "https://a.example/b/#part"},
        {"https://a.example/b/#access_token=S", "https://a.example/b/#[Filtered]"},
        {"https://a.example/?c=1#/d?token=S", "https://a.example/?c=1#[Filtered]"},
        {"https://a.example/b;token=S?c=1", "https://a.example/[Filtered]?c=1"},
        {"/b/token%3DS/", "/[Filtered]"},
        {"http://keys:8000/b/", "http://keys:8000/b/"},
        {"//u:S@a.example/b/", "//[Filtered]@a.example/b/"},
        {"//u:S@a.example/http://v:S@b.example",
         "//[Filtered]@a.example/http://[Filtered]@b.example"},
        {"HTTP://u:S@a.example", "HTTP://[Filtered]@a.example"},
        {"<http://u:S@a.example>", "<http://[Filtered]@a.example>"},
        {"//a.example/b@c", "//a.example/b@c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[100];
        struct buffer out = BUFFER_ON(room);
        scrub_url(&out, text_of(cases[i].url));
        check_text(buffer_contents(&out), cases[i].scrubbed, "%s", cases[i].url);
    }
}

static void check_value(const char *name, const char *value, const char *scrubbed)
{
    char room[200];
    struct buffer out = BUFFER_ON(room);
    scrub_value(&out, text_of(name), text_of(value));
    check_text(buffer_contents(&out), scrubbed, "%s: %s", name, value);
}

static void test_values(void **state)
{
    (void)state;
    check_value("target", "/a/?token=abc&b=1", "/a/?token=[Filtered]&b=1");
    check_value("api_token", "abc", "[Filtered]");
    check_value("client", "203.0.113.9", "[Filtered]");
    check_value("Cookie", "a=1; sessionid=abc", "[Filtered]");
    check_value("user", "17", "17");
    scrub_allow_personal(true);
    check_value("client", "203.0.113.9", "203.0.113.9");
    check_value("X-Forwarded-For", "203.0.113.9", "203.0.113.9");
    check_value("Authorization", "Basic abc", "[Filtered]");
    check_value("Cookie", "a=1; sessionid=abc; odd;csrftoken=x=y",
                "a=1; sessionid=[Filtered]; csrftoken=[Filtered]");
    scrub_allow_personal(false);
    check_value("client", "203.0.113.9", "[Filtered]");
}

static void test_headers(void **state)
{
    (void)state;
    static const char *const hidden[][2] = {
        {"X-Forwarded-Access", "Bearer S"},
        {"X-Data", "{\"password\":\"S\"}"},
        {"X-Data", "{%22password%22:%22S%22}"},
        {"X-Data", "token=S"},
        {"X-Data", "Basic dTpw"},
        {"X-Data", "-----BEGIN RSA PRIVATE KEY----- S"},
        {"X-Data", "eyJhbGciOi.eyJzdWIi.S"},
        {"X-Client-Ip", "203.0.113.9"},
        {"X-Cluster-Client-Ip", "203.0.113.9"},
        {"Fastly-Client-IP", "203.0.113.9"},
        {"Fly-Client-IP", "203.0.113.9"},
        {"X-Forwarded", "for=203.0.113.9"},
        {"Via", "1.1 home.example"},
        {"X-Remote-User", "ann"},
        {"X-Email", "ann"},
        {"From", "ann"},
        {"X-Who", "ann@example.com"},
        {"X-Azure-SocketIP", "203.0.113.9"},
        {"X-Whence", "203.0.113.9"},
        {"X-Whence", "unknown, 203.0.113.9:4711"},
        {"X-Whence", "[2001:db8::1]:80"},
        {"X-Whence", "2001:db8::1"},
        {"X-Ssl-Client-S-Dn", "CN=Jane"},
        {"X-Cert", "/C=FR/CN=Jane"},
        {"X-Cert", "O=x, cn=Jane"},
        {"X-Ms-Client-Principal", "S"},
        {"X-Data", "eyJ1c2VyIjoiUyJ9"},
        {"Baggage", "userId=17"},
        {"X-Data", "Digest username=\"ann\", response=\"S\""},
        {"X-Data", "Token S"},
        {"X-Data", "apikey S"},
        {"X-Data", "Negotiate, Token S"},
        {"X-Pw", "S"},
        {"X-Otp", "123456"},
    };
    static const char *const open[][2] = {
        {"Accept", "text/html;q=0.9, */*"},
        {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:1.0)"},
        {"X-Forwarded-Proto", "https"},
        {"Sec-Fetch-User", "?1"},
        {"Host", "lettings.example:8000"},
        {"Content-Type", "multipart/form-data; boundary=x"},
        {"Referer", "http://keys:8000/b/?page=2"},
        {"Host", "127.0.0.1:8000"},
        {"X-Forwarded-Host", "127.0.0.1:8000"},
        {"Accept-Language", "fr-FR, fr;q=0.9, en;q=0.8"},
        {"If-Modified-Since", "Mon, 28 Sep 2026 10:00:00 GMT"},
        {"User-Agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0.0.0 Safari/537.36"},
        {"X-Data", "1.2.3"},
        {"X-Data", "pacn=1"},
        {"X-Data", "tokens of thanks"},
        {"X-Data", "basic"},
    };
    for (size_t i = 0; i < COUNT(hidden); i++) {
        char room[200];
        struct buffer out = BUFFER_ON(room);
        scrub_header(&out, text_of(hidden[i][0]), text_of(hidden[i][1]));
        check_text(buffer_contents(&out), "[Filtered]", "%s: %s", hidden[i][0], hidden[i][1]);
    }
    for (size_t i = 0; i < COUNT(open); i++) {
        char room[200];
        struct buffer out = BUFFER_ON(room);
        scrub_header(&out, text_of(open[i][0]), text_of(open[i][1]));
        check_text(buffer_contents(&out), open[i][1], "%s", open[i][0]);
    }
}

static void test_referer_without_scheme(void **state)
{
    (void)state;
    char room[200];
    struct buffer out = BUFFER_ON(room);
    scrub_header(&out, TEXT("Referer"), TEXT("//u:S@h/?page=2"));
    check_text(buffer_contents(&out), "//[Filtered]@h/?page=2", "all");
}

static void test_headers_with_who_it_was(void **state)
{
    (void)state;
    char room[200];
    struct buffer out = BUFFER_ON(room);
    scrub_allow_personal(true);
    scrub_header(&out, TEXT("Fly-Client-IP"), TEXT("203.0.113.9"));
    scrub_header(&out, TEXT("X-Who"), TEXT("|ann@example.com|"));
    scrub_header(&out, TEXT("X-Data"), TEXT("Bearer S"));
    scrub_header(&out, TEXT("Cookie"), TEXT("a=1; sessionid=abc"));
    scrub_allow_personal(false);
    check_text(buffer_contents(&out),
               "203.0.113.9|ann@example.com|[Filtered]a=1; sessionid=[Filtered]", "all");
}

/* What does not fit the room for it is no reason to let it through. */
static void test_long_values(void **state)
{
    (void)state;
    static char query[8000] = "q=";
    char room[200];
    struct buffer out = BUFFER_ON(room);
    memset(query + 2, 'a', sizeof query - 3);
    scrub_query(&out, text_of(query));
    check_text(buffer_contents(&out), "q=[Filtered]", "long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret_keys),
        cmocka_unit_test(test_personal_headers),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_referer_without_scheme),
        cmocka_unit_test(test_headers_with_who_it_was),
        cmocka_unit_test(test_long_values),
    };
    return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
