#include "unit.h"

#include <inttypes.h>

#include "base/buffer.h"

static void test_grows_in_an_arena(void **state)
{
    struct buffer buffer = {.arena = *state};
    for (int i = 0; i < 5000; i++) {
        buffer_format(&buffer, "%04d", i);
        if (i % 100 == 0)
            arena_alloc(*state, 8);
    }
    struct text contents = buffer_contents(&buffer);
    assert_false(buffer.failed);
    assert_int_equal(contents.length, 20000);
    for (int i = 0; i < 5000; i++)
        check_text(text_part(contents, (size_t)i * 4, (size_t)i * 4 + 4),
                   text_format(*state, "%04d", i).at, "number %d", i);
}

static void test_empty_appends_change_nothing(void **state)
{
    struct buffer buffer = {.arena = *state};
    buffer_append(&buffer, NULL, 0);
    buffer_text(&buffer, TEXT_NONE);
    buffer_text(&buffer, TEXT(""));
    buffer_escaped(&buffer, TEXT_NONE);
    assert_int_equal(buffer_contents(&buffer).length, 0);
    assert_int_equal(arena_used(*state), 0);
    assert_false(buffer.failed);
}

static void test_bytes_are_kept_as_they_are(void **state)
{
    struct buffer buffer = {.arena = *state};
    buffer_text(&buffer, TEXT("a\0b"));
    buffer_char(&buffer, '\0');
    buffer_char(&buffer, (char)0xFF);
    assert_int_equal(buffer.length, 5);
    assert_memory_equal(buffer_contents(&buffer).at, "a\0b\0\xFF", 5);
}

static void test_limit_is_remembered(void **state)
{
    struct buffer buffer = {.arena = *state, .limit = 5};
    buffer_text(&buffer, TEXT("12345"));
    assert_false(buffer.failed);
    buffer_text(&buffer, TEXT(""));
    assert_false(buffer.failed);
    buffer_char(&buffer, '6');
    assert_true(buffer.failed);
    assert_text_equal(buffer_contents(&buffer), "12345");
}

static void test_nothing_is_appended_after_a_failure(void **state)
{
    struct buffer buffer = {.arena = *state, .limit = 5};
    buffer_text(&buffer, TEXT("too long"));
    assert_true(buffer.failed);
    buffer_char(&buffer, 'x');
    buffer_int(&buffer, 1);
    buffer_format(&buffer, "%d", 2);
    buffer_escaped(&buffer, TEXT("<"));
    assert_null(buffer_room(&buffer, 1));
    assert_int_equal(buffer_contents(&buffer).length, 0);
    assert_true(buffer.failed);
}

