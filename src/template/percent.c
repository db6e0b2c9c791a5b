#include "template/percent.h"

#include <string.h>

#include "base/buffer.h"
#include "template/unicode.h"

static bool is_plain(char c, const char *keep)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || (c && strchr("_.-~", c)) || (c && strchr(keep, c));
}

void percent_encode(struct buffer *out, struct text text, const char *keep)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (is_plain(text.at[i], keep))
            continue;
        unsigned char c = (unsigned char)text.at[i];
        buffer_text(out, text_part(text, from, i));
        buffer_append(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
        from = i + 1;
    }
    buffer_text(out, text_from(text, from));
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

void percent_encode_iri(struct buffer *out, struct text iri)
{
    percent_encode(out, iri, "/#%[]=:;$&()+,!?*@'~");
}

void percent_decode(struct buffer *out, struct text text)
{
    struct buffer bytes = {.arena = out->arena};
    if (text_find_char(text, '%') == TEXT_NOT_FOUND) {
        buffer_text(out, text);
        return;
    }
    for (size_t i = 0; i < text.length; i++) {
        bool encoded = text.at[i] == '%' && i + 2 < text.length && digit_of(text.at[i + 1]) >= 0
                       && digit_of(text.at[i + 2]) >= 0;
        if (encoded) {
            buffer_char(&bytes, (char)(digit_of(text.at[i + 1]) * 16 + digit_of(text.at[i + 2])));
            i += 2;
        } else {
            buffer_char(&bytes, text.at[i]);
        }
    }
    struct text decoded = buffer_contents(&bytes);
    while (decoded.length) {
        uint32_t c = unicode_take(&decoded);
        unicode_put(out, c >= 0xDC80 && c <= 0xDCFF ? 0xFFFD : c);
    }
}
