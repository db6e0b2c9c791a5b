/* The spool: one file an event, written by whoever noticed it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct buffer;
struct fault;

/* What is loaded, looked up once so that a signal handler can name it: build ids and places. */
void record_find_images(void);

/* Whether code may be there, as far as is known. Also in a signal handler. */
bool record_is_text(uintptr_t address);

/* The rest of a record's first line, which equal ones have in common: signal, address, frames, and
 * the images they lie in; and the C library's last words, "" where it had none. */
void record_fault(struct buffer *out, const struct fault *fault, struct text words, bool contained);

/* The same of what failed without a fault, with its stack where that was taken down. */
struct failure;
void record_failure(struct buffer *out, const struct failure *failure);

/* The same of a process that a signal ended without a word of its own. */
void record_end(struct buffer *out, const char *role, int64_t pid, int signal);

/* A new file in the folder, which is made where it is not there: one line of JSON that begins with
 * when it was, and `stands_for`, itself and how many equal ones (flood.h). The rest of the line and
 * those that follow are written by record_append(). False: it cannot be had. Of async-signal-safe
 * calls alone, as the two that follow. */
struct record {
    int fd;
    char open_path[256];
    char path[256];
};
bool record_open(struct record *record, const char *folder, int64_t at, uint64_t stands_for);
bool record_append(const struct record *record, struct text bytes);
/* Gives it its name, under which the clerk finds it; what is not `whole` goes. */
bool record_close(const struct record *record, bool whole);
