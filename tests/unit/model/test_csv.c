/* Also on PostgreSQL. */
/* CSV: how it is read and written. What becomes of the rows is in test_import.c. */
#include "model/homes.h"
#include "model/imports.h"
#include "model/things.h"

#include "model/csv_read.h"

UNIT_CONNECTION(HOMES_SQL THINGS_SQL SAMPLES_SQL
                "INSERT INTO shop_owner VALUES (1, 'Ada'), (2, 'Grace')")

/* Reading: records as "line|cell|cell", on lines */

static enum status put_record(const struct csv_record *record, struct arena *arena, void *context)
{
    struct buffer *out = context;
    (void)arena;
    buffer_format(out, "%zu", record->line);
    for (size_t i = 0; i < record->count; i++)
        buffer_format(out, "|%.*s", TEXT_ARG(record->cells[i]));
    buffer_char(out, '~');
    return OK;
}

static enum status read_text(struct arena *arena, struct text bytes, struct text *out, size_t *line)
{
    struct buffer records = {.arena = arena};
    FILE *file = file_of(bytes);
    enum status status = csv_read(file, put_record, &records, line);
    assert_int_equal(fclose(file), 0);
    *out = records.length ? buffer_contents(&records) : TEXT("");
    return status;
}

static void test_reads_what_spreadsheets_write(void **state)
{
    static const struct {
        const char *csv, *records;
    } rows[] = {
        {"", ""},
        {"\n\r\n", ""},
        {"a", "1|a~"},
        {"a,b\r\n1,2\r\n", "1|a|b~2|1|2~"},
        {"a,b\n1,2", "1|a|b~2|1|2~"},
        {"a,b\r1,2\r3,4", "1|a|b~2|1|2~3|3|4~"},
        {"\xEF\xBB\xBF"
         "a,b\n",
         "1|a|b~"},
        {"\xEF\xBB\xBF\"a\",b\n", "1|a|b~"},
        {"a;b\n1,5;2\n", "1|a|b~2|1,5|2~"},
        {"a\tb\n1;2\t3\n", "1|a|b~2|1;2|3~"},
        {"\"a,b\";c\n1;2\n", "1|a,b|c~2|1|2~"},
        {"a,b;c\n1,2;3\n", "1|a|b;c~2|1|2;3~"},
        {"a,b\n,\n", "1|a|b~2||~"},
        {"a\n\"\"\n", "1|a~2|~"},
        {"a,b\n\"x \"\"y\"\" z\",\"1,2\"\n", "1|a|b~2|x \"y\" z|1,2~"},
        {"a,b\n\"two\nlines\",2\n3,4\n", "1|a|b~2|two\nlines|2~4|3|4~"},
        {"a,b\n\"two\r\nlines\",2\r\n3,4\n", "1|a|b~2|two\r\nlines|2~4|3|4~"},
        {"a\n\n\n1\n\n2", "1|a~4|1~6|2~"},
        {"a, b ,c\n 1 ,  ,\t3\n", "1|a| b |c~2| 1 |  |\t3~"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text found;
        size_t line;
        check(read_text(*state, text_of(rows[i].csv), &found, &line) == OK, "row %zu: %s", i,
              status_failure()->message);
        check_text(found, rows[i].records, "row %zu", i);
    }
}

static void test_refuses_what_is_no_csv(void **state)
{
    static const struct {
        struct text csv;
        size_t line;
        const char *words;
    } rows[] = {
        {TEXT("a,b\n1,x\"y\n"), 2, "quotation mark"},
        {TEXT("a,b\n1,\"x\"y\n"), 2, "quotation mark"},
        {TEXT("a,b\n1,2\n3,\"x\n4,5\n"), 3, "quotation mark"},
        {TEXT("\xFF\xFE"
              "a\0,\0"),
         1, "UTF-16"},
        {TEXT("\xFE\xFF\0a\0,"), 1, "UTF-16"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text found;
        size_t line;
        check(read_text(*state, rows[i].csv, &found, &line) == INVALID, "row %zu", i);
        check(line == rows[i].line, "row %zu: line %zu", i, line);
        assert_failure_says(rows[i].words);
    }
}

static struct text repeated(struct arena *arena, const char *start, char c, size_t count)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, text_of(start));
    for (size_t i = 0; i < count; i++)
        buffer_char(&out, c);
    return buffer_contents(&out);
}

