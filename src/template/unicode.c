#include "template/unicode.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/arena.h"
#include "base/buffer.h"

#define CAPITAL_SIGMA 0x3A3
#define SMALL_SIGMA   0x3C3
#define FINAL_SIGMA   0x3C2

#define STRAY  0xDC00u
#define GROWTH 3 /* bytes of a letter in its other case, for one of its own; a few need more */

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
    return uc_toupper(c);
}

uint32_t unicode_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    return uc_tolower(c);
}

uint32_t unicode_bare(uint32_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    while (c >= 0x80 && uc_canonical_decomposition(c, parts) > 0)
        c = parts[0];
    return c;
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

/* The zeros of all rows of decimal digits (Unicode 14), each followed by its nine others. */
static const uint32_t zeros[] = {
    0x0030,  0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,
    0x0C66,  0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,
    0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,
    0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
};

int unicode_digit(uint32_t c)
{
    if (c < 0x80)
        return unicode_is_digit(c) ? (int)(c - '0') : -1;
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros && zeros[i] <= c; i++)
        if (c - zeros[i] <= 9)
            return (int)(c - zeros[i]);
    return -1;
}

bool unicode_is_alpha(uint32_t c)
{
    if (c < 0x80)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L);
}

bool unicode_is_upper(uint32_t c)
{
    return c < 0x80 ? c >= 'A' && c <= 'Z' : uc_is_property_uppercase(c);
}

bool unicode_is_printable(uint32_t c)
{
    if (c < 0x80)
        return c >= ' ' && c < 0x7F;
    return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

bool unicode_is_word(uint32_t c)
{
    if (c < 0x80)
        return c == '_' || unicode_is_digit(c) || unicode_is_alpha(c);
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N);
}

bool unicode_is_mark(uint32_t c)
{
    return c >= 0x300 && uc_combining_class(c) != 0;
}

static bool is_ascii(struct text text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.length; i++)
        all |= (unsigned char)text.at[i];
    return all < 0x80;
}

typedef uint8_t *mapping(const uint8_t *text, size_t length, const char *language, uninorm_t form,
                         uint8_t *room, size_t *size);

/* A whole text, with the letters that become several; false when it is not valid UTF-8. */
static bool put_mapped(struct buffer *out, struct text text, mapping *map)
{
    size_t size = out->arena ? text.length * GROWTH : 0;
    uint8_t *room = size ? arena_alloc(out->arena, size) : NULL;
    uint8_t *mapped = map((const uint8_t *)text.at, text.length, NULL, NULL, room, &size);
    if (mapped)
        buffer_append(out, mapped, size);
    if (mapped != room)
        free(mapped);
    return mapped != NULL;
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
    if (!is_ascii(text) && put_mapped(out, text, u8_toupper))
        return;
    while (text.length)
        if (!put_ascii(out, &text, 'a'))
            unicode_put(out, unicode_upper(unicode_take(&text)));
}

void unicode_put_lower(struct buffer *out, struct text text)
{
    if (!is_ascii(text) && put_mapped(out, text, u8_tolower))
        return;
    while (text.length)
        if (!put_ascii(out, &text, 'A'))
            unicode_put(out, unicode_lower(unicode_take(&text)));
}

static uint8_t *fold(const uint8_t *text, size_t length, const char *language, uninorm_t form,
                     uint8_t *room, size_t *size)
{
    return u8_casefold(text, length, language, form ? form : UNINORM_NFKC, room, size);
}

void unicode_put_casefold(struct buffer *out, struct text text)
{
    if (text.length && !put_mapped(out, text, u8_casefold))
        buffer_text(out, text);
}

void unicode_put_folded(struct buffer *out, struct text text)
{
    if (text.length && !put_mapped(out, text, fold))
        buffer_text(out, text);
}

/* A sigma behind a letter: the last letter of its word is written in another way. */
static void put_sigma(struct buffer *out, struct text rest)
{
    bool last = true;
    while (rest.length && last) {
        uint32_t c = unicode_take(&rest);
        if (uc_is_property_case_ignorable(c))
            continue;
        last = !uc_is_property_cased(c);
        break;
    }
    unicode_put(out, last ? FINAL_SIGMA : SMALL_SIGMA);
}

void unicode_put_title(struct buffer *out, struct text text)
{
    bool within = false;
    while (text.length) {
        struct text rest = text;
        uint32_t c = unicode_take(&rest);
        struct text one = text_part(text, 0, text.length - rest.length);
        if (c < 0x80)
            unicode_put(out, within ? unicode_lower(c) : unicode_upper(c));
        else if (within && c == CAPITAL_SIGMA)
            put_sigma(out, rest);
        else if (!put_mapped(out, one, within ? u8_tolower : u8_totitle))
            unicode_put(out, c);
        within = c < 0x80 ? unicode_is_alpha(c) : uc_is_property_cased(c);
        text = rest;
    }
}

struct text unicode_nfkc(struct arena *arena, struct text text)
{
    size_t size = 0;
    if (is_ascii(text) || !text_is_utf8(text))
        return text;
    uint8_t *made = u8_normalize(UNINORM_NFKC, (const uint8_t *)text.at, text.length, NULL, &size);
    if (!made)
        abort();
    struct text out = text_copy(arena, (struct text){(const char *)made, size});
    free(made);
    return out;
}

struct text unicode_to_ascii(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    size_t size = 0;
    if (is_ascii(text))
        return text;
    size = text.length * GROWTH;
    uint8_t *room = arena_alloc(arena, size);
    uint8_t *apart = u8_normalize(UNINORM_NFKD, (const uint8_t *)text.at, text.length, room, &size);
    struct text from = apart ? (struct text){(const char *)apart, size} : text;
    for (size_t i = 0; i < from.length; i++)
        if ((unsigned char)from.at[i] < 0x80)
            buffer_char(&out, from.at[i]);
    if (apart != room)
        free(apart);
    return out.at ? buffer_contents(&out) : TEXT("");
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
    *rest = unicode_trim_start(*rest);
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
