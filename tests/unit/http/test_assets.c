/* With a table of files of its own instead of the one that the build makes. */
#include "http/requests.h"

#include <sys/stat.h>

#include "http/assets.h"

#define HASH "0123456789ab"
#define YEAR "public, max-age=31536000, immutable"

const struct asset assets[] = {
    {"fixtures/a/demo.json", "a/fixtures/demo.json", NULL, NULL, TEXT("[]"), {0}, {0}},
    {"static/a.b/c.css",
     "a/static/a.b/c.css",
     "static/a.b/c." HASH ".css",
     "text/css",
     TEXT("body {}"),
     {0},
     {0}},
    {"static/a/empty.txt",
     "a/static/a/empty.txt",
     "static/a/empty." HASH ".txt",
     "text/plain",
     TEXT(""),
     {0},
     {0}},
    {"static/a/page.css", "a/static/a/page.css", "static/a/page." HASH ".css",
     "text/css; charset=utf-8", TEXT("0123456789"), TEXT("GZIP"), TEXT("BR")},
    {"static/a/photo.webp",
     "a/static/a/photo.webp",
     "static/a/photo." HASH ".webp",
     "image/webp",
     TEXT("RIFF"),
     {0},
     {0}},
    {"templates/a.html", "a/templates/a.html", NULL, NULL, TEXT("template"), {0}, {0}},
};
const size_t asset_count = COUNT(assets);

#define PAGE     "a/page.css"
#define PAGE_TAG "\"" HASH "\""

static struct response *served(struct arena *arena, const char *path, const char *const *headers)
{
    const struct request *request = unit_request(arena, headers);
    struct response *response = unit_response(arena);
    check(asset_serve(request, response, text_of(path), TEXT_NONE) == OK, "%s", path);
    response_finish(response, request);
    return response;
}

#define SERVED(arena, path, ...) served((arena), (path), (const char *const[]){__VA_ARGS__, NULL})

static struct text header(const struct response *response, const char *name)
{
    return response_header_value(response, name);
}

static void test_find(void **state)
{
    static const char *const absent[] = {
        "",
        "static",
        "static/a/page.cs",
        "static/a/page.css2",
        "a/page.css",
        "zzz",
        "STATIC/A/PAGE.CSS",
        "static/a/page.0123456789ab.css",
        "static//a/page.css",
        "static/a/../a/page.css",
    };
    (void)state;
    for (size_t i = 0; i < asset_count; i++)
        check(asset_find(text_of(assets[i].name)) == &assets[i], "%s", assets[i].name);
    for (size_t i = 0; i < COUNT(absent); i++)
        check(!asset_find(text_of(absent[i])), "%s", absent[i]);
    assert_null(asset_find(TEXT_NONE));
    assert_null(asset_find(TEXT("static/a/page.css\0")));
}

static void test_urls(void **state)
{
    struct text out = TEXT("untouched");
    assert_status(asset_url(*state, TEXT(PAGE), TEXT_NONE, &out), OK);
    assert_text_equal(out, "/static/a/page." HASH ".css");
    assert_status(asset_url(*state, TEXT(PAGE), TEXT("/source"), &out), OK);
    assert_text_equal(out, "/static/a/page.css");
    assert_status(asset_url(*state, TEXT("a/absent.css"), TEXT_NONE, &out), NOT_FOUND);
    assert_failure_says("a/absent.css");
    assert_text_equal(out, "/static/a/page.css");
}

static void test_plain_and_hashed_name(void **state)
{
    const struct response *response = SERVED(*state, PAGE, NULL);
    assert_int_equal(response->status, 200);
    assert_text_equal(response_bytes(response), "0123456789");
    assert_string_equal(response->content_type, "text/css; charset=utf-8");
    assert_text_equal(header(response, "Cache-Control"), "no-cache");
    assert_text_equal(header(response, "ETag"), PAGE_TAG);
    assert_text_equal(header(response, "Accept-Ranges"), "bytes");
    assert_text_equal(header(response, "Vary"), "Accept-Encoding");

    response = SERVED(*state, "a/page." HASH ".css", NULL);
    assert_text_equal(response_bytes(response), "0123456789");
    assert_text_equal(header(response, "Cache-Control"), YEAR);
    response = SERVED(*state, "a.b/c." HASH ".css", NULL);
    assert_text_equal(response_bytes(response), "body {}");
    response = SERVED(*state, "a/empty." HASH ".txt", NULL);
    assert_int_equal(response->status, 200);
    assert_int_equal(response_bytes(response).length, 0);
}

