/* How a view's end becomes an answer, and that every refusal has its page. */
#include "http/requests.h"

#include "http/routes.h"
#include "site/site.h"

static enum status wanted;

static enum status end_as_wanted(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return fail_as(wanted, "the reason");
}

static const struct route route = {
    .view = end_as_wanted,
    .access = ACCESS_PUBLIC,
    .work = WORK_NONE,
    .any_host = true,
};

static void check_page(const struct response *response, struct arena *arena, int status,
                       const char *title)
{
    struct text page = response_bytes(response);
    const char *parts[] = {text_format(arena, "<title>%s</title>", title).at,
                           text_format(arena, "<h1>%s</h1>", title).at};
    check(response->status == status, "%d is %d", status, response->status);
    for (size_t i = 0; i < COUNT(parts); i++)
        check(strstr(text_string(arena, page), parts[i]) != NULL, "%d: %s in %.*s", status,
              parts[i], TEXT_ARG(page));
}

static void test_ends_of_views(void **state)
{
    static const struct {
        enum status end;
        int status;
        const char *title;
        bool shows_reason;
    } rows[] = {
        {NOT_FOUND, 404, "Page not found", false},    {INVALID, 400, "Bad request", true},
        {CONFLICT, 409, "Conflict", false},           {BUSY, 503, "Service Unavailable", false},
        {FAILED, 500, "Something went wrong", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request *request = unit_request(*state, NULL);
        struct response *response = unit_response(*state);
        request->route = &route;
        wanted = rows[i].end;
        site_answer(NULL, request, response);
        check_page(response, *state, rows[i].status, rows[i].title);
        struct text page = response_bytes(response);
        check((strstr(text_string(*state, page), "the reason") != NULL) == rows[i].shows_reason,
              "%d: %.*s", rows[i].status, TEXT_ARG(page));
        check((response_header_value(response, "Retry-After").length > 0)
                  == (rows[i].status == 503),
              "%d", rows[i].status);
    }
}

static void test_pages_of_refusals(void **state)
{
    static const struct {
        int status;
        const char *title;
    } rows[] = {
        {400, "Bad request"},
        {403, "Not allowed"},
        {404, "Page not found"},
        {405, "Method Not Allowed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {500, "Something went wrong"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct response *response = unit_response(*state);
        site_error_page(unit_request(*state, NULL), response, rows[i].status, TEXT("detail"));
        check_page(response, *state, rows[i].status, rows[i].title);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_ends_of_views),
    TEST(test_pages_of_refusals),
};

int main(void)
{
    unit_filter();
    return site_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
