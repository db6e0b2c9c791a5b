#include "http/requests.h"

#include <zlib.h>

/* A response of `length` bytes that compress well. */
static struct response *response_of(struct arena *arena, size_t length)
{
    struct response *response = unit_response(arena);
    for (size_t i = 0; i < length; i++)
        buffer_char(&response->body, "0123456789"[i % 10]);
    return response;
}

static struct text header(const struct response *response, const char *name)
{
    return response_header_value(response, name);
}

static struct text tag_of_page(struct arena *arena, size_t length)
{
    struct response *response = response_of(arena, length);
    response_finish(response, unit_request(arena, NULL));
    return header(response, "ETag");
}

static void test_start(void **state)
{
    const struct response *response = unit_response(*state);
    assert_int_equal(response->status, 200);
    assert_string_equal(response->content_type, "text/html; charset=utf-8");
    assert_int_equal(response_bytes(response).length, 0);
    assert_int_equal(header(response, "Location").length, 0);
}

static void test_header_is_replaced_not_doubled(void **state)
{
    struct response *response = unit_response(*state);
    char value[] = "one";
    response_header(response, "X-Name", text_of(value));
    value[0] = 'X'; /* the value was copied */
    assert_text_equal(header(response, "x-name"), "one");
    response_header(response, "x-NAME", TEXT("two"));
    response_header(response, "X-Other", TEXT(""));
    assert_text_equal(header(response, "X-Name"), "two");
    assert_int_equal(response->headers.count, 2);
    assert_int_equal(header(response, "X-Nam").length, 0);
}

static const struct text broken[] = {
    TEXT("a\nSet-Cookie: b"),
    TEXT("a\r\nSet-Cookie: b"),
    TEXT("\r"),
    TEXT("a\n"),
};
static const struct text *chosen;

static void add_broken_header(void *response)
{
    response_header(response, "X-Name", *chosen);
}

static void test_line_break_in_a_header_aborts(void **state)
{
    static const struct text fine = TEXT("a b\t\"c\"");
    for (size_t i = 0; i < COUNT(broken); i++) {
        chosen = &broken[i];
        check(unit_aborts(add_broken_header, unit_response(*state)), "row %zu", i);
    }
    chosen = &fine;
    assert_false(unit_aborts(add_broken_header, unit_response(*state)));
}

static void test_redirect_encodes_what_a_uri_cannot_have(void **state)
{
    struct response *response = unit_response(*state);
    response_redirect(response, 302, TEXT("/a b\r\n/\x7f\xc3\xa9?q=%20&r=[1]#x"));
    assert_text_equal(response_header_value(response, "Location"),
                      "/a%20b%0D%0A/%7F%C3%A9?q=%20&r=[1]#x");
}

static void test_restart_drops_the_body_and_keeps_headers(void **state)
{
    struct response *response = response_of(*state, 100);
    response->body.failed = true;
    response->fixed = TEXT("fixed");
    response->encoding = TEXT("br");
    response->content_type = "image/png";
    response_header(response, "X-Name", TEXT("kept"));
    response_restart(response, 404);
    assert_int_equal(response->status, 404);
    assert_int_equal(response_bytes(response).length, 0);
    assert_false(response->body.failed);
    assert_int_equal(response->encoding.length, 0);
    assert_string_equal(response->content_type, "text/html; charset=utf-8");
    assert_text_equal(header(response, "X-Name"), "kept");
    buffer_text(&response->body, TEXT("new"));
    assert_text_equal(response_bytes(response), "new");
}

static void test_plain_and_redirect(void **state)
{
    struct response *response = response_of(*state, 100);
    response_plain(response, 503, TEXT("busy"));
    assert_int_equal(response->status, 503);
    assert_text_equal(response_bytes(response), "busy\n");
    assert_string_equal(response->content_type, "text/plain; charset=utf-8");
    response_redirect(response, 308, TEXT("/a/?b=c"));
    assert_int_equal(response->status, 308);
    assert_text_equal(header(response, "Location"), "/a/?b=c");
    assert_true(text_find(response_bytes(response), TEXT("/a/?b=c")) != TEXT_NOT_FOUND);
}

