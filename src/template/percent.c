#include "template/percent.h"

#include <string.h>

#include "base/buffer.h"

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
