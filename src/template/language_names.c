/* Names of languages, in English and in their own, by Django's codes (django.conf.locale). */
#include "template/language.h"

static const struct {
    const char *code;
    const char *english;
    const char *own;
} rows[] = {
    {"af", "Afrikaans", "Afrikaans"},
    {"ar", "Arabic", "العربيّة"},
    {"ar-dz", "Algerian Arabic", "العربية الجزائرية"},
    {"ast", "Asturian", "asturianu"},
    {"az", "Azerbaijani", "Azərbaycanca"},
    {"be", "Belarusian", "беларуская"},
    {"bg", "Bulgarian", "български"},
    {"bn", "Bengali", "বাংলা"},
    {"br", "Breton", "brezhoneg"},
    {"bs", "Bosnian", "bosanski"},
    {"ca", "Catalan", "català"},
    {"cs", "Czech", "česky"},
    {"cy", "Welsh", "Cymraeg"},
    {"da", "Danish", "dansk"},
    {"de", "German", "Deutsch"},
    {"dsb", "Lower Sorbian", "dolnoserbski"},
    {"el", "Greek", "Ελληνικά"},
    {"en", "English", "English"},
    {"en-au", "Australian English", "Australian English"},
    {"en-gb", "British English", "British English"},
    {"eo", "Esperanto", "Esperanto"},
    {"es", "Spanish", "español"},
    {"es-ar", "Argentinian Spanish", "español de Argentina"},
    {"es-co", "Colombian Spanish", "español de Colombia"},
    {"es-mx", "Mexican Spanish", "español de Mexico"},
    {"es-ni", "Nicaraguan Spanish", "español de Nicaragua"},
    {"es-ve", "Venezuelan Spanish", "español de Venezuela"},
    {"et", "Estonian", "eesti"},
    {"eu", "Basque", "Basque"},
    {"fa", "Persian", "فارسی"},
    {"fi", "Finnish", "suomi"},
    {"fr", "French", "français"},
    {"fy", "Frisian", "frysk"},
    {"ga", "Irish", "Gaeilge"},
    {"gd", "Scottish Gaelic", "Gàidhlig"},
    {"gl", "Galician", "galego"},
    {"he", "Hebrew", "עברית"},
    {"hi", "Hindi", "हिंदी"},
    {"hr", "Croatian", "Hrvatski"},
    {"hsb", "Upper Sorbian", "hornjoserbsce"},
    {"hu", "Hungarian", "Magyar"},
    {"hy", "Armenian", "հայերեն"},
    {"ia", "Interlingua", "Interlingua"},
    {"id", "Indonesian", "Bahasa Indonesia"},
    {"ig", "Igbo", "Asụsụ Ìgbò"},
    {"io", "Ido", "ido"},
    {"is", "Icelandic", "Íslenska"},
    {"it", "Italian", "italiano"},
    {"ja", "Japanese", "日本語"},
    {"ka", "Georgian", "ქართული"},
    {"kab", "Kabyle", "taqbaylit"},
    {"kk", "Kazakh", "Қазақ"},
    {"km", "Khmer", "Khmer"},
    {"kn", "Kannada", "Kannada"},
    {"ko", "Korean", "한국어"},
    {"ky", "Kyrgyz", "Кыргызча"},
    {"lb", "Luxembourgish", "Lëtzebuergesch"},
    {"lt", "Lithuanian", "Lietuviškai"},
    {"lv", "Latvian", "latviešu"},
    {"mk", "Macedonian", "Македонски"},
    {"ml", "Malayalam", "മലയാളം"},
    {"mn", "Mongolian", "Mongolian"},
    {"mr", "Marathi", "मराठी"},
    {"my", "Burmese", "မြန်မာဘာသာ"},
    {"nb", "Norwegian Bokmal", "norsk (bokmål)"},
    {"ne", "Nepali", "नेपाली"},
    {"nl", "Dutch", "Nederlands"},
    {"nn", "Norwegian Nynorsk", "norsk (nynorsk)"},
    {"no", "Norwegian", "norsk"},
    {"os", "Ossetic", "Ирон"},
    {"pa", "Punjabi", "Punjabi"},
    {"pl", "Polish", "polski"},
    {"pt", "Portuguese", "Português"},
    {"pt-br", "Brazilian Portuguese", "Português Brasileiro"},
    {"ro", "Romanian", "Română"},
    {"ru", "Russian", "Русский"},
    {"sk", "Slovak", "Slovensky"},
    {"sl", "Slovenian", "Slovenščina"},
    {"sq", "Albanian", "shqip"},
    {"sr", "Serbian", "српски"},
    {"sr-latn", "Serbian Latin", "srpski (latinica)"},
    {"sv", "Swedish", "svenska"},
    {"sw", "Swahili", "Kiswahili"},
    {"ta", "Tamil", "தமிழ்"},
    {"te", "Telugu", "తెలుగు"},
    {"tg", "Tajik", "тоҷикӣ"},
    {"th", "Thai", "ภาษาไทย"},
    {"tk", "Turkmen", "Türkmençe"},
    {"tr", "Turkish", "Türkçe"},
    {"tt", "Tatar", "Татарча"},
    {"udm", "Udmurt", "Удмурт"},
    {"uk", "Ukrainian", "Українська"},
    {"ur", "Urdu", "اردو"},
    {"uz", "Uzbek", "oʻzbek tili"},
    {"vi", "Vietnamese", "Tiếng Việt"},
    {"zh-hans", "Simplified Chinese", "简体中文"},
    {"zh-hant", "Traditional Chinese", "繁體中文"},
};

bool language_names(struct text code, struct language_names *out)
{
    struct text generic = text_part(code, 0, text_find_char(code, '-'));
    bool found = false;
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
