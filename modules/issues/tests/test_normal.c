/* What of a message says which kind it is: the rest has a name in its place. */
#include "unit.h"

#include "issues/normal.h"

static const struct {
    const char *message;
    const char *normal;
} rows[] = {
    {"", ""},
    {"it failed", "it failed"},
    {"  first  \n\n second \n third", "first\nsecond"},
    {"to me@example.com", "to <email>"},
    {"GET https://shop.example/a?b=1 failed", "GET <url> failed"},
    {"no route to shop.example.com", "no route to <hostname>"},
    {"refused by 192.0.2.1", "refused by <ip>"},
    {"refused by 2001:db8::1", "refused by <ip>"},
    {"from ::1, fe80::1 or 2001:db8:0:0:0:0:0:1", "from <ip>, <ip> or <ip>"},
    {"std::vector of a::b", "std::vector of a::b"},
    {"of 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", "of <traceparent>"},
    {"of 01234567-89ab-cdef-0123-456789abcdef", "of <uuid>"},
    {"da39a3ee5e6b4b0d3255bfef95601890afd80709", "<sha1>"},
    {"d41d8cd98f00b204e9800998ecf8427e", "<md5>"},
    {"at 2026-11-28T10:00:00Z", "at <date>"},
    {"at 2026-11-28 10:00:00.123 and 10:00:01", "at <date> and <date>"},
    {"took 12ms, then 1.5s", "took <duration>, then <duration>"},
    {"at 0x7fffabcd", "at <hex>"},
    {"commit 1a2b3c4", "commit <git_sha>"},
    {"3 of 4.5", "<int> of <float>"},
    {"name='Ann' ok=true", "name=<quoted_str> ok=<bool>"},
    {"version2 of v8 and abcdefg", "version2 of v8 and abcdefg"},
};

static void test_what_takes_the_place(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        check_text(message_normal(*state, text_of(rows[i].message)), rows[i].normal, "\"%s\"",
                   rows[i].message);
}

/* Looking through it ends, and what is beyond is left out. */
static void test_long_messages(void **state)
{
    static char message[100 * 1024];
    memset(message, 'a', sizeof message);
    struct text normal = message_normal(*state, (struct text){message, sizeof message});
    check(normal.length <= 8192, "%zu", normal.length);
    for (size_t i = 0; i < sizeof message; i += 2)
        message[i] = '1';
    message_normal(*state, (struct text){message, sizeof message});
    memset(message, '=', sizeof message);
    message[1] = '\'';
    message_normal(*state, (struct text){message, sizeof message});
}

static void test_bytes_that_are_no_utf8(void **state)
{
    assert_text_equal(message_normal(*state, TEXT("\xff\xfe 7")), "\xff\xfe <int>");
}

static const struct CMUnitTest tests[] = {
    TEST(test_what_takes_the_place),
    TEST(test_long_messages),
    TEST(test_bytes_that_are_no_utf8),
};
UNIT_MAIN(tests)
