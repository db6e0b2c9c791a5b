/* Catalogues made by hand. */
#pragma once

#include "unit.h"

#include "base/buffer.h"
#include "template/catalogue.h"

struct pair {
    struct text key;
    struct text forms;
};

#define HEADER(lines)                                                                              \
    {                                                                                              \
        TEXT(""), TEXT("Content-Type: text/plain; charset=UTF-8\n" lines)                          \
    }
#define FRENCH_PLURAL "Plural-Forms: nplurals=2; plural=(n > 1);\n"

UNIT void put_number(char *at, size_t number, bool big_endian)
{
    for (size_t i = 0; i < 4; i++)
        at[big_endian ? 3 - i : i] = (char)(number >> (8 * i));
}

/* A .mo file of the pairs, in the order they stand. Its bytes may be changed. */
UNIT struct text make_catalogue(struct arena *arena, const struct pair *pairs, size_t count,
                                bool big_endian)
{
    size_t at = 28 + count * 16;
    size_t size = at;
    for (size_t i = 0; i < count; i++)
        size += pairs[i].key.length + pairs[i].forms.length + 2;
    char *bytes = arena_zero(arena, 1, size);
    const size_t start[] = {0x950412de, 0, count, 28, 28 + count * 8, 0, at};
    for (size_t i = 0; i < COUNT(start); i++)
        put_number(bytes + i * 4, start[i], big_endian);
    for (size_t i = 0; i < count * 2; i++) {
        struct text text = i < count ? pairs[i].key : pairs[i - count].forms;
        put_number(bytes + 28 + i * 8, text.length, big_endian);
        put_number(bytes + 28 + i * 8 + 4, at, big_endian);
        memcpy(bytes + at, text.at, text.length);
        at += text.length + 1;
    }
    return (struct text){bytes, size};
}

UNIT const struct catalogue *read_catalogue(struct arena *arena, const struct pair *pairs,
                                            size_t count)
{
    const struct catalogue *catalogue;
    assert_status(catalogue_read(arena, make_catalogue(arena, pairs, count, false), &catalogue),
                  OK);
    return catalogue;
}
