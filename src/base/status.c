#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

static _Thread_local struct failure newest;
static bool keeps_all;

void status_keep_stacks(void)
{
    keeps_all = true;
}

/* The stack, from the caller of status_record() outward. */
struct walk {
    struct failure *failure;
    uintptr_t caller;
    bool begun;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    struct failure *failure = walk->failure;
    uintptr_t address = _Unwind_GetIP(context);
    walk->begun = walk->begun || address == walk->caller;
    if (walk->begun && address)
        failure->frames[failure->frame_count++] = address;
    return failure->frame_count < FAILURE_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static bool has_stack(enum status status)
{
    return keeps_all || status == FAILED || status == BUSY || status == TIMEOUT;
}

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
    newest.frame_count = 0;
    if (has_stack(status))
        _Unwind_Backtrace(visit, &(struct walk){
                                     .failure = &newest,
                                     .caller = (uintptr_t)__builtin_return_address(0),
                                 });
    return status;
}

void status_restore(const struct failure *failure)
{
    newest = *failure;
}

const struct failure *status_failure(void)
{
    return &newest;
}

void status_clear(void)
{
    newest.status = OK;
    newest.file = newest.function = NULL;
    newest.line = 0;
    newest.message[0] = '\0';
    newest.frame_count = 0;
}
