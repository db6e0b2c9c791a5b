/* Any bytes as a catalogue; what is taken is looked through. The first byte is no part of it: with
 * it even, the rest is the line Plural-Forms. */
#include <stdlib.h>

#include "base/arena.h"
#include "template/catalogue.h"
#include "template/plural.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const int64_t numbers[] = {INT64_MIN, -1, 0, 1, 2, 5, 1000000, INT64_MAX};

#define COUNT (sizeof numbers / sizeof *numbers)

static void try_plural(struct arena *arena, struct text line)
{
    struct plural plural;
    if (plural_parse(arena, line, &plural) != OK)
        return;
    for (size_t i = 0; i < COUNT; i++)
        if (plural_form(&plural, numbers[i]) >= plural.count)
            abort();
}

static void try_catalogue(struct arena *arena, struct text file)
{
    const struct catalogue *catalogue;
    struct text message = file;
    struct text out;
    if (catalogue_read(arena, file, &catalogue) != OK)
        return;
    for (size_t i = 0; i < COUNT; i++)
        catalogue_find_plural(catalogue, TEXT_NONE, TEXT("night"), numbers[i], &out);
    while (text_next(&file, '\0', &message)) {
        if (catalogue_find(catalogue, TEXT_NONE, message, &out) && !text_is_utf8(out))
            abort();
        catalogue_find(catalogue, TEXT("door"), message, &out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = arena_new(4096);
    struct text rest = {(const char *)bytes + 1, size ? size - 1 : 0};
    if (size && bytes[0] % 2)
        try_catalogue(arena, rest);
    else if (size)
        try_plural(arena, rest);
    arena_free(arena);
    return 0;
}
