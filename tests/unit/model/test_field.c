/* Every kind of field: what people may type, what is refused, and what comes back. */
#include "unit.h"

#include <math.h>

#include "base/arena.h"
#include "model/model.h"

static const char *no_spaces(struct text value)
{
    return text_find_char(value, ' ') == TEXT_NOT_FOUND ? NULL : "No spaces, please.";
}

#define SIZES CHOICES({"s", "Small"}, {"l", "Large"})

#define ALL_FIELDS(F)                                                                              \
    F(id, ROWID, "ID")                                                                             \
    F(integer, INTEGER, "integer")                                                                 \
    F(ranged, INTEGER, "ranged", .range = RANGE(-5, 5))                                            \
    F(positive, POSITIVE_INTEGER, "positive")                                                      \
    F(small, SMALL_INTEGER, "small")                                                               \
    F(positive_small, POSITIVE_SMALL_INTEGER, "positive small")                                    \
    F(big, BIG_INTEGER, "big")                                                                     \
    F(positive_big, POSITIVE_BIG_INTEGER, "positive big")                                          \
    F(maybe, INTEGER, "maybe", .null = true, .blank = true)                                        \
    F(text, TEXT, "text", .max_length = 5, .min_length = 2)                                        \
    F(blank, TEXT, "blank", .max_length = 5, .blank = true)                                        \
    F(maybe_text, TEXT, "maybe text", .max_length = 5, .null = true, .blank = true)                \
    F(size, TEXT, "size", .max_length = 1, .choices = SIZES, .default_to = "s")                    \
    F(word, TEXT, "word", .max_length = 50, .validators = VALIDATORS(no_spaces))                   \
    F(email, TEXT, "e-mail", .max_length = 100, .validators = VALIDATORS(validate_email))          \
    F(slug, TEXT, "slug", .max_length = 50, .validators = VALIDATORS(validate_slug))               \
    F(url, TEXT, "link", .max_length = 100, .validators = VALIDATORS(validate_url))                \
    F(notes, LONG_TEXT, "notes")                                                                   \
    F(open, BOOLEAN, "open", .default_to = "true")                                                 \
    F(day, DATE, "day")                                                                            \
    F(at, TIME, "at")                                                                              \
    F(moment, DATETIME, "moment")                                                                  \
    F(price, DECIMAL, "price", .max_digits = 6, .decimal_places = 2)                               \
    F(cheap, DECIMAL, "cheap", .max_digits = 6, .decimal_places = 2, .range = RANGE(1, 9))         \
    F(real, FLOAT, "real")                                                                         \
    F(unknown, INTEGER, "unknown", .null = true)                                                   \
    F(uuid, UUID, "uuid")                                                                          \
    F(json, JSON, "json")                                                                          \
    F(other, FOREIGN_KEY, "other", .to = &all_model, .on_delete = SET_NULL, .null = true,          \
      .blank = true)                                                                               \
    F(one, ONE_TO_ONE, "one", .to = &all_model, .on_delete = CASCADE)

MODEL_ROW(all, ALL_FIELDS);
MODEL(all, ALL_FIELDS, "unit");

static const struct field *field_of(const char *name)
{
    const struct field *field = model_field(&all_model, text_of(name));
    assert_non_null(field);
    return field;
}

