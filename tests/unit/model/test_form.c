/* Also on PostgreSQL. */
#include "model/homes.h"

#include "base/buffer.h"
#include "model/form.h"
#include "template/template.h"

UNIT_CONNECTION(HOMES_SQL)

static struct text error_of(const struct form *form, const char *name)
{
    const struct form_field *field = form_field(form, text_of(name));
    assert_non_null(field);
    return field->error;
}

static void take(struct form *form, const char *name, const char *value)
{
    form_take(form, text_of(name), text_of(value));
}

static void test_a_row_from_what_was_typed(void **state)
{
    struct form form;
    struct home *home = model_new(&home_model, *state);
    form_start(&form, *state, &home_model, NULL);
    assert_int_equal(form.count, 5);
    take(&form, "title", " Lake House ");
    take(&form, "beds", "3");
    take(&form, "region", "4");
    take(&form, "agent", "");
    take(&form, "tags", "3");
    take(&form, "tags", "1");
    assert_status(form_check(&form, db, home), OK);
    assert_text_equal(home->title, "Lake House");
    assert_int_equal(home->beds, 3);
    assert_int_equal(home->region_id, 4);
    assert_true(home->agent_id == FIELD_NULL);
    assert_status(form_save(&form, db, NULL, home), OK);
    assert_int_equal(home->id, 5);
    assert_integer(db, 2, "SELECT COUNT(*) FROM stay_home_tags WHERE home_id = 5");
}

static void test_all_errors_at_once_and_nothing_is_lost(void **state)
{
    struct form form;
    struct home *home = model_new(&home_model, *state);
    form_start(&form, *state, &home_model, NULL);
    take(&form, "title", "");
    take(&form, "beds", "many");
    take(&form, "region", "99");
    take(&form, "agent", "x");
    take(&form, "tags", "1");
    take(&form, "tags", "77");
    assert_status(form_check(&form, db, home), INVALID);
    assert_text_equal(error_of(&form, "title"), "Please fill this in.");
    assert_text_equal(error_of(&form, "beds"), "This must be a whole number.");
    assert_text_equal(error_of(&form, "region"), "There is no such region.");
    assert_text_equal(error_of(&form, "agent"), "This must be a whole number.");
    assert_text_equal(error_of(&form, "tags"), "There is no such tag.");
    assert_text_equal(form_field(&form, TEXT("beds"))->raw, "many");
    take(&form, "tags", "soon");
    assert_status(form_check(&form, db, home), INVALID);
    assert_text_equal(error_of(&form, "tags"), "There is no such tag.");
}

static void test_undeclared_input_never_reaches_a_row(void **state)
{
    static const char *const names[] = {"id",    "pk",    "agent_id", "region_id", "title ",
                                        "TITLE", "agent", "",         "beds",      "region__name"};
    struct form form;
    struct home *home = model_new(&home_model, *state);
    form_start(&form, *state, &home_model, NAMES("title"));
    for (size_t i = 0; i < COUNT(names); i++)
        check(!form_take(&form, text_of(names[i]), TEXT("2")), "\"%s\"", names[i]);
    take(&form, "title", "Mine");
    assert_status(form_check(&form, db, home), OK);
    assert_true(home->id == FIELD_NULL);
    assert_true(home->agent_id == FIELD_NULL);
    assert_true(home->beds == FIELD_NULL);
}

static void test_unique(void **state)
{
    struct form form;
    struct agent *agent = model_new(&agent_model, *state);
    form_start(&form, *state, &agent_model, NULL);
    take(&form, "name", "Ada");
    assert_status(form_check(&form, db, agent), INVALID);
    assert_text_equal(error_of(&form, "name"), "Another agent has this name already.");
    agent->id = 1; /* its own name is no other's */
    assert_status(form_check(&form, db, agent), OK);
}

#define PERMIT_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(home, FOREIGN_KEY, "home", .to = &home_model, .on_delete = CASCADE)                          \
    F(code, TEXT, "code", .max_length = 5)
MODEL_ROW(permit, PERMIT_FIELDS);
MODEL(permit, PERMIT_FIELDS, "stay", .unique_together = TOGETHER(NAMES("home", "code")));

static void test_unique_together(void **state)
{
    struct form form;
    struct permit *permit = model_new(&permit_model, *state);
    assert_status(db_script(db, "CREATE TABLE stay_permit (id INTEGER PRIMARY KEY, home_id INTEGER,"
                                " code TEXT, UNIQUE (home_id, code));"
                                "INSERT INTO stay_permit VALUES (1, 2, 'A')"),
                  OK);
    form_start(&form, *state, &permit_model, NULL);
    take(&form, "home", "2");
    take(&form, "code", "A");
    assert_status(form_check(&form, db, permit), INVALID);
    assert_text_equal(form.error, "Home and code: another permit has both already.");
    take(&form, "code", "B");
    assert_status(form_check(&form, db, permit), OK);
    assert_int_equal(form.error.length, 0);
}

