#include "requests.h"

#include "http/kept.h"

static struct kept *kept_page(struct arena *arena)
{
    struct response *page = unit_response(arena);
    buffer_text(&page->body, TEXT("<p>page</p>"));
    response_header(page, "ETag", TEXT("W/\"one\""));
    response_header(page, "Vary", TEXT("Cookie"));
    struct kept *kept = kept_new(page);
    assert_non_null(kept);
    return kept;
}

static void test_outlives_what_it_was_made_of(void **state)
{
    struct arena *other = arena_new(512);
    struct kept *kept = kept_page(other);
    arena_free(other);
    struct response *response = unit_response(*state);
    kept_answer(kept, REQUEST(*state, NULL), response);
    kept_release(kept); /* the answer has a share of its own */
    assert_ptr_equal(response->kept, kept);
    assert_int_equal(response->status, 200);
    assert_text_equal(response_bytes(response), "<p>page</p>");
    assert_text_equal(response_header_value(kept_response(kept), "Vary"), "Cookie");
    assert_non_null(kept_handle(kept, 200));
    kept_release(response->kept);
}

static void test_is_not_sent_to_who_has_it(void **state)
{
    static const struct {
        const char *if_none_match;
        int status;
    } rows[] = {{"W/\"one\"", 304}, {"\"one\"", 304}, {"*", 304}, {"\"other\"", 200}, {"", 200}};
    struct kept *kept = kept_page(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response *response = unit_response(*state);
        kept_answer(kept, REQUEST(*state, "If-None-Match", rows[i].if_none_match), response);
        check(response->status == rows[i].status, "%s", rows[i].if_none_match);
        kept_release(response->kept);
    }
    assert_ptr_not_equal(kept_handle(kept, 200), kept_handle(kept, 304));
    kept_release(kept);
}

static void test_nothing_is_not_kept(void **state)
{
    assert_null(kept_new(unit_response(*state)));
}

static void test_size_counts_bytes(void **state)
{
    struct kept *kept = kept_page(*state);
    struct response *large = unit_response(*state);
    for (size_t i = 0; i < 1000; i++)
        buffer_text(&large->body, TEXT("0123456789"));
    struct kept *other = kept_new(large);
    assert_true(kept_size(other) >= 10000 && kept_size(kept) < 2000);
    kept_release(other);
    kept_release(kept);
}

static const struct CMUnitTest tests[] = {
    TEST(test_outlives_what_it_was_made_of),
    TEST(test_is_not_sent_to_who_has_it),
    TEST(test_nothing_is_not_kept),
    TEST(test_size_counts_bytes),
};

UNIT_MAIN(tests)
