/* Only on SQLite: the tables are SQLite's, and remade as SQLite must;
 * tests/commands/migrate.test.mjs migrates both. */
#include "model/migration.h"

UNIT_CONNECTION("")

#define BEFORE                                                                                     \
    "CREATE TABLE boat (id {pk}, name varchar(30) NOT NULL, berths integer NULL, note text NULL,"  \
    " kind smallint NOT NULL); CREATE TABLE pier (id {pk}); CREATE INDEX n ON boat (name);"

/* What SQLite does for a change of a column. */
#define REMADE(columns)                                                                            \
    "CREATE TABLE new__boat (" columns "); DROP TABLE boat; ALTER TABLE new__boat RENAME TO boat;"

static void begin_anew(void)
{
    db_close(db);
    unit_database_remove();
    db = unit_database();
}

static enum status take(struct arena *arena, const char *before, const char *sql, bool keeps)
{
    const struct migration list[] = {
        MIGRATION("shop", "0001_initial", text_of(before)),
        MIGRATION("shop", "0002_next", text_of(sql)),
    };
    size_t done;
    struct migration_plan plan;
    assert_status(migrations_apply(db, (struct migration_list){list, 1}, &done), OK);
    assert_status(migrations_plan(arena, db, (struct migration_list){list, 2},
                                  (struct migration_target){0}, &plan),
                  OK);
    plan.keeps_release = keeps;
    return migrations_run(db, &plan, &done);
}

static void test_what_the_release_before_goes_on_with(void **state)
{
    static const char *const rows[] = {
        "CREATE TABLE crew (id {pk}, name text NOT NULL);",
        "ALTER TABLE boat ADD COLUMN sails integer NULL;",
        "ALTER TABLE boat ADD COLUMN sails integer NOT NULL DEFAULT 0;",
        "CREATE INDEX m ON boat (berths);",
        "DROP INDEX n;",
        "INSERT INTO pier (id) VALUES (1);",
        "CREATE TABLE crew (id {pk}, name text); ALTER TABLE crew RENAME TO team;",
        REMADE("id {pk}, name varchar(60) NOT NULL, berths bigint NULL, note text NULL,"
               " kind integer NULL"),
        REMADE("id {pk}, name text NOT NULL, berths integer NULL, note text NULL,"
               " kind smallint NOT NULL"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin_anew();
        check(take(*state, BEFORE, rows[i], true) == OK, "row %zu: %s", i,
              status_failure()->message);
    }
}

static void test_what_it_cannot_go_on_with(void **state)
{
    static const struct {
        const char *sql;
        const char *words;
    } rows[] = {
        {"DROP TABLE pier;", "the table pier is gone"},
        {"ALTER TABLE pier RENAME TO quay;", "the table pier is gone"},
        {"ALTER TABLE boat DROP COLUMN note;", "the column boat.note is gone"},
        {"ALTER TABLE boat RENAME COLUMN note TO remark;", "the column boat.note is gone"},
        {REMADE("id {pk}, name varchar(30) NOT NULL, berths integer NOT NULL, note text NULL,"
                " kind smallint NOT NULL"),
         "the column boat.berths no longer takes NULL"},
        {REMADE("id {pk}, name varchar(29) NOT NULL, berths integer NULL, note text NULL,"
                " kind smallint NOT NULL"),
         "the column boat.name was of the type varchar(30), and is of varchar(29)"},
        {REMADE("id {pk}, name varchar(30) NOT NULL, berths smallint NULL, note text NULL,"
                " kind smallint NOT NULL"),
         "the column boat.berths was of the type integer, and is of smallint"},
        {REMADE("id {pk}, name varchar(30) NOT NULL, berths text NULL, note text NULL,"
                " kind smallint NOT NULL"),
         "the column boat.berths was of the type integer, and is of text"},
        {REMADE("id {pk}, name varchar(30) NOT NULL, berths integer NULL, note text NULL,"
                " kind smallint NOT NULL, crew integer NOT NULL"),
         "the new column boat.crew takes no NULL and has no default"},
        {REMADE("id {pk}, name varchar(30) NOT NULL, berths integer NULL REFERENCES pier (id),"
                " note text NULL, kind smallint NOT NULL"),
         "the column boat.berths takes keys of pier alone"},
        {"CREATE UNIQUE INDEX u ON boat (name);", "boat.name must be unique"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin_anew();
        check(take(*state, BEFORE, rows[i].sql, true) == INVALID, "row %zu", i);
        check(strcasestr(status_failure()->message, rows[i].words), "row %zu: %s", i,
              status_failure()->message);
        check(strstr(status_failure()->message, "migrate --breaking"), "row %zu", i);
        int64_t applied;
        db_integer_with(db, &applied, 0, RECORDED, NULL, 0);
        check(applied == 1, "row %zu: it is undone", i);
        check(take(*state, BEFORE, rows[i].sql, false) == OK, "row %zu, told to: %s", i,
              status_failure()->message);
    }
}

/* Nobody runs on a database in which nothing was applied. */
static void test_a_new_database_breaks_nobody(void **state)
{
    static const struct migration list[] = {
        MIGRATION("shop", "0001_initial", TEXT(BEFORE)),
        MIGRATION("shop", "0002_next", TEXT("DROP TABLE pier;")),
    };
    struct migration_plan plan;
    size_t done;
    begin_anew();
    assert_status(migrations_plan(*state, db, (struct migration_list){list, 2},
                                  (struct migration_target){0}, &plan),
                  OK);
    plan.keeps_release = true;
    assert_status(migrations_run(db, &plan, &done), OK);
    assert_int_equal(done, 2);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_what_the_release_before_goes_on_with),
    CONNECTED_TEST(test_what_it_cannot_go_on_with),
    CONNECTED_TEST(test_a_new_database_breaks_nobody),
};

UNIT_MAIN(tests)