static void test_change_of_a_row(void **state)
{
    struct form form;
    struct home *before;
    assert_status(model_find(db, *state, &home_model, DB_INT(1), &before), OK);
    struct home after = *before;
    form_start(&form, *state, &home_model, NAMES("title", "agent"));
    assert_status(form_show(&form, db, before), OK);
    assert_text_equal(form_field(&form, TEXT("agent"))->raw, "1");
    take(&form, "title", "Green Door");
    take(&form, "agent", "");
    assert_status(form_check(&form, db, &after), OK);
    assert_status(form_save(&form, db, before, &after), OK);
    assert_integer(db, 1,
                   "SELECT COUNT(*) FROM stay_home WHERE id = 1 AND title = 'Green Door' AND"
                   " agent_id IS NULL AND beds = 4");
    assert_integer(db, 2, "SELECT COUNT(*) FROM stay_home_tags WHERE home_id = 1");
}

static void test_pairs_are_shown(void **state)
{
    struct form form;
    struct home *home;
    assert_status(model_find(db, *state, &home_model, DB_INT(1), &home), OK);
    form_start(&form, *state, &home_model, NAMES("tags"));
    assert_status(form_show(&form, db, home), OK);
    const struct form_field *tags = form_field(&form, TEXT("tags"));
    assert_int_equal(tags->raws.count, 2);
    assert_text_equal(tags->raws.items[1], "2");
}

#define STAY_FIELDS(F) F(id, ROWID, "ID") F(arrival, DATETIME, "arrival")
MODEL_ROW(stay, STAY_FIELDS);
MODEL(stay, STAY_FIELDS, "stay");

static void test_datetimes_are_shown_as_inputs_have_them(void **state)
{
    static const char *const rows[][2] = {
        {"2024-05-07T14:05:00Z", "2024-05-07T14:05:00"},
        {"2024-05-07T14:05:00.326Z", "2024-05-07T14:05:00.326"},
        {"2024-05-07T14:05:10Z", "2024-05-07T14:05:10"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct form form;
        struct stay *stay = model_new(&stay_model, *state);
        struct stay *again = model_new(&stay_model, *state);
        assert_int_equal(field_parse(&stay_fields[1], stay, text_of(rows[i][0]), *state).length, 0);
        form_start(&form, *state, &stay_model, NULL);
        assert_status(form_show(&form, db, stay), OK);
        check_text(form.fields[0].raw, rows[i][1], "row %zu", i);
        assert_status(form_check(&form, db, again), OK);
        assert_true(again->arrival == stay->arrival);
    }
}

static void test_somebody_else_was_faster(void **state)
{
    struct form form;
    struct agent *agent = model_new(&agent_model, *state);
    form_start(&form, *state, &agent_model, NULL);
    take(&form, "name", "Joan");
    assert_status(form_check(&form, db, agent), OK);
    assert_status(db_script(db, "INSERT INTO stay_agent (name) VALUES ('Joan')"), OK);
    assert_status(form_save(&form, db, NULL, agent), INVALID);
    assert_true(form.error.length > 0);
    assert_text_equal(form_field(&form, TEXT("name"))->raw, "Joan");
}

static void test_what_templates_see(void **state)
{
    struct form form;
    form_start(&form, *state, &home_model, NAMES("title", "beds", "region", "tags"));
    take(&form, "title", "<b>");
    take(&form, "beds", "x");
    take(&form, "region", "4");
    assert_status(form_check(&form, db, model_new(&home_model, *state)), INVALID);
    struct value value = form_value(&form);
    struct value_list items;
    assert_true(value_items(value, *state, &items));
    assert_int_equal(items.count, 4);
    static const struct {
        const char *field, *name, *text;
    } rows[] = {
        {"title", "value", "<b>"},
        {"title", "id", "id_title"},
        {"title", "label", "Title"},
        {"title", "required", "True"},
        {"title", "max_length", "40"},
        {"title", "input", "text"},
        {"title", "error", ""},
        {"beds", "value", "x"},
        {"beds", "input", "number"},
        {"beds", "error", "This must be a whole number."},
        {"region", "input", "select"},
        {"tags", "input", "select_multiple"},
        {"tags", "error", "Please choose at least one."},
        {"beds", "help_text", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct value field;
        struct value got;
        assert_true(value.object->class->get(&form, text_of(rows[i].field), *state, &field));
        assert_true(
            field.object->class->get(field.object->self, text_of(rows[i].name), *state, &got));
        check_text(value_to_text(got, *state), rows[i].text, "%s.%s", rows[i].field, rows[i].name);
    }
    struct value errors;
    assert_true(value.object->class->get(&form, TEXT("errors"), *state, &errors));
    assert_int_equal(errors.integer, 2);
    assert_false(value.object->class->get(&form, TEXT("agent"), *state, &errors));
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_a_row_from_what_was_typed),
    CONNECTED_TEST(test_all_errors_at_once_and_nothing_is_lost),
    CONNECTED_TEST(test_undeclared_input_never_reaches_a_row),
    CONNECTED_TEST(test_unique),
    CONNECTED_TEST(test_unique_together),
    CONNECTED_TEST(test_change_of_a_row),
    CONNECTED_TEST(test_pairs_are_shown),
    CONNECTED_TEST(test_datetimes_are_shown_as_inputs_have_them),
    CONNECTED_TEST(test_somebody_else_was_faster),
    CONNECTED_TEST(test_what_templates_see),
};

UNIT_MAIN(tests)
