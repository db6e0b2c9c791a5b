/* Word wrapping: lines end at the last space that fits, else at the first there is. */
#include "template/filters.h"
#include "template/unicode.h"

static bool ends_line(uint32_t c)
{
    return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028
           || c == 0x2029;
}

/* Takes a line with its end off. */
static struct text take_line(struct text *rest)
{
    struct text all = *rest;
    while (rest->length) {
        uint32_t c = unicode_take(rest);
        if (c == '\r' && rest->length && rest->at[0] == '\n')
            unicode_take(rest);
        if (ends_line(c))
            break;
    }
    return text_part(all, 0, all.length - rest->length);
}

/* Bytes before the last space within `limit` characters, else before the first of all. */
static size_t break_at(struct text line, int64_t limit)
{
    struct text fits = unicode_part(line, 0, limit > 0 ? (size_t)limit : 0);
    for (size_t i = fits.length; i-- > 0;)
        if (fits.at[i] == ' ')
            return i;
    return text_find_char(line, ' ');
}

void text_wrap(struct buffer *out, struct text text, int64_t width)
{
    while (text.length) {
        struct text line = take_line(&text);
        size_t length = unicode_length(line);
        while (width < 0 || length > (uint64_t)width) {
            size_t space = break_at(line, width < INT64_MAX ? width + 1 : width);
            if (space == TEXT_NOT_FOUND)
                break;
            buffer_text(out, text_part(line, 0, space));
            buffer_char(out, '\n');
            length -= unicode_length(text_part(line, 0, space + 1));
            line = text_from(line, space + 1);
        }
        buffer_text(out, line);
    }
}
