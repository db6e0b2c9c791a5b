/* Only on SQLite: it kills children, which would look for a schema of their own; not yet tried on
 * PostgreSQL. */
/* Whatever is installed: what its migrations make is what its models say, and its demo fits. */
#include "database.h"

#include <signal.h>
#include <sqlite3.h>

#include "model/differences.h"
#include "model/migrations.h"
#include "site/site.h"

/* A sanitized program forks slowly: there it is killed at some statements only. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 8
#else
#define STRIDE 1
#endif

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

/* The first: a later one may be such that the site runs without it. */
static void test_check_finds_the_one_that_is_missing(void **state)
{
    size_t applied = 0;
    (void)state;
    assert_status(site_migrations_apply(db, &applied), OK);
    if (applied == 0)
        skip();
    assert_status(db_script(db, "DELETE FROM django_migrations WHERE id = (SELECT MIN(id) FROM"
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
            if (!model->fields[k].column)
                continue;
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

static void test_no_differences(void **state)
{
    struct difference_list faults = {0};
    size_t applied;
    assert_status(site_database_faults(db, *state, &faults), OK);
    assert_int_not_equal(faults.items.count, 0);
    faults = (struct difference_list){0};
    assert_status(site_migrations_apply(db, &applied), OK);
    assert_status(site_database_faults(db, *state, &faults), OK);
    for (size_t i = 0; i < faults.items.count; i++)
        check(false, "%.*s", TEXT_ARG(faults.items.items[i]));
}

/* Killed at each statement */

/* What is in the database: the schema, the record and the rows of the tables that are remade. */
static struct text contents(struct arena *arena)
{
    static const char *const queries[] = {
        "SELECT group_concat(sql) AS words FROM sqlite_schema",
        "SELECT group_concat(app || '.' || name) AS words FROM django_migrations",
        "SELECT group_concat(id || username) AS words FROM auth_user",
        "SELECT group_concat(user_id || '.' || group_id) AS words FROM auth_user_groups",
        "SELECT integrity_check AS words FROM pragma_integrity_check",
    };
    struct text words = TEXT("");
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct db_rows rows;
        db_query_with(db, &rows, queries[i], NULL, 0);
        if (db_next(&rows)) {
            struct text more = db_text(&rows, "words");
            words = text_format(arena, "%.*s\n%.*s", TEXT_ARG(words), TEXT_ARG(more));
        }
        db_finish(&rows); /* a table may not be there yet */
    }
    return words;
}

static enum status take_one_step(struct arena *arena, struct db *connection, size_t *done)
{
    struct migration_plan plan;
    enum status status = migrations_plan(arena, connection, site_migrations(arena),
                                         (struct migration_target){0}, &plan);
    if (status != OK)
        return status;
    plan.steps.count = plan.steps.count > 0;
    return migrations_run(connection, &plan, done);
}

static unsigned long statements_left;

static int count_statement(unsigned what, void *context, void *statement, void *sql)
{
    (void)what;
    (void)context;
    (void)statement;
    (void)sql;
    if (statements_left-- == 0)
        kill(getpid(), SIGKILL);
    return 0;
}

static int watch_statements(sqlite3 *handle, char **error, const void *api)
{
    (void)error;
    (void)api;
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, count_statement, NULL);
}

/* In a process of its own, which is killed at the statement of that number. */
static void step_until_killed(void *context)
{
    struct arena *arena = arena_new(4096);
    struct db *own;
    size_t done;
    statements_left = *(const unsigned long *)context;
    sqlite3_auto_extension((void (*)(void))watch_statements);
    const struct db_options options = unit_database_options();
    if (db_open(&own, &options) != OK || take_one_step(arena, own, &done) != OK)
        _exit(1);
    db_close(own);
    arena_free(arena);
}

static void fill_users(void)
{
    assert_status(
        db_script(db, "INSERT INTO auth_user (id, password, last_login, is_superuser, username,"
                      " first_name, last_name, email, is_staff, is_active, date_joined)"
                      " VALUES (7, '!', '2020-01-01', 0, 'Ada', '', '', '', 0, 1, '2020-01-01');"
                      "INSERT INTO auth_group VALUES (3, 'hosts');"
                      "INSERT INTO auth_user_groups VALUES (4, 7, 3)"),
        OK);
}

static void fill_when_there(void)
{
    int64_t tables = 0;
    int64_t rows = 0;
    db_integer(db, &tables, 0, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'auth_user'");
    if (tables)
        db_integer(db, &rows, 0, "SELECT COUNT(*) FROM auth_user");
    if (tables && !rows)
        fill_users();
}

struct stage {
    struct text before;
    struct text after;
};

/* Kills at statement after statement of one step until it is over; gives how often. */
static unsigned long kill_at_each_statement(struct arena *arena, const struct stage *stage)
{
    for (unsigned long number = 0;; number += STRIDE) {
        db_close(db); /* so that nobody else holds the database */
        int ended = unit_child(step_until_killed, &number);
        db = unit_database();
        struct text found = contents(arena);
        bool done = text_equal(found, stage->after);
        check(done || text_equal(found, stage->before), "killed at statement %lu: %.*s", number,
              TEXT_ARG(found));
        check(WIFSIGNALED(ended) || (ended == 0 && done), "ended with %d", ended);
        if (done)
            return number;
    }
}

/* The table of the record is made in a transaction of its own. */
static void make_record(void)
{
    size_t done;
    assert_status(migrations_run(db, &(const struct migration_plan){0}, &done), OK);
}

/* What is there around each step when nobody is killed. */
static struct stage *record_stages(struct arena *arena, size_t count)
{
    struct stage *stages = ARENA_ARRAY(arena, struct stage, count);
    size_t done;
    make_record();
    for (size_t i = 0; i < count; i++) {
        stages[i].before = contents(arena);
        assert_status(take_one_step(arena, db, &done), OK);
        stages[i].after = contents(arena);
        fill_when_there();
    }
    return stages;
}

static void test_killed_at_each_statement(void **state)
{
    struct arena *arena = arena_new((size_t)64 * 1024);
    size_t count = site_migrations(arena).count;
    struct stage *stages = record_stages(arena, count);
    db_close(db);
    unit_database_remove();
    db = unit_database();
    make_record();
    for (size_t i = 0; i < count; i++) {
        unsigned long kills = kill_at_each_statement(arena, &stages[i]);
        check(kills > 5, "step %zu: %lu kills", i, kills);
        fill_when_there();
    }
    assert_status(site_migrations_check(db), OK);
    arena_free(arena);
    (void)state;
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

static size_t rows_in_all(struct arena *arena)
{
    struct counting counting = {.arena = arena};
    assert_status(site_each_module(count_rows, &counting), OK);
    return (size_t)counting.rows;
}

static enum status apply_one(struct arena *arena, const struct migration *migration, bool keeps)
{
    struct migration_plan plan;
    size_t done;
    enum status status =
        migrations_plan(arena, db, site_migrations(arena),
                        (struct migration_target){text_of(migration->app_label), migration->name},
                        &plan);
    plan.keeps_release = keeps;
    return status == OK ? migrations_run(db, &plan, &done) : status;
}

/* What is not marked `-- breaks:` leaves the tables of the release before it as that needs them. */
static void test_no_migration_breaks_the_release_before_it_unsaid(void **state)
{
    struct migration_list list = site_migrations(*state);
    for (size_t i = 0; i < list.count; i++) {
        const struct migration *migration = &list.items[i];
        enum status status = apply_one(*state, migration, true);
        bool breaks = migration_is_breaking(migration->sql);
        check(status == (breaks ? INVALID : OK), "%s.%.*s: %s", migration->app_label,
              TEXT_ARG(migration->name), status_failure()->message);
        assert_status(apply_one(*state, migration, false), OK);
    }
}

static void test_demo_data_fits(void **state)
{
    struct counting counting = {.arena = *state};
    size_t applied;
    size_t rows = 0;
    assert_status(site_migrations_apply(db, &applied), OK);
    size_t of_migrating = rows_in_all(*state);
    assert_status(site_demo_load(db, *state, &rows), OK);
    assert_status(site_each_module(count_rows, &counting), OK);
    assert_int_equal(counting.rows, of_migrating + rows);
    assert_int_equal(counting.too_long, 0);
    assert_integer(db, 0, "SELECT COUNT(*) FROM pragma_foreign_key_check");
}

static void test_demo_data_is_not_loaded_twice(void **state)
{
    size_t applied;
    size_t rows = 0;
    size_t again = 0;
    assert_status(site_migrations_apply(db, &applied), OK);
    size_t of_migrating = rows_in_all(*state);
    assert_status(site_demo_load(db, *state, &rows), OK);
    if (rows == 0)
        skip();
    assert_status(site_demo_load(db, *state, &again), CONFLICT);
    assert_failure_says("demo.json");
    assert_int_equal(rows_in_all(*state), of_migrating + rows);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_applies_once),
    CONNECTED_TEST(test_check_finds_the_one_that_is_missing),
    CONNECTED_TEST(test_every_field_has_its_column),
    CONNECTED_TEST(test_no_differences),
    CONNECTED_TEST(test_killed_at_each_statement),
    CONNECTED_TEST(test_no_migration_breaks_the_release_before_it_unsaid),
    CONNECTED_TEST(test_demo_data_fits),
    CONNECTED_TEST(test_demo_data_is_not_loaded_twice),
};

UNIT_MAIN(tests)
