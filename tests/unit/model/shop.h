/* Fixtures out of and into a test's database. */
#pragma once

#include "model/things.h"

#include "base/buffer.h"

#include "model/fixtures.h"

static const struct model *const shop_models[] = {&owner_model, &thing_model, &sample_model, NULL};

UNIT enum status load_with(struct db *db, struct fixture_loading options, struct text json,
                           size_t *count)
{
    const struct fixture_source source = {.name = "x.json", .text = json};
    options.models = shop_models;
    return fixtures_load(db, &source, 1, &options, count);
}

/* The bytes of a dump, in the arena. */
UNIT enum status dump_with(struct db *db, struct arena *arena, struct fixture_dumping options,
                           struct text *out)
{
    char *bytes = NULL;
    size_t length = 0;
    size_t written;
    FILE *file = open_memstream(&bytes, &length);
    assert_non_null(file);
    if (!options.models)
        options.models = shop_models;
    enum status status = fixtures_dump(db, file, &options, &written);
    assert_int_equal(fclose(file), 0);
    *out = text_copy(arena, (struct text){bytes, length});
    free(bytes);
    return status;
}

UNIT struct text read_whole(struct arena *arena, const char *path)
{
    char *bytes = arena_alloc(arena, 1 << 16);
    FILE *file = fopen(path, "re");
    check(file != NULL, "%s (run it at the top of the checkout)", path);
    size_t length = fread(bytes, 1, 1 << 16, file);
    assert_int_equal(fclose(file), 0);
    return (struct text){bytes, length};
}

/* Shows where they differ first. */
UNIT void check_same(struct text actual, struct text expected, const char *name)
{
    size_t at = 0;
    while (at < actual.length && at < expected.length && actual.at[at] == expected.at[at])
        at++;
    size_t from = at > 60 ? at - 60 : 0;
    struct text found = text_part(actual, from, at + 60);
    struct text wanted = text_part(expected, from, at + 60);
    check(text_equal(actual, expected), "%s, byte %zu: …%.*s… is not …%.*s…", name, at,
          TEXT_ARG(found), TEXT_ARG(wanted));
}
