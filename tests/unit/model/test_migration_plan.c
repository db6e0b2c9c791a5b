/* Only on SQLite: the tables are SQLite's, and remade as SQLite must;
 * tests/commands/migrate.test.mjs migrates both. */
#include "model/migration.h"

UNIT_CONNECTION("")

#define BACK "\n-- backward:\n"

static const char *const on_shop[] = {"shop", NULL};
static const struct migration many[] = {
    MIGRATION("shop", "0001_initial", TEXT("CREATE TABLE s1 (id {pk});" BACK "DROP TABLE s1;")),
    MIGRATION("shop", "0002_two", TEXT("CREATE TABLE s2 (id {pk});" BACK "DROP TABLE s2;")),
    MIGRATION("shop", "0003_three", TEXT("CREATE TABLE s3 (id {pk});" BACK "DROP TABLE s3;")),
    MIGRATION("till", "0001_initial", TEXT("CREATE TABLE t1 (id {pk});" BACK "DROP TABLE t1;"),
              .needs = on_shop),
    MIGRATION("till", "0002_two",
              TEXT("-- needs: shop.0003_three\nCREATE TABLE t2 (id {pk});" BACK "DROP TABLE t2;")),
    MIGRATION("fair", "0001_initial", TEXT("CREATE TABLE f1 (id {pk});")),
    MIGRATION("fair", "0002_two", TEXT("CREATE TABLE f2 (id {pk});" BACK "DROP TABLE f2;")),
    MIGRATION("fair", "0002_twin", TEXT("" BACK)),
};
static const struct migration_list all_of_many = {many, COUNT(many)};

static struct migration_target target_of(const char *app_label, const char *name)
{
    return (struct migration_target){text_of(app_label), text_of(name)};
}

/* "+s1 -t2": the first letter of the app and the number of each step. */
static struct text steps_of(struct arena *arena, const struct migration_plan *plan)
{
    struct text words = TEXT("");
    for (size_t i = 0; i < plan->steps.count; i++)
        words = text_format(arena, "%.*s%s%c%c%c", TEXT_ARG(words), i ? " " : "",
                            plan->steps.items[i].backward ? '-' : '+',
                            plan->steps.items[i].migration->app_label[0],
                            plan->steps.items[i].migration->name.at[3]);
    return words;
}

static void go_to(struct arena *arena, const char *app_label, const char *name)
{
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_plan(arena, db, all_of_many, target_of(app_label, name), &plan), OK);
    assert_status(migrations_run(db, &plan, &done), OK);
    assert_int_equal(done, plan.steps.count);
}