static void test_refuses_a_record_without_end(void **state)
{
    struct text found;
    size_t line;
    assert_status(read_text(*state, repeated(*state, "a\n\"", 'x', 2000000), &found, &line),
                  INVALID);
    assert_failure_says("longer than 1 MB");
    assert_int_equal(line, 2);
    assert_status(read_text(*state, repeated(*state, "a\n\"", '\n', 2000000), &found, &line),
                  INVALID);
    assert_int_equal(line, 2);
    /* but many small ones are fine */
    assert_status(read_text(*state, repeated(*state, "a\n", '\n', 2000000), &found, &line), OK);
}

/* Formulas */

static void test_defuses_formulas_and_gives_them_back(void **state)
{
    static const struct {
        const char *value, *cell;
    } rows[] = {
        {"", ""},           {"Blue", "Blue"},
        {"=1+1", "'=1+1"},  {"+44 20 7946 0000", "'+44 20 7946 0000"},
        {"-2+3", "'-2+3"},  {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "'\t=1"},  {"\r=1", "'\r=1"},
        {"-", "'-"},        {"--1", "'--1"},
        {"-1", "-1"},       {"+1.5", "+1.5"},
        {"-1e-7", "-1e-7"}, {"-1e", "-1e"},
        {"'", "'"},         {"'quoted'", "'quoted'"},
        {"'=1", "''=1"},    {"''-x", "'''-x"},
        {"'-1", "''-1"},    {"a=b", "a=b"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text cell = csv_defused(*state, text_of(rows[i].value));
        check_text(cell, rows[i].cell, "%s", rows[i].value);
        check_text(csv_undefused(cell), rows[i].value, "%s", rows[i].value);
    }
    assert_text_equal(csv_undefused(TEXT("'it")), "'it");
}

/* Writing */

static void test_writes_a_querys_rows(void **state)
{
    struct csv_dumping options = {.query = {.model = &home_model, .order = NAMES("pk")}};
    assert_status(db_script(db, "UPDATE stay_home SET title = 'a \"b\", c' WHERE id = 2;"
                                "UPDATE stay_home SET title = '=HYPERLINK(1)' WHERE id = 3"),
                  OK);
    assert_text_equal(csv_of(db, *state, options), "id,title,beds,region,agent,tags\r\n"
                                                   "1,Blue Door,4,2,1,1 2\r\n"
                                                   "2,\"a \"\"b\"\", c\",2,3,,\r\n"
                                                   "3,'=HYPERLINK(1),,4,1,\r\n"
                                                   "4,Cabin,6,4,2,2\r\n");
    options.names = NAMES("title", "pk");
    options.byte_order_mark = true;
    options.query.where = (struct conditions)WHERE({"beds", LOOKUP_GT, .value = DB_INT(3)});
    options.query.order = NAMES("-title");
    assert_text_equal(csv_of(db, *state, options), "\xEF\xBB\xBFtitle,id\r\n"
                                                   "Cabin,4\r\n"
                                                   "Blue Door,1\r\n");
}

static void test_a_row_of_nothing_is_a_row(void **state)
{
    const struct csv_dumping options = {.query = {.model = &home_model, .order = NAMES("pk")},
                                        .names = NAMES("beds")};
    assert_text_equal(csv_of(db, *state, options), "beds\r\n4\r\n2\r\n\"\"\r\n6\r\n");
}

/* There and back */

#define ROUND_SQL                                                                                  \
    "INSERT INTO shop_sample (id, code, words, size, whole, \"natural\", small, small_natural, "   \
    "big,"                                                                                         \
    " big_natural, open, day, hour, moment, price, fine, real, token, extra, owner_id, rival_id,"  \
    " twin_id) VALUES"                                                                             \
    "(1, '=cmd()', '''=x', 's', -5, 7, -1, 1, -9223372036854775807, 9223372036854775807, TRUE,"    \
    " '2024-02-29', '14:05:00.000001', '2024-05-07 14:05:00.123456', 12.5, 0.000000001,"           \
    " 0.30000000000000004, 'f81d4fae7dec11d0a76500a0c91e6bf6', '{\"a\": [1, -2, \"x\"]}', 1,"      \
    " NULL, NULL),"                                                                                \
    "(2, '-7', 'two\r\nlines, \"so\"', 'm', NULL, NULL, NULL, NULL, NULL, 0, FALSE, NULL, NULL, "  \
    "NULL,"                                                                                        \
    " NULL, NULL, NULL, NULL, NULL, 2, 1, 1),"                                                     \
    "(3, 'é😀;', '', 'm', 0, 0, 0, 0, 0, 1, FALSE, '0001-01-01', '00:00:00', '9999-12-31 "      \
    "23:59:59',"                                                                                   \
    " -0.5, NULL, -1e300, NULL, '-1', 1, 2, NULL);"                                                \
    "INSERT INTO shop_sample_friends (sample_id, owner_id) VALUES (1, 1), (1, 2), (3, 2);"

static void test_the_same_rows_are_unchanged(void **state)
{
    const struct csv_dumping options = {.query = {.model = &sample_model, .order = NAMES("pk")}};
    struct import_report report;
    assert_status(db_script(db, ROUND_SQL), OK);
    /* what no form would take is left as it is */
    assert_status(db_script(db, "UPDATE shop_sample SET code = '  spaces ' WHERE id = 2;"
                                "UPDATE shop_sample SET code = '' WHERE id = 3"),
                  OK);
    if (!unit_is_postgres()) /* which stores nothing longer than its column */
        assert_status(db_script(db, "UPDATE shop_sample SET size = 'XXL' WHERE id = 3"), OK);
    struct text csv = csv_of(db, *state, options);
    assert_status(import_text(db, *state, csv_load, (struct import_options){.model = &sample_model},
                              csv, &report),
                  OK);
    assert_int_equal(report.unchanged, 3);
    assert_int_equal(report.changed + report.added + report.refused, 0);
    assert_true(text_equal(csv, csv_of(db, *state, options)));
}

static void test_rows_are_the_same_in_another_table(void **state)
{
    const struct csv_dumping options = {.query = {.model = &sample_model, .order = NAMES("pk")}};
    struct import_report report;
    assert_status(db_script(db, ROUND_SQL), OK);
    struct text csv = csv_of(db, *state, options);
    assert_status(db_script(db, "DELETE FROM shop_sample_friends; DELETE FROM shop_sample"), OK);
    enum status status = import_text(db, *state, csv_load,
                                     (struct import_options){.model = &sample_model}, csv, &report);
    struct text errors = errors_of(&report);
    check(status == OK, "%.*s", TEXT_ARG(errors));
    assert_int_equal(report.added, 3);
    assert_true(text_equal(csv, csv_of(db, *state, options)));
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_reads_what_spreadsheets_write),
    CONNECTED_TEST(test_refuses_what_is_no_csv),
    CONNECTED_TEST(test_refuses_a_record_without_end),
    CONNECTED_TEST(test_defuses_formulas_and_gives_them_back),
    CONNECTED_TEST(test_writes_a_querys_rows),
    CONNECTED_TEST(test_a_row_of_nothing_is_a_row),
    CONNECTED_TEST(test_the_same_rows_are_unchanged),
    CONNECTED_TEST(test_rows_are_the_same_in_another_table),
};

UNIT_MAIN(tests)
