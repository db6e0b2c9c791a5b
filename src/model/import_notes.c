/* What an import does with each row, as digests: noted by a dry run, compared by the real one. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/crypto.h"
#include "model/import_internal.h"
#include "model/model.h"

static void put_text(struct buffer *out, struct text text)
{
    buffer_format(out, "%zu:", text.length);
    buffer_text(out, text);
}

/* A new row's key is left out: another may have taken the next one meanwhile. */
static struct import_note note_of(const struct importer *importer, size_t line,
                                  const struct import_row *change, struct arena *arena)
{
    struct import_note note = {.row = (uint32_t)importer->rows, .line = (uint32_t)line};
    struct buffer out = {.arena = arena};
    put_text(&out, change->added ? TEXT("") : change->key);
    for (size_t i = 0; i < change->change_count; i++) {
        put_text(&out, text_of(change->changes[i].field->name));
        put_text(&out, change->changes[i].before);
        put_text(&out, change->changes[i].after);
    }
    const struct text bytes = buffer_contents(&out);
    const struct digest_value digest = digest_of(DIGEST_SHA256, &bytes, 1);
    memcpy(note.digest, digest.bytes, sizeof note.digest);
    return note;
}

static enum status write_note(FILE *out, const struct import_note *note)
{
    return !out || fwrite(note, sizeof *note, 1, out) == 1
               ? OK
               : fail("what an import does cannot be noted: %s", strerror(errno));
}

static enum status read_next(struct importer *importer)
{
    FILE *in = importer->options->noted;
    importer->next.row = IMPORT_NO_ROW;
    if (in && fread(&importer->next, sizeof importer->next, 1, in) != 1) {
        importer->next.row = IMPORT_NO_ROW;
        if (ferror(in))
            return fail("what an import was to do cannot be read: %s", strerror(errno));
    }
    return OK;
}

static enum status tell_difference(struct importer *importer)
{
    importer->report->differing++;
    return importer->options->dry_run ? OK
                                      : fail_as(CONFLICT, "others have changed what it changes");
}

/* Rows that were noted, before the one of that number, with which nothing is done now. */
static enum status tell_gone(struct importer *importer, uint32_t row)
{
    enum status status = OK;
    while (status == OK && importer->next.row < row) {
        const struct import_row gone = {.line = importer->next.line, .gone = true, .key = TEXT("")};
        status = tell_difference(importer);
        if (status == OK)
            import_report_row(importer, &gone);
        if (status == OK)
            status = read_next(importer);
    }
    return status;
}

enum status import_notes_start(struct importer *importer)
{
    return read_next(importer);
}

enum status import_notes_take(struct importer *importer, size_t line,
                              const struct import_row *change, struct arena *arena, bool *differs)
{
    const struct import_options *options = importer->options;
    *differs = false;
    if (!options->notes && !options->noted)
        return OK;
    if (importer->rows >= IMPORT_NO_ROW || line > UINT32_MAX)
        return fail("the file has too many rows");
    const struct import_note note = note_of(importer, line, change, arena);
    enum status status = write_note(options->notes, &note);
    if (status != OK || !options->noted)
        return status;
    status = tell_gone(importer, note.row);
    if (status != OK)
        return status;
    bool was_noted = importer->next.row == note.row;
    *differs = !was_noted || memcmp(importer->next.digest, note.digest, sizeof note.digest) != 0;
    if (was_noted)
        status = read_next(importer);
    return status == OK && *differs ? tell_difference(importer) : status;
}

enum status import_notes_end(struct importer *importer)
{
    enum status status = tell_gone(importer, IMPORT_NO_ROW);
    if (status == OK && importer->options->notes && fflush(importer->options->notes) != 0)
        status = fail("what an import does cannot be noted: %s", strerror(errno));
    return status;
}