static void test_not_found(void **state)
{
    static const char *const paths[] = {
        "",
        "a",
        "a/",
        "a/absent.css",
        "a/page",
        "a/page.css/",
        "/a/page.css",
        "../templates/a.html",
        "../fixtures/a/demo.json",
        "a/../a/page.css",
        "a/page.0123456789ac.css",
        "a/page." HASH,
        "a/page." HASH ".js",
        "a/page." HASH "." HASH ".css",
        "a/page.0123456789AB.css",
        "a/page." HASH ".css.css",
        HASH ".css",
        "." HASH ".css",
        "..............css",
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct response *response = unit_response(*state);
        check(asset_serve(unit_request(*state, NULL), response, text_of(paths[i]), TEXT_NONE)
                  == NOT_FOUND,
              "\"%s\"", paths[i]);
        check(response_bytes(response).length == 0, "\"%s\"", paths[i]);
    }
}

static void test_encodings(void **state)
{
    static const struct {
        const char *path, *accepted, *bytes, *encoding, *tag;
    } rows[] = {
        {PAGE, "gzip, br", "BR", "br", "\"" HASH "-br\""},
        {PAGE, "gzip", "GZIP", "gzip", "\"" HASH "-gzip\""},
        {PAGE, "br;q=0, gzip", "GZIP", "gzip", "\"" HASH "-gzip\""},
        {PAGE, "br;q=0, gzip;q=0", "0123456789", "", PAGE_TAG},
        {PAGE, "deflate", "0123456789", "", PAGE_TAG},
        {PAGE, "", "0123456789", "", PAGE_TAG},
        {"a/photo.webp", "gzip, br", "RIFF", "", PAGE_TAG},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct response *response =
            SERVED(*state, rows[i].path, "Accept-Encoding", rows[i].accepted);
        check_text(response_bytes(response), rows[i].bytes, "row %zu", i);
        check_text(response->encoding, rows[i].encoding, "row %zu", i);
        check_text(header(response, "ETag"), rows[i].tag, "row %zu", i);
        check_text(header(response, "Vary"), "Accept-Encoding", "row %zu", i);
    }
}

