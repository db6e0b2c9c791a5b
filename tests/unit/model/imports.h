/* Files into and out of a test's tables. */
#pragma once

#include "unit.h"

#include "base/buffer.h"
#include "db/db.h"
#include "model/csv.h"

UNIT FILE *file_of(struct text bytes)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.at, 1, bytes.length, file), bytes.length);
    rewind(file);
    return file;
}

typedef enum status loader(struct db *db, FILE *in, const struct import_options *options,
                           struct import_report *report);

UNIT enum status import_text(struct db *db, struct arena *arena, loader *load,
                             struct import_options options, struct text bytes,
                             struct import_report *report)
{
    FILE *file = file_of(bytes);
    *report = (struct import_report){.arena = arena};
    enum status status = load(db, file, &options, report);
    assert_int_equal(fclose(file), 0);
    return status;
}

/* "3 title: Please fill this in." for each error, on lines. */
UNIT struct text errors_of(const struct import_report *report)
{
    struct buffer out = {.arena = report->arena};
    for (size_t i = 0; i < report->errors.count; i++) {
        const struct import_error *error = &report->errors.items[i];
        buffer_format(&out, "%s%zu %.*s: %.*s", i ? "\n" : "", error->line, TEXT_ARG(error->column),
                      TEXT_ARG(error->sentence));
    }
    return buffer_contents(&out);
}

/* "3 changed 1: title Blue > Red; beds 4 > 5" for each row, on lines. */
UNIT struct text rows_of(const struct import_report *report)
{
    struct buffer out = {.arena = report->arena};
    for (size_t i = 0; i < report->rows.count; i++) {
        const struct import_row *row = &report->rows.items[i];
        buffer_format(&out, "%s%zu %s %.*s:", i ? "\n" : "", row->line,
                      row->added  ? "added"
                      : row->gone ? "gone"
                                  : "changed",
                      TEXT_ARG(row->key));
        for (size_t k = 0; k < row->change_count; k++)
            buffer_format(&out, "%s %s %.*s > %.*s", k ? ";" : "", row->changes[k].field->name,
                          TEXT_ARG(row->changes[k].before), TEXT_ARG(row->changes[k].after));
    }
    return buffer_contents(&out);
}

UNIT struct text csv_of(struct db *db, struct arena *arena, struct csv_dumping options)
{
    char *bytes = NULL;
    size_t length = 0;
    size_t written;
    FILE *file = open_memstream(&bytes, &length);
    assert_non_null(file);
    assert_status(csv_dump(db, file, &options, &written), OK);
    assert_int_equal(fclose(file), 0);
    struct text out = text_copy(arena, (struct text){bytes, length});
    free(bytes);
    return out;
}
