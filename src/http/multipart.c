#include "http/multipart.h"

#include <string.h>

#include "base/arena.h"

#define BOUNDARY_LIMIT 70 /* RFC 2046, 5.1.1 */
#define HEADER_LIMIT   ((size_t)8 * 1024)

static struct text media_type(struct text content_type)
{
    return text_trim(text_part(content_type, 0, text_find_char(content_type, ';')));
}

bool multipart_is(struct text content_type)
{
    return text_equal_nocase(media_type(content_type), TEXT("multipart/form-data"));
}

/* Parameters: `; name="value"; other=value` */

/* In a quoted string only \" and \\ are escapes: others are of a path that Windows has. */
static bool is_escape(struct text text, size_t at)
{
    return text.at[at] == '\\' && at + 1 < text.length
           && (text.at[at + 1] == '"' || text.at[at + 1] == '\\');
}

static bool take_quoted(struct arena *arena, struct text *rest, struct text *out)
{
    size_t end = 1;
    size_t length = 0;
    while (end < rest->length && rest->at[end] != '"')
        end += is_escape(*rest, end) ? 2 : 1;
    if (end >= rest->length)
        return false;
    char *value = arena_alloc(arena, end);
    for (size_t i = 1; i < end; i++) {
        i += is_escape(*rest, i);
        value[length++] = rest->at[i];
    }
    *out = (struct text){value, length};
    *rest = text_from(*rest, end + 1);
    return true;
}

static bool take_value(struct arena *arena, struct text *rest, struct text *out)
{
    *rest = text_trim(*rest);
    if (rest->length && rest->at[0] == '"')
        return take_quoted(arena, rest, out);
    size_t end = text_find_char(*rest, ';');
    *out = text_trim(text_part(*rest, 0, end));
    *rest = end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(*rest, end);
    return true;
}

/* The next one; false at the end, or at a fault, where `rest` is not empty. */
static bool take_parameter(struct arena *arena, struct text *rest, struct text *name,
                           struct text *value)
{
    *rest = text_trim(*rest);
    if (!rest->length || rest->at[0] != ';')
        return false;
    struct text inner = text_from(*rest, 1);
    size_t equals = text_find_char(inner, '=');
    if (equals == TEXT_NOT_FOUND)
        return false;
    *name = text_trim(text_part(inner, 0, equals));
    inner = text_from(inner, equals + 1);
    if (!take_value(arena, &inner, value))
        return false;
    *rest = inner;
    return true;
}

static struct text after_word(struct text header)
{
    size_t end = text_find_char(header, ';');
    return end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(header, end);
}

static enum status find_boundary(struct arena *arena, struct text content_type, struct text *out)
{
    struct text rest = after_word(content_type);
    struct text name;
    struct text value;
    *out = TEXT_NONE;
    while (take_parameter(arena, &rest, &name, &value))
        if (text_equal_nocase(name, TEXT("boundary")) && !out->length)
            *out = value;
    if (rest.length || !out->length || out->length > BOUNDARY_LIMIT
        || text_find_char(*out, '\r') != TEXT_NOT_FOUND
        || text_find_char(*out, '\n') != TEXT_NOT_FOUND)
        return fail_as(INVALID, "the form has no boundary of 1 to 70 characters");
    return OK;
}

/* A part's headers */

static bool is_sound(struct text text)
{
    return text_is_utf8(text) && text_find_char(text, '\0') == TEXT_NOT_FOUND;
}

/* "C:\letters\a.csv" is "a.csv"; what would not be a name is none. */
static struct text file_name(struct text sent)
{
    size_t start = sent.length;
    while (start && sent.at[start - 1] != '/' && sent.at[start - 1] != '\\')
        start--;
    struct text name = text_trim(text_from(sent, start));
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7F)
            return TEXT("");
    bool is_dots = text_is(name, ".") || text_is(name, "..");
    return is_dots || !text_is_utf8(name) ? TEXT("") : name;
}

static enum status take_disposition(struct arena *arena, struct text header,
                                    struct multipart_part *part)
{
    struct text rest = after_word(header);
    struct text name;
    struct text value;
    if (!text_equal_nocase(media_type(header), TEXT("form-data")) || part->name.at)
        return fail_as(INVALID, "a part of the form is no field");
    while (take_parameter(arena, &rest, &name, &value)) {
        if (text_equal_nocase(name, TEXT("name")) && !part->name.at) {
            part->name = value;
        } else if (text_equal_nocase(name, TEXT("filename")) && !part->is_file) {
            part->is_file = true;
            part->filename = file_name(value);
        }
    }
    if (text_trim(rest).length || !part->name.at || !is_sound(part->name))
        return fail_as(INVALID, "a field of the form has no name");
    return OK;
}

