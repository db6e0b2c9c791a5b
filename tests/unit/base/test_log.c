#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>

#include "base/buffer.h"
#include "base/log.h"

/* What standard error gets goes into a file from here on. */
static int saved_stderr;
static const char *capture_path;

static int capture_start(void **state)
{
    unit_arena(state);
    capture_path = unit_path(*state, "captured");
    fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    int fd = open(capture_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    return saved_stderr < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) != 0;
}

static int capture_end(void **state)
{
    log_flush();
    log_configure(&(const struct log_options){.level = LOG_INFO});
    log_request_id(TEXT_NONE);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    return unit_arena_end(state);
}

#define LOG_TEST(function) cmocka_unit_test_setup_teardown(function, capture_start, capture_end)

/* All that has been written so far, flushed or not. */
static struct text written(struct arena *arena)
{
    char *bytes = arena_alloc(arena, (size_t)1 << 20);
    int fd = open(capture_path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, bytes, (size_t)1 << 20);
    close(fd);
    return (struct text){bytes, length > 0 ? (size_t)length : 0};
}

/* The flushed log, forgotten for the next time. */
static struct text take(struct arena *arena)
{
    log_flush();
    struct text all = written(arena);
    if (truncate(capture_path, 0) != 0)
        abort();
    return all;
}

/* The part of a line behind its time and level. */
static struct text message_of(struct text line)
{
    return text_from(line, text_find(line, TEXT("msg=")));
}

static void test_line_of_logfmt(void **state)
{
    log_info("listening", LOG_INT("port", 8000), LOG_STRING("host", "localhost"));
    struct text line = take(*state);
    assert_true(text_starts(line, TEXT("time=20")));
    assert_text_equal(text_from(line, strlen("time=2024-05-07T14:05:00.000000Z")),
                      " level=info msg=listening port=8000 host=localhost\n");
}

static void test_quoting_of_logfmt(void **state)
{
    static const struct {
        struct text value;
        const char *shown;
    } rows[] = {
        {TEXT("plain"), "plain"},
        {TEXT("/a/b?c&d;e,f"), "/a/b?c&d;e,f"},
        {TEXT("-1.5"), "-1.5"},
        {TEXT(""), "\"\""},
        {{0}, "\"\""},
        {TEXT("two words"), "\"two words\""},
        {TEXT("a=b"), "\"a=b\""},
        {TEXT("say \"hi\""), "\"say \\\"hi\\\"\""},
        {TEXT("back\\slash"), "\"back\\\\slash\""},
        {TEXT("two\nlines"), "\"two\\nlines\""},
        {TEXT("a\r\tb"), "\"a\\u000d\\u0009b\""},
        {TEXT("\0"), "\"\\u0000\""},
        {TEXT("\x1B[31m"), "\"\\u001b[31m\""},
        {TEXT("\x7F"), "\"\\u007f\""},
        {TEXT("gr\xC3\xBC\xC3\x9F"), "\"gr\xC3\xBC\xC3\x9F\""},
        {TEXT("\xFF"), "\"(not UTF-8)\""},
        {TEXT("cut \xC3"), "\"(not UTF-8)\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        log_info("m", LOG_TEXT("value", rows[i].value));
        check_text(message_of(take(*state)),
                   text_format(*state, "msg=m value=%s\n", rows[i].shown).at, "row %zu", i);
    }
}

static void test_integers(void **state)
{
    log_info("m", LOG_INT("least", INT64_MIN), LOG_INT("most", INT64_MAX));
    assert_text_equal(message_of(take(*state)),
                      "msg=m least=-9223372036854775808 most=9223372036854775807\n");
}

/* One line's object; fails when it is none. */
static json_t *parse(struct text line, const char *what)
{
    json_error_t error;
    json_t *object =
        json_loadb(line.at, line.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    check(object != NULL, "%s: %s in %.*s", what, error.text, TEXT_ARG(line));
    check(text_find_char(line, '\n') == line.length - 1, "%s: one line", what);
    return object;
}

static const char *member(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "(none)";
}

static void test_json_is_valid(void **state)
{
    static const struct text values[] = {
        TEXT(""),
        TEXT("plain"),
        TEXT("say \"hi\""),
        TEXT("back\\slash"),
        TEXT("two\nlines"),
        TEXT("\0\x01\x1F\x7F"),
        TEXT("a\r\tb"),
        TEXT("</script>"),
        TEXT("gr\xC3\xBC\xC3\x9F \xF0\x9F\x8F\xA0"),
        TEXT("{\"a\":[1]}"),
        TEXT("\\u0041"),
    };
    log_configure(&(const struct log_options){.json = true, .process = "worker \"1\""});
    for (size_t i = 0; i < COUNT(values); i++) {
        log_warning("it's \"odd\"", LOG_TEXT("value", values[i]), LOG_INT("row", i));
        json_t *object = parse(take(*state), "row");
        const json_t *value = json_object_get(object, "value");
        check(text_equal(((struct text){json_string_value(value), json_string_length(value)}),
                         values[i]),
              "row %zu", i);
        assert_int_equal(json_integer_value(json_object_get(object, "row")), i);
        assert_string_equal(member(object, "msg"), "it's \"odd\"");
        assert_string_equal(member(object, "level"), "warning");
        assert_string_equal(member(object, "process"), "worker \"1\"");
        json_decref(object);
    }
}

static void test_json_of_bytes_that_are_not_utf8(void **state)
{
    log_configure(&(const struct log_options){.json = true});
    log_info("m", LOG_TEXT("value", TEXT("\xC3(")), LOG_TEXT("none", TEXT_NONE));
    json_t *object = parse(take(*state), "not UTF-8");
    assert_string_equal(member(object, "value"), "(not UTF-8)");
    assert_string_equal(member(object, "none"), "");
    json_decref(object);
}

static void test_levels(void **state)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR};
    static const char *const names[] = {"level=debug ", "level=info ", "level=warning ",
                                        "level=error "};
    for (size_t least = 0; least < COUNT(levels); least++) {
        log_configure(&(const struct log_options){.level = levels[least]});
        log_debug("m");
        log_info("m");
        log_warning("m");
        log_error("m");
        struct text all = take(*state);
        for (size_t i = 0; i < COUNT(levels); i++)
            check((text_find(all, text_of(names[i])) != TEXT_NOT_FOUND) == (i >= least),
                  "level %zu, least %zu", i, least);
    }
}

