/* Also on PostgreSQL. */
#include "model/things.h"

#include "model/query.h"

UNIT_CONNECTION(THINGS_SQL
                "INSERT INTO shop_owner VALUES (1, 'Ada'), (2, 'Grace');"
                "INSERT INTO shop_thing VALUES (7, 'lamp', -5, 3, TRUE, '2024-05-07 14:05:00', 1,"
                " 2), (8, '', 0, 0, FALSE, NULL, 2, NULL)")

#define NOON_OF_MAY_7 INT64_C(1715083200000000)

static void test_declaration_gives_fields(void **state)
{
    static const struct {
        const char *name, *column;
        const struct field_type *type;
    } rows[] = {
        {"id", "id", &field_ROWID},
        {"title", "title", &field_TEXT},
        {"balance", "balance", &field_INTEGER},
        {"count", "count", &field_POSITIVE_INTEGER},
        {"sold", "sold", &field_BOOLEAN},
        {"seen", "seen", &field_DATETIME},
        {"owner", "owner_id", &field_FOREIGN_KEY},
        {"keeper", "keeper_id", &field_ONE_TO_ONE},
    };
    (void)state;
    assert_string_equal(thing_model.table, "shop_thing");
    assert_string_equal(thing_model.app_label, "shop");
    assert_string_equal(thing_model.name, "thing");
    assert_int_equal(thing_model.row_size, sizeof(struct thing));
    assert_int_equal(thing_model.field_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(thing_model.fields[i].name, rows[i].name);
        assert_string_equal(thing_model.fields[i].column, rows[i].column);
        check(thing_model.fields[i].type == rows[i].type, "%s", rows[i].name);
    }
    assert_int_equal(thing_model.fields[3].range->max, 9999);
    assert_int_equal(thing_model.fields[6].offset, offsetof(struct thing, owner_id));
    struct thing row;
    assert_ptr_equal(field_related(&thing_model.fields[6], &row), &row.owner);
    assert_ptr_equal(thing_model.fields[6].to, &owner_model);
}

static void test_reads_rows(void **state)
{
    const struct query query = {&thing_model, .order = NAMES("pk")};
    struct row_list rows;
    assert_status(query_rows(db, *state, &query, &rows), OK);
    assert_int_equal(rows.count, 2);
    const struct thing *lamp = rows.items[0];
    const struct thing *other = rows.items[1];
    assert_int_equal(lamp->id, 7); /* copies: they outlive the statement */
    assert_text_equal(lamp->title, "lamp");
    assert_int_equal(lamp->balance, -5);
    assert_int_equal(lamp->count, 3);
    assert_true(lamp->sold);
    assert_int_equal(lamp->seen, NOON_OF_MAY_7 + INT64_C(125) * 60 * 1000000);
    assert_int_equal(lamp->owner_id, 1);
    assert_null(lamp->owner);
    assert_int_equal(lamp->keeper_id, 2);
    assert_int_equal(other->id, 8);
    assert_text_equal(other->title, "");
    assert_false(other->sold);
    assert_true(other->seen == FIELD_NULL);
    assert_true(other->keeper_id == FIELD_NULL);
}

static const struct owner grace = {.id = 2, .name = {"Grace", 5}};
static const struct thing lamp = {.id = 7,
                                  .title = {"lamp", 4},
                                  .balance = -5,
                                  .count = 3,
                                  .sold = true,
                                  .seen = NOON_OF_MAY_7,
                                  .owner_id = 2,
                                  .owner = &grace,
                                  .keeper_id = 1};

