#include "monitor/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define FIRST_PAGE 4096

#define ANY 0

static const struct {
    int signal;
    const char *name;
    const char *words; /* of a code that is not known */
} names[] = {
    {SIGSEGV, "SIGSEGV", "invalid memory access"},
    {SIGBUS, "SIGBUS", "invalid memory access"},
    {SIGFPE, "SIGFPE", "arithmetic error"},
    {SIGILL, "SIGILL", "illegal instruction"},
    {SIGABRT, "SIGABRT", "abort"},
    {SIGTRAP, "SIGTRAP", "trap"},
    {SIGKILL, "SIGKILL", "killed"},
    {SIGTERM, "SIGTERM", "told to end"},
    {SIGSYS, "SIGSYS", "a system call that is not allowed"},
    {SIGXCPU, "SIGXCPU", "the limit of processor time"},
    {SIGXFSZ, "SIGXFSZ", "the limit of a file's size"},
};

static const struct {
    int signal; /* ANY: of all */
    int code;
    const char *name;
    const char *words; /* NULL: as of the signal */
} codes[] = {
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", "nothing is mapped there"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", "no permission for that memory"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN", "misaligned address"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR", "there is no memory behind that address"},
    {SIGBUS, BUS_OBJERR, "BUS_OBJERR", "the memory failed"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV", "division by zero"},
    {SIGFPE, FPE_INTOVF, "FPE_INTOVF", "integer overflow"},
    {SIGFPE, FPE_FLTDIV, "FPE_FLTDIV", "division by zero"},
    {SIGFPE, FPE_FLTOVF, "FPE_FLTOVF", "floating-point overflow"},
    {SIGFPE, FPE_FLTUND, "FPE_FLTUND", "floating-point underflow"},
    {SIGFPE, FPE_FLTRES, "FPE_FLTRES", "inexact floating-point result"},
    {SIGFPE, FPE_FLTINV, "FPE_FLTINV", "invalid floating-point operation"},
    {SIGFPE, FPE_FLTSUB, "FPE_FLTSUB", "subscript out of range"},
    {SIGILL, ILL_ILLOPC, "ILL_ILLOPC", NULL},
    {SIGILL, ILL_ILLOPN, "ILL_ILLOPN", NULL},
    {SIGILL, ILL_ILLADR, "ILL_ILLADR", NULL},
    {SIGILL, ILL_ILLTRP, "ILL_ILLTRP", NULL},
    {SIGILL, ILL_PRVOPC, "ILL_PRVOPC", "privileged instruction"},
    {SIGILL, ILL_PRVREG, "ILL_PRVREG", "privileged register"},
    {SIGILL, ILL_COPROC, "ILL_COPROC", "coprocessor error"},
    {SIGILL, ILL_BADSTK, "ILL_BADSTK", "internal stack error"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", "breakpoint"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE", NULL},
    {SIGSEGV, SI_KERNEL, "SI_KERNEL", "an address that cannot be"},
    {ANY, SI_KERNEL, "SI_KERNEL", NULL},
    {ANY, SI_USER, "SI_USER", NULL},
    {ANY, SI_QUEUE, "SI_QUEUE", NULL},
    {ANY, SI_TKILL, "SI_TKILL", NULL},
};

#define CODES (sizeof codes / sizeof *codes)

const char *signal_name(int signal)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].signal == signal)
            return names[i].name;
    return "signal";
}

/* CODES: it is none that is known. */
static size_t find(int signal, int code)
{
    size_t i = 0;
    while (i < CODES
           && !((codes[i].signal == signal || codes[i].signal == ANY) && codes[i].code == code))
        i++;
    return i;
}

const char *signal_code_name(int signal, int code)
{
    size_t at = find(signal, code);
    return at < CODES ? codes[at].name : NULL;
}

const char *signal_words(int signal, int code, uintptr_t address)
{
    size_t at = find(signal, code);
    if (signal == SIGSEGV && code == SEGV_MAPERR && address < FIRST_PAGE)
        return "null pointer";
    if (at < CODES && codes[at].words)
        return codes[at].words;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].signal == signal)
            return names[i].words;
    return "signal";
}
