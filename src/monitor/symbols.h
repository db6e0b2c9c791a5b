/* Names, files and lines of addresses, from a program's debug information (elfutils' libdw). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;
struct symbols_file;

/* What it has read of files stays in memory until it is closed. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *symbols);

/* A program or library of that build id (hexadecimal). NULL: there is no such file, or it is
 * another now. */
struct symbols_file *symbols_file(struct symbols *symbols, const char *path, const char *build_id);

struct symbol {
    const char *function; /* NULL: unknown; these last as long as `symbols` */
    const char *file;     /* as the compiler was given it; NULL: unknown */
    int line;
};
/* The function at an address, less where the file was loaded, behind those that the compiler has
 * put into it there: the innermost first. A file of NULL knows nothing. Gives how many, at least 1.
 */
#define SYMBOLS_INLINED 8
size_t symbols_find(struct symbols_file *file, uint64_t address,
                    struct symbol out[SYMBOLS_INLINED]);
