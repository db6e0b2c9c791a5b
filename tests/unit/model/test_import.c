/* Also on PostgreSQL. */
/* What becomes of rows from outside: CSV and fixture JSON. */
#include "model/homes.h"
#include "model/imports.h"

UNIT_CONNECTION(HOMES_SQL)

static struct import_options of_homes(bool dry_run)
{
    return (struct import_options){.model = &home_model, .dry_run = dry_run};
}

static enum status load(struct arena *arena, const char *csv, struct import_report *report)
{
    return import_text(db, arena, csv_load, of_homes(false), text_of(csv), report);
}

static struct text homes(struct arena *arena)
{
    return csv_of(db, arena,
                  (struct csv_dumping){.query = {.model = &home_model, .order = NAMES("pk")}});
}

#define MIXED                                                                                      \
    "id,title,beds,region,agent,tags\n"                                                            \
    "1,Red Door,5,2,1,2 3\n"                                                                       \
    "2,Attic,2,3,,\n"                                                                              \
    ",Mill,,1,2,\"3, 1\"\n"                                                                        \
    "77,Barn,1,1,,1\n"
#define MIXED_ROWS                                                                                 \
    "2 changed 1: title Blue Door > Red Door; beds 4 > 5; tags 1 2 > 2 3\n"                        \
    "4 added 5: title  > Mill; region  > 1; agent  > 2; tags  > 1 3\n"                             \
    "5 added 77: title  > Barn; beds  > 1; region  > 1; tags  > 1"
#define MIXED_AFTER                                                                                \
    "id,title,beds,region,agent,tags\r\n"                                                          \
    "1,Red Door,5,2,1,2 3\r\n"                                                                     \
    "2,Attic,2,3,,\r\n"                                                                            \
    "3,100% Wood_Hut,,4,1,\r\n"                                                                    \
    "4,Cabin,6,4,2,2\r\n"                                                                          \
    "5,Mill,,1,2,1 3\r\n"                                                                          \
    "77,Barn,1,1,,1\r\n"

#define MIXED_JSON                                                                                 \
    "[{\"model\": \"stay.home\", \"pk\": 1, \"fields\": {\"title\": \"Red Door\","                 \
    " \"beds\": 5, \"tags\": [3, 2]}},\n"                                                          \
    " {\"model\": \"stay.home\", \"pk\": 2, \"fields\": {\"title\": \"Attic\", \"beds\": 2,"       \
    " \"region\": 3, \"agent\": null, \"tags\": []}},\n"                                           \
    " {\"model\": \"Stay.Home\", \"fields\": {\"title\": \"Mill\", \"region\": 1,"                 \
    " \"agent\": 2, \"tags\": [3, 1]}},\n"                                                         \
    " {\"model\": \"stay.home\", \"pk\": 77, \"fields\": {\"title\": \"Barn\", \"beds\": 1,"       \
    " \"region\": 1, \"tags\": [1]}}]"

static void check_mixed(struct arena *arena, loader *load_file, const char *bytes, const char *rows)
{
    struct import_report report;
    struct text before = homes(arena);
    assert_status(import_text(db, arena, load_file, of_homes(true), text_of(bytes), &report), OK);
    assert_text_equal(rows_of(&report), rows);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.changed, 1);
    assert_int_equal(report.unchanged, 1);
    assert_true(text_equal(before, homes(arena)));

    struct text dry = rows_of(&report);
    assert_status(import_text(db, arena, load_file, of_homes(false), text_of(bytes), &report), OK);
    assert_true(text_equal(rows_of(&report), dry));
    assert_text_equal(homes(arena), MIXED_AFTER);

    assert_status(import_text(db, arena, load_file, of_homes(true), homes(arena), &report),
                  load_file == csv_load ? OK : INVALID);
}

static void test_csv_tells_what_it_does_and_does_it(void **state)
{
    ONLY_ON_SQLITE("a sequence gives no key twice, and what is only tried takes one");
    check_mixed(*state, csv_load, MIXED, MIXED_ROWS);
}

