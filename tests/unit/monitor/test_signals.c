/* What a fault is called. */
#include "unit.h"

#include <signal.h>

#include "monitor/signals.h"

static void test_words(void **state)
{
    static const struct {
        int signal;
        int code;
        uintptr_t address;
        const char *name;
        const char *code_name;
        const char *words;
    } cases[] = {
        {SIGFPE, FPE_INTDIV, 0x1000, "SIGFPE", "FPE_INTDIV", "division by zero"},
        {SIGFPE, FPE_FLTDIV, 0x1000, "SIGFPE", "FPE_FLTDIV", "division by zero"},
        {SIGFPE, FPE_INTOVF, 0x1000, "SIGFPE", "FPE_INTOVF", "integer overflow"},
        {SIGFPE, SI_TKILL, 0, "SIGFPE", "SI_TKILL", "arithmetic error"},
        {SIGSEGV, SEGV_MAPERR, 0, "SIGSEGV", "SEGV_MAPERR", "null pointer"},
        {SIGSEGV, SEGV_MAPERR, 4095, "SIGSEGV", "SEGV_MAPERR", "null pointer"},
        {SIGSEGV, SEGV_MAPERR, 4096, "SIGSEGV", "SEGV_MAPERR", "nothing is mapped there"},
        {SIGSEGV, SEGV_ACCERR, 8, "SIGSEGV", "SEGV_ACCERR", "no permission for that memory"},
        {SIGSEGV, SI_KERNEL, 0, "SIGSEGV", "SI_KERNEL", "an address that cannot be"},
        {SIGBUS, BUS_ADRERR, 1, "SIGBUS", "BUS_ADRERR", "there is no memory behind that address"},
        {SIGBUS, SI_KERNEL, 1, "SIGBUS", "SI_KERNEL", "invalid memory access"},
        {SIGILL, ILL_ILLOPN, 1, "SIGILL", "ILL_ILLOPN", "illegal instruction"},
        {SIGABRT, SI_TKILL, 0, "SIGABRT", "SI_TKILL", "abort"},
        {SIGTRAP, 99, 0, "SIGTRAP", NULL, "trap"},
        {SIGKILL, SI_USER, 0, "SIGKILL", "SI_USER", "killed"},
        {SIGUSR1, 1, 0, "signal", NULL, "signal"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *code_name = signal_code_name(cases[i].signal, cases[i].code);
        assert_string_equal(signal_name(cases[i].signal), cases[i].name);
        assert_string_equal(code_name ? code_name : "",
                            cases[i].code_name ? cases[i].code_name : "");
        assert_string_equal(signal_words(cases[i].signal, cases[i].code, cases[i].address),
                            cases[i].words);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_words),
};
UNIT_MAIN(tests)
