/* Names, files and lines of addresses, from a program's debug information (elfutils' libdw). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct symbols;

/* NULL: it cannot be started. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *symbols);

/* Where a file was loaded, once for each. False: there is no such file, or it is another now: its
 * build id (hexadecimal) differs. */
bool symbols_load(struct symbols *symbols, const char *path, uint64_t base, const char *build_id);

struct symbol {
    const char *function; /* NULL: unknown; these last as long as `symbols` */
    const char *file;     /* as the compiler was given it; NULL: unknown */
    int line;
};
void symbols_find(struct symbols *symbols, uint64_t address, struct symbol *out);