static void test_plans(void **state)
{
    /* [where it is, where it goes, the steps]; NULL: nothing is applied */
    static const struct {
        const char *at_app, *at;
        const char *app, *name;
        const char *steps;
    } rows[] = {
        {NULL, "", "", "", "+s1 +s2 +s3 +t1 +t2 +f1 +f2 +f2"},
        {"", "", "", "", ""},
        {NULL, "", "shop", "", "+s1 +s2 +s3"},
        {NULL, "", "shop", "0001", "+s1"},
        {NULL, "", "till", "0001", "+s1 +t1"},
        {NULL, "", "till", "", "+s1 +s2 +s3 +t1 +t2"},
        {NULL, "", "shop", "zero", ""},
        {"shop", "0002", "till", "0002_two", "+s3 +t1 +t2"},
        {"", "", "fair", "0002_two", "-f2"},
        {"", "", "till", "0001", "-t2"},
        {"", "", "shop", "0003", ""},
        {"", "", "shop", "0002", "-t2 -s3"},
        {"", "", "shop", "zero", "-t2 -t1 -s3 -s2 -s1"},
        {"till", "0001", "shop", "0003", "+s2 +s3"},
        {"till", "0001", "shop", "zero", "-t1 -s1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration_plan plan;
        unit_disconnect(state);
        unit_connect(state);
        if (rows[i].at_app)
            go_to(*state, rows[i].at_app, rows[i].at);
        check(migrations_plan(*state, db, all_of_many, target_of(rows[i].app, rows[i].name), &plan)
                  == OK,
              "row %zu: %s", i, status_failure()->message);
        check_text(steps_of(*state, &plan), rows[i].steps, "row %zu", i);
    }
}

static void test_targets_that_are_none(void **state)
{
    static const struct {
        const char *app, *name;
        const char *says;
    } rows[] = {
        {"stall", "", "no module \"stall\" has migrations: there are shop, till, fair"},
        {"Shop", "", "\"Shop\""},
        {"sho", "0001", "\"sho\""},
        {"shop", "0009", "shop has no migration \"0009\": it has 0001_initial to 0003_three"},
        {"shop", "initial", "\"initial\""},
        {"shop", "0001_initialx", "\"0001_initialx\""},
        {"shop", "Zero", "\"Zero\""},
        {"shop", "000", "may be 0001_initial or 0002_two"},
        {"fair", "0002_tw", "may be 0002_two or 0002_twin"},
        {"fair", "zero", "fair.0001_initial cannot be taken back"},
    };
    go_to(*state, "", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration_plan plan;
        check(migrations_plan(*state, db, all_of_many, target_of(rows[i].app, rows[i].name), &plan)
                  == INVALID,
              "row %zu", i);
        assert_failure_says(rows[i].says);
    }
}

static void test_goes_back_and_forth(void **state)
{
    go_to(*state, "", "");
    go_to(*state, "shop", "0001");
    assert_integer(db, 2, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('s1', 't1')");
    assert_integer(db, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('s2', 's3', 't2')");
    assert_status(migrations_check(db, all_of_many), INVALID);
    assert_failure_says("shop.0002_two");
    go_to(*state, "", "");
    assert_status(migrations_check(db, all_of_many), OK);
    assert_integer(db, 8, RECORDED);
}

static void test_failed_way_back_leaves_all(void **state)
{
    static const struct migration list[] = {
        MIGRATION("shop", "0001_initial",
                  TEXT("CREATE TABLE a (id {pk});\nCREATE TABLE b (id {pk});\n-- backward:\n"
                       "DROP TABLE a;\nDROP TABLE absent;"),
                  .path = "shop/1.sql")};
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_apply(db, (struct migration_list){list, 1}, &done), OK);
    assert_status(migrations_plan(*state, db, (struct migration_list){list, 1},
                                  target_of("shop", "zero"), &plan),
                  OK);
    assert_status(migrations_run(db, &plan, &done), FAILED);
    assert_failure_says("taking back shop.0001_initial: shop/1.sql:5: ");
    assert_int_equal(done, 0);
    assert_integer(db, 2, "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('a', 'b')");
    assert_integer(db, 1, RECORDED);
}

static void test_plan_that_another_was_first_with(void **state)
{
    struct migration_plan plan;
    size_t done;
    assert_status(migrations_plan(*state, NULL, all_of_many, target_of("", ""), &plan), OK);
    assert_int_equal(plan.steps.count, COUNT(many));
    go_to(*state, "till", "0001");
    assert_status(migrations_run(db, &plan, &done), OK);
    assert_int_equal(done, COUNT(many) - 2);
    assert_integer(db, 8, RECORDED);
}

/* What was planned before another process went the other way. */
static void test_plan_that_another_went_against(void **state)
{
    static const struct {
        const char *at_app, *at;
        const char *app, *name;
        const char *meanwhile_app, *meanwhile;
        const char *says;
    } rows[] = {
        {"shop", "0003", "till", "", "shop", "zero",
         "migration till.0001_initial: another process has taken back shop.0001_initial"},
        {"shop", "0003", "shop", "zero", "till", "0001",
         "taking back shop.0001_initial: another process has applied till.0001_initial"},
        {"shop", "0001", "shop", "0003", "shop", "zero",
         "migration shop.0002_two: another process has taken back shop.0001_initial"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct migration_plan plan;
        size_t done;
        unit_disconnect(state);
        unit_connect(state);
        go_to(*state, rows[i].at_app, rows[i].at);
        assert_status(migrations_plan(*state, db, all_of_many, target_of(rows[i].app, rows[i].name),
                                      &plan),
                      OK);
        go_to(*state, rows[i].meanwhile_app, rows[i].meanwhile);
        check(migrations_run(db, &plan, &done) == CONFLICT, "row %zu", i);
        assert_failure_says(rows[i].says);
        assert_failure_says("migrate again");
    }
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_plan_that_another_went_against),
    CONNECTED_TEST(test_plans),
    CONNECTED_TEST(test_targets_that_are_none),
    CONNECTED_TEST(test_goes_back_and_forth),
    CONNECTED_TEST(test_failed_way_back_leaves_all),
    CONNECTED_TEST(test_plan_that_another_was_first_with),
};

UNIT_MAIN(tests)