static void test_json_tells_what_it_does_and_does_it(void **state)
{
    ONLY_ON_SQLITE("a sequence gives no key twice, and what is only tried takes one");
    check_mixed(*state, fixtures_import, MIXED_JSON,
                "1 changed 1: title Blue Door > Red Door; beds 4 > 5; tags 1 2 > 2 3\n"
                "3 added 5: title  > Mill; region  > 1; agent  > 2; tags  > 1 3\n"
                "4 added 77: title  > Barn; beds  > 1; region  > 1; tags  > 1");
}

/* Each with all its errors, and nothing saved. */
static void test_refuses_with_line_column_and_sentence(void **state)
{
    static const struct {
        const char *csv, *errors;
    } rows[] = {
        {"", "0 : The file is empty."},
        {"id,titel,beds,beds\n1,x,2,3\n",
         "1 titel: There is no such column here. The columns are: id, title, beds, region, agent, "
         "tags.\n1 beds: This column is there twice."},
        {"id,title,pk\n", "1 pk: This column is there twice."},
        {"id,title\n1\n2,Attic,x\n", "2 : This row has 1 cells, and the header has 2.\n"
                                     "3 : This row has 3 cells, and the header has 2."},
        {"id,title,beds,region\n1,,many,99\n2,x,-1,\n",
         "2 title: Please fill this in.\n2 beds: This must be a whole number.\n"
         "2 region: There is no such region.\n"
         "3 beds: This must be from 0 to 2147483647.\n3 region: Please fill this in."},
        {"id,title\nx,Blue\n1.5,Blue\n",
         "2 id: This must be a whole number.\n3 id: This must be a whole number."},
        {"id,beds\n1,3\n\n1,4\n", "4 id: A row above has this key already."},
        {"title\nMill\nBarn\n", "2 : A new row needs these columns too: region, tags."},
        {"id,beds\n1,3\n99,3\n", "3 : A new row needs these columns too: title, region, tags."},
        {"id,tags\n1,1 99\n2,sea\n3,\n",
         "2 tags: There is no such tag.\n3 tags: There is no such tag."},
        {"id,title\n1,\"x\ny\"z\n2,x\n",
         "2 : A quotation mark is where none can be. One within a cell is written twice, and the "
         "cell between two."},
        {"title,region,tags\n\xFF,1,1\n", "2 title: This is not readable text (UTF-8)."},
    };
    struct text before = homes(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct import_report report;
        check(load(*state, rows[i].csv, &report) == INVALID, "row %zu: %s", i,
              status_failure()->message);
        check_text(errors_of(&report), rows[i].errors, "row %zu", i);
        check(text_equal(before, homes(*state)), "row %zu", i);
    }
}

static void test_json_is_refused_so_too(void **state)
{
    static const struct {
        const char *json, *errors;
    } rows[] = {
        {"{}", "0 : JSON: line 1: a fixture is a list of objects: it begins with ["},
        {"[{\"model\": \"stay.agent\", \"fields\": {}},\n{\"fields\": {}},\n"
         "{\"model\": \"stay.home\"}]",
         "1 model: Only stay.home can be imported here.\n"
         "2 model: Only stay.home can be imported here.\n3 fields: Please fill this in."},
        {"[{\"model\": \"stay.home\", \"pk\": 1, \"fields\": {\"titel\": 1, \"id\": 3,"
         " \"tags\": 1, \"beds\": \"x\"}}]",
         "1 titel: There is no such field here. The fields are: id, title, beds, region, agent, "
         "tags.\n1 id: There is no such field here. The fields are: id, title, beds, region, agent,"
         " tags.\n1 tags: This must be a list of keys."},
        {"[{\"model\": \"stay.home\", \"pk\": 1, \"fields\": {\"beds\": \"x\", \"title\": null,"
         " \"region\": true}}]",
         "1 beds: This must be a whole number.\n1 title: Please fill this in.\n"
         "1 region: This must be a whole number."},
        {"[{\"model\": \"stay.home\", \"pk\": 1, \"fields\": {\"region\": [\"Coast\"]}}]",
         "1 region: stay.region has no natural key: give its key"},
        {"[{\"model\": \"stay.home\", \"pk\": 1, \"fields\": {}},\n{\"model\": ]",
         "2 : JSON: object 2, line 2: its } is missing"},
    };
    struct text before = homes(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct import_report report;
        check(import_text(db, *state, fixtures_import, of_homes(false), text_of(rows[i].json),
                          &report)
                  == INVALID,
              "row %zu", i);
        check_text(errors_of(&report), rows[i].errors, "row %zu", i);
        check(text_equal(before, homes(*state)), "row %zu", i);
    }
}

