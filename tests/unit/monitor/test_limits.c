/* What a receiver's headers ask for, and what a client report says. */
#include "unit.h"

#include "monitor/limits.h"

#define S ((int64_t)1000000)

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *limits;
        const char *retry_after;
        int64_t until[3]; /* seconds, of errors, transactions, sessions */
    } cases[] = {
        {200, NULL, NULL, {0, 0, 0}},
        {200, NULL, "60", {0, 0, 0}},
        {503, NULL, "60", {0, 0, 0}},
        {429, NULL, NULL, {60, 60, 60}},
        {429, NULL, "5", {5, 5, 5}},
        {429, NULL, "soon", {60, 60, 60}},
        {429, NULL, "Thu, 01 Jan 1970 00:01:40 GMT", {90, 90, 90}},
        {429, NULL, "Thu, 01 Jan 1970 00:00:01 GMT", {2, 0, 0}},
        {429, "7:error:key", "60", {7, 0, 0}},
        {200, "60:transaction:key, 2700:default;error;security:organization", NULL, {2700, 60, 0}},
        {200, "5::organization", NULL, {5, 5, 5}},
        {200, "5", NULL, {5, 5, 5}},
        {200, " 2 : error ; session : x : y : z ", NULL, {2, 0, 2}},
        {200, "5:novelty:key", NULL, {0, 0, 0}},
        {429, "5:novelty:key", NULL, {60, 60, 60}},
        {429, "60:default;log_item:organization", "30", {30, 30, 30}},
        {429, "60:transaction", NULL, {60, 60, 0}},
        {429, "60:transaction", "7", {7, 60, 0}},
        {429, "60:transaction", "0", {2, 60, 0}},
        {429, NULL, "0", {2, 0, 0}},
        {429, "0.001:error", NULL, {2, 0, 0}},
        {429, "0::", NULL, {2, 0, 0}},
        {200, "0::", NULL, {0, 0, 0}},
        {429, "nonsense", NULL, {60, 60, 60}},
        {200, "-5:error", NULL, {0, 0, 0}},
        {200, "nan:error", NULL, {0, 0, 0}},
        {200, "1e300:error", NULL, {86400, 0, 0}},
        {200, "5:error, 3:error", NULL, {5, 0, 0}},
        {200, ",,5:error,", NULL, {5, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct limits limits = {0};
        const struct limits_answer answer = {cases[i].status, text_of(cases[i].limits),
                                             text_of(cases[i].retry_after)};
        limits_read(&limits, CATEGORY_ERROR, &answer, 0, 10 * S);
        for (int k = 0; k < 3; k++)
            check(limits.until[k] == cases[i].until[k] * S, "%d %s: %s until %lld", cases[i].status,
                  cases[i].limits ? cases[i].limits : "", category_name((enum category)k),
                  (long long)limits.until[k]);
    }
}

static void test_the_longer_stays(void **state)
{
    (void)state;
    struct limits limits = {0};
    limits_read(&limits, CATEGORY_ERROR, &(struct limits_answer){200, TEXT("60:error"), TEXT_NONE},
                0, 0);
    limits_read(&limits, CATEGORY_ERROR, &(struct limits_answer){200, TEXT("1:error"), TEXT_NONE},
                S, 0);
    assert_true(limits_hold(&limits, CATEGORY_ERROR, 59 * S));
    assert_false(limits_hold(&limits, CATEGORY_ERROR, 60 * S));
    assert_false(limits_hold(&limits, CATEGORY_SESSION, 0));
}

static void test_what_was_refused_is_limited(void **state)
{
    (void)state;
    const struct limits_answer answer = {429, TEXT("60:error"), TEXT("5")};
    struct limits limits = {0};
    limits_read(&limits, CATEGORY_TRANSACTION, &answer, 0, 0);
    assert_true(limits_hold(&limits, CATEGORY_TRANSACTION, 4 * S));
    assert_false(limits_hold(&limits, CATEGORY_TRANSACTION, 5 * S));
    assert_true(limits_hold(&limits, CATEGORY_ERROR, 59 * S));
    assert_false(limits_hold(&limits, CATEGORY_SESSION, 0));
}

static void test_reports(void **state)
{
    (void)state;
    struct losses losses = {0};
    assert_null(losses_report(&losses, 0));
    losses.count[LOSS_SPOOL][CATEGORY_ERROR] = 3;
    losses.count[LOSS_QUEUE][CATEGORY_TRANSACTION] = 1;
    json_t *report = losses_report(&losses, 0);
    json_t *wanted = json_loads(
        "{\"timestamp\": \"1970-01-01T00:00:00.000000Z\", \"discarded_events\": ["
        "{\"reason\": \"queue_overflow\", \"category\": \"transaction\", \"quantity\": 1},"
        "{\"reason\": \"cache_overflow\", \"category\": \"error\", \"quantity\": 3}]}",
        0, NULL);
    assert_true(json_equal(report, wanted));
    json_decref(report);
    json_decref(wanted);
    struct losses part = losses;
    losses.count[LOSS_SPOOL][CATEGORY_ERROR]++;
    losses_subtract(&losses, &part);
    assert_int_equal(losses_sum(&losses), 1);
}

static const struct CMUnitTest tests[] = {TEST(test_headers), TEST(test_the_longer_stays),
                                          TEST(test_what_was_refused_is_limited),
                                          TEST(test_reports)};
UNIT_MAIN(tests)
