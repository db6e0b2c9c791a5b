#include "lettings/models.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/assets.h"
#include "site/settings.h"

#define PLACEHOLDERS 4

static struct text address_print(const void *row, struct arena *arena)
{
    const struct address *address = row;
    return text_format(arena, "%lld %.*s", (long long)address->number, TEXT_ARG(address->street));
}

static struct text letting_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct letting *)row)->title;
}

/* "Silo & Barn" as "silo-barn": letters and digits of ASCII, one hyphen for all between them. */
static struct text slug_of(struct text title, struct arena *arena)
{
    char *slug = arena_alloc(arena, title.length + 1);
    size_t length = 0;
    bool gap = false;
    for (size_t i = 0; i < title.length; i++) {
        unsigned char c = (unsigned char)title.at[i];
        bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (kept && gap)
            slug[length++] = '-';
        if (kept)
            slug[length++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        gap = !kept && length;
    }
    return (struct text){slug, length};
}

/* The address of the picture drawn for the title; for a title without one, of one of a few that
 * fit all. */
static struct value letting_art(const void *row, struct arena *arena)
{
    const struct letting *letting = row;
    struct text slug = slug_of(letting->title, arena);
    struct text path = text_format(arena, "lettings/art/%.*s.svg", TEXT_ARG(slug));
    struct text url = TEXT_NONE;
    if (asset_url(arena, path, site_source_dir(), &url) == NOT_FOUND) {
        int number = (int)((uint64_t)letting->id % PLACEHOLDERS);
        path = text_format(arena, "lettings/art/placeholder-%d.svg", number);
        asset_url(arena, path, site_source_dir(), &url);
    }
    return value_text(url);
}

MODEL(address, ADDRESS_FIELDS, "lettings", .print = address_print,
      .verbose_name_plural = "addresses");
MODEL(letting, LETTING_FIELDS, "lettings", .print = letting_print,
      .methods = METHODS({"art", letting_art}));
