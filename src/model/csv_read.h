/* The records of a CSV file, by libcsv. For csv_load.c. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "base/text.h"

struct arena;

struct csv_record {
    size_t line; /* where it begins, from 1 */
    const struct text *cells;
    size_t count;
};

/* Calls `take` for each record, in memory that is used again for the next. Ends with the first
 * status that is not OK. INVALID of its own: the file is no CSV from `line` on; the message is for
 * whoever made it. */
enum status csv_read(FILE *in,
                     enum status (*take)(const struct csv_record *record, struct arena *arena,
                                         void *context),
                     void *context, size_t *line);

/* A ' taken off that csv_defused() has put there. */
struct text csv_undefused(struct text cell);
struct text csv_defused(struct arena *arena, struct text value);
