/* Names of languages, in English and in their own, by Django's codes (django.conf.locale). */
#include "template/language.h"

static const struct {
    const char *code;
    const char *english;
    const char *own;
} rows[] = {
    {"af", N_("Afrikaans"), "Afrikaans"},
    {"ar", N_("Arabic"), "العربيّة"},
    {"ar-dz", N_("Algerian Arabic"), "العربية الجزائرية"},
    {"ast", N_("Asturian"), "asturianu"},
    {"az", N_("Azerbaijani"), "Azərbaycanca"},
    {"bg", N_("Bulgarian"), "български"},
    {"be", N_("Belarusian"), "беларуская"},
    {"bn", N_("Bengali"), "বাংলা"},
    {"br", N_("Breton"), "brezhoneg"},
    {"bs", N_("Bosnian"), "bosanski"},
    {"ca", N_("Catalan"), "català"},
    {"cs", N_("Czech"), "česky"},
    {"cy", N_("Welsh"), "Cymraeg"},
    {"da", N_("Danish"), "dansk"},
    {"de", N_("German"), "Deutsch"},
    {"dsb", N_("Lower Sorbian"), "dolnoserbski"},
    {"el", N_("Greek"), "Ελληνικά"},
    {"en", N_("English"), "English"},
    {"en-au", N_("Australian English"), "Australian English"},
    {"en-gb", N_("British English"), "British English"},
    {"eo", N_("Esperanto"), "Esperanto"},
    {"es", N_("Spanish"), "español"},
    {"es-ar", N_("Argentinian Spanish"), "español de Argentina"},
    {"es-co", N_("Colombian Spanish"), "español de Colombia"},
    {"es-mx", N_("Mexican Spanish"), "español de Mexico"},
    {"es-ni", N_("Nicaraguan Spanish"), "español de Nicaragua"},
    {"es-ve", N_("Venezuelan Spanish"), "español de Venezuela"},
    {"et", N_("Estonian"), "eesti"},
    {"eu", N_("Basque"), "Basque"},
    {"fa", N_("Persian"), "فارسی"},
    {"fi", N_("Finnish"), "suomi"},
    {"fr", N_("French"), "français"},
    {"fy", N_("Frisian"), "frysk"},
    {"ga", N_("Irish"), "Gaeilge"},
    {"gd", N_("Scottish Gaelic"), "Gàidhlig"},
    {"gl", N_("Galician"), "galego"},
    {"he", N_("Hebrew"), "עברית"},
    {"hi", N_("Hindi"), "हिंदी"},
    {"hr", N_("Croatian"), "Hrvatski"},
    {"hsb", N_("Upper Sorbian"), "hornjoserbsce"},
    {"hu", N_("Hungarian"), "Magyar"},
    {"hy", N_("Armenian"), "հայերեն"},
    {"ia", N_("Interlingua"), "Interlingua"},
    {"id", N_("Indonesian"), "Bahasa Indonesia"},
    {"ig", N_("Igbo"), "Asụsụ Ìgbò"},
    {"io", N_("Ido"), "ido"},
    {"is", N_("Icelandic"), "Íslenska"},
    {"it", N_("Italian"), "italiano"},
    {"ja", N_("Japanese"), "日本語"},
    {"ka", N_("Georgian"), "ქართული"},
    {"kab", N_("Kabyle"), "taqbaylit"},
    {"kk", N_("Kazakh"), "Қазақ"},
    {"km", N_("Khmer"), "Khmer"},
    {"kn", N_("Kannada"), "Kannada"},
    {"ko", N_("Korean"), "한국어"},
    {"ky", N_("Kyrgyz"), "Кыргызча"},
    {"lb", N_("Luxembourgish"), "Lëtzebuergesch"},
    {"lt", N_("Lithuanian"), "Lietuviškai"},
    {"lv", N_("Latvian"), "latviešu"},
    {"mk", N_("Macedonian"), "Македонски"},
    {"ml", N_("Malayalam"), "മലയാളം"},
    {"mn", N_("Mongolian"), "Mongolian"},
    {"mr", N_("Marathi"), "मराठी"},
    {"my", N_("Burmese"), "မြန်မာဘာသာ"},
    {"nb", "Norwegian Bokmal", "norsk (bokmål)"},
    {"ne", N_("Nepali"), "नेपाली"},
    {"nl", N_("Dutch"), "Nederlands"},
    {"nn", N_("Norwegian Nynorsk"), "norsk (nynorsk)"},
    {"no", "Norwegian", "norsk"},
    {"os", N_("Ossetic"), "Ирон"},
    {"pa", N_("Punjabi"), "Punjabi"},
    {"pl", N_("Polish"), "polski"},
    {"pt", N_("Portuguese"), "Português"},
    {"pt-br", N_("Brazilian Portuguese"), "Português Brasileiro"},
    {"ro", N_("Romanian"), "Română"},
    {"ru", N_("Russian"), "Русский"},
    {"sk", N_("Slovak"), "Slovensky"},
    {"sl", N_("Slovenian"), "Slovenščina"},
    {"sq", N_("Albanian"), "shqip"},
    {"sr", N_("Serbian"), "српски"},
    {"sr-latn", N_("Serbian Latin"), "srpski (latinica)"},
    {"sv", N_("Swedish"), "svenska"},
    {"sw", N_("Swahili"), "Kiswahili"},
    {"ta", N_("Tamil"), "தமிழ்"},
    {"te", N_("Telugu"), "తెలుగు"},
    {"tg", N_("Tajik"), "тоҷикӣ"},
    {"th", N_("Thai"), "ภาษาไทย"},
    {"tk", N_("Turkmen"), "Türkmençe"},
    {"tr", N_("Turkish"), "Türkçe"},
    {"tt", N_("Tatar"), "Татарча"},
    {"udm", N_("Udmurt"), "Удмурт"},
    {"uk", N_("Ukrainian"), "Українська"},
    {"ur", N_("Urdu"), "اردو"},
    {"uz", N_("Uzbek"), "oʻzbek tili"},
    {"vi", N_("Vietnamese"), "Tiếng Việt"},
    {"zh-hans", N_("Simplified Chinese"), "简体中文"},
    {"zh-hant", N_("Traditional Chinese"), "繁體中文"},
};

/* Codes of before, and those that they stand for. */
static const char *const former[][2] = {
    {"zh-cn", "zh-hans"}, {"zh-hk", "zh-hant"}, {"zh-mo", "zh-hant"},
    {"zh-my", "zh-hans"}, {"zh-sg", "zh-hans"}, {"zh-tw", "zh-hant"},
};

bool language_names_at(size_t index, struct language_names *out)
{
    if (index >= sizeof rows / sizeof *rows)
        return false;
    *out = (struct language_names){text_of(rows[index].code), text_of(rows[index].english),
                                   text_of(rows[index].own)};
    return true;
}

bool language_names(struct text code, struct language_names *out)
{
    struct text generic = text_part(code, 0, text_find_char(code, '-'));
    bool found = false;
    for (size_t i = 0; i < sizeof former / sizeof *former; i++)
        if (text_is(code, former[i][0]))
            code = text_of(former[i][1]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool exact = text_is(code, rows[i].code);
        if (!exact && (found || !text_is(generic, rows[i].code)))
            continue;
        *out = (struct language_names){text_of(rows[i].code), text_of(rows[i].english),
                                       text_of(rows[i].own)};
        found = true;
        if (exact)
            break;
    }
    return found;
}
