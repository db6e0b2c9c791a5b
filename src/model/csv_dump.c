#include <csv.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "db/db.h"
#include "model/csv.h"
#include "model/csv_read.h"

#define PROGRESS_EVERY 512

struct dumper {
    struct db *db;
    FILE *out;
    const struct csv_dumping *options;
    const struct field **columns;
    size_t count;
    size_t written;
};

/* Cells */

/* Within quotes where they are needed, and where some reader might need them. */
static bool needs_quotes(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.at[i] && strchr(",;\t\"\r\n", value.at[i]))
            return true;
    return value.length && (value.at[0] == ' ' || value.at[value.length - 1] == ' ');
}

static void put_cell(struct buffer *out, struct text value, struct arena *arena)
{
    value = csv_defused(arena, value);
    if (!needs_quotes(value)) {
        buffer_text(out, value);
        return;
    }
    size_t room = 2 * value.length + 2;
    char *at = buffer_room(out, room);
    if (at)
        out->length += csv_write(at, room, value.at, value.length);
}

static enum status put_links(const struct dumper *dumper, struct buffer *out,
                             const struct field *field, const void *row, struct arena *arena)
{
    const struct model *model = dumper->options->query.model;
    int64_t *keys = NULL;
    size_t count = 0;
    enum status status =
        links_read(dumper->db, arena, model, field,
                   *(const int64_t *)field_at(model_key(model), row), &keys, &count);
    for (size_t i = 0; i < count; i++)
        buffer_format(out, "%s%lld", i ? " " : "", (long long)keys[i]);
    return status;
}

/* Rows */

static enum status write_line(const struct dumper *dumper, struct buffer *line)
{
    /* a line of nothing would be none */
    buffer_text(line, line->length ? TEXT("\r\n") : TEXT("\"\"\r\n"));
    struct text bytes = buffer_contents(line);
    if (fwrite(bytes.at, 1, bytes.length, dumper->out) == bytes.length)
        return OK;
    return fail("it cannot be written: %s", strerror(errno));
}

static enum status write_row(void *row, struct arena *arena, void *context)
{
    struct dumper *dumper = context;
    const struct fixture_progress *progress = &dumper->options->progress;
    struct buffer line = {.arena = arena};
    enum status status = OK;
    for (size_t i = 0; i < dumper->count && status == OK; i++) {
        const struct field *field = dumper->columns[i];
        if (i)
            buffer_char(&line, ',');
        if (field->column)
            put_cell(&line, field_print(field, row, arena), arena);
        else
            status = put_links(dumper, &line, field, row, arena);
    }
    if (status == OK)
        status = write_line(dumper, &line);
    if (++dumper->written % PROGRESS_EVERY == 0 && progress->show)
        progress->show(dumper->written, progress->context);
    return status;
}

static enum status write_header(const struct dumper *dumper, struct arena *arena)
{
    struct buffer line = {.arena = arena};
    if (dumper->options->byte_order_mark)
        buffer_text(&line, TEXT("\xEF\xBB\xBF"));
    for (size_t i = 0; i < dumper->count; i++)
        buffer_format(&line, "%s%s", i ? "," : "", dumper->columns[i]->name);
    return write_line(dumper, &line);
}

/* All of it */

static void choose_columns(struct dumper *dumper, struct arena *arena)
{
    const struct model *model = dumper->options->query.model;
    const char *const *name = dumper->options->names;
    size_t room = model->field_count;
    for (size_t i = 0; name && name[i]; i++)
        room = i + 1 > room ? i + 1 : room;
    dumper->columns = ARENA_ARRAY(arena, const struct field *, room);
    for (size_t i = 0; !name && i < model->field_count; i++)
        if (!model->fields[i].hidden)
            dumper->columns[dumper->count++] = &model->fields[i];
    for (; name && *name; name++) {
        const struct field *field = model_field(model, text_of(*name));
        if (!field) {
            log_error("no such field of a CSV file", LOG_STRING("name", *name));
            abort();
        }
        dumper->columns[dumper->count++] = field;
    }
}

static enum status write_all(struct db *db, void *context)
{
    struct dumper *dumper = context;
    struct arena *arena = arena_new(2048);
    enum status status = write_header(dumper, arena);
    arena_free(arena);
    if (status == OK)
        status = query_each(db, &dumper->options->query, write_row, dumper);
    if (status == OK && fflush(dumper->out) != 0)
        status = fail("it cannot be written: %s", strerror(errno));
    return status;
}

enum status csv_dump(struct db *db, FILE *out, const struct csv_dumping *options, size_t *written)
{
    struct arena *arena = arena_new(2048);
    struct dumper dumper = {.db = db, .out = out, .options = options};
    choose_columns(&dumper, arena);
    enum status status = db_snapshot(db, write_all, &dumper);
    *written = dumper.written;
    arena_free(arena);
    return status;
}
