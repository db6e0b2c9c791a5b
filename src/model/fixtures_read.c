/* Objects of a fixture one by one: the outer list is read here, each object by jansson. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/fixtures_internal.h"

#define CHUNK        ((size_t)64 * 1024)
#define OBJECT_LIMIT ((size_t)64 * 1024 * 1024)

struct fixture_reader {
    const struct fixture_source *source;
    FILE *file;
    struct arena *arena; /* of the object's text */
    struct text chunk;   /* what has been read and not been used yet */
    char *room;          /* of the chunk, when it comes from a file */
    size_t line;         /* of the chunk's first byte */
    size_t object_line;
    size_t number;
    bool begun;
    bool ended;
};

struct fixture_reader *fixture_reader_new(struct arena *arena, const struct fixture_source *source,
                                          FILE *file)
{
    struct fixture_reader *reader = ARENA_NEW(arena, struct fixture_reader);
    reader->source = source;
    reader->file = file;
    reader->line = 1;
    reader->arena = arena_new(CHUNK);
    if (file)
        reader->room = arena_alloc(arena, CHUNK);
    else
        reader->chunk = source->text;
    return reader;
}

void fixture_reader_free(struct fixture_reader *reader)
{
    arena_free(reader->arena);
}

size_t fixture_reader_number(const struct fixture_reader *reader)
{
    return reader->number;
}

size_t fixture_reader_line(const struct fixture_reader *reader)
{
    return reader->object_line;
}

static enum status refuse(const struct fixture_reader *reader, const char *words)
{
    return fail_as(INVALID, "%s: line %zu: %s", reader->source->name, reader->line, words);
}

#define BYTE_ORDER_MARK TEXT("\xEF\xBB\xBF") /* RFC 8259, 8.1: may be ignored */

/* NOT_FOUND at the end. */
static enum status fill(struct fixture_reader *reader)
{
    if (reader->chunk.length)
        return OK;
    if (!reader->file)
        return NOT_FOUND;
    size_t length = fread(reader->room, 1, CHUNK, reader->file);
    if (length == 0 && ferror(reader->file))
        return fail("%s cannot be read: %s", reader->source->name, strerror(errno));
    reader->chunk = (struct text){reader->room, length};
    if (!reader->begun && text_starts(reader->chunk, BYTE_ORDER_MARK))
        reader->chunk = text_from(reader->chunk, BYTE_ORDER_MARK.length);
    reader->begun = true;
    return length ? OK : NOT_FOUND;
}

static char take(struct fixture_reader *reader)
{
    char c = reader->chunk.at[0];
    reader->chunk = text_from(reader->chunk, 1);
    reader->line += c == '\n';
    return c;
}

/* The next character that is no white space, left where it is. */
static enum status look(struct fixture_reader *reader, char *out)
{
    for (;;) {
        enum status status = fill(reader);
        if (status != OK)
            return status;
        *out = reader->chunk.at[0];
        if (*out != ' ' && *out != '\t' && *out != '\n' && *out != '\r')
            return OK;
        take(reader);
    }
}

/* Where in an object the reading is. */
struct extent {
    size_t depth; /* of braces */
    bool quoted;
    bool escaped;
};

/* Whether `c` ends the object. */
static bool ends_object(struct extent *extent, char c)
{
    if (extent->escaped)
        extent->escaped = false;
    else if (extent->quoted && c == '\\')
        extent->escaped = true;
    else if (c == '"')
        extent->quoted = !extent->quoted;
    else if (!extent->quoted && c == '{')
        extent->depth++;
    else if (!extent->quoted && c == '}')
        return --extent->depth == 0;
    return false;
}

/* Adds what the chunk has of the object to its text. */
static bool take_part(struct fixture_reader *reader, struct extent *extent, struct buffer *text)
{
    const struct text chunk = reader->chunk;
    size_t length = 0;
    bool ended = false;
    while (length < chunk.length && !ended) {
        reader->line += chunk.at[length] == '\n';
        ended = ends_object(extent, chunk.at[length++]);
    }
    buffer_append(text, chunk.at, length);
    reader->chunk = text_from(chunk, length);
    return ended;
}

static enum status refuse_object(const struct fixture_reader *reader, const char *words)
{
    return fail_as(INVALID, "%s: object %zu, line %zu: %s", reader->source->name, reader->number,
                   reader->object_line, words);
}

static enum status take_object(struct fixture_reader *reader, struct buffer *text)
{
    struct extent extent = {0};
    bool ended = false;
    reader->object_line = reader->line;
    while (!ended) {
        enum status status = fill(reader);
        if (status != OK)
            return status == NOT_FOUND ? refuse_object(reader, "its } is missing") : status;
        ended = take_part(reader, &extent, text);
        if (text->failed)
            return refuse_object(reader, "it is longer than 64 MiB");
    }
    return OK;
}

static enum status parse(struct fixture_reader *reader, struct text text, json_t **out)
{
    json_error_t error;
    *out = json_loadb(text.at, text.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*out)
        return OK;
    return fail_as(INVALID, "%s: object %zu, line %zu: %s", reader->source->name, reader->number,
                   reader->object_line + (size_t)(error.line > 0 ? error.line - 1 : 0), error.text);
}

static enum status read_object(struct fixture_reader *reader, char first, json_t **out)
{
    reader->number++;
    if (first != '{')
        return fail_as(INVALID, "%s: line %zu: object %zu does not begin with {",
                       reader->source->name, reader->line, reader->number);
    arena_reset(reader->arena);
    struct buffer text = {.arena = reader->arena, .limit = OBJECT_LIMIT};
    enum status status = take_object(reader, &text);
    return status == OK ? parse(reader, buffer_contents(&text), out) : status;
}

static enum status end_list(struct fixture_reader *reader)
{
    char c;
    take(reader);
    reader->ended = true;
    enum status status = look(reader, &c);
    return status == OK ? refuse(reader, "there is more behind the list's end") : status;
}

/* Whether to go on is known by the character behind the object before. */
static enum status next_begins(struct fixture_reader *reader, char *c)
{
    bool first = reader->number == 0;
    enum status status = look(reader, c);
    if (status == OK && first && *c != '[')
        return refuse(reader, "a fixture is a list of objects: it begins with [");
    if (status == OK && !first && *c == ']')
        return end_list(reader);
    if (status == OK && !first && *c != ',')
        return refuse(reader, "behind an object comes a comma, or ] at the list's end");
    if (status == OK) {
        take(reader);
        status = look(reader, c);
    }
    if (status == OK && *c == ']')
        return first ? end_list(reader) : refuse(reader, "an object is missing behind the comma");
    return status == NOT_FOUND ? refuse(reader, "the list does not end: ] is missing") : status;
}

enum status fixture_reader_next(struct fixture_reader *reader, json_t **out)
{
    char c = '\0';
    if (reader->ended)
        return NOT_FOUND;
    enum status status = next_begins(reader, &c);
    return status == OK ? read_object(reader, c, out) : status;
}
