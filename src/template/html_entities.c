#include "template/html.h"

#include "base/buffer.h"
#include "template/unicode.h"

struct entity {
    const char *name;
    uint32_t character;
    bool open; /* known without its ";", too */
};

/* The names of HTML 4. */
static const struct entity entities[] = {
    {"AElig", 198, true},    {"AMP", 38, true},        {"Aacute", 193, true},
    {"Acirc", 194, true},    {"Agrave", 192, true},    {"Alpha", 913, false},
    {"Aring", 197, true},    {"Atilde", 195, true},    {"Auml", 196, true},
    {"Beta", 914, false},    {"COPY", 169, true},      {"Ccedil", 199, true},
    {"Chi", 935, false},     {"Dagger", 8225, false},  {"Delta", 916, false},
    {"ETH", 208, true},      {"Eacute", 201, true},    {"Ecirc", 202, true},
    {"Egrave", 200, true},   {"Epsilon", 917, false},  {"Eta", 919, false},
    {"Euml", 203, true},     {"GT", 62, true},         {"Gamma", 915, false},
    {"Iacute", 205, true},   {"Icirc", 206, true},     {"Igrave", 204, true},
    {"Iota", 921, false},    {"Iuml", 207, true},      {"Kappa", 922, false},
    {"LT", 60, true},        {"Lambda", 923, false},   {"Mu", 924, false},
    {"Ntilde", 209, true},   {"Nu", 925, false},       {"OElig", 338, false},
    {"Oacute", 211, true},   {"Ocirc", 212, true},     {"Ograve", 210, true},
    {"Omega", 937, false},   {"Omicron", 927, false},  {"Oslash", 216, true},
    {"Otilde", 213, true},   {"Ouml", 214, true},      {"Phi", 934, false},
    {"Pi", 928, false},      {"Prime", 8243, false},   {"Psi", 936, false},
    {"QUOT", 34, true},      {"REG", 174, true},       {"Rho", 929, false},
    {"Scaron", 352, false},  {"Sigma", 931, false},    {"THORN", 222, true},
    {"Tau", 932, false},     {"Theta", 920, false},    {"Uacute", 218, true},
    {"Ucirc", 219, true},    {"Ugrave", 217, true},    {"Upsilon", 933, false},
    {"Uuml", 220, true},     {"Xi", 926, false},       {"Yacute", 221, true},
    {"Yuml", 376, false},    {"Zeta", 918, false},     {"aacute", 225, true},
    {"acirc", 226, true},    {"acute", 180, true},     {"aelig", 230, true},
    {"agrave", 224, true},   {"alefsym", 8501, false}, {"alpha", 945, false},
    {"amp", 38, true},       {"and", 8743, false},     {"ang", 8736, false},
    {"apos", 39, false},     {"aring", 229, true},     {"asymp", 8776, false},
    {"atilde", 227, true},   {"auml", 228, true},      {"bdquo", 8222, false},
    {"beta", 946, false},    {"brvbar", 166, true},    {"bull", 8226, false},
    {"cap", 8745, false},    {"ccedil", 231, true},    {"cedil", 184, true},
    {"cent", 162, true},     {"chi", 967, false},      {"circ", 710, false},
    {"clubs", 9827, false},  {"cong", 8773, false},    {"copy", 169, true},
    {"crarr", 8629, false},  {"cup", 8746, false},     {"curren", 164, true},
    {"dArr", 8659, false},   {"dagger", 8224, false},  {"darr", 8595, false},
    {"deg", 176, true},      {"delta", 948, false},    {"diams", 9830, false},
    {"divide", 247, true},   {"eacute", 233, true},    {"ecirc", 234, true},
    {"egrave", 232, true},   {"empty", 8709, false},   {"emsp", 8195, false},
    {"ensp", 8194, false},   {"epsilon", 949, false},  {"equiv", 8801, false},
    {"eta", 951, false},     {"eth", 240, true},       {"euml", 235, true},
    {"euro", 8364, false},   {"exist", 8707, false},   {"fnof", 402, false},
    {"forall", 8704, false}, {"frac12", 189, true},    {"frac14", 188, true},
    {"frac34", 190, true},   {"frasl", 8260, false},   {"gamma", 947, false},
    {"ge", 8805, false},     {"gt", 62, true},         {"hArr", 8660, false},
    {"harr", 8596, false},   {"hearts", 9829, false},  {"hellip", 8230, false},
    {"iacute", 237, true},   {"icirc", 238, true},     {"iexcl", 161, true},
    {"igrave", 236, true},   {"image", 8465, false},   {"infin", 8734, false},
    {"int", 8747, false},    {"iota", 953, false},     {"iquest", 191, true},
    {"isin", 8712, false},   {"iuml", 239, true},      {"kappa", 954, false},
    {"lArr", 8656, false},   {"lambda", 955, false},   {"lang", 10216, false},
    {"laquo", 171, true},    {"larr", 8592, false},    {"lceil", 8968, false},
    {"ldquo", 8220, false},  {"le", 8804, false},      {"lfloor", 8970, false},
    {"lowast", 8727, false}, {"loz", 9674, false},     {"lrm", 8206, false},
    {"lsaquo", 8249, false}, {"lsquo", 8216, false},   {"lt", 60, true},
    {"macr", 175, true},     {"mdash", 8212, false},   {"micro", 181, true},
    {"middot", 183, true},   {"minus", 8722, false},   {"mu", 956, false},
    {"nabla", 8711, false},  {"nbsp", 160, true},      {"ndash", 8211, false},
    {"ne", 8800, false},     {"ni", 8715, false},      {"not", 172, true},
    {"notin", 8713, false},  {"nsub", 8836, false},    {"ntilde", 241, true},
    {"nu", 957, false},      {"oacute", 243, true},    {"ocirc", 244, true},
    {"oelig", 339, false},   {"ograve", 242, true},    {"oline", 8254, false},
    {"omega", 969, false},   {"omicron", 959, false},  {"oplus", 8853, false},
    {"or", 8744, false},     {"ordf", 170, true},      {"ordm", 186, true},
    {"oslash", 248, true},   {"otilde", 245, true},    {"otimes", 8855, false},
    {"ouml", 246, true},     {"para", 182, true},      {"part", 8706, false},
    {"permil", 8240, false}, {"perp", 8869, false},    {"phi", 966, false},
    {"pi", 960, false},      {"piv", 982, false},      {"plusmn", 177, true},
    {"pound", 163, true},    {"prime", 8242, false},   {"prod", 8719, false},
    {"prop", 8733, false},   {"psi", 968, false},      {"quot", 34, true},
    {"rArr", 8658, false},   {"radic", 8730, false},   {"rang", 10217, false},
    {"raquo", 187, true},    {"rarr", 8594, false},    {"rceil", 8969, false},
    {"rdquo", 8221, false},  {"real", 8476, false},    {"reg", 174, true},
    {"rfloor", 8971, false}, {"rho", 961, false},      {"rlm", 8207, false},
    {"rsaquo", 8250, false}, {"rsquo", 8217, false},   {"sbquo", 8218, false},
    {"scaron", 353, false},  {"sdot", 8901, false},    {"sect", 167, true},
    {"shy", 173, true},      {"sigma", 963, false},    {"sigmaf", 962, false},
    {"sim", 8764, false},    {"spades", 9824, false},  {"sub", 8834, false},
    {"sube", 8838, false},   {"sum", 8721, false},     {"sup", 8835, false},
    {"sup1", 185, true},     {"sup2", 178, true},      {"sup3", 179, true},
    {"supe", 8839, false},   {"szlig", 223, true},     {"tau", 964, false},
    {"there4", 8756, false}, {"theta", 952, false},    {"thetasym", 977, false},
    {"thinsp", 8201, false}, {"thorn", 254, true},     {"tilde", 732, false},
    {"times", 215, true},    {"trade", 8482, false},   {"uArr", 8657, false},
    {"uacute", 250, true},   {"uarr", 8593, false},    {"ucirc", 251, true},
    {"ugrave", 249, true},   {"uml", 168, true},       {"upsih", 978, false},
    {"upsilon", 965, false}, {"uuml", 252, true},      {"weierp", 8472, false},
    {"xi", 958, false},      {"yacute", 253, true},    {"yen", 165, true},
    {"yuml", 255, true},     {"zeta", 950, false},     {"zwj", 8205, false},
    {"zwnj", 8204, false},
};

