/* Sessions that Django 3.2 wrote with the key "only-for-tests", one of them in the form of 3.0. */
#include "unit.h"

#include "sessions/data.h"

#define KEY TEXT("only-for-tests")

static const struct {
    const char *data;
    const char *name;
    const char *value;
} rows[] = {
    {"eyJfYXV0aF91c2VyX2lkIjoiMSIsIm5hbWUiOiJcdTAwZTkifQ:1xXAFF:R7wUyETeF6K0_"
     "W69OnsBKbecfUCvml4J49tP8Asl6EE",
     "name", "\xc3\xa9"},
    {".eJyrVopPLC3JiC8tTi2Kz0xRslIyVNJRysnPSwcyE4cJUKoFAETNVa0:1xXAFF:"
     "xYjJNXZtKxcDklnLDwFMwhMhZ3DrIYy_L3Q2hbLXnXg",
     "_auth_user_id", "1"},
    {"ZWQzODJkNzIxNDgwMjkwYTYxYTU3MTBiNTU2M2Q3NzBmZmQ3NWM3OTp7Il9hdXRoX3VzZXJfaWQiOiI3In0=",
     "_auth_user_id", "7"},
};

static void test_reads_djangos(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *values = session_decode(*state, text_of(rows[i].data), KEY);
        check(values != NULL, "row %zu", i);
        check_text(text_of(json_string_value(json_object_get(values, rows[i].name))), rows[i].value,
                   "row %zu", i);
        json_decref(values);
    }
}

static void test_reads_its_own(void **state)
{
    json_t *values = json_pack("{s:s, s:i}", "name", "\xc3\xa9", "number", 7);
    struct text data = session_encode(*state, values, 1700000000, KEY);
    json_t *back = session_decode(*state, data, KEY);
    assert_true(json_equal(values, back));
    json_decref(values);
    json_decref(back);
}

static void test_refuses_what_was_changed(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text data = text_of(rows[i].data);
        check(!session_decode(arena, data, TEXT("another")), "row %zu", i);
        for (size_t at = 0; at < data.length; at++) {
            char *changed = text_string(arena, data);
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            json_t *values = session_decode(arena, text_of(changed), KEY);
            /* A time that is another number is signed otherwise. */
            check(!values, "row %zu, byte %zu: %s", i, at, changed);
            json_decref(values);
            check(!session_decode(arena, text_part(data, 0, at), KEY), "cut at %zu", at);
        }
    }
}

static void test_refuses_what_is_no_object(void **state)
{
    static const char *const values[] = {"[1]", "1", "\"a\"", "{", ""};
    json_t *list = json_array();
    struct text data = session_encode(*state, list, 1700000000, KEY);
    json_decref(list);
    assert_null(session_decode(*state, data, KEY));
    for (size_t i = 0; i < COUNT(values); i++)
        check(!session_decode(*state, text_of(values[i]), KEY), "%s", values[i]);
}

static const struct CMUnitTest tests[] = {
    TEST(test_reads_djangos),
    TEST(test_reads_its_own),
    TEST(test_refuses_what_was_changed),
    TEST(test_refuses_what_is_no_object),
};

UNIT_MAIN(tests)
