#include <stdio.h>

#include "template/set.h"

#define WORDS_MAX 70

static _Thread_local const char *newest_kind = "";

const char *template_error_kind(void)
{
    return newest_kind;
}

void template_error_set_kind(const char *kind)
{
    newest_kind = kind;
}

/* Cut between characters. */
static struct text excerpt(struct text words)
{
    size_t length = words.length;
    if (length <= WORDS_MAX)
        return words;
    for (length = WORDS_MAX; length > 0 && (words.at[length] & 0xC0) == 0x80;)
        length--;
    return text_part(words, 0, length);
}

enum status template_failure(enum status status, const char *kind, struct text path, uint32_t line,
                             struct text words, const char *format, va_list more)
{
    char reason[256];
    newest_kind = kind;
    if (vsnprintf(reason, sizeof reason, format, more) < 0)
        reason[0] = '\0';
    if (words.length == 0)
        return status_record(status, __FILE__, __LINE__, __func__, "%.*s:%u: %s", TEXT_ARG(path),
                             line, reason);
    struct text cut = excerpt(words);
    return status_record(status, __FILE__, __LINE__, __func__, "%.*s:%u: %s in \"%.*s%s\"",
                         TEXT_ARG(path), line, reason, TEXT_ARG(cut),
                         cut.length < words.length ? "…" : "");
}

enum status template_failure_plain(enum status status, const char *kind, const char *format, ...)
{
    char reason[256];
    va_list more;
    newest_kind = kind;
    va_start(more, format);
    if (vsnprintf(reason, sizeof reason, format, more) < 0)
        reason[0] = '\0';
    va_end(more);
    return status_record(status, __FILE__, __LINE__, __func__, "%s", reason);
}
