#include "http/requests.h"

#include "http/origin.h"

static void test_proxies_setting(void **state)
{
    static const char *const taken[] = {
        "",
        "heroku",
        "127.0.0.1",
        "::1",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.0.0.0/32",
        "::/0",
        "2001:db8::/32",
        "fe80::1/128",
        "10.0.0.1,10.0.0.2",
        " 10.0.0.1 , ::1 ",
        "::ffff:10.0.0.0/104",
    };
    static const char *const refused[] = {
        "Heroku",
        "heroku,10.0.0.1",
        "localhost",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.0/a",
        "/8",
        "::1/129",
        "::g",
        "10.0.0.1,",
        ",10.0.0.1",
        "10.0.0.1;10.0.0.2",
        "10.0.0.1 10.0.0.2",
        " ",
        ",",
        "10.0.0.0/8/8",
        "[::1]",
        "10.0.0.1:80",
        "0x7f.0.0.1",
        "*",
        "10.0.0.0/ 8",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++)
        check(origin_refuse_proxies(text_of(taken[i])) == NULL, "\"%s\"", taken[i]);
    for (size_t i = 0; i < COUNT(refused); i++)
        check(origin_refuse_proxies(text_of(refused[i])) != NULL, "\"%s\"", refused[i]);
}

static struct request *found(struct arena *arena, const char *peer, const char *proxies,
                             const char *name, const char *value)
{
    struct request *request = REQUEST(arena, name, value, "Host", "site.example");
    request->peer = text_of(peer);
    origin_find(request, text_of(proxies));
    return request;
}

