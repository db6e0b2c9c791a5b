#include "unit.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"

#define TRACE "0123456789abcdef0123456789abcdef"
#define SPAN  "fedcba9876543210"

static void configure(bool traces, double rate)
{
    const struct trace_options options = {
        .traces = traces,
        .rate = rate,
        .organization = TEXT("42"),
        .baggage = TEXT("sentry-release=site%401"),
        .targets = TEXT("api.example.com, .inner.example"),
    };
    trace_configure(&options);
}

static void test_headers(void **state)
{
    static const struct {
        const char *trace;
        const char *baggage;
        bool taken;
        int decided;
        const char *kept;
    } rows[] = {
        {TRACE "-" SPAN, "", true, -1, ""},
        {TRACE "-" SPAN "-1", "", true, 1, ""},
        {" " TRACE "-" SPAN "-0 ", "", true, 0, ""},
        {TRACE "-" SPAN "-1", "a=b, sentry-release=x;p=1 ,sentry-org_id=42", true, 1,
         "sentry-release=x,sentry-org_id=42"},
        {TRACE "-" SPAN "-1", "sentry-org_id=43", false, 0, ""},
        {TRACE "-" SPAN "-2", "", false, 0, ""},
        {TRACE "-" SPAN "-", "", false, 0, ""},
        {TRACE "-" SPAN "0", "", false, 0, ""},
        {TRACE "_" SPAN, "", false, 0, ""},
        {"00000000000000000000000000000000-" SPAN, "", false, 0, ""},
        {TRACE "-0000000000000000", "", false, 0, ""},
        {"0123456789abcdefg123456789abcdef-" SPAN, "", false, 0, ""},
        {"", "sentry-release=x", false, 0, ""},
    };
    (void)state;
    configure(true, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        trace_begin(clock_monotonic());
        trace_continue(text_of(rows[i].trace), text_of(rows[i].baggage));
        const struct trace_context *context = &trace_current.context;
        check((context->parent != 0) == rows[i].taken, "%s", rows[i].trace);
        check(!rows[i].taken || context->trace[0] == 0x0123456789ABCDEF, "%s", rows[i].trace);
        check(context->decided == (rows[i].taken ? rows[i].decided : -1), "%s", rows[i].trace);
        check_text(((struct text){context->baggage, context->baggage_length}), rows[i].kept, "%s",
                   rows[i].baggage);
        trace_end();
    }
}

static void test_decision(void **state)
{
    static const struct {
        bool traces;
        double rate;
        const char *trace;
        bool sampled;
    } rows[] = {
        {true, 1, "", true},
        {true, 0, "", false},
        {false, 1, "", false},
        {true, 0, TRACE "-" SPAN "-1", true},
        {true, 1, TRACE "-" SPAN "-0", false},
        {true, 1, TRACE "-" SPAN, true},
        {false, 1, TRACE "-" SPAN "-1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        configure(rows[i].traces, rows[i].rate);
        trace_begin(clock_monotonic());
        trace_continue(text_of(rows[i].trace), TEXT(""));
        check(trace_decide() == rows[i].sampled, "row %zu", i);
        trace_end();
    }
    configure(true, 0.5);
    trace_begin(clock_monotonic());
    trace_continue(TEXT(TRACE "-" SPAN), TEXT("sentry-sample_rand=0.499999"));
    assert_true(trace_decide());
    trace_continue(TEXT(TRACE "-" SPAN), TEXT("sentry-sample_rand=0.500000"));
    assert_false(trace_decide());
    trace_end();
}

static void test_crumbs(void **state)
{
    char name[16];
    (void)state;
    assert_null(trace_crumb_start(TRACE_LOG));
    trace_begin(clock_monotonic());
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "SELECT %d", i);
        trace_query(text_of(name));
    }
    size_t count = 0;
    while (trace_crumb_at(&trace_current, count))
        count++;
    assert_int_equal(count, TRACE_CRUMBS - 1);
    const struct trace_crumb *newest = trace_crumb_at(&trace_current, 0);
    check_text(((struct text){newest->text, newest->length}), "SELECT 999", "newest");
    assert_in_range(newest->at, clock_wall() - 5000000, clock_wall() + 1);
    trace_end();
    assert_null(trace_crumb_at(&trace_current, 0));
}