static void test_only_fields_that_may_be_given(void **state)
{
    struct import_options options = of_homes(false);
    struct import_report report;
    options.names = NAMES("title", "agent");
    assert_status(import_text(db, *state, csv_load, options, TEXT("id,title,beds\n1,x,9\n"),
                              &report),
                  INVALID);
    assert_text_equal(errors_of(&report),
                      "1 beds: There is no such column here. The columns are: id, title, agent.");
    assert_status(import_text(db, *state, csv_load, options,
                              TEXT("pk,agent_id,title\n1,2,Blue Door\n"), &report),
                  OK);
    assert_text_equal(rows_of(&report), "2 changed 1: agent 1 > 2");
}

static void test_a_generated_key_is_not_taken_for_one_of_the_file(void **state)
{
    struct import_report report;
    assert_status(load(*state, "id,title,region,tags\n,New,1,1\n5,Other,1,1\n", &report), INVALID);
    assert_text_equal(errors_of(&report), "3 id: A row above has this key already.");
}

/* A row may refer to what stands above it, and be unique among the others of its file. */
static void test_rows_see_the_rows_above(void **state)
{
    struct import_report report;
    struct import_options options = {.model = &region_model};
    assert_status(import_text(db, *state, csv_load, options,
                              TEXT("id,name,parent\n10,East,\n11,Far East,10\n"), &report),
                  OK);
    options.model = &agent_model;
    assert_status(import_text(db, *state, csv_load, options, TEXT("name\nJoan\nJoan\n"), &report),
                  INVALID);
    assert_text_equal(errors_of(&report), "3 name: Another agent has this name already.");
}

static void test_lists_are_bounded(void **state)
{
    struct buffer csv = {.arena = *state};
    struct import_report report;
    struct import_options options = of_homes(true);
    buffer_text(&csv, TEXT("title,beds,region,tags\n"));
    for (size_t i = 0; i < 500; i++)
        buffer_format(&csv, "Home %zu,%s,1,1\n", i, i % 2 ? "x" : "1");
    assert_status(import_text(db, *state, csv_load, options, buffer_contents(&csv), &report),
                  INVALID);
    assert_int_equal(report.errors.count, IMPORT_LIMIT);
    assert_int_equal(report.more_errors, 250 - IMPORT_LIMIT);
    assert_int_equal(report.refused, 250);
    assert_int_equal(report.rows.count, IMPORT_LIMIT);
    assert_int_equal(report.more_rows, 250 - IMPORT_LIMIT);
    options.limit = 3;
    assert_status(import_text(db, *state, csv_load, options, buffer_contents(&csv), &report),
                  INVALID);
    assert_int_equal(report.errors.count, 3);
    assert_int_equal(report.rows.count, 3);
}

/* Who imports is asked of each row, with the row as it is then. */
static enum status only_additions(struct db *connection, const struct import_row *change,
                                  const void *row, struct arena *arena, void *context)
{
    size_t *calls = context;
    const struct home *home = row;
    (void)arena;
    int64_t found = 0;
    assert_status(db_integer(connection, &found, 0, "SELECT COUNT(*) FROM stay_home WHERE id = $1",
                             DB_INT(home->id)),
                  OK);
    assert_int_equal(found, 1);
    ++*calls;
    return change->added ? OK : fail_as(INVALID, "You may not change rows.");
}

