/* Rows as CSV, both ways (RFC 4180): a header of fields' names, then a row on a line, in UTF-8.
 * References are keys, a MANY_TO_MANY is keys with spaces between.
 *
 * A text that a spreadsheet would take for a formula (= + - @, a tab or a carriage return at its
 * beginning, but no number) is written with a ' before it (owasp.org/www-community/attacks/
 * CSV_Injection), which is taken off again when it is read. So is one that begins with 's before
 * such, so that what is read is what was written. */
#pragma once

#include <stdio.h>

#include "base/status.h"
#include "model/fixtures.h"
#include "model/import.h"
#include "model/query.h"

struct db;

struct csv_dumping {
    struct query query;
    const char *const *names; /* the columns; NULL: the key and all fields that are not hidden */
    bool byte_order_mark;     /* at the beginning, by which spreadsheets know UTF-8 */
    struct fixture_progress progress; /* of rows */
};

/* Writes the query's rows as they are at one moment, in memory that does not grow with their
 * number. A name that is no field aborts. */
enum status csv_dump(struct db *db, FILE *out, const struct csv_dumping *options, size_t *written);

/* Imports what `in` has (import.h), from where it is to its end. A ; or a tab between the columns
 * is known by the header, and so is a byte order mark. INVALID: there are errors, in the report,
 * and nothing was saved. */
enum status csv_load(struct db *db, FILE *in, const struct import_options *options,
                     struct import_report *report);
