/* Whatever is installed: what its migrations make is what its models say, and its demo fits. */
#include "database.h"

#include "site/site.h"

UNIT_CONNECTION("")

static void test_applies_once(void **state)
{
    size_t applied = 0;
    (void)state;
    assert_int_not_equal(site_migrations_check(db), OK);
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(site_migrations_check(db), OK);
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_int_equal(applied, 0);
}

static void test_check_finds_the_one_that_is_missing(void **state)
{
    size_t applied = 0;
    (void)state;
    assert_status(site_migrations_apply(db, &applied), OK);
    if (applied == 0)
        skip();
    assert_status(db_script(db, "DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM"
                                " django_migrations)"),
                  OK);
    assert_status(site_migrations_check(db), INVALID);
}

static enum status select_columns(const struct module *module, void *context)
{
    struct arena *arena = context;
    for (size_t i = 0; module->models && module->models[i]; i++) {
        const struct model *model = module->models[i];
        for (size_t k = 0; k < model->field_count; k++) {
            const char *sql = text_format(arena, "SELECT \"t\".\"%s\" FROM \"%s\" AS \"t\"",
                                          model->fields[k].column, model_table(model))
                                  .at;
            check(db_run_with(db, sql, NULL, 0) == OK, "%s: %s", sql, status_failure()->message);
        }
    }
    return OK;
}

static void test_every_field_has_its_column(void **state)
{
    size_t applied;
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(site_each_module(select_columns, *state), OK);
}

struct counting {
    struct arena *arena;
    int64_t rows;
    int64_t too_long;
};

static void count_too_long(struct counting *counting, const struct model *model)
{
    for (size_t i = 0; i < model->field_count; i++) {
        const struct field *field = &model->fields[i];
        int64_t count = 0;
        if (!field->max_length)
            continue;
        const char *sql =
            text_format(counting->arena, "SELECT COUNT(*) FROM \"%s\" WHERE length(\"%s\") > %zu",
                        model_table(model), field->column, field->max_length)
                .at;
        assert_status(db_integer_with(db, &count, 0, sql, NULL, 0), OK);
        counting->too_long += count;
    }
}

static enum status count_rows(const struct module *module, void *context)
{
    struct counting *counting = context;
    for (size_t i = 0; module->models && module->models[i]; i++) {
        int64_t count = 0;
        const char *sql = text_format(counting->arena, "SELECT COUNT(*) FROM \"%s\"",
                                      model_table(module->models[i]))
                              .at;
        assert_status(db_integer_with(db, &count, 0, sql, NULL, 0), OK);
        counting->rows += count;
        count_too_long(counting, module->models[i]);
    }
    return OK;
}

static void test_demo_data_fits(void **state)
{
    struct counting counting = {.arena = *state};
    size_t applied;
    size_t rows = 0;
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(site_demo_load(db, *state, &rows), OK);
    assert_status(site_each_module(count_rows, &counting), OK);
    assert_int_equal(counting.rows, rows);
    assert_int_equal(counting.too_long, 0);
    assert_integer(db, 0, "SELECT COUNT(*) FROM pragma_foreign_key_check");
}

static void test_demo_data_is_not_loaded_twice(void **state)
{
    struct counting counting = {.arena = *state};
    size_t applied;
    size_t rows = 0;
    size_t again = 0;
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(site_demo_load(db, *state, &rows), OK);
    if (rows == 0)
        skip();
    assert_status(site_demo_load(db, *state, &again), CONFLICT);
    assert_failure_says("demo.json");
    assert_status(site_each_module(count_rows, &counting), OK);
    assert_int_equal(counting.rows, rows);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_applies_once),
    CONNECTED_TEST(test_check_finds_the_one_that_is_missing),
    CONNECTED_TEST(test_every_field_has_its_column),
    CONNECTED_TEST(test_demo_data_fits),
    CONNECTED_TEST(test_demo_data_is_not_loaded_twice),
};

UNIT_MAIN(tests)
