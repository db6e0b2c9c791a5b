#include "unit.h"

#include "base/settings.h"

static bool flag;
static int64_t number;
static struct text word, secret, choice, url;

static const char *refuse_long(struct text value)
{
    return value.length > 20 ? "it is longer than 20" : NULL;
}

static const struct setting rows[] = {
    {"UNIT_FLAG", "0", "a flag", .flag = &flag},
    {"UNIT_NUMBER", "8000", "a number", .integer = &number, .min = -5, .max = 65535},
    {"UNIT_WORD", "default", "any text", .value = &word, .refuse = refuse_long},
    {"UNIT_SECRET", "", "a secret", .value = &secret, .secret = true, .refuse = refuse_long},
    {"UNIT_CHOICE", "one", "one of", .value = &choice, .choices = "one two three"},
    {"UNIT_URL", "", "a URL", .value = &url, .url = true},
    {0},
};

static int fresh(void **state)
{
    for (const struct setting *row = rows; row->name; row++)
        unsetenv(row->name);
    unsetenv("UNIT_OTHER");
    return unit_arena(state);
}

#define SETTINGS_TEST(function) cmocka_unit_test_setup_teardown(function, fresh, unit_arena_end)

static void test_defaults(void **state)
{
    assert_status(settings_load(*state, rows), OK);
    assert_false(flag);
    assert_int_equal(number, 8000);
    assert_text_equal(word, "default");
    assert_text_equal(secret, "");
    assert_text_equal(choice, "one");
    for (const struct setting *row = rows; row->name; row++)
        assert_false(settings_is_set(row));
}

static void test_flags(void **state)
{
    static const struct {
        const char *raw;
        bool value;
    } taken[] = {
        {"1", true},   {"true", true}, {"TRUE", true}, {"True", true},   {"yes", true},
        {"on", true},  {"oN", true},   {"0", false},   {"false", false}, {"False", false},
        {"no", false}, {"NO", false},  {"off", false},
    };
    for (size_t i = 0; i < COUNT(taken); i++) {
        setenv("UNIT_FLAG", taken[i].raw, 1);
        assert_status(settings_load(*state, rows), OK);
        check(flag == taken[i].value, "\"%s\"", taken[i].raw);
    }
}

static void test_numbers_and_texts(void **state)
{
    static const struct {
        const char *raw;
        int64_t value;
    } taken[] = {{"0", 0}, {"-5", -5}, {"65535", 65535}, {"00080", 80}};
    for (size_t i = 0; i < COUNT(taken); i++) {
        setenv("UNIT_NUMBER", taken[i].raw, 1);
        assert_status(settings_load(*state, rows), OK);
        check(number == taken[i].value, "\"%s\"", taken[i].raw);
    }
    setenv("UNIT_WORD", "", 1);
    setenv("UNIT_CHOICE", "three", 1);
    assert_status(settings_load(*state, rows), OK);
    assert_text_equal(word, "");
    assert_text_equal(choice, "three");
    assert_true(settings_is_set(&rows[2]));
    setenv("UNIT_WORD", "other", 1); /* the value loaded is a copy */
    assert_text_equal(word, "");
}

static const struct {
    const char *key, *raw;
} refused[] = {
    {"UNIT_FLAG", ""},
    {"UNIT_FLAG", "2"},
    {"UNIT_FLAG", "yess"},
    {"UNIT_FLAG", "1 "},
    {"UNIT_FLAG", "enabled"},
    {"UNIT_FLAG", "truetrue"},
    {"UNIT_FLAG", "0 false"},
    {"UNIT_FLAG", "-1"},
    {"UNIT_NUMBER", ""},
    {"UNIT_NUMBER", "-6"},
    {"UNIT_NUMBER", "65536"},
    {"UNIT_NUMBER", "80a"},
    {"UNIT_NUMBER", " 80"},
    {"UNIT_NUMBER", "8e3"},
    {"UNIT_NUMBER", "99999999999999999999"},
    {"UNIT_NUMBER", "0x50"},
    {"UNIT_NUMBER", "1.5"},
    {"UNIT_CHOICE", ""},
    {"UNIT_CHOICE", "four"},
    {"UNIT_CHOICE", "one two"},
    {"UNIT_CHOICE", "One"},
    {"UNIT_CHOICE", "on"},
    {"UNIT_WORD", "a text that is much too long"},
};