static void test_tag_tells_pages_apart(void **state)
{
    struct text tag = tag_of_page(*state, 100);
    assert_true(text_starts(tag, TEXT("W/\"")) && text_ends(tag, TEXT("\"")));
    assert_int_equal(tag.length, 3 + 32 + 1);
    assert_true(text_equal(tag, tag_of_page(*state, 100)));
    assert_false(text_equal(tag, tag_of_page(*state, 101)));
    assert_true(tag_of_page(*state, 0).length > 0);
}

/* `%s` stands for the page's tag without W/. */
static const struct {
    const char *if_none_match;
    int status;
} conditions[] = {
    {"W/%s", 304},
    {"%s", 304},
    {"*", 304},
    {"\"a\", W/%s", 304},
    {"W/%s, \"a\"", 304},
    {"\"a\",%s,\"b\"", 304},
    {" W/%s ", 304},
    {"\"a\", *", 304},
    {"W/\"0\"", 200},
    {"", 200},
    {"\"\"", 200},
    {"w/%s", 200},
    {"\"a\", \"b\"", 200},
    {"W/", 200},
    {",", 200},
    {"W/%sx", 200},
    {"x%s", 200},
    {"**", 200},
};

static void test_not_modified(void **state)
{
    struct text tag = tag_of_page(*state, 1000);
    for (size_t i = 0; i < COUNT(conditions); i++) {
        struct buffer value = {.arena = *state};
        struct text rest = text_of(conditions[i].if_none_match);
        struct text part;
        for (size_t parts = 0; text_next(&rest, '%', &part); parts++) {
            if (parts)
                buffer_text(&value, text_from(tag, 2));
            buffer_text(&value, text_from(part, parts ? 1 : 0));
        }
        buffer_char(&value, '\0');
        struct response *response = response_of(*state, 1000);
        response_finish(response, REQUEST(*state, "If-None-Match", value.at));
        check(response->status == conditions[i].status, "%s", conditions[i].if_none_match);
        check(response_bytes(response).length == 1000, "%s", conditions[i].if_none_match);
        check(text_equal(header(response, "ETag"), tag), "%s", conditions[i].if_none_match);
    }
}

static void test_not_modified_by_method_and_status(void **state)
{
    static const struct {
        enum http_method method;
        int before, after;
    } rows[] = {
        {HTTP_GET, 200, 304},     {HTTP_HEAD, 200, 304}, {HTTP_POST, 200, 200},
        {HTTP_OPTIONS, 200, 200}, {HTTP_GET, 404, 404},  {HTTP_GET, 500, 500},
        {HTTP_GET, 206, 206},     {HTTP_GET, 302, 302},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request *request = REQUEST(*state, "If-None-Match", "*");
        struct response *response = response_of(*state, 10);
        request->method = rows[i].method;
        response->status = rows[i].before;
        response_finish(response, request);
        check(response->status == rows[i].after, "row %zu", i);
        check((header(response, "ETag").length > 0) == (rows[i].after == 304), "row %zu", i);
    }
}

static void test_added_headers_stand_beside_each_other(void **state)
{
    struct response *response = unit_response(*state);
    response_add_header(response, "Set-Cookie", TEXT("a=1"));
    response_add_header(response, "Set-Cookie", TEXT("b=2"));
    assert_int_equal(response->headers.count, 2);
    assert_text_equal(response->headers.items[0].value, "a=1");
    assert_text_equal(response->headers.items[1].value, "b=2");
}

static void test_vary_adds_up(void **state)
{
    struct response *response = response_of(*state, 10);
    response_vary(response, "Accept-Language");
    response_vary(response, "Cookie");
    response_vary(response, "accept-language");
    assert_text_equal(header(response, "Vary"), "Accept-Language, Cookie");
    response_finish(response, unit_request(*state, NULL));
    assert_text_equal(header(response, "Vary"), "Accept-Language, Cookie, Accept-Encoding");
}

static void test_tag_of_the_view_is_kept(void **state)
{
    struct response *response = response_of(*state, 10);
    response_header(response, "ETag", TEXT("\"mine\""));
    response_finish(response, REQUEST(*state, "If-None-Match", "W/\"mine\""));
    assert_int_equal(response->status, 304);
    assert_text_equal(header(response, "ETag"), "\"mine\"");
}

