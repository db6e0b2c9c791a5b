/* Catalogues: what is found in them, and which files are refused. */
#include "catalogues.h"

static const struct pair pairs[] = {
    HEADER("Language: fr\nX-Language-Name: Fran\u00E7ais\n" FRENCH_PLURAL),
    {TEXT("Hello"), TEXT("Bonjour")},
    {TEXT("Hello there"), TEXT("")},
    {TEXT("a\0as"), TEXT("un a\0des as")},
    {TEXT("door\4Open"), TEXT("Ouverte")},
    {TEXT("door\4key\0keys"), TEXT("une cl\u00E9\0des cl\u00E9s")},
    {TEXT("one form\0forms"), TEXT("seule")},
};

static void look(const struct catalogue *catalogue)
{
    static const struct {
        struct text context;
        struct text message;
        const char *found; /* NULL: nothing */
    } rows[] = {
        {{0}, {"Hello", 5}, "Bonjour"},    {{0}, {"Hello there", 11}, NULL},
        {{0}, {"Hell", 4}, NULL},          {{0}, {"Open", 4}, NULL},
        {{0}, {"zzz", 3}, NULL},           {{0}, {"", 0}, NULL},
        {{0}, {"a", 1}, "un a"},           {{"door", 4}, {"Open", 4}, "Ouverte"},
        {{"doo", 3}, {"Open", 4}, NULL},   {{"doors", 5}, {"Open", 4}, NULL},
        {{"door", 4}, {"Hello", 5}, NULL}, {{"", 0}, {"Hello", 5}, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out;
        bool found = catalogue_find(catalogue, rows[i].context, rows[i].message, &out);
        check(found == (rows[i].found != NULL), "%.*s", TEXT_ARG(rows[i].message));
        if (found)
            check_text(out, rows[i].found, "%.*s", TEXT_ARG(rows[i].message));
    }
    assert_text_equal(catalogue_header(catalogue, TEXT("x-language-name")), "Fran\u00E7ais");
    assert_text_equal(catalogue_header(catalogue, TEXT("X-Other")), "");
}

static void look_for_plurals(const struct catalogue *catalogue)
{
    static const struct {
        struct text context;
        struct text message;
        int64_t n;
        const char *found;
    } rows[] = {
        {{0}, {"a", 1}, 0, "un a"},         {{0}, {"a", 1}, 1, "un a"},
        {{0}, {"a", 1}, 2, "des as"},       {{0}, {"a", 1}, -5, "un a"},
        {{0}, {"as", 2}, 2, NULL},          {{"door", 4}, {"key", 3}, 7, "des cl\u00E9s"},
        {{0}, {"one form", 8}, 1, "seule"}, {{0}, {"one form", 8}, 2, NULL},
        {{0}, {"nothing", 7}, 2, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out;
        bool found =
            catalogue_find_plural(catalogue, rows[i].context, rows[i].message, rows[i].n, &out);
        check(found == (rows[i].found != NULL), "%.*s", TEXT_ARG(rows[i].message));
        if (found)
            check_text(out, rows[i].found, "%.*s", TEXT_ARG(rows[i].message));
    }
}

static void test_look_up(void **state)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        const struct catalogue *catalogue;
        struct text file = make_catalogue(*state, pairs, COUNT(pairs), big_endian);
        assert_status(catalogue_read(*state, file, &catalogue), OK);
        look(catalogue);
        look_for_plurals(catalogue);
    }
}

static void test_no_catalogue(void **state)
{
    struct text out;
    const struct catalogue *empty = read_catalogue(*state, NULL, 0);
    assert_false(catalogue_find(NULL, TEXT_NONE, TEXT("Hello"), &out));
    assert_false(catalogue_find(empty, TEXT_NONE, TEXT("Hello"), &out));
    assert_false(catalogue_find_plural(NULL, TEXT_NONE, TEXT("Hello"), 2, &out));
}

static void refuse(struct arena *arena, struct text file, const char *words)
{
    const struct catalogue *catalogue;
    /* a copy that ends where it ends, for AddressSanitizer */
    char *bytes = malloc(file.length ? file.length : 1);
    memcpy(bytes, file.at, file.length);
    assert_status(catalogue_read(arena, (struct text){bytes, file.length}, &catalogue), INVALID);
    assert_failure_says(words);
    free(bytes);
}

static void test_cut_short(void **state)
{
    struct text file = make_catalogue(*state, pairs, COUNT(pairs), false);
    for (size_t length = 0; length < file.length; length++)
        refuse(*state, text_part(file, 0, length), "");
}

static void test_bad_numbers(void **state)
{
    static const struct {
        size_t at;
        size_t number;
        const char *words;
    } rows[] = {
        {0, 0x950412df, "its first bytes"},
        {4, 2u << 16, "newer"},
        {8, 0xFFFFFFFF, "cut short"},
        {8, 0x10000000, "cut short"},
        {12, 0xFFFFFFFF, "a table"},
        {16, 0xFFFFFFF0, "a table"},
        {28, 0xFFFFFFFF, "text 0"},
        {32, 0xFFFFFFFF, "text 0"},
        {36, 4, "text 1"},
        {36, 0x7FFFFFFF, "text 1"},
        {40, 0xFFFFFFFE, "text 1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text file = make_catalogue(*state, pairs, COUNT(pairs), false);
        put_number((char *)(uintptr_t)file.at + rows[i].at, rows[i].number, false);
        refuse(*state, file, rows[i].words);
    }
}

static void test_bad_texts(void **state)
{
    static const struct {
        struct pair pairs[3];
        size_t count;
        const char *words;
    } rows[] = {
        {{HEADER(""), {TEXT("b"), TEXT("x")}, {TEXT("a"), TEXT("y")}},
         3,
         "text 2 of the catalogue is "
         "out of order"},
        {{HEADER(""), {TEXT("a"), TEXT("x")}, {TEXT("a\0s"), TEXT("y")}}, 3, "out of order"},
        {{HEADER(""), {TEXT("a"), TEXT("\xE9t\xE9")}}, 2, "not UTF-8"},
        {{{TEXT(""), TEXT("Content-Type: text/plain; charset=ISO-8859-1\n")}}, 1, "not in UTF-8"},
        {{HEADER("Plural-Forms: nplurals=2; plural=m;\n")}, 1, "Plural-Forms"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse(*state, make_catalogue(*state, rows[i].pairs, rows[i].count, false), rows[i].words);
}

static const struct CMUnitTest tests[] = {
    TEST(test_look_up),     TEST(test_no_catalogue), TEST(test_cut_short),
    TEST(test_bad_numbers), TEST(test_bad_texts),
};
UNIT_MAIN(tests)
