/* Records of the spool as events. */
#include "unit.h"

#include <jansson.h>
#include <signal.h>

#include "base/buffer.h"
#include "monitor/event.h"
#include "monitor/record.h"

static const struct event_origin origin = {
    .release = TEXT("site@1"),
    .environment = TEXT("test"),
    .source_dir = TEXT("."),
    .server_name = "here",
};

static json_t *event_of(struct text record)
{
    json_t *event = event_from_record(TEXT("1700000000000000-1-0"), record, NULL, &origin);
    assert_non_null(event);
    return event;
}

static const json_t *exception_of(const json_t *event)
{
    const json_t *values = json_object_get(json_object_get(event, "exception"), "values");
    assert_int_equal(json_array_size(values), 1);
    return json_array_get(values, 0);
}

static const char *at(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static void test_a_process_that_was_ended(void **state)
{
    char room[512];
    struct buffer record = BUFFER_ON(room);
    (void)state;
    buffer_text(&record, TEXT("{\"at\":1700000000000000,\"stands_for\":1"));
    record_end(&record, "worker", 4711, SIGKILL);
    buffer_text(&record, TEXT("\n{\"kind\":\"worker\",\"route\":\"worker\"}\n"));
    json_t *event = event_of(buffer_contents(&record));
    const json_t *exception = exception_of(event);
    const json_t *mechanism = json_object_get(exception, "mechanism");
    const json_t *signal = json_object_get(json_object_get(mechanism, "meta"), "signal");
    assert_string_equal(at(exception, "type"), "SIGKILL");
    assert_string_equal(at(exception, "value"), "worker ended by SIGKILL");
    assert_null(json_object_get(exception, "stacktrace"));
    assert_int_equal(json_integer_value(json_object_get(signal, "number")), SIGKILL);
    assert_string_equal(at(signal, "name"), "SIGKILL");
    assert_string_equal(at(event, "level"), "fatal");
    assert_string_equal(at(event, "transaction"), "worker");
    json_decref(event);
}

/* What has no address has no frame: its caller is the innermost. */
static void test_a_call_through_a_null_pointer(void **state)
{
    (void)state;
    json_t *event = event_of(TEXT("{\"at\":1700000000000000,\"stands_for\":1,\"signal\":11,"
                                  "\"name\":\"SIGSEGV\",\"code\":1,\"address\":\"0x0\","
                                  "\"frames\":[\"0x0\",\"0x2000\",\"0x1000\"],\"images\":[]}\n"
                                  "{\"kind\":\"command\",\"route\":\"migrate\"}\n"));
    const json_t *exception = exception_of(event);
    const json_t *frames = json_object_get(json_object_get(exception, "stacktrace"), "frames");
    assert_string_equal(at(exception, "value"), "null pointer: SEGV_MAPERR at 0x0");
    assert_int_equal(json_array_size(frames), 2);
    assert_string_equal(at(json_array_get(frames, 1), "instruction_addr"), "0x2000");
    json_decref(event);
}

/* One of whose description only the beginning could be written, or nothing. */
static void test_a_record_that_broke_off(void **state)
{
    static const char *const rests[] = {"{}\n", "", "{\"method\":\"GE{}\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(rests); i++) {
        char room[512];
        struct buffer record = BUFFER_ON(room);
        buffer_text(&record,
                    TEXT("{\"at\":1700000000000000,\"signal\":11,\"name\":\"SIGSEGV\","
                         "\"code\":1,\"address\":\"0x10000\",\"frames\":[\"0x10000\"]}\n"));
        buffer_text(&record, text_of(rests[i]));
        json_t *event = event_of(buffer_contents(&record));
        assert_string_equal(at(exception_of(event), "type"), "SIGSEGV");
        assert_string_equal(at(event, "level"), "fatal");
        json_decref(event);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_a_process_that_was_ended),
    TEST(test_a_call_through_a_null_pointer),
    TEST(test_a_record_that_broke_off),
};

UNIT_MAIN(tests)
