#include <stdio.h>

#include "template/set.h"

#define WORDS_MAX  70
#define REASON_MAX 256
#define PLACE_MAX  120

static _Thread_local const char *newest_kind = "";

const char *template_error_kind(void)
{
    return newest_kind;
}

/* At most `most` bytes, cut between characters. */
static struct text shortened(struct text text, size_t most)
{
    if (text.length <= most)
        return text;
    while (most > 0 && (text.at[most] & 0xC0) == 0x80)
        most--;
    return text_part(text, 0, most);
}

__attribute__((format(printf, 2, 0))) static struct text reason_of(char out[REASON_MAX],
                                                                   const char *format, va_list more)
{
    if (vsnprintf(out, REASON_MAX, format, more) < 0)
        out[0] = '\0';
    struct text reason = text_of(out);
    return reason.length == REASON_MAX - 1 ? shortened(reason, REASON_MAX - 4) : reason;
}

enum status template_failure(enum status status, const char *kind, struct text path, uint32_t line,
                             struct text words, const char *format, va_list more)
{
    char room[REASON_MAX];
    struct text reason = reason_of(room, format, more);
    struct text cut = shortened(words, WORDS_MAX);
    path = shortened(path, PLACE_MAX);
    newest_kind = kind;
    if (words.length == 0)
        return status_record(status, __FILE__, __LINE__, __func__, "%.*s:%u: %.*s", TEXT_ARG(path),
                             line, TEXT_ARG(reason));
    return status_record(status, __FILE__, __LINE__, __func__, "%.*s:%u: %.*s in \"%.*s%s\"",
                         TEXT_ARG(path), line, TEXT_ARG(reason), TEXT_ARG(cut),
                         cut.length < words.length ? "…" : "");
}

enum status template_failure_plain(enum status status, const char *kind, const char *format, ...)
{
    char room[REASON_MAX * 2];
    va_list more;
    newest_kind = kind;
    va_start(more, format);
    if (vsnprintf(room, sizeof room, format, more) < 0)
        room[0] = '\0';
    va_end(more);
    return status_record(status, __FILE__, __LINE__, __func__, "%s", room);
}