static void test_each_row_may_be_refused(void **state)
{
    size_t calls = 0;
    struct import_options options = of_homes(false);
    struct import_report report;
    struct text before = homes(*state);
    options.each = only_additions;
    options.context = &calls;
    assert_status(import_text(db, *state, csv_load, options, TEXT(MIXED), &report), INVALID);
    assert_text_equal(errors_of(&report), "2 : You may not change rows.");
    assert_int_equal(calls, 3);
    assert_true(text_equal(before, homes(*state)));
}

static void test_long_names_are_cut_in_the_report(void **state)
{
    struct import_report report;
    struct buffer csv = {.arena = *state};
    buffer_text(&csv, TEXT("id,x"));
    for (size_t i = 0; i < 400; i++)
        buffer_text(&csv, TEXT("é"));
    assert_status(import_text(db, *state, csv_load, of_homes(false), buffer_contents(&csv),
                              &report),
                  INVALID);
    struct text column = report.errors.items[0].column;
    assert_true(column.length < 310);
    assert_true(text_is_utf8(column));
    assert_true(text_ends(column, TEXT("é…")));
}

/* The connection is as it was, whatever became of the import before. */
static void test_one_import_after_the_other(void **state)
{
    struct import_report report;
    for (size_t i = 0; i < 3; i++) {
        assert_status(load(*state, "id,beds\n1,x\n", &report), INVALID);
        assert_status(import_text(db, *state, csv_load, of_homes(true), TEXT("id,beds\n1,9\n"),
                                  &report),
                      OK);
        assert_status(load(*state, "id,beds\n1,3\n", &report), OK);
        assert_int_equal(report.changed + report.unchanged, 1);
    }
    assert_integer(db, 3, "SELECT beds FROM stay_home WHERE id = 1");
}

/* The notes of a dry run. */
static FILE *notes_of(struct arena *arena, struct text csv)
{
    struct import_report report;
    struct import_options options = of_homes(true);
    options.notes = tmpfile();
    assert_non_null(options.notes);
    assert_status(import_text(db, arena, csv_load, options, csv, &report), OK);
    rewind(options.notes);
    return options.notes;
}

/* `rows`: those that differ by then. */
static void check_meanwhile(struct arena *arena, const char *meanwhile, const char *undo,
                            const char *rows)
{
    struct import_report report;
    struct import_options options = of_homes(true);
    options.noted = notes_of(arena, TEXT(MIXED));
    assert_status(db_script(db, meanwhile), OK);
    assert_status(import_text(db, arena, csv_load, options, TEXT(MIXED), &report), OK);
    assert_text_equal(rows_of(&report), rows);
    assert_int_equal(report.differing, *rows ? 1 : 0);
    if (*rows) {
        struct text before = homes(arena);
        rewind(options.noted);
        options.dry_run = false;
        assert_status(import_text(db, arena, csv_load, options, TEXT(MIXED), &report), CONFLICT);
        assert_int_equal(report.differing, 1);
        assert_true(text_equal(before, homes(arena)));
    }
    fclose(options.noted);
    assert_status(db_script(db, undo), OK);
}

