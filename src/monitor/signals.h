/* What a signal of a fault says, in words (POSIX, <signal.h>). */
#pragma once

#include <stdint.h>

/* "SIGSEGV" */
const char *signal_name(int signal);

/* Of its si_code: "SEGV_MAPERR"; NULL: it is none that is known. */
const char *signal_code_name(int signal, int code);

/* "division by zero". `address`: what si_addr said. */
const char *signal_words(int signal, int code, uintptr_t address);
