#include "lettings/models.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
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
static void put_slug(struct buffer *out, struct text title)
{
    size_t start = out->length;
    bool gap = false;
    for (size_t i = 0; i < title.length; i++) {
        char c = title.at[i];
        bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (kept && gap && out->length > start)
            buffer_char(out, '-');
        if (kept)
            buffer_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
        gap = !kept;
    }
}

/* The address of the picture drawn for the title; for a title without one, of one of a few that
 * fit all. */
static struct value letting_art(const void *row, struct arena *arena)
{
    const struct letting *letting = row;
    struct buffer path = {.arena = arena};
    struct text url = TEXT_NONE;
    buffer_text(&path, TEXT("static/lettings/art/"));
    size_t folder = path.length;
    put_slug(&path, letting->title);
    buffer_text(&path, TEXT(".svg"));
    if (!asset_find(buffer_contents(&path))) {
        path.length = folder;
        buffer_text(&path, TEXT("placeholder-"));
        buffer_int(&path, (int64_t)((uint64_t)letting->id % PLACEHOLDERS));
        buffer_text(&path, TEXT(".svg"));
    }
    asset_url(arena, text_from(buffer_contents(&path), strlen("static/")), site_source_dir(), &url);
    return value_text(url);
}

MODEL(address, ADDRESS_FIELDS, "lettings", .print = address_print,
      .verbose_name_plural = "addresses");
MODEL(letting, LETTING_FIELDS, "lettings", .print = letting_print,
      .methods = METHODS({"art", letting_art}));
