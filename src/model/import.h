/* Rows from outside into one table: as CSV (csv.h) or as fixture JSON (fixtures_import()).
 *
 * A row whose key is in the table changes that row, in the fields that it names; any other is
 * added, with the key it has or a new one. Each goes through a form (form.h) with what it would
 * change: what is refused of people is refused of a file. A value that is as stored is left as it
 * is, whatever a form would say of it; an empty one is NULL where the field may be NULL.
 *
 * A dry run does what the real one does and undoes it at the end: what it reports is what will be
 * done. Either is one transaction, which holds the database's lock for writing.
 *
 * What a dry run found can be noted, and the real one held to it: where others have saved in
 * between something that it would overwrite unseen, it does nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "model/fixtures.h"
#include "model/migrations.h"

struct arena;
struct db;
struct field;
struct model;

#define IMPORT_LIMIT 100 /* rows and errors that a report has, unless it is told otherwise */

struct import_change {
    const struct field *field;
    struct text before; /* as people would type it; empty of a row that is added */
    struct text after;
};

struct import_row {
    size_t line;
    bool added; /* else changed */
    bool gone;  /* neither: it was to be, when that was noted, and is as the file has it by now */
    struct text key;
    const struct import_change *changes;
    size_t change_count;
};

/* A sentence for whoever made the file, in the thread's language. */
struct import_error {
    size_t line;        /* from 1; 0: of the file as a whole */
    struct text column; /* a field's name; empty: of the row as a whole */
    struct text sentence;
};

struct import_report {
    struct arena *arena; /* the caller's: holds the lists, long values cut to some hundred bytes */
    size_t added, changed, unchanged;
    size_t refused;   /* rows with errors */
    size_t differing; /* rows with which another is done than was noted */
    LIST(struct import_row) rows;
    LIST(struct import_error) errors;
    size_t more_rows; /* what the lists have no room for */
    size_t more_errors;
};

struct import_options {
    const struct model *model;
    const char *const *names; /* fields that may be given, beside the key; NULL: all not hidden */
    bool dry_run;
    /* Where it is noted what is done with which row, 16 bytes each, and such notes of an earlier
     * run. A real run that would do anything else ends with CONFLICT, and nothing is saved; a dry
     * one lists the rows that differ, and no others. NULL: neither. */
    FILE *notes;
    FILE *noted;
    size_t limit;                     /* of each of the report's lists; 0: IMPORT_LIMIT */
    struct migration_list migrations; /* whose triggers are put aside for many rows */
    struct fixture_progress progress; /* of rows */
    /* Sets texts of a new row that no file has, before the file's values; a field that has one by
     * that is not asked of the file. NULL: there are none. */
    void (*prepare)(void *row, struct arena *arena, void *context);
    /* Called for each row that was added or changed, within the transaction, with the row as it is
     * now. INVALID: it may not be; the failure's message is the row's error. NULL: nobody. */
    enum status (*each)(struct db *db, const struct import_row *change, const void *row,
                        struct arena *arena, void *context);
    /* Called at the end of what is to be saved, within the transaction. NULL: nobody. */
    enum status (*end)(struct db *db, void *context);
    void *context;
};

/* From fixture JSON of one model, of which it is the reading that differs from CSV's: null is an
 * empty value, a reference or a MANY_TO_MANY may name natural keys, and each row names its own
 * fields. `in` is read from where it is to its end. INVALID: there are errors, in the report, and
 * nothing was saved. */
enum status fixtures_import(struct db *db, FILE *in, const struct import_options *options,
                            struct import_report *report);