/* What is printed again; NULL: the same as was typed. */
static const struct {
    const char *field, *typed, *printed;
} accepted[] = {
    {"id", "7", NULL},
    {"integer", "-2147483648", NULL},
    {"integer", "+5", "5"},
    {"integer", " 12 ", "12"},
    {"integer", "007", "7"},
    {"integer", "2147483647", NULL},
    {"ranged", "-5", NULL},
    {"ranged", "0", NULL},
    {"ranged", "5", NULL},
    {"positive", "0", NULL},
    {"small", "-32768", NULL},
    {"positive_small", "32767", NULL},
    {"big", "9223372036854775807", NULL},
    {"big", "-9223372036854775807", NULL},
    {"positive_big", "9223372036854775807", NULL},
    {"maybe", "", NULL},
    {"maybe", "3", NULL},
    {"text", "ab", NULL},
    {"text", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", NULL},
    {"text", "  ab ", "ab"},
    {"blank", "", NULL},
    {"maybe_text", "", NULL},
    {"size", "l", NULL},
    {"word", "word", NULL},
    {"email", "a@example.com", NULL},
    {"email", "first.last+tag@sub.example.co", NULL},
    {"email", "me@localhost", NULL},
    {"slug", "a-b_C9", NULL},
    {"url", "https://example.com", NULL},
    {"url", "http://example.com:8000/a/b?c=d#e", NULL},
    {"notes", "a\nb", NULL},
    {"open", "", "false"},
    {"open", "on", "true"},
    {"open", "TRUE", "true"},
    {"open", "0", "false"},
    {"day", "2024-02-29", NULL},
    {"day", "0001-01-01", NULL},
    {"at", "14:05", "14:05:00"},
    {"at", "23:59:59.5", "23:59:59.500000"},
    {"moment", "2024-05-07 14:05", "2024-05-07T14:05:00Z"},
    {"moment", "2024-05-07T14:05:00.120+02:00", "2024-05-07T12:05:00.120000Z"},
    {"moment", "2024-05-07", "2024-05-07T00:00:00Z"},
    {"moment", "1969-12-31T23:59:59.999999Z", NULL},
    {"price", "12.5", "12.50"},
    {"price", "-9999.99", NULL},
    {"price", "0", "0.00"},
    {"price", "1e2", "100.00"},
    {"price", ".5", "0.50"},
    {"cheap", "9", "9.00"},
    {"real", "0.1", NULL},
    {"real", "-1e300", "-1e+300"},
    {"real", "3", "3.0"},
    {"uuid", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
    {"uuid", "f81d4fae7dec11d0a76500a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
    {"json", "{\"b\":1,\"a\":[true,null,\"\xC3\xA9\"]}",
     "{\"b\": 1, \"a\": [true, null, \"\\u00e9\"]}"},
    {"json", "3", NULL},
    {"json", "0.1", NULL},
    {"other", "", NULL},
    {"other", "4", NULL},
    {"one", "4", NULL},
};

static const struct {
    const char *field, *typed, *why;
} refused[] = {
    {"integer", "", "Please fill this in."},
    {"integer", "   ", "Please fill this in."},
    {"integer", "x", "whole number"},
    {"integer", "1.5", "whole number"},
    {"integer", "1_000", "whole number"},
    {"integer", "-", "whole number"},
    {"integer", "+-1", "whole number"},
    {"integer", "0x10", "whole number"},
    {"integer", "1 2", "whole number"},
    {"integer", "2147483648", "from -2147483648 to 2147483647"},
    {"integer", "99999999999999999999", "too many digits"},
    {"ranged", "6", "from -5 to 5"},
    {"ranged", "-6", "from -5 to 5"},
    {"positive", "-1", "from 0 to 2147483647"},
    {"small", "32768", "to 32767"},
    {"positive_small", "-1", "from 0"},
    {"big", "9223372036854775808", "too many digits"},
    {"positive_big", "-1", "at least 0"},
    {"maybe", "x", "whole number"},
    {"unknown", "", "Please fill this in."},
    {"text", "", "Please fill this in."},
    {"text", "a", "At least 2"},
    {"text", "abcdef", "At most 5 characters fit here; these are 6."},
    {"text", "ab\xFF", "UTF-8"},
    {"blank", "abcdef", "At most 5"},
    {"size", "m", "not one of the choices"},
    {"size", "Small", "not one of the choices"},
    {"word", "two words", "No spaces, please."},
    {"email", "a", "name@example.com"},
    {"email", "a@", "name@example.com"},
    {"email", "@example.com", "name@example.com"},
    {"email", "a b@example.com", "name@example.com"},
    {"email", "a@b@example.com", "name@example.com"},
    {"email", "a..b@example.com", "name@example.com"},
    {"email", "a@-example.com", "name@example.com"},
    {"email", "a@example", "name@example.com"},
    {"slug", "a b", "Only letters"},
    {"slug", "\xC3\xA9", "Only letters"},
    {"url", "example.com", "looks like https://"},
    {"url", "javascript:alert(1)", "looks like https://"},
    {"url", "ftp://example.com", "looks like https://"},
    {"url", "https://", "looks like https://"},
    {"url", "https://exa mple.com", "looks like https://"},
    {"notes", "", "Please fill this in."},
    {"open", "maybe", "yes or no"},
    {"day", "2023-02-29", "date, as"},
    {"day", "07/05/2024", "date, as"},
    {"day", "2024-05-07 14:05", "date, as"},
    {"day", "14:05", "date, as"},
    {"at", "24:00", "time, as"},
    {"at", "2024-05-07", "time, as"},
    {"moment", "14:05", "date and a time"},
    {"moment", "soon", "date and a time"},
    {"price", "x", "must be a number"},
    {"price", "NaN", "must be a number"},
    {"price", "Infinity", "must be a number"},
    {"price", "1.234", "At most 2 digits fit behind"},
    {"price", "12345", "At most 4 digits fit before"},
    {"price", "1e5", "At most 4 digits fit before"},
    {"price", "1e999999999", "must be a number"},
    {"cheap", "0.99", "from 1 to 9"},
    {"cheap", "9.01", "from 1 to 9"},
    {"real", "nan", "must be a number"},
    {"real", "inf", "must be a number"},
    {"real", "0x1p3", "must be a number"},
    {"real", "1e999", "must be a number"},
    {"real", "1,5", "must be a number"},
    {"uuid", "f81d4fae", "UUID"},
    {"uuid", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6", "UUID"},
    {"uuid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf67", "UUID"},
    {"json", "{", "no JSON"},
    {"json", "{\"a\": NaN}", "no JSON"},
    {"other", "x", "whole number"},
    {"one", "", "Please fill this in."},
};

static void test_accepted(void **state)
{
    for (size_t i = 0; i < COUNT(accepted); i++) {
        const struct field *field = field_of(accepted[i].field);
        void *row = model_new(&all_model, *state);
        struct text why = field_parse(field, row, text_of(accepted[i].typed), *state);
        check(why.length == 0, "%s \"%s\": %.*s", accepted[i].field, accepted[i].typed,
              TEXT_ARG(why));
        struct text printed = field_print(field, row, *state);
        check_text(printed, accepted[i].printed ? accepted[i].printed : accepted[i].typed, "%s",
                   accepted[i].field);
        void *again = model_new(&all_model, *state);
        check(!field_parse(field, again, printed, *state).length, "%s again", accepted[i].field);
        check(field_equal(field, row, again, *state), "%s again", accepted[i].field);
    }
}

static void test_refused(void **state)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct field *field = field_of(refused[i].field);
        struct all *row = model_new(&all_model, *state);
        struct all before = *row;
        struct text why = field_parse(field, row, text_of(refused[i].typed), *state);
        check(text_find(why, text_of(refused[i].why)) != TEXT_NOT_FOUND, "%s \"%s\": \"%.*s\"",
              refused[i].field, refused[i].typed, TEXT_ARG(why));
        check(field_equal(field, row, &before, *state), "%s changed", refused[i].field);
    }
}

static void test_nul_bytes_are_refused(void **state)
{
    struct all *row = model_new(&all_model, *state);
    struct text why = field_parse(field_of("notes"), row, TEXT("a\0b"), *state);
    assert_true(text_find(why, TEXT("NUL")) != TEXT_NOT_FOUND);
}

static void test_defaults(void **state)
{
    const struct all *row = model_new(&all_model, *state);
    assert_text_equal(row->size, "s");
    assert_true(row->open);
    assert_true(row->maybe == FIELD_NULL);
    assert_null(row->maybe_text.at);
    assert_true(row->other_id == FIELD_NULL);
    assert_true(row->id == FIELD_NULL);
    const struct all *empty = model_empty(&all_model, *state);
    assert_true(isnan(empty->real));
    assert_true(empty->day == FIELD_NULL);
    assert_null(empty->price.at);
    assert_false(empty->open);
}

static void test_choices_are_displayed(void **state)
{
    struct all *row = model_new(&all_model, *state);
    struct value value;
    assert_true(model_get(&all_model, row, TEXT("get_size_display"), *state, &value));
    assert_text_equal(value_as_text(value), "Small");
    row->size = TEXT("x");
    assert_text_equal(field_display(field_of("size"), row, *state), "x");
    assert_false(model_get(&all_model, row, TEXT("get_text_display"), *state, &value));
    assert_false(model_get(&all_model, row, TEXT("get__display"), *state, &value));
}

static void test_what_templates_see(void **state)
{
    static const struct {
        const char *field, *typed, *text;
    } rows[] = {
        {"integer", "-3", "-3"},
        {"open", "on", "True"},
        {"day", "2024-05-07", "2024-05-07"},
        {"at", "14:05", "14:05:00"},
        {"moment", "2024-05-07 14:05", "2024-05-07 14:05:00+00:00"},
        {"price", "12.5", "12.50"},
        {"real", "0.1", "0.1"},
        {"json", "{\"a\": [1, null]}", "{'a': [1, None]}"},
        {"maybe", "", "None"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct all *row = model_new(&all_model, *state);
        assert_int_equal(
            field_parse(field_of(rows[i].field), row, text_of(rows[i].typed), *state).length, 0);
        struct value value = field_value(field_of(rows[i].field), row, *state);
        check_text(value_to_text(value, *state), rows[i].text, "%s", rows[i].field);
    }
}

/* Declarations that compile and yet cannot be right. */
#define BAD_TEXT(F)      F(id, ROWID, "ID") F(name, TEXT, "name")
#define BAD_DECIMAL(F)   F(id, ROWID, "ID") F(price, DECIMAL, "price", .decimal_places = 2)
#define BAD_REFERENCE(F) F(id, ROWID, "ID") F(all, FOREIGN_KEY, "all", .on_delete = CASCADE)
#define BAD_DELETE(F)    F(id, ROWID, "ID") F(all, FOREIGN_KEY, "all", .to = &all_model)
#define BAD_NULL(F)                                                                                \
    F(id, ROWID, "ID") F(all, FOREIGN_KEY, "all", .to = &all_model, .on_delete = SET_NULL)
#define BAD_LINK(F)    F(id, ROWID, "ID") F(all, MANY_TO_MANY, "all")
#define BAD_DEFAULT(F) F(id, ROWID, "ID") F(day, DATE, "day", .default_to = "tomorrow")
#define BAD_RANGE(F)   F(id, ROWID, "ID") F(beds, INTEGER, "beds", .range = RANGE(5, 2))
#define BAD_BLANK(F)   F(id, ROWID, "ID") F(day, DATE, "day", .blank = true)
#define BAD_NAMES(F)   F(id, ROWID, "ID")
MODEL_ROW(bad_text, BAD_TEXT);
MODEL_ROW(bad_decimal, BAD_DECIMAL);
MODEL_ROW(bad_reference, BAD_REFERENCE);
MODEL_ROW(bad_delete, BAD_DELETE);
MODEL_ROW(bad_null, BAD_NULL);
MODEL_ROW(bad_link, BAD_LINK);
MODEL_ROW(bad_default, BAD_DEFAULT);
MODEL_ROW(bad_range, BAD_RANGE);
MODEL_ROW(bad_blank, BAD_BLANK);
MODEL_ROW(bad_order, BAD_NAMES);
MODEL_ROW(bad_unique, BAD_NAMES);
MODEL_ROW(bad_natural, BAD_NAMES);
MODEL_ROW(bad_method, BAD_NAMES);
MODEL(bad_text, BAD_TEXT, "unit");
MODEL(bad_decimal, BAD_DECIMAL, "unit");
MODEL(bad_reference, BAD_REFERENCE, "unit");
MODEL(bad_delete, BAD_DELETE, "unit");
MODEL(bad_null, BAD_NULL, "unit");
MODEL(bad_link, BAD_LINK, "unit");
MODEL(bad_default, BAD_DEFAULT, "unit");
MODEL(bad_range, BAD_RANGE, "unit");
MODEL(bad_blank, BAD_BLANK, "unit");
MODEL(bad_order, BAD_NAMES, "unit", .ordering = NAMES("-title"));
MODEL(bad_unique, BAD_NAMES, "unit", .unique_together = TOGETHER(NAMES("id", "title")));
MODEL(bad_natural, BAD_NAMES, "unit", .natural_key = NAMES("-id"));
MODEL(bad_method, BAD_NAMES, "unit",
      .methods = METHODS(METHOD(bad_method, "good", NULL), METHOD(bad_method, "pk", NULL)));

static void test_declarations_are_checked(void **state)
{
    const struct {
        const struct model *model;
        const char *words;
    } rows[] = {
        {&bad_text_model, "unit.bad_text.name needs .max_length"},
        {&bad_decimal_model, "needs .max_digits"},
        {&bad_reference_model, "needs .to"},
        {&bad_delete_model, "needs .on_delete"},
        {&bad_null_model, "needs .null = true"},
        {&bad_link_model, "needs .to"},
        {&bad_default_model, "the default \"tomorrow\": This must be a date"},
        {&bad_range_model, ".range that ends before"},
        {&bad_blank_model, "needs .null = true for .blank"},
        {&bad_order_model, ".ordering of the model unit.bad_order names \"-title\""},
        {&bad_unique_model, ".unique_together"},
        {&bad_natural_model, ".natural_key"},
        {&bad_method_model, "the method unit.bad_method.pk has the name of a field"},
    };
    (void)state;
    assert_status(model_check(&all_model), OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(model_check(rows[i].model) == INVALID, "row %zu", i);
        assert_failure_says(rows[i].words);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_accepted),
    TEST(test_refused),
    TEST(test_nul_bytes_are_refused),
    TEST(test_defaults),
    TEST(test_choices_are_displayed),
    TEST(test_what_templates_see),
    TEST(test_declarations_are_checked),
};

UNIT_MAIN(tests)
