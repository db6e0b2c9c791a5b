#include "template/catalogue.h"

#include <string.h>

#include "base/arena.h"
#include "template/plural.h"

#define MAGIC       0x950412deu
#define HEADER_SIZE 28

struct message {
    struct text key;   /* "context\4message", up to the plural's NUL */
    struct text forms; /* the translation; forms parted by NUL */
};

struct catalogue {
    size_t count;
    const struct message *messages; /* sorted by key */
    struct text header;
    struct plural plural;
};

struct reader {
    struct text file;
    bool big_endian;
};

static uint32_t number_at(const struct reader *reader, size_t at)
{
    const unsigned char *byte = (const unsigned char *)reader->file.at + at;
    return reader->big_endian ? (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16
                                    | (uint32_t)byte[2] << 8 | byte[3]
                              : (uint32_t)byte[3] << 24 | (uint32_t)byte[2] << 16
                                    | (uint32_t)byte[1] << 8 | byte[0];
}

static bool fits(const struct reader *reader, size_t at, size_t size)
{
    return at <= reader->file.length && size <= reader->file.length - at;
}

/* The text that the row of a table (length, offset) tells of. */
static bool read_text(const struct reader *reader, size_t row, struct text *out)
{
    size_t length = number_at(reader, row);
    size_t at = number_at(reader, row + 4);
    if (!fits(reader, at, length + 1) || reader->file.at[at + length] != '\0')
        return false;
    *out = text_part(reader->file, at, at + length);
    return text_is_utf8(*out);
}

static struct text until_nul(struct text text)
{
    return text_part(text, 0, text_find_char(text, '\0'));
}

static enum status read_messages(const struct reader *reader, struct message *messages,
                                 size_t count)
{
    size_t keys = number_at(reader, 12);
    size_t forms = number_at(reader, 16);
    if (!fits(reader, keys, count * 8) || !fits(reader, forms, count * 8))
        return fail_as(INVALID, "a table of the catalogue is beyond its end");
    for (size_t i = 0; i < count; i++) {
        struct message *message = &messages[i];
        if (!read_text(reader, keys + i * 8, &message->key)
            || !read_text(reader, forms + i * 8, &message->forms))
            return fail_as(INVALID, "text %zu of the catalogue is beyond its end, or not UTF-8", i);
        message->key = until_nul(message->key);
        if (i > 0 && text_compare(messages[i - 1].key, message->key) >= 0)
            return fail_as(INVALID, "text %zu of the catalogue is out of order", i);
    }
    return OK;
}

static enum status read_start(struct reader *reader, size_t *count)
{
    if (reader->file.length < HEADER_SIZE)
        return fail_as(INVALID, "the catalogue is cut short");
    reader->big_endian = number_at(reader, 0) != MAGIC;
    if (number_at(reader, 0) != MAGIC)
        return fail_as(INVALID, "this is no catalogue: its first bytes are others");
    if (number_at(reader, 4) >> 16 > 1)
        return fail_as(INVALID, "the catalogue's format is newer than this program");
    *count = number_at(reader, 8);
    if (*count > reader->file.length / 16)
        return fail_as(INVALID, "the catalogue is cut short");
    return OK;
}

static enum status read_header(struct arena *arena, struct catalogue *catalogue)
{
    if (catalogue->count && catalogue->messages[0].key.length == 0)
        catalogue->header = catalogue->messages[0].forms;
    struct text type = catalogue_header(catalogue, TEXT("Content-Type"));
    size_t charset = text_find(type, TEXT("charset="));
    if (charset != TEXT_NOT_FOUND
        && !text_equal_nocase(text_from(type, charset + 8), TEXT("UTF-8")))
        return fail_as(INVALID, "the catalogue is not in UTF-8");
    return plural_parse(arena, catalogue_header(catalogue, TEXT("Plural-Forms")),
                        &catalogue->plural);
}

enum status catalogue_read(struct arena *arena, struct text file, const struct catalogue **out)
{
    struct reader reader = {.file = file};
    struct catalogue *catalogue = ARENA_NEW(arena, struct catalogue);
    enum status status = read_start(&reader, &catalogue->count);
    if (status != OK)
        return status;
    struct message *messages = ARENA_ARRAY(arena, struct message, catalogue->count);
    catalogue->messages = messages;
    status = read_messages(&reader, messages, catalogue->count);
    if (status == OK)
        status = read_header(arena, catalogue);
    *out = catalogue;
    return status;
}

struct text catalogue_header(const struct catalogue *catalogue, struct text name)
{
    struct text rest = catalogue->header;
    struct text line;
    while (rest.length && text_next(&rest, '\n', &line)) {
        size_t colon = text_find_char(line, ':');
        if (colon != TEXT_NOT_FOUND && text_equal_nocase(text_part(line, 0, colon), name))
            return text_trim(text_from(line, colon + 1));
    }
    return TEXT_NONE;
}

/* A key beside "context\4message", as text_compare() would. */
static int compare(struct text key, struct text context, struct text message)
{
    if (!context.at)
        return text_compare(key, message);
    int order = text_compare(text_part(key, 0, context.length), context);
    if (order != 0)
        return order;
    if (key.length == context.length)
        return -1;
    int mark = (unsigned char)key.at[context.length] - '\4';
    return mark ? mark : text_compare(text_from(key, context.length + 1), message);
}

static const struct message *find(const struct catalogue *catalogue, struct text context,
                                  struct text message)
{
    size_t low = 0;
    size_t high = catalogue && (context.at || message.length) ? catalogue->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct message *candidate = &catalogue->messages[middle];
        int order = compare(candidate->key, context, message);
        if (order == 0)
            return candidate;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool catalogue_find(const struct catalogue *catalogue, struct text context, struct text message,
                    struct text *out)
{
    const struct message *found = find(catalogue, context, message);
    if (found)
        *out = until_nul(found->forms);
    return found && out->length;
}

bool catalogue_find_plural(const struct catalogue *catalogue, struct text context,
                           struct text message, int64_t n, struct text *out)
{
    const struct message *found = find(catalogue, context, message);
    if (!found)
        return false;
    struct text rest = found->forms;
    size_t form = plural_form(&catalogue->plural, n);
    for (size_t i = 0; i <= form; i++)
        if (!text_next(&rest, '\0', out))
            return false;
    return out->length > 0;
}
