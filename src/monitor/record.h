/* The spool: one file an event, written by whoever noticed it. */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct buffer;
struct fault;

/* What is loaded, looked up once so that a signal handler can name it: build ids and places. */
void record_find_images(void);

/* `stands_for`: itself and how many equal ones (flood.h).
 *
 * One line of JSON: signal, address, frames, and the images they lie in. */
void record_fault(struct buffer *out, const struct fault *fault, bool contained,
                  uint64_t stands_for);

/* One line of JSON of what failed without a fault. */
struct failure;
void record_failure(struct buffer *out, const struct failure *failure, int64_t at,
                    uint64_t stands_for);

/* A new file in the folder, which is made where it is not there, to be written by record_append()
 * and ended by record_close(); -1: it cannot be had. Of async-signal-safe calls alone, as the two
 * that follow. */
struct record {
    int fd;
    char open_path[256];
    char path[256];
};
bool record_open(struct record *record, const char *folder, int64_t at);
void record_append(const struct record *record, struct text line);
/* Gives it its name, under which the clerk finds it. */
void record_close(const struct record *record);