static void test_client(void **state)
{
    static const struct {
        const char *peer, *proxies, *forwarded, *client;
    } rows[] = {
        /* nobody is trusted: what the header says is the visitor's own invention */
        {"192.0.2.7", "", "198.51.100.1", "192.0.2.7"},
        {"192.0.2.7", "10.0.0.0/8", "198.51.100.1", "192.0.2.7"},
        {"11.0.0.1", "10.0.0.0/8", "198.51.100.1", "11.0.0.1"},
        {"", "10.0.0.0/8", "198.51.100.1", ""},
        /* one proxy */
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1", "198.51.100.1"},
        {"10.255.255.255", "10.0.0.0/8", "198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "192.0.2.1, 10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "0.0.0.0/0", "", "10.0.0.1"},
        /* the visitor sent a list of its own; the proxy added what it saw */
        {"10.0.0.1", "10.0.0.0/8", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "10.9.9.9, 198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "evil, 198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "1.2.3.4,198.51.100.1", "198.51.100.1"},
        /* two proxies */
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.1", "198.51.100.1, 10.0.0.2", "10.0.0.2"},
        {"10.0.0.1", "10.0.0.0/8", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        /* garbage ends the chain where it stands */
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1, unknown", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1, garbage, 10.0.0.2", "10.0.0.2"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1,", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1:", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1:a", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1:123456", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "[2001:db8::7", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "[2001:db8::7]x", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "[]", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "[", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", ":80", "10.0.0.1"},
        /* with a port, as some proxies write it */
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1:1234", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.1:1234, 10.0.0.2:80", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "[2001:db8::7]:1234", "2001:db8::7"},
        {"10.0.0.1", "10.0.0.0/8", "[2001:db8::7]", "2001:db8::7"},
        {"10.0.0.1", "10.0.0.0/8", "1::2", "1::2"},
        {"10.0.0.1", "10.0.0.0/8", "198.51.100.999", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", ", ,", "10.0.0.1"},
        /* IPv6, and IPv4 within it */
        {"::1", "::1", "2001:db8::7", "2001:db8::7"},
        {"::2", "::1", "2001:db8::7", "::2"},
        {"2001:db8::1", "2001:db8::/32", "198.51.100.1", "198.51.100.1"},
        {"2001:db9::1", "2001:db8::/32", "198.51.100.1", "2001:db9::1"},
        {"::ffff:10.0.0.1", "10.0.0.0/8", "198.51.100.1", "198.51.100.1"},
        {"::ffff:11.0.0.1", "10.0.0.0/8", "198.51.100.1", "11.0.0.1"},
        {"10.0.0.1", "10.0.0.0/8", "::ffff:198.51.100.1", "198.51.100.1"},
        {"10.0.0.1", "10.0.0.0/8", "[::FFFF:c633:6401]:80", "198.51.100.1"},
        {"172.31.255.1", "172.16.0.0/12", "198.51.100.1", "198.51.100.1"},
        {"172.32.0.1", "172.16.0.0/12", "198.51.100.1", "172.32.0.1"},
        /* Heroku's router adds the address it saw */
        {"10.1.2.3", "heroku", "198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "heroku", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "heroku", "198.51.100.1, evil", "10.1.2.3"},
        {"10.1.2.3", "heroku", "", "10.1.2.3"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_text(found(*state, rows[i].peer, rows[i].proxies, "X-Forwarded-For",
                         rows[i].forwarded)
                       ->client,
                   rows[i].client, "row %zu: %s through %s", i, rows[i].forwarded, rows[i].peer);
}

static void test_client_from_several_headers(void **state)
{
    struct request *request =
        REQUEST(*state, "X-Forwarded-For", "1.2.3.4", "x-forwarded-for", "198.51.100.1, 10.0.0.2");
    request->peer = TEXT("10.0.0.1");
    origin_find(request, TEXT("10.0.0.0/8"));
    assert_text_equal(request->client, "198.51.100.1");
}

static void test_scheme(void **state)
{
    static const struct {
        const char *peer, *proxies, *proto;
        bool secure, forwarded;
    } rows[] = {
        {"10.0.0.1", "10.0.0.1", "https", true, true},
        {"10.0.0.1", "10.0.0.1", "HTTPS", true, true},
        {"10.0.0.1", "10.0.0.1", "http", false, true},
        {"10.0.0.1", "10.0.0.1", "http, https", true, true},
        {"10.0.0.1", "10.0.0.1", "https, http", false, true},
        {"10.0.0.1", "10.0.0.1", "https,", false, true},
        {"10.0.0.1", "10.0.0.1", "httpsx", false, true},
        {"10.0.0.1", "10.0.0.1", "", false, false},
        {"10.1.2.3", "heroku", "https", true, true},
        {"10.0.0.2", "10.0.0.1", "https", false, false},
        {"10.0.0.1", "", "https", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct request *request =
            found(*state, rows[i].peer, rows[i].proxies, "X-Forwarded-Proto", rows[i].proto);
        check(request->secure == rows[i].secure, "row %zu", i);
        check(request->forwarded == rows[i].forwarded, "row %zu", i);
    }
}

static void test_host(void **state)
{
    static const struct {
        const char *peer, *proxies, *forwarded, *host;
    } rows[] = {
        {"10.0.0.1", "10.0.0.1", "visited.example", "visited.example"},
        {"10.0.0.1", "10.0.0.1", "evil.example, visited.example:8080", "visited.example:8080"},
        {"10.0.0.1", "10.0.0.1", "", "site.example"},
        {"10.0.0.2", "10.0.0.1", "visited.example", "site.example"},
        {"10.0.0.1", "", "visited.example", "site.example"},
        {"10.0.0.1", "heroku", "visited.example", "visited.example"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request *request =
            found(*state, rows[i].peer, rows[i].proxies, "X-Forwarded-Host", rows[i].forwarded);
        check_text(request->host, "site.example", "row %zu", i);
        origin_use_forwarded_host(request, text_of(rows[i].proxies));
        check_text(request->host, rows[i].host, "row %zu", i);
    }
}

static void test_request_id(void **state)
{
    char longest[202] = "";
    memset(longest, 'a', 200);
    const char *const taken[] = {"a", "abc-DEF_0.9", "075194d3-6885-417e-a8a8-6c931e272f00",
                                 longest};
    for (size_t i = 0; i < COUNT(taken); i++)
        check_text(found(*state, "10.0.0.1", "10.0.0.1", "X-Request-ID", taken[i])->id, taken[i],
                   "row %zu", i);
    assert_true(found(*state, "10.0.0.2", "10.0.0.1", "X-Request-ID", "spoofed")->id.length == 32);

    char too_long[202];
    memset(too_long, 'a', 201);
    too_long[201] = '\0';
    const char *const refused[] = {"",    "a b",  "a,b", "a;b",      "a\"b", "a=b",
                                   "<b>", "a\tb", "a/b", "\xC3\xBC", "a:b",  too_long};
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct text id = found(*state, "10.0.0.1", "10.0.0.1", "X-Request-ID", refused[i])->id;
        check(id.length == 32, "row %zu: %.*s", i, TEXT_ARG(id));
        for (size_t k = 0; k < id.length; k++)
            check(strchr("0123456789abcdef", id.at[k]) != NULL, "row %zu: %.*s", i, TEXT_ARG(id));
    }
}

static void test_new_ids_differ(void **state)
{
    struct text ids[200];
    for (size_t i = 0; i < COUNT(ids); i++) {
        ids[i] = found(*state, "192.0.2.1", "", "X-Request-ID", "")->id;
        for (size_t k = 0; k < i; k++)
            check(!text_equal(ids[i], ids[k]), "%zu and %zu", i, k);
    }
}

static const struct {
    const char *host, *allowed;
    bool ok;
} hosts[] = {
    {"example.com", "example.com", true},
    {"EXAMPLE.com", "example.COM", true},
    {"example.com:8000", "example.com", true},
    {"example.com:80", "other.com, example.com", true},
    {"example.com.", "example.com", true},
    {"example.com.:443", "example.com", true},
    {"www.example.com", ".example.com", true},
    {"a.b.example.com", ".example.com", true},
    {"example.com", ".example.com", true},
    {"WWW.Example.Com:1", ".example.com", true},
    {"anything.at-all", "*", true},
    {"127.0.0.1:8000", "127.0.0.1", true},
    {"[::1]", "[::1]", true},
    {"[::1]:8000", "[::1]", true},
    {"[2001:DB8::a]", "[2001:db8::A]", true},
    {"[::ffff:127.0.0.1]", "*", true},
    {"localhost", "localhost,.localhost,127.0.0.1,[::1]", true},
    {"a.localhost:3000", "localhost,.localhost", true},
    {"example.com", "", false},
    {"example.com", ",", false},
    {"", "*", false},
    {"", "", false},
    {"example.org", "example.com", false},
    {"www.example.com", "example.com", false},
    {"example.com.evil.org", "example.com", false},
    {"notexample.com", ".example.com", false},
    {"xexample.com", "example.com", false},
    {"example.com..", "example.com", false},
    {"com", ".com.", false},
    {"com", ".", false},
    {".", "*", false},
    {"example.com", "*.com", false},
    {"example.com:", "*", false},
    {"example.com:80a", "*", false},
    {"example.com:123456", "*", false},
    {"example.com:80:80", "*", false},
    {"example.com: 80", "*", false},
    {":80", "*", false},
    {"user@example.com", "*", false},
    {"example.com/path", "*", false},
    {"example.com, evil.org", "*", false},
    {"exa mple.com", "*", false},
    {"example.com\t", "*", false},
    {"ex_ample.com", "*", false},
    {"<script>", "*", false},
    {"gr\xC3\xBC\xC3\x9F.example", "*", false},
    {"example.com%00", "*", false},
    {"[::1", "*", false},
    {"::1", "*", false},
    {"[::1]]", "*", false},
    {"[::1]x", "*", false},
    {"[::1]:", "*", false},
    {"[]", "*", false},
    {"[", "*", false},
    {"[evil]", "*", false},
    {"[cafe]", "*", false},
    {"[[::1]", "*", false},
    {"[::g]", "*", false},
    {"[::1-2]", "*", false},
    {"[::2]", "[::1]", false},
};

static void test_allowed_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++)
        check(origin_host_allowed(text_of(hosts[i].host), text_of(hosts[i].allowed)) == hosts[i].ok,
              "\"%s\" with ALLOWED_HOSTS=%s", hosts[i].host, hosts[i].allowed);
    assert_false(origin_host_allowed(TEXT("a\0b"), TEXT("*")));
    assert_false(origin_host_allowed(TEXT_NONE, TEXT("*")));
}

static const struct {
    const char *allowed;
    const char *host; /* the public one */
} lists[] = {
    {"www.example.com", "www.example.com"},
    {"localhost, 127.0.0.1 ,[::1],a.example.com,b.example.com", "a.example.com"},
    {".example.com,*,www.example.org", "www.example.org"},
    {"*", ""},
    {"", ""},
    {",,", ""},
    {".", ""},
    {".example.com", ""},
    {"intranet", ""},
    {"localhost,site.localhost", ""},
    {"10.0.0.1,::1,[::ffff:10.0.0.1]", ""},
};

static void test_public_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        check(text_is(origin_host_public(text_of(lists[i].allowed)), lists[i].host),
              "of ALLOWED_HOSTS=%s", lists[i].allowed);
}

static const struct {
    const char *host;
    const char *name;
    const char *port;
} parted[] = {
    {"Example.com", "Example.com", ""},
    {"example.com.:8000", "example.com", "8000"},
    {"[::1]", "[::1]", ""},
    {"[::1]:80", "[::1]", "80"},
    {"example.com:", "", ""},
    {"example.com:123456", "", ""},
    {"", "", ""},
    {":", "", ""},
};

static void test_host_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parted); i++) {
        struct text host = text_of(parted[i].host);
        check(text_is(origin_host_name(host), parted[i].name), "the name of \"%s\"",
              parted[i].host);
        check(text_is(origin_host_port(host), parted[i].port), "the port of \"%s\"",
              parted[i].host);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_proxies_setting), TEST(test_client),        TEST(test_client_from_several_headers),
    TEST(test_scheme),          TEST(test_host),          TEST(test_request_id),
    TEST(test_new_ids_differ),  TEST(test_allowed_hosts), TEST(test_public_host),
    TEST(test_host_parts),
};

UNIT_MAIN(tests)
