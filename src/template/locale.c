#include "template/locale.h"

#include <string.h>

#include "base/buffer.h"

#define NBSP     "\xC2\xA0"
#define RTL_MARK "\xE2\x80\x8F"

const struct locale locale_plain = {
    "", {"N j, Y", "P", "N j, Y, P", "F Y", "F j", "m/d/Y", "m/d/Y P"}, ".", ",", 0};

/* Sorted by code. */
static const struct locale rows[] = {
    {"ar",
     {"j F، Y", "g:i A", "N j, Y, P", "F Y", "j F", "d" RTL_MARK "/m" RTL_MARK "/Y", "m/d/Y P"},
     ",",
     ".",
     0},
    {"ar-dz", {"j F Y", "H:i", "j F Y H:i", "F Y", "j F", "j F Y", "j F Y H:i"}, ",", ".", 3},
    {"az", {"j E Y", "G:i", "j E Y, G:i", "F Y", "j F", "d.m.Y", "d.m.Y H:i"}, ",", NBSP, 3},
    {"bg", {"d F Y", "H:i", "N j, Y, P", "F Y", "j F", "d.m.Y", "m/d/Y P"}, ",", NBSP, 0},
    {"bn", {"j F, Y", "g:i A", "N j, Y, P", "F Y", "j F", "j M, Y", "m/d/Y P"}, ".", ",", 0},
    {"bs", {"j. N Y.", "G:i", "j. N. Y. G:i T", "F Y.", "j. F", "Y M j", "m/d/Y P"}, ",", ".", 0},
    {"ca",
     {"j \\d\\e F \\d\\e Y", "G:i", "j \\d\\e F \\d\\e Y \\a \\l\\e\\s G:i", "F \\d\\e\\l Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y G:i"},
     ",",
     ".",
     3},
    {"cs", {"j. E Y", "G:i", "j. E Y G:i", "F Y", "j. F", "d.m.Y", "d.m.Y G:i"}, ",", NBSP, 3},
    {"cy", {"j F Y", "P", "j F Y, P", "F Y", "j F", "d/m/Y", "d/m/Y P"}, ".", ",", 3},
    {"da", {"j. F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "d.m.Y", "d.m.Y H:i"}, ",", ".", 3},
    {"de", {"j. F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "d.m.Y", "d.m.Y H:i"}, ",", ".", 3},
    {"de-ch", {"j. F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "d.m.Y", "d.m.Y H:i"}, ",", NBSP, 3},
    {"el", {"d/m/Y", "P", "d/m/Y P", "F Y", "j F", "d/m/Y", "d/m/Y P"}, ",", ".", 3},
    {"en", {"N j, Y", "P", "N j, Y, P", "F Y", "F j", "m/d/Y", "m/d/Y P"}, ".", ",", 3},
    {"en-au", {"j M Y", "P", "j M Y, P", "F Y", "j F", "d/m/Y", "d/m/Y P"}, ".", ",", 3},
    {"en-gb", {"j M Y", "P", "j M Y, P", "F Y", "j F", "d/m/Y", "d/m/Y P"}, ".", ",", 3},
    {"eo",
     {"j\\-\\a \\d\\e F Y", "H:i", "j\\-\\a \\d\\e F Y\\, \\j\\e H:i", "F \\d\\e Y",
      "j\\-\\a \\d\\e F", "Y-m-d", "Y-m-d H:i"},
     ",",
     NBSP,
     3},
    {"es",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\a \\l\\a\\s H:i", "F \\d\\e Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ",",
     ".",
     3},
    {"es-ar",
     {"j N Y", "H:i", "j N Y H:i", "F Y", "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ",",
     ".",
     3},
    {"es-co",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\a \\l\\a\\s H:i", "F \\d\\e Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ",",
     ".",
     3},
    {"es-mx",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\a \\l\\a\\s H:i", "F \\d\\e Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ".",
     ",",
     3},
    {"es-ni",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\a \\l\\a\\s H:i", "F \\d\\e Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ".",
     ",",
     3},
    {"es-pr",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\a \\l\\a\\s H:i", "F \\d\\e Y",
      "j \\d\\e F", "d/m/Y", "d/m/Y H:i"},
     ".",
     ",",
     3},
    {"et", {"j. F Y", "G:i", "N j, Y, P", "F Y", "j. F", "d.m.Y", "m/d/Y P"}, ",", NBSP, 0},
    {"eu",
     {"Y\\k\\o N j\\a", "H:i", "Y\\k\\o N j\\a, H:i", "Y\\k\\o F", "F\\r\\e\\n j\\a", "Y-m-d",
      "Y-m-d H:i"},
     ",",
     ".",
     3},
    {"fa",
     {"j F Y", "G:i", "j F Y، ساعت G:i", "F Y", "j F", "Y/n/j", ("Y/n/j،" RTL_MARK " G:i")},
     ".",
     ",",
     0},
    {"fi",
     {"j. E Y", "G.i", "j. E Y \\k\\e\\l\\l\\o G.i", "F Y", "j. F", "j.n.Y", "j.n.Y G.i"},
     ",",
     NBSP,
     3},
    {"fr", {"j F Y", "H:i", "j F Y H:i", "F Y", "j F", "j N Y", "j N Y H:i"}, ",", NBSP, 3},
    {"fy", {"N j, Y", "P", "N j, Y, P", "F Y", "F j", "m/d/Y", "m/d/Y P"}, ".", ",", 0},
    {"ga", {"j F Y", "H:i", "N j, Y, P", "F Y", "j F", "j M Y", "m/d/Y P"}, ".", ",", 0},
    {"gd", {"j F Y", "h:ia", "j F Y h:ia", "F Y", "j F", "j M Y", "j M Y h:ia"}, ".", ",", 0},
    {"gl",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y \\á\\s H:i", "F \\d\\e Y", "j \\d\\e F",
      "d-m-Y", "d-m-Y, H:i"},
     ",",
     ".",
     0},
    {"he", {"j בF Y", "H:i", "j בF Y H:i", "F Y", "j בF", "d/m/Y", "d/m/Y H:i"}, ".", ",", 0},
    {"hi", {"j F Y", "g:i A", "N j, Y, P", "F Y", "j F", "d-m-Y", "m/d/Y P"}, ".", ",", 0},
    {"hr", {"j. E Y.", "H:i", "j. E Y. H:i", "F Y.", "j. F", "j.m.Y.", "j.m.Y. H:i"}, ",", ".", 3},
    {"hu", {"Y. F j.", "H:i", "Y. F j. H:i", "Y. F", "F j.", "Y.m.d.", "Y.m.d. H:i"}, ",", NBSP, 3},
    {"id", {"j N Y", "G.i", "j N Y, G.i", "F Y", "j F", "d-m-Y", "d-m-Y G.i"}, ",", ".", 3},
    {"ig", {"j F Y", "P", "j F Y P", "F Y", "j F", "d.m.Y", "d.m.Y H:i"}, ".", ",", 3},
    {"is", {"j. F Y", "H:i", "N j, Y, P", "F Y", "j. F", "j.n.Y", "m/d/Y P"}, ",", ".", 3},
    {"it", {"d F Y", "H:i", "l d F Y H:i", "F Y", "j F", "d/m/Y", "d/m/Y H:i"}, ",", ".", 3},
    {"ja",
     {"Y年n月j日", "G:i", "Y年n月j日G:i", "Y年n月", "n月j日", "Y/m/d", "Y/m/d G:i"},
     ".",
     ",",
     0},
    {"ka",
     {"l, j F, Y", "h:i a", "j F, Y h:i a", "F, Y", "j F", "j.M.Y", "j.M.Y H:i"},
     ".",
     " ",
     3},
    {"km",
     {"j ខែ F ឆ្នាំ Y", "G:i", "j ខែ F ឆ្នាំ Y, G:i", "F Y", "j F", "j M Y", "j M Y, G:i"},
     ",",
     ".",
     0},
    {"kn", {"j F Y", "h:i A", "N j, Y, P", "F Y", "j F", "j M Y", "m/d/Y P"}, ".", ",", 0},
    {"ko",
     {"Y년 n월 j일", "A g:i", "Y년 n월 j일 g:i A", "Y년 n월", "n월 j일", "Y-n-j.", "Y-n-j H:i"},
     ".",
     ",",
     3},
    {"ky",
     {"j E Y ж.", "G:i", "j E Y ж. G:i", "F Y ж.", "j F", "d.m.Y", "d.m.Y H:i"},
     ".",
     NBSP,
     3},
    {"lt",
     {"Y \\m. E j \\d.", "H:i", "Y \\m. E j \\d., H:i", "Y \\m. F", "E j \\d.", "Y-m-d",
      "Y-m-d H:i"},
     ",",
     ".",
     3},
    {"lv",
     {"Y. \\g\\a\\d\\a j. F", "H:i", "Y. \\g\\a\\d\\a j. F, H:i", "Y. \\g. F", "j. F", "j.m.Y",
      "j.m.Y H:i"},
     ",",
     NBSP,
     3},
    {"mk", {"d F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "j.m.Y", "j.m.Y H:i"}, ",", ".", 3},
    {"ml", {"N j, Y", "P", "N j, Y, P", "F Y", "F j", "m/d/Y", "m/d/Y P"}, ".", ",", 3},
    {"mn", {"d F Y", "g:i A", "N j, Y, P", "F Y", "F j", "j M Y", "m/d/Y P"}, ".", ",", 0},
    {"nb", {"j. F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "d.m.Y", "d.m.Y H:i"}, ",", NBSP, 3},
    {"nl", {"j F Y", "H:i", "j F Y H:i", "F Y", "j F", "j-n-Y", "j-n-Y H:i"}, ",", ".", 3},
    {"nn", {"j. F Y", "H:i", "j. F Y H:i", "F Y", "j. F", "d.m.Y", "d.m.Y H:i"}, ",", NBSP, 3},
    {"pl", {"j E Y", "H:i", "j E Y H:i", "F Y", "j E", "d-m-Y", "d-m-Y  H:i"}, ",", NBSP, 3},
    {"pt",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y à\\s H:i", "F \\d\\e Y", "j \\d\\e F",
      "d/m/Y", "d/m/Y H:i"},
     ",",
     ".",
     3},
    {"pt-br",
     {"j \\d\\e F \\d\\e Y", "H:i", "j \\d\\e F \\d\\e Y à\\s H:i", "F \\d\\e Y", "j \\d\\e F",
      "d/m/Y", "d/m/Y H:i"},
     ",",
     ".",
     3},
    {"ro", {"j F Y", "H:i", "j F Y, H:i", "F Y", "j F", "d.m.Y", "d.m.Y, H:i"}, ",", ".", 3},
    {"ru",
     {"j E Y г.", "G:i", "j E Y г. G:i", "F Y г.", "j F", "d.m.Y", "d.m.Y H:i"},
     ",",
     NBSP,
     3},
    {"sk", {"j. F Y", "G:i", "j. F Y G:i", "F Y", "j. F", "d.m.Y", "d.m.Y G:i"}, ",", NBSP, 3},
    {"sl", {"d. F Y", "H:i", "j. F Y. H:i", "F Y", "j. F", "j. M. Y", "j.n.Y. H:i"}, ",", ".", 3},
    {"sq", {"d F Y", "g.i.A", "N j, Y, P", "F Y", "j F", "Y-m-d", "m/d/Y P"}, ",", ".", 0},
    {"sr", {"j. F Y.", "H:i", "j. F Y. H:i", "F Y.", "j. F", "j.m.Y.", "j.m.Y. H:i"}, ",", ".", 3},
    {"sr-latn",
     {"j. F Y.", "H:i", "j. F Y. H:i", "F Y.", "j. F", "j.m.Y.", "j.m.Y. H:i"},
     ",",
     ".",
     3},
    {"sv", {"j F Y", "H:i", "j F Y H:i", "F Y", "j F", "Y-m-d", "Y-m-d H:i"}, ",", NBSP, 3},
    {"ta", {"j F, Y", "g:i A", "N j, Y, P", "F Y", "j F", "j M, Y", "m/d/Y P"}, ".", ",", 0},
    {"te", {"j F Y", "g:i A", "N j, Y, P", "F Y", "j F", "j M Y", "m/d/Y P"}, ".", ",", 0},
    {"tg",
     {"j E Y г.", "G:i", "j E Y г. G:i", "F Y г.", "j F", "d.m.Y", "d.m.Y H:i"},
     ",",
     NBSP,
     3},
    {"th", {"j F Y", "G:i", "j F Y, G:i", "F Y", "j F", "j M Y", "j M Y, G:i"}, ".", ",", 3},
    {"tk",
     {"j E Y г.", "G:i", "j E Y г. G:i", "F Y г.", "j F", "d.m.Y", "d.m.Y H:i"},
     ",",
     NBSP,
     3},
    {"tr", {"d F Y", "H:i", "d F Y H:i", "F Y", "d F", "d M Y", "d M Y H:i"}, ",", ".", 3},
    {"uk", {"d E Y р.", "H:i", "d E Y р. H:i", "F Y", "d F", "d.m.Y", "d.m.Y H:i"}, ",", NBSP, 3},
    {"uz",
     {"j-E, Y-\\y\\i\\l", "G:i", "j-E, Y-\\y\\i\\l G:i", "F Y-\\y\\i\\l", "j-E", "d.m.Y",
      "d.m.Y H:i"},
     ",",
     NBSP,
     3},
    {"vi",
     {"\\N\\gà\\y d \\t\\há\\n\\g n \\nă\\m Y", "H:i", "H:i \\N\\gà\\y d \\t\\há\\n\\g n \\nă\\m Y",
      "F Y", "j F", "d-m-Y", "H:i d-m-Y"},
     ",",
     ".",
     0},
    {"zh-hans",
     {"Y年n月j日", "H:i", "Y年n月j日 H:i", "Y年n月", "m月j日", "Y年n月j日", "Y年n月j日 H:i"},
     ".",
     "",
     4},
    {"zh-hant",
     {"Y年n月j日", "H:i", "Y年n月j日 H:i", "Y年n月", "m月j日", "Y年n月j日", "Y年n月j日 H:i"},
     ".",
     "",
     4},
};

static const struct locale *find(struct text code)
{
    size_t low = 0;
    size_t high = sizeof rows / sizeof *rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(text_of(rows[middle].code), code);
        if (order == 0)
            return &rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct locale *locale_find(struct text code)
{
    const struct locale *found = find(code);
    size_t end = text_find_char(code, '-');
    return found || end == TEXT_NOT_FOUND ? found : find(text_part(code, 0, end));
}

bool locale_format_of(struct text name, enum locale_format *out)
{
    static const char *const names[LOCALE_FORMATS] = {
        [DATE_FORMAT] = "DATE_FORMAT",
        [TIME_FORMAT] = "TIME_FORMAT",
        [DATETIME_FORMAT] = "DATETIME_FORMAT",
        [YEAR_MONTH_FORMAT] = "YEAR_MONTH_FORMAT",
        [MONTH_DAY_FORMAT] = "MONTH_DAY_FORMAT",
        [SHORT_DATE_FORMAT] = "SHORT_DATE_FORMAT",
        [SHORT_DATETIME_FORMAT] = "SHORT_DATETIME_FORMAT",
    };
    for (size_t i = 0; i < LOCALE_FORMATS; i++) {
        if (!text_is(name, names[i]))
            continue;
        *out = (enum locale_format)i;
        return true;
    }
    return false;
}

static void put_grouped(struct buffer *out, const struct locale *locale, struct text digits)
{
    for (size_t i = 0; i < digits.length; i++) {
        if (i > 0 && (digits.length - i) % (size_t)locale->group == 0)
            buffer_text(out, text_of(locale->separator));
        buffer_char(out, digits.at[i]);
    }
}

void locale_put_number(struct buffer *out, const struct locale *locale, struct text number,
                       int places, bool group)
{
    size_t point = text_find_char(number, '.');
    struct text whole = text_part(number, 0, point);
    struct text rest = point == TEXT_NOT_FOUND ? TEXT("") : text_from(number, point + 1);
    if (text_starts(whole, TEXT("-"))) {
        buffer_char(out, '-');
        whole = text_from(whole, 1);
    }
    if (group && locale->group > 0)
        put_grouped(out, locale, whole);
    else
        buffer_text(out, whole);
    if (places >= 0)
        rest = text_part(rest, 0, (size_t)places);
    if (rest.length || places > 0)
        buffer_text(out, text_of(locale->point));
    buffer_text(out, rest);
    for (int i = (int)rest.length; i < places; i++)
        buffer_char(out, '0');
}
