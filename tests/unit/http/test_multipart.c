/* Forms with files: what is taken, and what is refused with which words. */
#include "unit.h"

#include "base/buffer.h"
#include "http/multipart.h"

#define TYPE  "multipart/form-data; boundary=XX"
#define FIELD "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
#define FILE_OF(name)                                                                              \
    "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" name                         \
    "\"\r\nContent-Type: text/csv\r\n\r\nx"
#define END "\r\n--XX--\r\n"

/* "a=1" of a field, "f(name, type)=bytes" of a file, parted by | */
static struct text parts_of(struct arena *arena, const struct multipart *multipart)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < multipart->parts.count; i++) {
        const struct multipart_part *part = &multipart->parts.items[i];
        buffer_format(&out, "%s%.*s", i ? "|" : "", TEXT_ARG(part->name));
        if (part->is_file)
            buffer_format(&out, "(%.*s, %.*s)", TEXT_ARG(part->filename),
                          TEXT_ARG(part->content_type));
        buffer_format(&out, "=%.*s", TEXT_ARG(part->bytes));
    }
    return out.length ? buffer_contents(&out) : TEXT("");
}

static void test_takes_forms(void **state)
{
    static const struct {
        const char *type, *body, *parts;
    } rows[] = {
        {TYPE, "--XX--\r\n", ""},
        {TYPE, "--XX--", ""},
        {TYPE, FIELD "1" END, "a=1"},
        {TYPE, FIELD "" END, "a="},
        {TYPE, FIELD "1\r\n" FIELD "2" END, "a=1|a=2"},
        {TYPE,
         FIELD "1"
               "\r\n--XX--",
         "a=1"},
        {TYPE,
         FIELD "1"
               "\r\n--XX-- \t\r\nepilogue\r\n--XX\r\n",
         "a=1"},
        {TYPE, "preamble\r\n" FIELD "1" END, "a=1"},
        {TYPE, FIELD "two\r\nlines\r\n\r\n" END, "a=two\r\nlines\r\n\r\n"},
        {TYPE, FIELD "--XX" END, "a=--XX"},
        {TYPE, FIELD "1\r\n--XXY\r\n2" END, "a=1\r\n--XXY\r\n2"},
        {TYPE, FIELD "1\r\n--X" END, "a=1\r\n--X"},
        {TYPE, FIELD "\r\n\r\n--XX-" END, "a=\r\n\r\n--XX-"},
        {"Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b\"",
         "--a b\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--a b--", "a=1"},
        {TYPE, FILE_OF("b.csv") END, "f(b.csv, text/csv)=x"},
        {TYPE, FILE_OF("") END, "f(, text/csv)=x"},
        {TYPE, FILE_OF("C:\\letters\\b.csv") END, "f(b.csv, text/csv)=x"},
        {TYPE, FILE_OF("../../etc/passwd") END, "f(passwd, text/csv)=x"},
        {TYPE, FILE_OF("/") END, "f(, text/csv)=x"},
        {TYPE, FILE_OF("a/..") END, "f(, text/csv)=x"},
        {TYPE, FILE_OF("a\tb") END, "f(, text/csv)=x"},
        {TYPE, FILE_OF("\xFF.csv") END, "f(, text/csv)=x"},
        {TYPE, FILE_OF("a\\\"b;c.csv") END, "f(a\"b;c.csv, text/csv)=x"},
        {TYPE, FILE_OF("é😀.csv") END, "f(é😀.csv, text/csv)=x"},
        {TYPE,
         "--XX\r\nX-Other: 1\r\nContent-Transfer-Encoding: 8bit\r\n"
         "Content-Disposition: form-data; filename=b; name=\"f\"; filename*=UTF-8''c\r\n\r\n1" END,
         "f(b, )=1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multipart found;
        check(multipart_is(text_of(rows[i].type)), "row %zu", i);
        check(multipart_parse(*state, text_of(rows[i].type), text_of(rows[i].body), &found) == OK,
              "row %zu: %s", i, status_failure()->message);
        check_text(parts_of(*state, &found), rows[i].parts, "row %zu", i);
    }
}

static void test_refuses_what_is_no_form(void **state)
{
    static const struct {
        const char *type, *body, *words;
    } rows[] = {
        {"multipart/form-data", FIELD "1" END, "boundary"},
        {"multipart/form-data; boundary=", FIELD "1" END, "boundary"},
        {"multipart/form-data; boundary=\"XX", FIELD "1" END, "boundary"},
        {"multipart/form-data; boundary", FIELD "1" END, "boundary"},
        {"multipart/form-data; boundary="
         "0123456789012345678901234567890123456789012345678901234567890123456789X",
         "", "boundary"},
        {TYPE, "", "does not begin"},
        {TYPE, "a=1", "does not begin"},
        {TYPE, "--XX", "does not begin"},
        {TYPE, "--XY--\r\n", "does not begin"},
        {TYPE, FIELD "1", "breaks off"},
        {TYPE, FIELD "1\r\n--XX", "breaks off"},
        {TYPE, FIELD "1\r\n--XX-", "breaks off"},
        {TYPE, FIELD "1\r\n--XX\r\n", "headers of a field do not end"},
        {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n1" END, "not well formed"},
        {TYPE, "--XX\r\n\r\n1" END, "no name"},
        {TYPE, "--XX\r\nContent-Disposition: form-data\r\n\r\n1" END, "no name"},
        {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1" END, "no name"},
        {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"\xFF\"\r\n\r\n1" END, "no name"},
        {TYPE, "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1" END, "no field"},
        {TYPE,
         "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
         "Content-Disposition: form-data; name=\"b\"\r\n\r\n1" END,
         "no field"},
        {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\nno colon\r\n\r\n1" END,
         "not well formed"},
        {TYPE,
         "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\nMQ==" END,
         "encoding"},
        {TYPE,
         "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
         "Content-Type: multipart/mixed; boundary=Y\r\n\r\n--Y--" END,
         "fields of its own"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multipart found;
        check(multipart_parse(*state, text_of(rows[i].type), text_of(rows[i].body), &found)
                  == INVALID,
              "row %zu", i);
        check(strstr(status_failure()->message, rows[i].words) != NULL, "row %zu: %s", i,
              status_failure()->message);
    }
}

static enum status parse_many(struct arena *arena, const char *piece, size_t count, const char *end)
{
    struct buffer body = {.arena = arena};
    struct multipart found;
    for (size_t i = 0; i < count; i++)
        buffer_text(&body, text_of(piece));
    buffer_text(&body, text_of(end));
    return multipart_parse(arena, TEXT(TYPE), buffer_contents(&body), &found);
}

static void test_bounds_what_it_takes(void **state)
{
    assert_status(parse_many(*state, FIELD "1\r\n", MULTIPART_PARTS, "--XX--"), OK);
    assert_status(parse_many(*state, FIELD "1\r\n", 10000, "--XX--"), INVALID);
    assert_failure_says("more than 1000 fields");
    assert_status(parse_many(*state, "--XX\r\n", 10000, "--XX--"), INVALID);
    size_t before = arena_used(*state);
    char header[9000];
    memset(header, ';', sizeof header);
    header[sizeof header - 1] = '\0';
    assert_status(parse_many(*state, header, 1, END), OK); /* nobody reads what is before it */
    assert_status(parse_many(*state, FIELD "1\r\n--XX\r\nX: 1\r\n", 1, header), INVALID);
    assert_failure_says("do not end");
    assert_true(arena_used(*state) - before < (size_t)200 * 1024);
}

static void test_knows_its_type(void **state)
{
    (void)state;
    assert_false(multipart_is(TEXT_NONE));
    assert_false(multipart_is(TEXT("multipart/mixed; boundary=X")));
    assert_false(multipart_is(TEXT("application/x-www-form-urlencoded")));
    assert_true(multipart_is(TEXT(" multipart/form-data ; boundary=X")));
}

static const struct CMUnitTest tests[] = {
    TEST(test_takes_forms),
    TEST(test_refuses_what_is_no_form),
    TEST(test_bounds_what_it_takes),
    TEST(test_knows_its_type),
};

UNIT_MAIN(tests)
