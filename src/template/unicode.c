#include "template/unicode.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include "base/buffer.h"

#define STRAY 0xDC00u

static locale_t utf8_locale;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void open_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8_locale)
        utf8_locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

static locale_t locale(void)
{
    pthread_once(&utf8_once, open_locale);
    return utf8_locale;
}

static bool is_tail(struct text text, size_t at)
{
    return at < text.length && ((unsigned char)text.at[at] & 0xC0) == 0x80;
}

/* The character's bytes, or 0 when it is not valid. */
static size_t sequence(struct text text, uint32_t *out)
{
    uint32_t c = (unsigned char)text.at[0];
    size_t size = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (size <= 1) {
        *out = c;
        return size;
    }
    uint32_t value = c & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (!is_tail(text, i))
            return 0;
        value = value << 6 | ((unsigned char)text.at[i] & 0x3F);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *out = value;
    return size;
}

uint32_t unicode_take(struct text *rest)
{
    uint32_t character;
    size_t size = sequence(*rest, &character);
    if (size == 0) {
        character = STRAY | (unsigned char)rest->at[0];
        size = 1;
    }
    rest->at += size;
    rest->length -= size;
    return character;
}

size_t unicode_size(struct text text)
{
    uint32_t character;
    size_t size = sequence(text, &character);
    return size ? size : 1;
}

size_t unicode_length(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.length; count++)
        at += (unsigned char)text.at[at] < 0x80 ? 1 : unicode_size(text_from(text, at));
    return count;
}

static size_t offset_of(struct text text, size_t character)
{
    size_t at = 0;
    for (; character > 0 && at < text.length; character--)
        at += unicode_size(text_from(text, at));
    return at;
}

struct text unicode_part(struct text text, size_t from, size_t to)
{
    if (from >= to)
        return text_part(text, 0, 0);
    size_t start = offset_of(text, from);
    struct text tail = text_from(text, start);
    return text_part(tail, 0, offset_of(tail, to - from));
}

void unicode_put(struct buffer *out, uint32_t c)
{
    char bytes[4];
    size_t size = 0;
    if (c < 0x80) {
        bytes[size++] = (char)c;
    } else if (c < 0x800) {
        bytes[size++] = (char)(0xC0 | c >> 6);
        bytes[size++] = (char)(0x80 | (c & 0x3F));
    } else if (c >= STRAY + 0x80 && c <= STRAY + 0xFF) {
        bytes[size++] = (char)(c & 0xFF);
    } else if (c < 0x10000) {
        bytes[size++] = (char)(0xE0 | c >> 12);
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[size++] = (char)(0x80 | (c & 0x3F));
    } else {
        bytes[size++] = (char)(0xF0 | c >> 18);
        bytes[size++] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[size++] = (char)(0x80 | (c & 0x3F));
    }
    buffer_append(out, bytes, size);
}

uint32_t unicode_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
    return (uint32_t)towupper_l((wint_t)c, locale());
}

uint32_t unicode_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    return (uint32_t)towlower_l((wint_t)c, locale());
}

/* From U+00C0 on; '.' for letters that do not come apart. */
static const char plain_letters[] =
    "AAAAAA.CEEEEIIII.NOOOOO..UUUUY..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
    "AaAaAaCcCcCcCcDd..EeEeEeEeEeGgGgGgGgHh..IiIiIiIiI...JjKk.LlLlLlL"
    "l..NnNnNnn..OoOoOo..RrRrRrSsSsSsSsTtTt..UuUuUuUuUuUuWwYyYZzZzZzs";

uint32_t unicode_fold(uint32_t c)
{
    size_t at = c - 0xC0;
    if (c < 0xC0 || at >= sizeof plain_letters - 1 || plain_letters[at] == '.')
        return c;
    return (uint32_t)plain_letters[at];
}

bool unicode_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028
           || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool unicode_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

bool unicode_is_alpha(uint32_t c)
{
    if (c < 0x80)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return iswalpha_l((wint_t)c, locale());
}

bool unicode_is_upper(uint32_t c)
{
    return c < 0x80 ? c >= 'A' && c <= 'Z' : iswupper_l((wint_t)c, locale());
}

bool unicode_is_printable(uint32_t c)
{
    if (c < 0x80)
        return c >= ' ' && c < 0x7F;
    return !unicode_is_space(c) && c != 0xAD && iswprint_l((wint_t)c, locale());
}

bool unicode_is_word(uint32_t c)
{
    return c == '_' || unicode_is_digit(c) || unicode_is_alpha(c);
}

static struct text two_letters(uint32_t c)
{
    switch (c) {
    case 0xDF: return TEXT("SS");
    case 0x149: return TEXT("\xCA\xBCN");
    case 0xFB00: return TEXT("FF");
    case 0xFB01: return TEXT("FI");
    case 0xFB02: return TEXT("FL");
    default: return TEXT_NONE;
    }
}

static void put_upper(struct buffer *out, uint32_t c)
{
    struct text two = two_letters(c);
    if (two.at)
        buffer_text(out, two);
    else
        unicode_put(out, unicode_upper(c));
}

/* Takes what is ASCII at the start off `text`, and puts it with letters from `first` on in the
 * other case; false when there is none. */
static bool put_ascii(struct buffer *out, struct text *text, char first)
{
    size_t size = 0;
    while (size < text->length && (unsigned char)text->at[size] < 0x80)
        size++;
    char *room = size ? buffer_room(out, size) : NULL;
    for (size_t i = 0; room && i < size; i++) {
        bool letter = (unsigned char)(text->at[i] - first) < 26;
        room[i] = (char)(letter ? text->at[i] ^ 0x20 : text->at[i]);
    }
    out->length += room ? size : 0;
    *text = text_from(*text, size);
    return size > 0;
}

void unicode_put_upper(struct buffer *out, struct text text)
{
    while (text.length)
        if (!put_ascii(out, &text, 'a'))
            put_upper(out, unicode_take(&text));
}

void unicode_put_lower(struct buffer *out, struct text text)
{
    while (text.length)
        if (!put_ascii(out, &text, 'A'))
            unicode_put(out, unicode_lower(unicode_take(&text)));
}

void unicode_put_title(struct buffer *out, struct text text)
{
    bool within = false;
    while (text.length) {
        uint32_t c = unicode_take(&text);
        if (within)
            unicode_put(out, unicode_lower(c));
        else if (c == 0xDF)
            buffer_text(out, TEXT("Ss"));
        else
            unicode_put(out, unicode_upper(c));
        within = unicode_is_alpha(c);
    }
}

struct text unicode_trim_start(struct text text)
{
    while (text.length) {
        struct text rest = text;
        if (!unicode_is_space(unicode_take(&rest)))
            break;
        text = rest;
    }
    return text;
}

struct text unicode_trim(struct text text)
{
    text = unicode_trim_start(text);
    size_t end = 0;
    for (size_t at = 0; at < text.length;) {
        struct text rest = text_from(text, at);
        bool space = unicode_is_space(unicode_take(&rest));
        at = text.length - rest.length;
        if (!space)
            end = at;
    }
    return text_part(text, 0, end);
}

bool unicode_next_word(struct text *rest, struct text *word)
{
    size_t length = 0;
    *rest = unicode_trim(*rest);
    if (rest->length == 0)
        return false;
    while (length < rest->length) {
        struct text tail = text_from(*rest, length);
        if (unicode_is_space(unicode_take(&tail)))
            break;
        length = rest->length - tail.length;
    }
    *word = text_part(*rest, 0, length);
    *rest = text_from(*rest, length);
    return true;
}
