#include "model/csv_read.h"

#include <csv.h>
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "template/language.h"

#define READ_SIZE      ((size_t)16 * 1024)
#define GROWTH         ((size_t)4 * 1024)
#define LONGEST_RECORD ((size_t)1024 * 1024)

struct reader {
    struct csv_parser parser;
    struct arena *arena; /* of the record */
    LIST(struct text) cells;
    size_t line;
    size_t record_line;
    size_t record_bytes;
    bool in_record;
    char last; /* byte */
    enum status status;
    enum status (*take)(const struct csv_record *record, struct arena *arena, void *context);
    void *context;
};

/* Formulas */

static bool is_number(struct text text)
{
    size_t digits = 0;
    size_t at = text.length && (text.at[0] == '-' || text.at[0] == '+');
    for (; at < text.length; at++) {
        bool is_digit = text.at[at] >= '0' && text.at[at] <= '9';
        digits += is_digit;
        if (!is_digit && !strchr(".eE+-", text.at[at]))
            return false;
        if ((text.at[at] == '+' || text.at[at] == '-') && (text.at[at - 1] | 0x20) != 'e')
            return false;
    }
    return digits > 0;
}

/* After any 's. */
static bool looks_like_formula(struct text text)
{
    size_t at = 0;
    while (at < text.length && text.at[at] == '\'')
        at++;
    return at < text.length && text.at[at] && strchr("=+-@\t\r", text.at[at]);
}

struct text csv_defused(struct arena *arena, struct text value)
{
    return looks_like_formula(value) && !is_number(value)
               ? text_format(arena, "'%.*s", TEXT_ARG(value))
               : value;
}

struct text csv_undefused(struct text cell)
{
    return cell.length && cell.at[0] == '\'' && looks_like_formula(cell) ? text_from(cell, 1)
                                                                         : cell;
}

/* Records */

static void on_cell(void *bytes, size_t length, void *context)
{
    struct reader *reader = context;
    *LIST_PUSH(reader->arena, &reader->cells) =
        text_copy(reader->arena, (struct text){bytes ? bytes : "", length});
}

static void on_record(int end, void *context)
{
    struct reader *reader = context;
    const struct csv_record record = {reader->record_line, reader->cells.items,
                                      reader->cells.count};
    (void)end;
    if (reader->status == OK)
        reader->status = reader->take(&record, reader->arena, reader->context);
    memset(&reader->cells, 0, sizeof reader->cells);
    arena_reset(reader->arena);
    reader->in_record = false;
    reader->record_bytes = 0;
}

/* White space is part of a cell (RFC 4180, 2.4). */
static int is_no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static enum status refuse_bytes(const struct reader *reader)
{
    if (csv_error((struct csv_parser *)(uintptr_t)&reader->parser) != CSV_EPARSE)
        return fail("out of memory");
    return fail_as(INVALID, "%s",
                   translate("A quotation mark is where none can be. One within a cell is written "
                             "twice, and the cell between two."));
}

/* The bytes to the end of a line: the next one begins behind a line feed, or a carriage return
 * that none follows. */
static enum status take_line(struct reader *reader, struct text bytes)
{
    bool is_blank = bytes.at[0] == '\n' || bytes.at[0] == '\r';
    if (!reader->in_record && !is_blank)
        reader->record_line = reader->line;
    reader->in_record = reader->in_record || !is_blank;
    reader->record_bytes += reader->in_record ? bytes.length : 0;
    if (reader->record_bytes > LONGEST_RECORD)
        return fail_as(INVALID, "%s",
                       translate("This row is longer than 1 MB. Is a quotation mark not closed?"));
    size_t taken = csv_parse(&reader->parser, bytes.at, bytes.length, on_cell, on_record, reader);
    if (taken != bytes.length)
        return refuse_bytes(reader);
    return reader->status;
}

static enum status take_bytes(struct reader *reader, struct text bytes)
{
    enum status status = OK;
    while (bytes.length && status == OK) {
        size_t end = 0;
        if (reader->last == '\n' || (reader->last == '\r' && bytes.at[0] != '\n'))
            reader->line++;
        while (end < bytes.length && bytes.at[end] != '\n' && bytes.at[end] != '\r')
            end++;
        struct text line = text_part(bytes, 0, end + 1);
        status = take_line(reader, line);
        reader->last = line.at[line.length - 1];
        bytes = text_from(bytes, line.length);
    }
    return status;
}

/* The file */

static enum status check_encoding(struct text start)
{
    if (text_starts(start, TEXT("\xFF\xFE")) || text_starts(start, TEXT("\xFE\xFF")))
        return fail_as(INVALID, "%s",
                       translate("The file is in UTF-16. Please save it as CSV in UTF-8."));
    return OK;
}

static bool has_outside_quotes(struct text line, char wanted)
{
    bool quoted = false;
    for (size_t i = 0; i < line.length; i++) {
        quoted = quoted != (line.at[i] == '"');
        if (!quoted && line.at[i] == wanted)
            return true;
    }
    return false;
}

/* A comma, unless the header has none, but another that spreadsheets write. */
static unsigned char delimiter_of(struct text start)
{
    struct text line = text_part(start, 0, text_find_char(start, '\n'));
    if (has_outside_quotes(line, ','))
        return ',';
    return has_outside_quotes(line, ';') ? ';' : has_outside_quotes(line, '\t') ? '\t' : ',';
}

static enum status take_file(struct reader *reader, FILE *in, char *buffer)
{
    struct text bytes = {buffer, fread(buffer, 1, READ_SIZE, in)};
    enum status status = check_encoding(bytes);
    if (text_starts(bytes, TEXT("\xEF\xBB\xBF")))
        bytes = text_from(bytes, 3);
    csv_set_delim(&reader->parser, delimiter_of(bytes));
    while (bytes.length && status == OK) {
        status = take_bytes(reader, bytes);
        if (status == OK)
            bytes = (struct text){buffer, fread(buffer, 1, READ_SIZE, in)};
    }
    if (status == OK && ferror(in))
        status = fail("the file cannot be read: %s", strerror(errno));
    if (status == OK && csv_fini(&reader->parser, on_cell, on_record, reader) != 0)
        status = refuse_bytes(reader);
    return status == OK ? reader->status : status;
}

enum status csv_read(FILE *in,
                     enum status (*take)(const struct csv_record *record, struct arena *arena,
                                         void *context),
                     void *context, size_t *line)
{
    struct reader reader = {.take = take, .context = context, .line = 1, .record_line = 1};
    if (csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return fail("out of memory");
    csv_set_space_func(&reader.parser, is_no_space);
    csv_set_blk_size(&reader.parser, GROWTH);
    reader.arena = arena_new((size_t)16 * 1024);
    struct arena *arena = arena_new(READ_SIZE);
    enum status status = take_file(&reader, in, arena_alloc(arena, READ_SIZE));
    *line = reader.record_line;
    csv_free(&reader.parser);
    arena_free(reader.arena);
    arena_free(arena);
    return status;
}