static void test_refusals_name_key_and_value(void **state)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        setenv(refused[i].key, refused[i].raw, 1);
        check(settings_load(*state, rows) == INVALID, "%s=%s", refused[i].key, refused[i].raw);
        assert_failure_says(refused[i].key);
        assert_failure_says(text_format(*state, "\"%s\"", refused[i].raw).at);
        unsetenv(refused[i].key);
    }
    assert_status(settings_load(*state, rows), OK);
}

static void test_refusals_say_what_would_do(void **state)
{
    static const char *const cases[][3] = {
        {"UNIT_FLAG", "x", "1 or 0"},
        {"UNIT_NUMBER", "x", "from -5 to 65535"},
        {"UNIT_CHOICE", "x", "one two three"},
        {"UNIT_WORD", "012345678901234567890", "it is longer than 20"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        setenv(cases[i][0], cases[i][1], 1);
        assert_status(settings_load(*state, rows), INVALID);
        assert_failure_says(cases[i][2]);
        unsetenv(cases[i][0]);
    }
}

static void test_secrets_are_not_shown(void **state)
{
    setenv("UNIT_SECRET", "correct horse battery", 1);
    assert_status(settings_load(*state, rows), INVALID);
    assert_null(strstr(status_failure()->message, "horse"));
    assert_failure_says("UNIT_SECRET");
    setenv("UNIT_SECRET", "correct horse", 1);
    assert_status(settings_load(*state, rows), OK);
    assert_text_equal(secret, "correct horse");
    assert_text_equal(settings_show(*state, &rows[3]), "(secret)");
}

static void test_show(void **state)
{
    setenv("UNIT_FLAG", "yes", 1);
    setenv("UNIT_NUMBER", "-3", 1);
    setenv("UNIT_WORD", "a b", 1);
    assert_status(settings_load(*state, rows), OK);
    static const char *const shown[] = {"1", "-3", "a b", "", "one", ""};
    for (size_t i = 0; i < COUNT(shown); i++)
        check_text(settings_show(*state, &rows[i]), shown[i], "row %zu", i);
}

static void test_passwords_of_urls_are_not_shown(void **state)
{
    static const char *const urls[][2] = {
        {"postgres://user:PASS@host/name", "postgres://user:(secret)@host/name"},
        {"postgres://user:PA@S/S:@host:5432/name?a=b",
         "postgres://user:(secret)@host:5432/name?a=b"},
        {"postgres://:PASS@host", "postgres://:(secret)@host"},
        {"postgres://user:@host", "postgres://user:(secret)@host"},
        {"postgres:/user:PASS@host", "postgres:(secret)@host"},
        {"user:PASS@host", "user:(secret)@host"},
        {"postgres://user@host:5432/name", "postgres://user@host:5432/name"},
        {"postgres://host:5432/name", "postgres://host:5432/name"},
        {"sqlite:////srv/site@home.sqlite3", "sqlite:////srv/site@home.sqlite3"},
        {"sqlite:///a.sqlite3", "sqlite:///a.sqlite3"},
        {"://", "://"},
        {"@", "@"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(urls); i++) {
        setenv("UNIT_URL", urls[i][0], 1);
        assert_status(settings_load(*state, rows), OK);
        assert_text_equal(url, urls[i][0]);
        check_text(settings_show(*state, &rows[5]), urls[i][1], "row %zu", i);
        check_text(settings_show_given(*state, &rows[5]), urls[i][1], "row %zu", i);
    }
    const struct setting none = {"UNIT_URL", "", "", .value = &url, .choices = "a", .url = true};
    setenv("UNIT_URL", urls[0][0], 1);
    assert_status(settings_check(*state, &none), INVALID);
    assert_failure_says(urls[0][1]);
}

static void test_rest_is_loaded_beside_what_is_refused(void **state)
{
    assert_status(settings_load(*state, rows), OK);
    setenv("UNIT_FLAG", "1", 1);
    setenv("UNIT_NUMBER", "70000", 1);
    setenv("UNIT_WORD", "after it", 1);
    setenv("UNIT_CHOICE", "four", 1);
    assert_status(settings_load(*state, rows), INVALID);
    assert_failure_says("UNIT_NUMBER"); /* the first */
    assert_true(flag);
    assert_int_equal(number, 8000);
    assert_text_equal(word, "after it");
    assert_text_equal(choice, "one");
    static const enum status checks[] = {OK, INVALID, OK, OK, INVALID};
    for (size_t i = 0; i < COUNT(checks); i++)
        check(settings_check(*state, &rows[i]) == checks[i], "row %zu", i);
    assert_failure_says("UNIT_CHOICE");
    assert_text_equal(settings_show_given(*state, &rows[1]), "70000");
    assert_int_equal(number, 8000);
}

static enum status read_text(struct arena *arena, struct text contents)
{
    return settings_read_file(unit_file(arena, "env", contents));
}

static void test_file_lines(void **state)
{
    static const struct {
        const char *line, *value;
    } lines[] = {
        {"UNIT_OTHER=a", "a"},
        {"UNIT_OTHER=", ""},
        {"  UNIT_OTHER = a b  ", "a b"},
        {"export UNIT_OTHER=a", "a"},
        {"export   UNIT_OTHER=a", "a"},
        {"UNIT_OTHER=a=b", "a=b"},
        {"UNIT_OTHER=a#b", "a#b"},
        {"UNIT_OTHER=\" a \"", " a "},
        {"UNIT_OTHER='a\"b'", "a\"b"},
        {"UNIT_OTHER=\"a'", "\"a'"},
        {"UNIT_OTHER=\"", "\""},
        {"UNIT_OTHER=\"\"", ""},
        {"UNIT_OTHER=a\r", "a"},
        {"UNIT_OTHER=gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"# UNIT_OTHER=b\n\n  \n  # more\nUNIT_OTHER=a", "a"},
        {"UNIT_OTHER=a\nUNIT_OTHER=b", "a"},
        {"#UNIT_OTHER=a", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        unsetenv("UNIT_OTHER");
        check(read_text(*state, text_of(lines[i].line)) == OK, "row %zu", i);
        check_text(text_of(getenv("UNIT_OTHER")), lines[i].value, "row %zu", i);
        check(!getenv("UNIT_OTHER") == !lines[i].value, "row %zu", i);
    }
}

static void test_file_refusals_name_the_line(void **state)
{
    static const struct {
        const char *text, *place;
    } files[] = {
        {"UNIT_OTHER", "line 1"},
        {"=a", "line 1"},
        {"  = a", "line 1"},
        {"export =a", "line 1"},
        {"export UNIT_OTHER", "line 1"},
        {"# comment\n\nUNIT_OTHER=a\nwhat is this\n", "line 4"},
        {"UNIT_OTHER: a", "line 1"},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        check(read_text(*state, text_of(files[i].text)) == INVALID, "row %zu", i);
        assert_failure_says(files[i].place);
        assert_failure_says("KEY=value");
        assert_failure_says(unit_directory());
    }
}

static void test_environment_wins_over_file(void **state)
{
    setenv("UNIT_WORD", "environment", 1);
    setenv("UNIT_SECRET", "", 1);
    struct text file = TEXT("UNIT_WORD=file\nUNIT_SECRET=file\nUNIT_NUMBER=17\n");
    assert_status(read_text(*state, file), OK);
    assert_status(settings_load(*state, rows), OK);
    assert_text_equal(word, "environment");
    assert_text_equal(secret, "");
    assert_int_equal(number, 17);
}

static void test_files_that_cannot_be_read(void **state)
{
    assert_status(settings_read_file(unit_path(*state, "absent")), OK);
    unit_file(*state, "file", TEXT(""));
    assert_status(settings_read_file(unit_path(*state, "file/below")), FAILED);
    assert_failure_says("file/below");
}

static const struct CMUnitTest tests[] = {
    SETTINGS_TEST(test_defaults),
    SETTINGS_TEST(test_flags),
    SETTINGS_TEST(test_numbers_and_texts),
    SETTINGS_TEST(test_refusals_name_key_and_value),
    SETTINGS_TEST(test_refusals_say_what_would_do),
    SETTINGS_TEST(test_secrets_are_not_shown),
    SETTINGS_TEST(test_show),
    SETTINGS_TEST(test_passwords_of_urls_are_not_shown),
    SETTINGS_TEST(test_rest_is_loaded_beside_what_is_refused),
    SETTINGS_TEST(test_file_lines),
    SETTINGS_TEST(test_file_refusals_name_the_line),
    SETTINGS_TEST(test_environment_wins_over_file),
    SETTINGS_TEST(test_files_that_cannot_be_read),
};

UNIT_MAIN(tests)
