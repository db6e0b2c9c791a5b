#include "template/punycode.h"

#include <unictype.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define LABEL_MAX      63
#define LABEL_SIZE_MAX 1024 /* bytes of one that is worth encoding */

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t bias = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    for (; delta > 455; bias += 36)
        delta /= 35;
    return bias + 36 * delta / (delta + 38);
}

static void put_number(struct buffer *out, uint32_t number, uint32_t bias)
{
    for (uint32_t k = 36;; k += 36) {
        uint32_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (number < threshold)
            break;
        uint32_t digit = threshold + (number - threshold) % (36 - threshold);
        buffer_char(out, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26));
        number = (number - threshold) / (36 - threshold);
    }
    buffer_char(out, (char)(number < 26 ? 'a' + number : '0' + number - 26));
}

/* The smallest character that is at least `from`. */
static uint32_t next_character(const uint32_t *characters, size_t count, uint32_t from)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (characters[i] >= from && characters[i] < least)
            least = characters[i];
    return least;
}

/* RFC 3492, section 6.3. */
static void put_label(struct buffer *out, const uint32_t *characters, size_t count)
{
    uint32_t done = 0;
    uint32_t delta = 0;
    uint32_t bias = 72;
    buffer_text(out, TEXT("xn--"));
    for (size_t i = 0; i < count; i++)
        if (characters[i] < 0x80) {
            buffer_char(out, (char)characters[i]);
            done++;
        }
    uint32_t basic = done;
    if (basic)
        buffer_char(out, '-');
    for (uint32_t at = 0x80; done < count; at++, delta++) {
        uint32_t next = next_character(characters, count, at);
        delta += (next - at) * (done + 1);
        at = next;
        for (size_t i = 0; i < count; i++) {
            delta += characters[i] < at;
            if (characters[i] != at)
                continue;
            put_number(out, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
}

/* RFC 3454, table B.1. */
static bool maps_to_nothing(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x1806 || (c >= 0x180B && c <= 0x180D)
           || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || (c >= 0xFE00 && c <= 0xFE0F)
           || c == 0xFEFF;
}

/* RFC 3454, tables C.1.2 to C.9. */
static bool is_prohibited(uint32_t c)
{
    bool space = c >= 0x80 && unicode_is_space(c);
    bool control = (c >= 0x80 && c < 0xA0) || c == 0x6DD || c == 0x70F || c == 0x180E
                   || (c >= 0x200C && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E)
                   || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFD)
                   || (c >= 0x1D173 && c <= 0x1D17A) || c == 0x340 || c == 0x341;
    bool private = (c >= 0xE000 && c <= 0xF8FF) || c >= 0xE0000;
    bool none = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE
                || (c >= 0xD800 && c < 0xE000) || (c >= 0x2FF0 && c <= 0x2FFB);
    return space || control || private || none;
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

/* As RFC 3491 prepares names: letters in one case and one form. */
static struct text prepared(struct arena *arena, struct text label)
{
    struct buffer out = {.arena = arena};
    struct buffer seen = {.arena = arena};
    while (label.length) {
        uint32_t c = unicode_take(&label);
        if (!maps_to_nothing(c))
            unicode_put(&seen, c);
    }
    unicode_put_folded(&out, seen.at ? buffer_contents(&seen) : TEXT(""));
    return out.at ? buffer_contents(&out) : TEXT("");
}

static bool is_from_right(uint32_t c)
{
    int category = uc_bidi_category(c);
    return category == UC_BIDI_R || category == UC_BIDI_AL;
}

/* RFC 3454, section 6: letters written from the right stand at both ends, and none from the left
 * between them. */
static bool directions_fit(const uint32_t *characters, size_t count)
{
    size_t right = 0;
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        right += is_from_right(characters[i]);
        left += uc_bidi_category(characters[i]) == UC_BIDI_L;
    }
    return right == 0
           || (left == 0 && is_from_right(characters[0]) && is_from_right(characters[count - 1]));
}

static bool encode_label(struct arena *arena, struct buffer *out, struct text label)
{
    size_t from = out->length;
    if (label.length > LABEL_SIZE_MAX)
        return false;
    if (!is_ascii(label)) {
        label = prepared(arena, label);
        if (label.length == 0 || text_starts(label, TEXT("xn--")))
            return false;
    }
    if (is_ascii(label)) {
        buffer_text(out, label);
        return label.length <= LABEL_MAX;
    }
    uint32_t *characters = ARENA_ARRAY(arena, uint32_t, label.length);
    size_t count = 0;
    while (label.length) {
        characters[count] = unicode_take(&label);
        if (is_prohibited(characters[count++]))
            return false;
    }
    if (!directions_fit(characters, count))
        return false;
    put_label(out, characters, count);
    return out->length - from <= LABEL_MAX;
}

/* Full stops of other scripts part labels too. */
static struct text with_points(struct arena *arena, struct text domain)
{
    struct buffer out = {.arena = arena};
    if (is_ascii(domain))
        return domain;
    while (domain.length) {
        uint32_t c = unicode_take(&domain);
        unicode_put(&out, c == 0x3002 || c == 0xFF0E || c == 0xFF61 ? '.' : c);
    }
    return buffer_contents(&out);
}

bool punycode_domain(struct arena *arena, struct text domain, struct text *out)
{
    struct buffer ascii = {.arena = arena};
    struct text label;
    domain = with_points(arena, domain);
    while (text_next(&domain, '.', &label)) {
        if ((label.length == 0 && domain.at && (domain.length || ascii.length))
            || !encode_label(arena, &ascii, label))
            return false;
        if (domain.at)
            buffer_char(&ascii, '.');
    }
    *out = ascii.at ? buffer_contents(&ascii) : TEXT("");
    return true;
}