static bool is_alnum(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
}

/* The longest name that `text` begins with: all of it with a ";", or one known without. */
static const struct entity *find_entity(struct text text)
{
    const struct entity *best = NULL;
    size_t length = 0;
    size_t size = 0;
    while (size < text.length && is_alnum(text.at[size]))
        size++;
    bool closed = size < text.length && text.at[size] == ';';
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        struct text name = text_of(entities[i].name);
        bool whole = closed && name.length == size;
        if (name.length > length && (whole || entities[i].open) && text_starts(text, name)) {
            best = &entities[i];
            length = name.length;
        }
    }
    return best;
}

static bool stands_for_nothing(uint32_t number)
{
    return (number > 0 && number < 9) || number == 0xB || (number > 0xD && number < 0x20)
           || number == 0x7F || (number >= 0xFDD0 && number < 0xFDF0)
           || ((number & 0xFFFE) == 0xFFFE && number <= 0x10FFFF);
}

/* What numbers stand for that are none of a character; 0: nothing. */
static uint32_t character_of(uint32_t number)
{
    static const uint16_t windows[] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020,
                                       0x2021, 0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,
                                       0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D,
                                       0x2022, 0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A,
                                       0x153,  0x9D,   0x17E,  0x178};
    if (number >= 0x80 && number < 0xA0)
        return windows[number - 0x80];
    if (stands_for_nothing(number))
        return 0;
    bool invalid = number == 0 || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000);
    return invalid ? 0xFFFD : number;
}