static void test_not_modified(void **state)
{
    static const struct {
        const char *tags, *accepted;
        int status;
    } rows[] = {
        {PAGE_TAG, "", 304},
        {"W/" PAGE_TAG, "", 304},
        {"\"x\", " PAGE_TAG, "", 304},
        {"*", "br", 304},
        {"\"" HASH "-br\"", "br", 304},
        {PAGE_TAG, "br", 200},
        {"\"" HASH "-gzip\"", "br", 200},
        {"\"0123456789ac\"", "", 200},
        {"", "", 200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct response *response = SERVED(*state, PAGE, "If-None-Match", rows[i].tags,
                                                 "Accept-Encoding", rows[i].accepted);
        check(response->status == rows[i].status, "row %zu", i);
        check(header(response, "Cache-Control").length > 0, "row %zu", i);
    }
}

static const struct {
    const char *range;
    int status;
    const char *bytes, *content_range;
} ranges[] = {
    {"bytes=0-0", 206, "0", "bytes 0-0/10"},
    {"bytes=0-9", 206, "0123456789", "bytes 0-9/10"},
    {"bytes=2-4", 206, "234", "bytes 2-4/10"},
    {"bytes=5-", 206, "56789", "bytes 5-9/10"},
    {"bytes=9-", 206, "9", "bytes 9-9/10"},
    {"bytes=8-100", 206, "89", "bytes 8-9/10"},
    {"bytes=-3", 206, "789", "bytes 7-9/10"},
    {"bytes=-10", 206, "0123456789", "bytes 0-9/10"},
    {"bytes=-11", 206, "0123456789", "bytes 0-9/10"},
    {"bytes=0-9223372036854775807", 206, "0123456789", "bytes 0-9/10"},
    {"bytes=10-", 416, NULL, "bytes */10"},
    {"bytes=10-20", 416, NULL, "bytes */10"},
    {"bytes=9223372036854775807-", 416, NULL, "bytes */10"},
    {"bytes=-0", 416, NULL, "bytes */10"},
    {"", 200, "0123456789", ""},
    {"bytes", 200, "0123456789", ""},
    {"bytes=", 200, "0123456789", ""},
    {"bytes=-", 200, "0123456789", ""},
    {"bytes=5", 200, "0123456789", ""},
    {"bytes=a-b", 200, "0123456789", ""},
    {"bytes=1-b", 200, "0123456789", ""},
    {"bytes=4-2", 200, "0123456789", ""},
    {"bytes=--3", 200, "0123456789", ""},
    {"bytes=1--3", 200, "0123456789", ""},
    {"bytes=0-1,4-5", 200, "0123456789", ""},
    {"bytes=0-1,", 200, "0123456789", ""},
    {"items=0-1", 200, "0123456789", ""},
    {"0-1", 200, "0123456789", ""},
    {"bytes=99999999999999999999-", 200, "0123456789", ""},
};

static void test_ranges(void **state)
{
    for (size_t i = 0; i < COUNT(ranges); i++) {
        const struct response *response = SERVED(*state, PAGE, "Range", ranges[i].range);
        check(response->status == ranges[i].status, "\"%s\" gives %d", ranges[i].range,
              response->status);
        check_text(header(response, "Content-Range"), ranges[i].content_range, "\"%s\"",
                   ranges[i].range);
        if (ranges[i].bytes)
            check_text(response_bytes(response), ranges[i].bytes, "\"%s\"", ranges[i].range);
    }
    assert_int_equal(SERVED(*state, "a/empty.txt", "Range", "bytes=0-")->status, 416);
    assert_int_equal(SERVED(*state, "a/empty.txt", "Range", "bytes=-1")->status, 416);
}

/* A cache that kept the refusal would give it to those who ask for the file. */
static void test_refused_range_is_not_stored(void **state)
{
    const struct response *response = SERVED(*state, "a/page." HASH ".css", "Range", "bytes=100-");
    assert_int_equal(response->status, 416);
    assert_text_equal(header(response, "Cache-Control"), "no-store");
}

static void test_ranges_are_of_the_plain_file(void **state)
{
    const struct response *response =
        SERVED(*state, PAGE, "Range", "bytes=2-3", "Accept-Encoding", "br, gzip");
    assert_int_equal(response->status, 206);
    assert_text_equal(response_bytes(response), "23");
    assert_int_equal(response->encoding.length, 0);
    assert_text_equal(header(response, "ETag"), PAGE_TAG);
}

static void test_conditions_of_ranges(void **state)
{
    static const struct {
        const char *name, *value;
        int status;
    } rows[] = {
        {"If-Range", PAGE_TAG, 206},
        {"If-Range", "", 206},
        {"If-Range", "W/" PAGE_TAG, 200},
        {"If-Range", "\"" HASH "-br\"", 200},
        {"If-Range", "\"older\"", 200},
        {"If-Range", "*", 200},
        {"If-Range", "Sun, 06 Nov 1994 08:49:37 GMT", 200},
        {"If-None-Match", PAGE_TAG, 304},
        {"If-None-Match", "*", 304},
        {"If-None-Match", "\"older\"", 200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct response *response =
            SERVED(*state, PAGE, "Range", "bytes=0-1", rows[i].name, rows[i].value);
        check(response->status == rows[i].status, "row %zu", i);
    }
}

static void test_head_has_no_range(void **state)
{
    struct request *request = REQUEST(*state, "Range", "bytes=0-1");
    struct response *response = unit_response(*state);
    request->method = HTTP_HEAD;
    assert_status(asset_serve(request, response, TEXT(PAGE), TEXT_NONE), OK);
    assert_int_equal(response->status, 200);
    assert_int_equal(response_bytes(response).length, 10);
}

static void make_source_folders(struct arena *arena)
{
    static const char *const folders[] = {"a", "a/static", "a/static/a"};
    for (size_t i = 0; i < COUNT(folders); i++)
        mkdir(unit_path(arena, folders[i]), 0700);
}

static void test_source_on_disk_is_served_as_it_is_now(void **state)
{
    struct text directory = text_of(unit_directory());
    const struct asset *asset = asset_find(TEXT("static/" PAGE));
    assert_text_equal(asset_read(*state, asset, directory), "0123456789");
    make_source_folders(*state);
    unit_file(*state, "a/static/a/page.css", TEXT("changed"));
    assert_text_equal(asset_read(*state, asset, directory), "changed");
    assert_text_equal(asset_read(*state, asset, TEXT_NONE), "0123456789");

    const struct request *request = REQUEST(*state, "Range", "bytes=0-1");
    struct response *response = unit_response(*state);
    assert_status(asset_serve(request, response, TEXT(PAGE), directory), OK);
    assert_text_equal(response_bytes(response), "changed");
    assert_text_equal(header(response, "Cache-Control"), "no-cache");
    assert_status(asset_serve(request, response, TEXT("a/photo.webp"), directory), OK);
    unit_file(*state, "a/static/a/page.css", TEXT(""));
    assert_text_equal(asset_read(*state, asset, directory), "");
}

static const struct CMUnitTest tests[] = {
    TEST(test_find),
    TEST(test_urls),
    TEST(test_plain_and_hashed_name),
    TEST(test_not_found),
    TEST(test_encodings),
    TEST(test_not_modified),
    TEST(test_ranges),
    TEST(test_refused_range_is_not_stored),
    TEST(test_ranges_are_of_the_plain_file),
    TEST(test_conditions_of_ranges),
    TEST(test_head_has_no_range),
    TEST(test_source_on_disk_is_served_as_it_is_now),
};

UNIT_MAIN(tests)
