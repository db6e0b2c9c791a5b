#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/csv.h"
#include "model/csv_read.h"
#include "model/import_internal.h"
#include "template/language.h"

struct loading {
    struct importer *importer;
    FILE *in;
    struct arena *arena;
    const struct field **columns; /* of the header; NULL: it has not been read */
    size_t count;
};

static void refuse_unknown(const struct loading *loading, size_t line, struct text name)
{
    struct text names = import_field_names(loading->importer, loading->arena);
    import_refuse(loading->importer, line, name,
                  text_format(loading->arena,
                              translate("There is no such column here. The columns are: %.*s."),
                              TEXT_ARG(names)));
}

static bool is_there(const struct loading *loading, const struct field *field)
{
    for (size_t i = 0; i < loading->count; i++)
        if (loading->columns[i] == field)
            return true;
    return false;
}

/* All faults of the header are told at once; rows are not looked at behind a bad one. */
static enum status take_header(struct loading *loading, const struct csv_record *record)
{
    struct importer *importer = loading->importer;
    loading->columns = ARENA_ARRAY(loading->arena, const struct field *, record->count);
    for (size_t i = 0; i < record->count; i++) {
        struct text name = text_trim(record->cells[i]);
        const struct field *field = import_field(importer, name);
        if (!field)
            refuse_unknown(loading, record->line, name);
        else if (is_there(loading, field))
            import_refuse(importer, record->line, name,
                          text_of(translate("This column is there twice.")));
        loading->columns[loading->count++] = field;
    }
    return importer->report->errors.count ? fail_as(INVALID, "the header has errors") : OK;
}

static void refuse_width(const struct loading *loading, const struct csv_record *record)
{
    struct importer *importer = loading->importer;
    import_refuse(importer, record->line, TEXT(""),
                  text_format(loading->arena,
                              translate("This row has %zu cells, and the header has %zu."),
                              record->count, loading->count));
    importer->report->refused++;
}

static enum status take_record(const struct csv_record *record, struct arena *arena, void *context)
{
    struct loading *loading = context;
    if (!loading->columns)
        return take_header(loading, record);
    if (record->count != loading->count) {
        refuse_width(loading, record);
        return OK;
    }
    struct import_cell *cells = ARENA_ARRAY(arena, struct import_cell, record->count);
    for (size_t i = 0; i < record->count; i++)
        cells[i] = (struct import_cell){loading->columns[i], csv_undefused(record->cells[i])};
    return import_row(loading->importer, record->line, cells, record->count, arena);
}

static enum status read_rows(struct importer *importer, void *context)
{
    struct loading *loading = context;
    size_t line = 0;
    loading->importer = importer;
    enum status status = csv_read(loading->in, take_record, loading, &line);
    if (status == INVALID && !importer->report->errors.count)
        import_refuse(importer, line, TEXT(""),
                      text_copy(loading->arena, text_of(status_failure()->message)));
    else if (status == OK && !loading->columns)
        import_refuse(importer, 0, TEXT(""), text_of(translate("The file is empty.")));
    return status;
}

enum status csv_load(struct db *db, FILE *in, const struct import_options *options,
                     struct import_report *report)
{
    struct loading loading = {.in = in, .arena = arena_new(2048)};
    struct importer importer = {
        .db = db, .options = options, .report = report, .read = read_rows, .context = &loading};
    enum status status = import_run(&importer);
    arena_free(loading.arena);
    return status;
}