static struct text inflated(struct arena *arena, struct text packed)
{
    size_t room = (size_t)1 << 20;
    char *bytes = arena_alloc(arena, room);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed.at,
                       .avail_in = (uInt)packed.length,
                       .next_out = (unsigned char *)bytes,
                       .avail_out = (uInt)room};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    inflateEnd(&stream);
    return (struct text){bytes, stream.total_out};
}

static void test_compression(void **state)
{
    static const struct {
        size_t length;
        const char *accepted, *type;
        bool packed;
    } rows[] = {
        {2000, "gzip", "text/html; charset=utf-8", true},
        {2000, "br, gzip;q=0.1", "text/plain", true},
        {2000, "*", "application/json", true},
        {2000, "gzip", "application/xml", true},
        {512, "gzip", "text/css", true},
        {100000, "gzip", "text/html", true},
        {511, "gzip", "text/html", false},
        {0, "gzip", "text/html", false},
        {2000, "br", "text/html", false},
        {2000, "gzip;q=0", "text/html", false},
        {2000, "", "text/html", false},
        {2000, "gzip", "image/png", false},
        {2000, "gzip", "application/octet-stream", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response *response = response_of(*state, rows[i].length);
        struct text plain = text_copy(*state, response_bytes(response));
        response->content_type = rows[i].type;
        response_finish(response, REQUEST(*state, "Accept-Encoding", rows[i].accepted));
        struct text sent = response_bytes(response);
        check_text(response->encoding, rows[i].packed ? "gzip" : "", "row %zu", i);
        check(text_equal(rows[i].packed ? inflated(*state, sent) : sent, plain), "row %zu", i);
        check(!rows[i].packed || sent.length < plain.length, "row %zu", i);
        bool varies =
            strstr(rows[i].type, "image") == NULL && strstr(rows[i].type, "octet") == NULL;
        check_text(header(response, "Vary"), varies ? "Accept-Encoding" : "", "row %zu", i);
    }
}

static void test_what_does_not_shrink_is_sent_as_it_is(void **state)
{
    struct response *response = unit_response(*state);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 1000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        buffer_char(&response->body, (char)(random >> 32));
    }
    response_finish(response, REQUEST(*state, "Accept-Encoding", "gzip"));
    assert_int_equal(response->encoding.length, 0);
    assert_int_equal(response_bytes(response).length, 1000);
}

static void test_fixed_bytes_are_left_alone(void **state)
{
    struct response *response = response_of(*state, 10);
    static const char page[2000] = "fixed";
    response->status = 500;
    response->fixed = (struct text){page, sizeof page};
    response_finish(response, REQUEST(*state, "Accept-Encoding", "gzip"));
    assert_ptr_equal(response_bytes(response).at, page);
    assert_int_equal(response->encoding.length, 0);
}

static void test_reasons(void **state)
{
    static const int statuses[] = {200, 301, 302, 304, 400, 403, 404, 405, 413, 414, 416, 431, 503};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++)
        for (size_t k = 0; k < i; k++)
            check(strcmp(http_reason(statuses[i]), http_reason(statuses[k])) != 0, "%d and %d",
                  statuses[i], statuses[k]);
    assert_string_equal(http_reason(404), "Not Found");
    assert_string_equal(http_reason(599), "Internal Server Error");
    assert_string_equal(http_reason(499), "Error");
}

static const struct CMUnitTest tests[] = {
    TEST(test_start),
    TEST(test_header_is_replaced_not_doubled),
    TEST(test_line_break_in_a_header_aborts),
    TEST(test_redirect_encodes_what_a_uri_cannot_have),
    TEST(test_restart_drops_the_body_and_keeps_headers),
    TEST(test_plain_and_redirect),
    TEST(test_tag_tells_pages_apart),
    TEST(test_not_modified),
    TEST(test_not_modified_by_method_and_status),
    TEST(test_tag_of_the_view_is_kept),
    TEST(test_added_headers_stand_beside_each_other),
    TEST(test_vary_adds_up),
    TEST(test_compression),
    TEST(test_what_does_not_shrink_is_sent_as_it_is),
    TEST(test_fixed_bytes_are_left_alone),
    TEST(test_reasons),
};

UNIT_MAIN(tests)
