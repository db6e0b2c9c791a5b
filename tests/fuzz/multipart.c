/* Any bytes as a form with files: the first line is its Content-Type. What is found of it lies
 * within it, and a file's name is no path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_part(const struct multipart_part *part, struct text body)
{
    struct text name = part->filename;
    require(part->bytes.at >= body.at
            && part->bytes.at + part->bytes.length <= body.at + body.length);
    require(part->name.at && text_is_utf8(part->name) && text_is_utf8(name));
    require(text_find_char(name, '/') == TEXT_NOT_FOUND
            && text_find_char(name, '\\') == TEXT_NOT_FOUND
            && text_find_char(name, '\0') == TEXT_NOT_FOUND && !text_is(name, ".."));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct text all = {(const char *)bytes, size};
    size_t line = text_find_char(all, '\n');
    if (line == TEXT_NOT_FOUND)
        return -1;
    struct arena *arena = arena_new(8192);
    struct multipart found;
    /* of its own length, for AddressSanitizer to see where it ends */
    struct text body = {NULL, size - line - 1};
    char *copy = malloc(body.length ? body.length : 1);
    if (!copy)
        abort();
    if (body.length)
        memcpy(copy, bytes + line + 1, body.length);
    body.at = copy;
    if (multipart_parse(arena, text_part(all, 0, line), body, &found) == OK)
        for (size_t i = 0; i < found.parts.count; i++)
            check_part(&found.parts.items[i], body);
    require(found.parts.count <= MULTIPART_PARTS);
    free(copy);
    arena_free(arena);
    return 0;
}
