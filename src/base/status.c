#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct failure newest;

enum status status_record(enum status status, const char *file, int line, const char *function,
                          const char *format, ...)
{
    char message[sizeof newest.message]; /* the arguments may hold the previous message */
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        message[0] = '\0';
    va_end(arguments);
    newest.status = status;
    newest.file = file;
    newest.line = line;
    newest.function = function;
    memcpy(newest.message, message, sizeof message);
    return status;
}

const struct failure *status_failure(void)
{
    return &newest;
}

void status_clear(void)
{
    newest = (struct failure){0};
}