static void test_request_id_and_process(void **state)
{
    log_configure(&(const struct log_options){.level = LOG_INFO, .process = "clerk"});
    log_request_id(TEXT("abc-1"));
    log_info("m", LOG_INT("n", 1));
    struct text line = take(*state);
    assert_true(text_ends(line, TEXT(" process=clerk msg=m n=1 request_id=abc-1\n")));
    log_request_id(TEXT_NONE);
    log_info("m");
    line = take(*state);
    assert_true(text_find(line, TEXT("request_id")) == TEXT_NOT_FOUND);
}

static void *log_elsewhere(void *context)
{
    (void)context;
    log_info("elsewhere");
    return NULL;
}

static void test_request_id_is_of_one_thread(void **state)
{
    pthread_t thread;
    log_request_id(TEXT("mine"));
    assert_int_equal(pthread_create(&thread, NULL, log_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_text_equal(message_of(take(*state)), "msg=elsewhere\n");
}

static void test_warnings_are_written_at_once(void **state)
{
    log_info("first");
    assert_int_equal(written(*state).length, 0);
    log_warning("second");
    struct text lines = written(*state);
    size_t first = text_find(lines, TEXT("msg=first"));
    assert_true(first != TEXT_NOT_FOUND && first < text_find(lines, TEXT("msg=second")));
}

static void test_full_buffer_is_written(void **state)
{
    for (int i = 0; i < 2000; i++)
        log_info("0123456789012345678901234567890123456789", LOG_INT("i", i));
    assert_true(written(*state).length > (size_t)32 * 1024);
    struct text all = take(*state);
    struct text line;
    int count = 0;
    for (; text_next(&all, '\n', &line) && line.length; count++)
        check(text_ends(line, text_format(*state, " i=%d", count)), "line %d", count);
    assert_int_equal(count, 2000);
}

static struct text filled(struct arena *arena, size_t length, char c)
{
    return (struct text){memset(arena_alloc(arena, length), c, length), length};
}

static void test_long_value_is_cut(void **state)
{
    log_info("m", LOG_TEXT("value", filled(*state, 5000, 'x')), LOG_INT("after", 1));
    struct text line = message_of(take(*state));
    assert_true(text_ends(line, TEXT(" after=1\n")));
    assert_in_range(line.length, 1000, 3000);
}

static void test_long_value_is_cut_between_characters(void **state)
{
    for (size_t shift = 0; shift < 4; shift++) {
        struct buffer value = {.arena = *state};
        buffer_text(&value, filled(*state, shift, 'x'));
        for (int i = 0; i < 1000; i++)
            buffer_text(&value, TEXT("\xF0\x9F\x8F\xA0"));
        log_info("m", LOG_TEXT("value", buffer_contents(&value)));
        struct text line = take(*state);
        check(text_is_utf8(line), "shift %zu", shift);
        check(text_find(line, TEXT("\xF0\x9F\x8F\xA0\xF0\x9F\x8F\xA0")) != TEXT_NOT_FOUND,
              "shift %zu", shift);
    }
}

/* A line that does not fit loses its fields rather than its end. */
static void test_line_beyond_the_limit_keeps_its_message(void **state)
{
    struct log_field fields[20] = {{0}};
    for (size_t i = 0; i < COUNT(fields) - 1; i++)
        fields[i] = LOG_TEXT("field", filled(*state, 5000, '"'));
    log_configure(&(const struct log_options){.json = true});
    log_write(LOG_INFO, "too much", fields);
    json_t *object = parse(take(*state), "too much");
    assert_string_equal(member(object, "msg"), "too much");
    json_decref(object);
}

static const struct CMUnitTest tests[] = {
    LOG_TEST(test_line_of_logfmt),
    LOG_TEST(test_quoting_of_logfmt),
    LOG_TEST(test_integers),
    LOG_TEST(test_json_is_valid),
    LOG_TEST(test_json_of_bytes_that_are_not_utf8),
    LOG_TEST(test_levels),
    LOG_TEST(test_request_id_and_process),
    LOG_TEST(test_request_id_is_of_one_thread),
    LOG_TEST(test_warnings_are_written_at_once),
    LOG_TEST(test_full_buffer_is_written),
    LOG_TEST(test_long_value_is_cut),
    LOG_TEST(test_long_value_is_cut_between_characters),
    LOG_TEST(test_line_beyond_the_limit_keeps_its_message),
};

UNIT_MAIN(tests)