static int digit_of(char c, bool hexadecimal)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return hexadecimal && (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* "#39;" or "#x27;"; bytes taken, 0 when it is none. */
static size_t take_number(struct text text, uint32_t *out)
{
    bool hexadecimal = text.length > 1 && (text.at[1] | 0x20) == 'x';
    size_t from = hexadecimal ? 2 : 1;
    size_t at = from;
    uint32_t number = 0;
    for (; at < text.length && digit_of(text.at[at], hexadecimal) >= 0; at++)
        if (number < 0x1000000)
            number =
                number * (hexadecimal ? 16 : 10) + (uint32_t)digit_of(text.at[at], hexadecimal);
    if (at == from)
        return 0;
    *out = character_of(number);
    return at + (at < text.length && text.at[at] == ';');
}

static size_t take_entity(struct text text, uint32_t *out)
{
    if (text.length && text.at[0] == '#')
        return take_number(text, out);
    const struct entity *entity = find_entity(text);
    if (!entity)
        return 0;
    size_t length = text_of(entity->name).length;
    *out = entity->character;
    return length + (length < text.length && text.at[length] == ';');
}

struct text html_unescape(struct arena *arena, struct text html)
{
    struct buffer out = {.arena = arena};
    uint32_t character;
    if (text_find_char(html, '&') == TEXT_NOT_FOUND)
        return html;
    for (size_t i = 0; i < html.length; i++) {
        size_t size = html.at[i] == '&' ? take_entity(text_from(html, i + 1), &character) : 0;
        if (size && character)
            unicode_put(&out, character);
        else if (!size)
            buffer_char(&out, html.at[i]);
        i += size;
    }
    return out.at ? buffer_contents(&out) : TEXT("");
}
