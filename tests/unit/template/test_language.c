/* Which language is taken of those there are, and the texts of each. */
#include "catalogues.h"

#include "template/language.h"

static const struct language items[] = {
    {.code = TEXT("en"), .name = TEXT("English")},
    {.code = TEXT("fr"), .name = TEXT("Fran\u00E7ais"), .index = 1},
    {.code = TEXT("pt-br"), .name = TEXT("Portugu\u00EAs Brasileiro"), .index = 2},
};
static const struct language_list list = {items, COUNT(items)};

static void check_code(const struct language *found, const char *code, const char *asked)
{
    check((found != NULL) == (code != NULL), "%s", asked);
    if (found)
        check_text(found->code, code, "%s", asked);
}

static void test_match(void **state)
{
    static const struct {
        const char *asked;
        const char *code; /* NULL: none */
    } rows[] = {
        {"fr", "fr"},       {"FR", "fr"},       {"fr-CH", "fr"},    {"fr-Latn-CH", "fr"},
        {"pt-BR", "pt-br"}, {"pt", "pt-br"},    {"pt-PT", "pt-br"}, {"en-US", "en"},
        {"de", NULL},       {"", NULL},         {"-", NULL},        {"-fr", NULL},
        {"f", NULL},        {"fra", NULL},      {"fr_CH", NULL},    {"p", NULL},
        {"fr-", "fr"},      {"../../fr", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_code(language_match(&list, text_of(rows[i].asked)), rows[i].code, rows[i].asked);
    check_code(language_find(&list, TEXT("Fr")), "fr", "Fr");
    check_code(language_find(&list, TEXT("fr-ch")), NULL, "fr-ch");
}

static void test_accepted(void **state)
{
    static const struct {
        const char *header;
        const char *code;
    } rows[] = {
        {"fr", "fr"},
        {"fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"},
        {"de, fr;q=0.3, en;q=0.7", "en"},
        {"en;q=0.5,fr;q=0.6", "fr"},
        {"en;q=0.5,fr;q=0.5", "en"},
        {"fr;q=0.5,en;q=0.5", "fr"},
        {"fr;q=0.001", "fr"},
        {"fr;q=1", "fr"},
        {"fr;q=1.000", "fr"},
        {"fr ; q=0.8", "fr"},
        {"fr;Q=0.8", "fr"},
        {" fr , ", "fr"},
        {",,fr", "fr"},
        {"*", "en"},
        {"fr;q=0.5, *", "en"},
        {"fr, *;q=0.5", "fr"},
        {"de, *;q=0.1", "en"},
        {"pt, fr;q=0.9", "pt-br"},
        {"fr;q=0, en;q=0.1", "en"},
        {"fr;q=0", NULL},
        {"fr;q=0.000, de", NULL},
        {"*;q=0", NULL},
        {"de", NULL},
        {"", NULL},
        {",;=,", NULL},
        {"fr;q=", NULL},
        {"fr;q=2", NULL},
        {"fr;q=1.001", NULL},
        {"fr;q=0.5555", NULL},
        {"fr;q=-1", NULL},
        {"fr;q=.5", NULL},
        {"fr;q=0,5", NULL},
        {"fr;q=1e0", NULL},
        {"fr;level=1", NULL},
        {"fr en", NULL},
        {"fr\xFF", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_code(language_accepted(&list, text_of(rows[i].header), &items[0]), rows[i].code,
                   rows[i].header);
}

static void test_bidi(void **state)
{
    (void)state;
    assert_true(language_is_bidi(TEXT("ar")));
    assert_true(language_is_bidi(TEXT("ar-dz")));
    assert_false(language_is_bidi(TEXT("fr")));
    assert_false(language_is_bidi(TEXT("")));
}

static void test_names(void **state)
{
    struct language_names names;
    (void)state;
    assert_true(language_names(TEXT("fr-ch"), &names));
    assert_text_equal(names.code, "fr");
    assert_text_equal(names.english, "French");
    assert_true(language_names(TEXT("pt-br"), &names));
    assert_text_equal(names.own, "Portugu\u00EAs Brasileiro");
    assert_false(language_names(TEXT("xx"), &names));
}

static void test_translate(void **state)
{
    const struct pair pairs[] = {HEADER(""),
                                 {TEXT("Hello"), TEXT("Bonjour")},
                                 {TEXT("c\4Hello"), TEXT("Salut")}};
    struct language french = items[1];
    french.catalogue = read_catalogue(*state, pairs, COUNT(pairs));
    assert_string_equal(translate("Hello"), "Hello");
    language_activate(&french);
    assert_string_equal(translate("Hello"), "Bonjour");
    assert_string_equal(translate("Other"), "Other");
    language_activate(&items[0]);
    assert_string_equal(translate("Hello"), "Hello");
    language_activate(NULL);
    assert_text_equal(language_text(&french, TEXT("c"), TEXT("Hello")), "Salut");
    assert_text_equal(language_text(&french, TEXT("d"), TEXT("Hello")), "Hello");
    assert_text_equal(language_text(NULL, TEXT_NONE, TEXT("Hello")), "Hello");
}

static const struct CMUnitTest tests[] = {
    TEST(test_match), TEST(test_accepted), TEST(test_bidi), TEST(test_names), TEST(test_translate),
};
UNIT_MAIN(tests)
