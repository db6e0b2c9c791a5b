#include <stdio.h>
#include <string.h>

#include "template/set.h"

#define WORDS_MAX  70
#define REASON_MAX 256
#define PLACE_MAX  120

struct error {
    const char *kind;
    char path[PLACE_MAX];
    size_t path_length; /* 0: in no template */
    uint32_t line;
};

static _Thread_local struct error newest = {.kind = ""};

const char *template_error_kind(void)
{
    return newest.kind;
}

bool template_error_place(struct text *path, uint32_t *line)
{
    *path = (struct text){newest.path, newest.path_length};
    *line = newest.line;
    return newest.path_length > 0;
}

__attribute__((format(printf, 2, 0))) static struct text reason_of(char out[REASON_MAX],
                                                                   const char *format, va_list more)
{
    if (vsnprintf(out, REASON_MAX, format, more) < 0)
        out[0] = '\0';
    struct text reason = text_of(out);
    return reason.length == REASON_MAX - 1 ? text_cut(reason, REASON_MAX - 4) : reason;
}

void template_failed(const char *kind, struct text path, uint32_t line)
{
    path = text_cut(path, PLACE_MAX);
    if (path.length)
        memmove(newest.path, path.at, path.length);
    newest.path_length = path.length;
    newest.kind = kind;
    newest.line = line;
}

enum status template_failure(enum status status, const char *kind, struct text path, uint32_t line,
                             struct text words, const char *format, va_list more)
{
    char room[REASON_MAX];
    struct text reason = reason_of(room, format, more);
    struct text cut = text_cut(words, WORDS_MAX);
    template_failed(kind, path, line);
    path = (struct text){newest.path, newest.path_length};
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
    va_start(more, format);
    if (vsnprintf(room, sizeof room, format, more) < 0)
        room[0] = '\0';
    va_end(more);
    template_failed(kind, TEXT(""), 0);
    return status_record(status, __FILE__, __LINE__, __func__, "%s", room);
}