static void test_does_what_was_noted_or_nothing(void **state)
{
    ONLY_ON_SQLITE("a sequence gives no key twice, and what is only tried takes one");
    static const struct {
        const char *meanwhile;
        const char *undo;
        const char *rows;
    } cases[] = {
        {"SELECT 1", "SELECT 1", ""},
        {"INSERT INTO stay_home (id, title, region_id) VALUES (66, 'Other', 1)",
         "DELETE FROM stay_home WHERE id = 66", ""},
        {"UPDATE stay_home SET beds = 9 WHERE id = 2", "UPDATE stay_home SET beds = 2 WHERE id = 2",
         "3 changed 2: beds 9 > 2"},
        {"UPDATE stay_home SET beds = 8 WHERE id = 1", "UPDATE stay_home SET beds = 4 WHERE id = 1",
         "2 changed 1: title Blue Door > Red Door; beds 8 > 5; tags 1 2 > 2 3"},
        {"UPDATE stay_home_tags SET tag_id = 3 WHERE home_id = 1 AND tag_id = 1",
         "UPDATE stay_home_tags SET tag_id = 1 WHERE home_id = 1 AND tag_id = 3",
         "2 changed 1: title Blue Door > Red Door; beds 4 > 5"},
        {"UPDATE stay_home SET title = 'Red Door', beds = 5 WHERE id = 1;"
         "UPDATE stay_home_tags SET tag_id = 3 WHERE home_id = 1 AND tag_id = 1",
         "UPDATE stay_home SET title = 'Blue Door', beds = 4 WHERE id = 1;"
         "UPDATE stay_home_tags SET tag_id = 1 WHERE home_id = 1 AND tag_id = 3",
         "2 gone :"},
        {"INSERT INTO stay_home (id, title, beds, region_id) VALUES (77, 'Barn', 1, 1)",
         "DELETE FROM stay_home WHERE id = 77", "5 changed 77: tags  > 1"},
        {"INSERT INTO stay_home (id, title, beds, region_id) VALUES (77, 'Barn', 1, 1);"
         "INSERT INTO stay_home_tags (home_id, tag_id) VALUES (77, 1)",
         "DELETE FROM stay_home_tags WHERE home_id = 77; DELETE FROM stay_home WHERE id = 77",
         "5 gone :"},
    };
    struct import_report report;
    struct import_options options = of_homes(false);
    for (size_t i = 0; i < COUNT(cases); i++)
        check_meanwhile(*state, cases[i].meanwhile, cases[i].undo, cases[i].rows);
    options.noted = notes_of(*state, TEXT(MIXED));
    assert_status(import_text(db, *state, csv_load, options, TEXT(MIXED), &report), OK);
    assert_int_equal(report.differing, 0);
    assert_text_equal(homes(*state), MIXED_AFTER);
    fclose(options.noted);
}

static void test_notes_that_cannot_be_written_are_told(void **state)
{
    struct import_report report;
    struct import_options options = of_homes(true);
    options.notes = fopen("/dev/full", "w");
    assert_non_null(options.notes);
    assert_status(import_text(db, *state, csv_load, options, TEXT(MIXED), &report), FAILED);
    fclose(options.notes);
}

static enum status count_and_refuse(struct db *connection, void *context)
{
    (void)connection;
    ++*(size_t *)context;
    return fail_as(BUSY, "not now");
}

static void test_the_end_may_be_refused(void **state)
{
    size_t calls = 0;
    struct import_report report;
    struct text before = homes(*state);
    struct import_options options = of_homes(true);
    options.end = count_and_refuse;
    options.context = &calls;
    assert_status(import_text(db, *state, csv_load, options, TEXT(MIXED), &report), OK);
    assert_int_equal(calls, 0);
    options.dry_run = false;
    assert_status(import_text(db, *state, csv_load, options, TEXT(MIXED), &report), BUSY);
    assert_int_equal(calls, 1);
    assert_true(text_equal(before, homes(*state)));
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_csv_tells_what_it_does_and_does_it),
    CONNECTED_TEST(test_json_tells_what_it_does_and_does_it),
    CONNECTED_TEST(test_refuses_with_line_column_and_sentence),
    CONNECTED_TEST(test_json_is_refused_so_too),
    CONNECTED_TEST(test_only_fields_that_may_be_given),
    CONNECTED_TEST(test_a_generated_key_is_not_taken_for_one_of_the_file),
    CONNECTED_TEST(test_rows_see_the_rows_above),
    CONNECTED_TEST(test_lists_are_bounded),
    CONNECTED_TEST(test_each_row_may_be_refused),
    CONNECTED_TEST(test_long_names_are_cut_in_the_report),
    CONNECTED_TEST(test_one_import_after_the_other),
    CONNECTED_TEST(test_does_what_was_noted_or_nothing),
    CONNECTED_TEST(test_notes_that_cannot_be_written_are_told),
    CONNECTED_TEST(test_the_end_may_be_refused),
};

UNIT_MAIN(tests)