static void test_limit_counts_what_every_kind_of_append_adds(void **state)
{
    enum kind { APPEND_INT, APPEND_ESCAPED, APPEND_FORMAT, APPEND_ROOM };
    static const struct {
        enum kind kind;
        size_t limit;
        bool fails;
    } rows[] = {
        {APPEND_INT, 4, false},    {APPEND_INT, 3, true},     {APPEND_ESCAPED, 6, false},
        {APPEND_ESCAPED, 5, true}, {APPEND_FORMAT, 5, false}, {APPEND_FORMAT, 3, true},
        {APPEND_ROOM, 4, false},   {APPEND_ROOM, 3, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer buffer = {.arena = *state, .limit = rows[i].limit};
        if (rows[i].kind == APPEND_INT)
            buffer_int(&buffer, -123);
        else if (rows[i].kind == APPEND_ESCAPED)
            buffer_escaped(&buffer, TEXT("\"")); /* &quot; */
        else if (rows[i].kind == APPEND_FORMAT)
            buffer_format(&buffer, "%s", "abcd");
        else
            buffer_room(&buffer, 4);
        check(buffer.failed == rows[i].fails, "row %zu", i);
        check(buffer.length <= rows[i].limit, "row %zu", i);
    }
}

static void test_on_an_array(void **state)
{
    struct {
        char bytes[8];
        char guard[8];
    } room;
    (void)state;
    memset(&room, '#', sizeof room);
    struct buffer buffer = BUFFER_ON(room.bytes);
    buffer_text(&buffer, TEXT("1234"));
    buffer_text(&buffer, TEXT("5678"));
    assert_false(buffer.failed);
    assert_ptr_equal(buffer_contents(&buffer).at, room.bytes);
    assert_text_equal(buffer_contents(&buffer), "12345678");
    buffer_char(&buffer, '9');
    assert_true(buffer.failed);
    buffer = BUFFER_ON(room.bytes);
    buffer_format(&buffer, "%s", "a format longer than the array");
    assert_true(buffer.failed);
    assert_memory_equal(room.guard, "########", 8);
}

static void test_escaped(void **state)
{
    static const struct {
        struct text plain;
        const char *escaped;
    } rows[] = {
        {TEXT(""), ""},
        {TEXT("plain"), "plain"},
        {TEXT("&<>\"'"), "&amp;&lt;&gt;&quot;&#x27;"},
        {TEXT("a&b"), "a&amp;b"},
        {TEXT("&amp;"), "&amp;amp;"},
        {TEXT("<script>alert('x')</script>"), "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"},
        {TEXT("<a"), "&lt;a"},
        {TEXT("a<"), "a&lt;"},
        {TEXT("`=/;%"), "`=/;%"},
        {TEXT("gr\xC3\xBC\xC3\x9F <3"), "gr\xC3\xBC\xC3\x9F &lt;3"},
        {TEXT("\xFF\x80"), "\xFF\x80"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer buffer = {.arena = *state};
        buffer_escaped(&buffer, rows[i].plain);
        check_text(buffer_contents(&buffer), rows[i].escaped, "row %zu", i);
    }
}

static void test_int(void **state)
{
    static const int64_t rows[] = {
        0,   1,    -1,        9,         10,        -10,           99,        100, 12,
        405, -405, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN + 1, INT64_MIN,
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer buffer = {.arena = *state};
        buffer_int(&buffer, rows[i]);
        check_text(buffer_contents(&buffer), text_format(*state, "%" PRId64, rows[i]).at, "row %zu",
                   i);
    }
}

static void test_format(void **state)
{
    struct buffer buffer = {.arena = *state};
    buffer_format(&buffer, "%s", "");
    assert_int_equal(buffer.length, 0);
    buffer_format(&buffer, "%s-%d", "a", 1);
    buffer_format(&buffer, "|%300s|", "wide");
    buffer_char(&buffer, '!');
    assert_int_equal(buffer.length, 3 + 302 + 1);
    assert_text_equal(text_part(buffer_contents(&buffer), 0, 4), "a-1|");
    assert_text_equal(text_from(buffer_contents(&buffer), 300), "wide|!");
}

static void test_room_is_counted_when_it_is_used(void **state)
{
    struct buffer buffer = {.arena = *state};
    buffer_text(&buffer, TEXT("ab"));
    char *room = buffer_room(&buffer, 1000);
    memset(room, 'c', 1000);
    assert_text_equal(buffer_contents(&buffer), "ab");
    buffer.length += 1;
    buffer_char(&buffer, 'd');
    assert_text_equal(buffer_contents(&buffer), "abcd");
}

static void test_impossible_length_fails(void **state)
{
    struct buffer buffer = {.arena = *state};
    buffer_text(&buffer, TEXT("abc"));
    assert_null(buffer_room(&buffer, SIZE_MAX - 1));
    assert_true(buffer.failed);
}

static const struct CMUnitTest tests[] = {
    TEST(test_grows_in_an_arena),
    TEST(test_empty_appends_change_nothing),
    TEST(test_bytes_are_kept_as_they_are),
    TEST(test_limit_is_remembered),
    TEST(test_nothing_is_appended_after_a_failure),
    TEST(test_limit_counts_what_every_kind_of_append_adds),
    TEST(test_on_an_array),
    TEST(test_escaped),
    TEST(test_int),
    TEST(test_format),
    TEST(test_room_is_counted_when_it_is_used),
    TEST(test_impossible_length_fails),
};

UNIT_MAIN(tests)