static enum status take_encoding(struct text value)
{
    static const char *const plain[] = {"binary", "8bit", "7bit"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (text_equal_nocase(value, text_of(plain[i])))
            return OK;
    return fail_as(INVALID, "a field of the form is in an encoding that forms do not have");
}

static enum status take_header(struct arena *arena, struct text line, struct multipart_part *part)
{
    size_t colon = text_find_char(line, ':');
    if (colon == TEXT_NOT_FOUND)
        return fail_as(INVALID, "a header of a field is not well formed");
    struct text name = text_part(line, 0, colon);
    struct text value = text_trim(text_from(line, colon + 1));
    if (text_equal_nocase(name, TEXT("Content-Disposition")))
        return take_disposition(arena, value, part);
    if (text_equal_nocase(name, TEXT("Content-Transfer-Encoding")))
        return take_encoding(value);
    if (!text_equal_nocase(name, TEXT("Content-Type")))
        return OK;
    if (text_starts(value, TEXT("multipart/")) || text_starts(value, TEXT("Multipart/")))
        return fail_as(INVALID, "a field of the form has fields of its own");
    part->content_type = value;
    return OK;
}

/* Takes the headers and the empty line behind them off `rest`. */
static enum status take_headers(struct arena *arena, struct text *rest, struct multipart_part *part)
{
    struct text room = text_part(*rest, 0, HEADER_LIMIT);
    size_t used = 0;
    for (;;) {
        struct text left = text_from(room, used);
        size_t end = text_find(left, TEXT("\r\n"));
        if (end == TEXT_NOT_FOUND)
            return fail_as(INVALID, "the headers of a field do not end");
        used += end + 2;
        if (end == 0)
            break;
        enum status status = take_header(arena, text_part(left, 0, end), part);
        if (status != OK)
            return status;
    }
    *rest = text_from(*rest, used);
    return part->name.at ? OK : fail_as(INVALID, "a field of the form has no name");
}

/* Parts */

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_LAST };

/* What stands behind "--boundary": white space and a line's end, or "--" first. */
static enum delimiter take_delimiter(struct text *rest)
{
    struct text after = *rest;
    bool last = text_starts(after, TEXT("--"));
    if (last)
        after = text_from(after, 2);
    while (after.length && (after.at[0] == ' ' || after.at[0] == '\t'))
        after = text_from(after, 1);
    if (!text_starts(after, TEXT("\r\n")) && !(last && !after.length))
        return DELIMITER_NONE;
    *rest = text_from(after, after.length ? 2 : 0);
    return last ? DELIMITER_LAST : DELIMITER_NEXT;
}

static struct text find(struct text text, struct text needle)
{
    const char *found = memmem(text.at, text.length, needle.at, needle.length);
    return found ? text_from(text, (size_t)(found - text.at)) : TEXT_NONE;
}

/* Takes all up to the next delimiter, and that, off `rest`. */
static enum delimiter take_bytes(struct text *rest, struct text delimiter, struct text *bytes)
{
    struct text at = *rest;
    while ((at = find(at, delimiter)).at) {
        struct text after = text_from(at, delimiter.length);
        enum delimiter kind = take_delimiter(&after);
        if (kind != DELIMITER_NONE) {
            *bytes = text_part(*rest, 0, (size_t)(at.at - rest->at));
            *rest = after;
            return kind;
        }
        at = text_from(at, 2); /* it was a part of the bytes */
    }
    return DELIMITER_NONE;
}

static enum status take_part(struct arena *arena, struct text *rest, struct text delimiter,
                             struct multipart *out, enum delimiter *kind)
{
    if (out->parts.count == MULTIPART_PARTS)
        return fail_as(INVALID, "the form has more than %d fields", MULTIPART_PARTS);
    struct multipart_part *part = LIST_PUSH(arena, &out->parts);
    enum status status = take_headers(arena, rest, part);
    if (status != OK)
        return status;
    *kind = take_bytes(rest, delimiter, &part->bytes);
    return *kind != DELIMITER_NONE ? OK : fail_as(INVALID, "the form breaks off");
}

/* What stands before the first delimiter is for nobody (RFC 2046, 5.1.1). */
static enum delimiter take_preamble(struct text *rest, struct text delimiter)
{
    struct text first = text_from(delimiter, 2);
    struct text ignored;
    if (text_starts(*rest, first)) {
        struct text after = text_from(*rest, first.length);
        enum delimiter kind = take_delimiter(&after);
        if (kind != DELIMITER_NONE) {
            *rest = after;
            return kind;
        }
    }
    return take_bytes(rest, delimiter, &ignored);
}

enum status multipart_parse(struct arena *arena, struct text content_type, struct text body,
                            struct multipart *out)
{
    struct text boundary;
    *out = (struct multipart){0};
    enum status status = find_boundary(arena, content_type, &boundary);
    if (status != OK)
        return status;
    struct text delimiter = text_format(arena, "\r\n--%.*s", TEXT_ARG(boundary));
    struct text rest = body.at ? body : TEXT("");
    enum delimiter kind = take_preamble(&rest, delimiter);
    if (kind == DELIMITER_NONE)
        return fail_as(INVALID, "the form does not begin");
    while (kind == DELIMITER_NEXT && status == OK)
        status = take_part(arena, &rest, delimiter, out, &kind);
    return status;
}