static void test_what_templates_see(void **state)
{
    static const struct {
        const char *name;
        enum value_kind kind;
        int64_t integer;
        const char *text;
    } rows[] = {
        {"id", VALUE_INTEGER, 7, NULL},       {"pk", VALUE_INTEGER, 7, NULL},
        {"title", VALUE_TEXT, 0, "lamp"},     {"balance", VALUE_INTEGER, -5, NULL},
        {"count", VALUE_INTEGER, 3, NULL},    {"seen", VALUE_DATETIME, 0, NULL},
        {"owner_id", VALUE_INTEGER, 2, NULL}, {"keeper_id", VALUE_INTEGER, 1, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct value value;
        check(model_get(&thing_model, &lamp, text_of(rows[i].name), *state, &value), "%s",
              rows[i].name);
        check(value.kind == rows[i].kind, "%s", rows[i].name);
        check(value.kind != VALUE_INTEGER || value.integer == rows[i].integer, "%s", rows[i].name);
        if (rows[i].text)
            check_text(((struct text){value.text, value.length}), rows[i].text, "%s", rows[i].name);
    }
    struct value sold;
    assert_true(model_get(&thing_model, &lamp, TEXT("sold"), *state, &sold));
    assert_int_equal(sold.kind, VALUE_BOOL);
    assert_true(sold.boolean);
}

static void test_names_that_are_no_fields(void **state)
{
    static const char *const names[] = {
        "",      "ID",       "PK",     "Title",   "titl",        "titles", "owner__name",
        "pk_id", "title_id", "_state", "objects", "owner_id_id", "save",   "delete",
    };
    struct value value = VALUE_NULL;
    for (size_t i = 0; i < COUNT(names); i++)
        check(!model_get(&thing_model, &lamp, text_of(names[i]), *state, &value), "\"%s\"",
              names[i]);
    assert_false(model_get(&thing_model, &lamp, TEXT_NONE, *state, &value));
    /* not read along */
    assert_false(model_get(&thing_model, &lamp, TEXT("keeper"), *state, &value));
    assert_false(model_get(&owner_model, &grace, TEXT("title"), *state, &value));
}

static void test_reference_leads_on(void **state)
{
    struct value value = model_value(&thing_model, &lamp, *state);
    assert_int_equal(value.kind, VALUE_OBJECT);
    assert_ptr_equal(value.object->self, &lamp);
    struct value owner;
    assert_true(value.object->class->get(&lamp, TEXT("owner"), *state, &owner));
    assert_int_equal(owner.kind, VALUE_OBJECT);
    assert_ptr_equal(owner.object->self, &grace);
    struct value name;
    assert_true(owner.object->class->get(owner.object->self, TEXT("name"), *state, &name));
    assert_text_equal(((struct text){name.text, name.length}), "Grace");
    assert_true(owner.object->class->get(owner.object->self, TEXT("pk"), *state, &name));
    assert_int_equal(name.integer, 2);
}

#define GUEST_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, "name", .max_length = 20)
MODEL_ROW(guest, GUEST_FIELDS);

static struct value guest_initial(const void *row, struct arena *arena)
{
    const struct guest *guest = row;
    return value_text(text_format(arena, "%.*s.", 1, guest->name.at));
}

static struct value guest_answer(const void *row, struct arena *arena)
{
    (void)row;
    (void)arena;
    return value_integer(42);
}

MODEL(guest, GUEST_FIELDS, "inn",
      .methods = METHODS(METHOD(guest, "initial", guest_initial),
                         METHOD(guest, "answer", guest_answer)));

static void test_methods(void **state)
{
    static const struct guest ada = {.id = 1, .name = {"Ada", 3}};
    struct value value = VALUE_NULL;
    assert_status(model_check(&guest_model), OK);
    assert_true(model_get(&guest_model, &ada, TEXT("initial"), *state, &value));
    assert_text_equal(value_as_text(value), "A.");
    assert_true(model_get(&guest_model, &ada, TEXT("answer"), *state, &value));
    assert_int_equal(value.integer, 42);
    assert_true(model_get(&guest_model, &ada, TEXT("name"), *state, &value));
    assert_text_equal(value_as_text(value), "Ada");
    static const char *const names[] = {"", "Initial", "initia", "initials", "answer.initial"};
    for (size_t i = 0; i < COUNT(names); i++)
        check(!model_get(&guest_model, &ada, text_of(names[i]), *state, &value), "\"%s\"",
              names[i]);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_declaration_gives_fields), CONNECTED_TEST(test_reads_rows),
    CONNECTED_TEST(test_what_templates_see),       CONNECTED_TEST(test_names_that_are_no_fields),
    CONNECTED_TEST(test_reference_leads_on),       CONNECTED_TEST(test_methods),
};

UNIT_MAIN(tests)
