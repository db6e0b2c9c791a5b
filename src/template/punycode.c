#include "template/punycode.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define LABEL_MAX 63

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

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

static bool encode_label(struct arena *arena, struct buffer *out, struct text label)
{
    size_t from = out->length;
    if (is_ascii(label)) {
        buffer_text(out, label);
        return label.length <= LABEL_MAX;
    }
    uint32_t *characters = ARENA_ARRAY(arena, uint32_t, label.length);
    size_t count = 0;
    if (label.length > (size_t)4 * LABEL_MAX)
        return false;
    while (label.length)
        characters[count++] = unicode_lower(unicode_take(&label));
    put_label(out, characters, count);
    return out->length - from <= LABEL_MAX;
}

bool punycode_domain(struct arena *arena, struct text domain, struct text *out)
{
    struct buffer ascii = {.arena = arena};
    struct text label;
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