static void test_log_line(void **state)
{
    char longest[TRACE_CRUMB_TEXT * 2];
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    trace_begin(clock_monotonic());
    log_info("done",
             LOG_STRING("a", "b\x1F"
                             "c"),
             LOG_INT("n", 5));
    const struct trace_crumb *crumb = trace_crumb_at(&trace_current, 0);
    check_text(((struct text){crumb->text, crumb->length}),
               "done\x1F"
               "a\x1F"
               "b c\x1F"
               "n\x1F"
               "5",
               "log");
    log_info("long", LOG_STRING("a", longest), LOG_INT("n", 5));
    crumb = trace_crumb_at(&trace_current, 0);
    assert_int_equal(crumb->length, TRACE_CRUMB_TEXT);
    log_debug("below the level");
    assert_ptr_equal(trace_crumb_at(&trace_current, 0), crumb);
    trace_end();
}

static const struct trace_span *span_number(unsigned number)
{
    size_t at = 0;
    for (unsigned i = 1; i < number; i++)
        at += TRACE_SPAN_SIZE(((const struct trace_span *)(trace_current.spans + at))->length);
    return (const struct trace_span *)(trace_current.spans + at);
}

static void test_spans(void **state)
{
    (void)state;
    trace_begin(clock_monotonic());
    assert_int_equal(trace_open(TRACE_VIEW, TEXT("none is recorded")), 0);
    trace_current.records = true;
    trace_step(TEXT("csrf"));
    unsigned view = trace_open(TRACE_VIEW, TEXT("/a/"));
    unsigned page = trace_open(TRACE_TEMPLATE, TEXT("a.html"));
    unsigned query = trace_query(TEXT("SELECT 1"));
    trace_close(query);
    trace_close(page);
    trace_close(trace_query(TEXT("SELECT 2")));
    trace_close(view);
    trace_close(trace_query(TEXT("SELECT 3")));
    static const unsigned parents[] = {0, 0, 2, 3, 2, 0};
    assert_int_equal(trace_current.span_count, COUNT(parents));
    for (unsigned i = 0; i < COUNT(parents); i++) {
        check(span_number(i + 1)->parent == parents[i], "span %u", i + 1);
        check(span_number(i + 1)->ended, "span %u", i + 1);
    }
    for (int i = 0; i < 1000; i++)
        trace_close(trace_query(TEXT("SELECT count(*) FROM lettings_letting")));
    assert_true(trace_current.spans_lost > 900);
    assert_true(trace_current.spans_length <= TRACE_SPAN_BYTES);
    trace_end();
}

static void test_outgoing(void **state)
{
    char header[TRACE_HEADER_SIZE];
    char room[300];
    struct buffer baggage = BUFFER_ON(room);
    (void)state;
    configure(true, 1);
    trace_begin(clock_monotonic());
    trace_continue(TEXT(TRACE "-" SPAN "-1"), TEXT(""));
    trace_decide();
    trace_current.records = true;
    struct text url = TEXT("https://me:pw@api.example.com/v1/?token=abc");
    unsigned span = trace_http_open(TEXT("POST"), url);
    assert_int_equal(trace_header(header, span), 51);
    assert_memory_equal(header, TRACE "-", 33);
    assert_string_equal(header + 49, "-1");
    trace_baggage(&baggage);
    assert_true(text_find(buffer_contents(&baggage), TEXT("sentry-trace_id=" TRACE)) == 0);
    assert_true(text_ends(buffer_contents(&baggage), TEXT(",sentry-release=site%401")));
    trace_http_close(span, TEXT("POST"), url, 201);
    const struct trace_crumb *crumb = trace_crumb_at(&trace_current, 0);
    check_text(((struct text){crumb->text, crumb->length}), "POST https://api.example.com/v1/",
               "url");
    assert_int_equal(crumb->status, 201);
    trace_end();
}

static void test_targets(void **state)
{
    static const struct {
        const char *host;
        bool told;
    } rows[] = {{"api.example.com", true},
                {"API.example.com", true},
                {"example.com", false},
                {"a.inner.example", true},
                {"inner.example", false},
                {"xinner.example", false},
                {"api.example.com.x", false},
                {"", false},
                {"x", false}};
    (void)state;
    configure(true, 1);
    for (size_t i = 0; i < COUNT(rows); i++)
        check(trace_is_target(text_of(rows[i].host)) == rows[i].told, "%s", rows[i].host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers), cmocka_unit_test(test_decision),
        cmocka_unit_test(test_crumbs),  cmocka_unit_test(test_log_line),
        cmocka_unit_test(test_spans),   cmocka_unit_test(test_outgoing),
        cmocka_unit_test(test_targets),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
