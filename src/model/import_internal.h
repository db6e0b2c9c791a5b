/* What reads a file and what saves its rows know of each other. */
#pragma once

#include <stdint.h>

#include "model/import.h"
#include "model/trigger_pause.h"

/* What is done with a row, as it is noted. */
struct import_note {
    uint32_t row; /* of the file, from 0: 0xFFFFFFFF is none */
    uint32_t line;
    unsigned char digest[8];
};
#define IMPORT_NO_ROW UINT32_MAX

struct importer {
    struct db *db;
    const struct import_options *options;
    struct import_report *report;
    enum status (*read)(struct importer *importer, void *context);
    void *context;
    struct trigger_pause pause;
    struct import_note next; /* of those of an earlier run; behind the last: IMPORT_NO_ROW */
    size_t rows;
    bool missing_is_told;
};

/* One value of a row, as people would type it; of a MANY_TO_MANY keys with spaces between. */
struct import_cell {
    const struct field *field;
    struct text raw;
};

/* Calls `read`, which gives the rows, within the transaction of the import. */
enum status import_run(struct importer *importer);

/* NULL: there is no field of this name, or it may not be given. */
const struct field *import_field(const struct importer *importer, struct text name);
/* For messages. */
struct text import_field_names(const struct importer *importer, struct arena *arena);

/* One row; errors go into the report. `arena` is its own. */
enum status import_row(struct importer *importer, size_t line, const struct import_cell *cells,
                       size_t count, struct arena *arena);

void import_refuse(struct importer *importer, size_t line, struct text column,
                   struct text sentence);

/* Notes (import_notes.c), where options ask for them. */
enum status import_notes_start(struct importer *importer);
/* Notes what is done with the row of `line`. `differs`: not what was noted. CONFLICT: nor may it
 * be. */
enum status import_notes_take(struct importer *importer, size_t line,
                              const struct import_row *change, struct arena *arena, bool *differs);
/* Behind the last row. */
enum status import_notes_end(struct importer *importer);

/* Puts a row into the report's list, where there is room. */
void import_report_row(struct importer *importer, const struct import_row *change);
