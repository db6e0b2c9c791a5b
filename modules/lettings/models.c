#include "lettings/models.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "http/assets.h"
#include "site/settings.h"
#include "template/language.h"

#define PLACEHOLDERS  4
#define LONGEST_TITLE 256 /* in bytes, of those with a picture */

static struct text address_print(const void *row, struct arena *arena)
{
    const struct address *address = row;
    return text_format(arena, "%lld %.*s", (long long)address->number, TEXT_ARG(address->street));
}

struct text place_text(struct arena *arena, struct text city, struct text state)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, text_trim(city));
    if (out.length && text_trim(state).length)
        buffer_text(&out, TEXT(", "));
    buffer_text(&out, text_trim(state));
    return buffer_contents(&out);
}

static struct value address_place(const void *row, struct arena *arena)
{
    const struct address *address = row;
    return value_text(place_text(arena, address->city, address->state));
}

static struct text letting_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct letting *)row)->title;
}

/* The title; of a letting without one, what tells it from others. */
static struct value letting_name(const void *row, struct arena *arena)
{
    const struct letting *letting = row;
    if (text_trim(letting->title).length)
        return value_text(letting->title);
    return value_text(text_format(arena, translate("Letting %lld"), (long long)letting->id));
}

/* "Silo & Barn" as "silo-barn": letters and digits of ASCII, one hyphen for all between them. `out`
 * has room for the title. */
static size_t put_slug(char *out, struct text title)
{
    size_t length = 0;
    bool gap = false;
    for (size_t i = 0; i < title.length; i++) {
        char c = title.at[i];
        bool upper = c >= 'A' && c <= 'Z';
        if (!upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            gap = length > 0;
            continue;
        }
        if (gap)
            out[length++] = '-';
        out[length++] = (char)(upper ? c + ('a' - 'A') : c);
        gap = false;
    }
    return length;
}

#define ART_FOLDER TEXT("lettings/art/")
#define ART_ENDING ".svg"

/* The pictures there are, by name, found once: a list asks for one in each row. */
struct art {
    struct text name; /* "silo-barn.svg" */
    struct text url;
};
static LIST(struct art) arts;
static struct text placeholders[PLACEHOLDERS];
static pthread_once_t arts_found = PTHREAD_ONCE_INIT;

static void find_arts(void)
{
    static struct arena *arena;
    arena = arena_new((size_t)4 * 1024);
    for (size_t i = 0; i < asset_count; i++) {
        struct text path = text_of(assets[i].name);
        struct text below = text_from(path, strlen("static/"));
        if (!text_starts(path, TEXT("static/")) || !text_starts(below, ART_FOLDER))
            continue;
        struct art *art = LIST_PUSH(arena, &arts);
        art->name = text_from(below, ART_FOLDER.length);
        asset_url(arena, below, site_source_dir(), &art->url);
    }
    for (int i = 0; i < PLACEHOLDERS; i++)
        asset_url(arena, text_format(arena, "lettings/art/placeholder-%d.svg", i),
                  site_source_dir(), &placeholders[i]);
}

static int by_name(const void *name, const void *art)
{
    return text_compare(*(const struct text *)name, ((const struct art *)art)->name);
}

/* The address of the picture drawn for the title; for a title without one, of one of a few that
 * fit all. */
static struct value letting_art(const void *row, struct arena *arena)
{
    const struct letting *letting = row;
    char file[LONGEST_TITLE + sizeof ART_ENDING];
    struct text title = text_part(letting->title, 0, LONGEST_TITLE);
    (void)arena;
    pthread_once(&arts_found, find_arts);
    size_t length = put_slug(file, title);
    memcpy(file + length, ART_ENDING, strlen(ART_ENDING));
    struct text name = {file, length + strlen(ART_ENDING)};
    const struct art *art = bsearch(&name, arts.items, arts.count, sizeof *arts.items, by_name);
    return value_text(art ? art->url : placeholders[(uint64_t)letting->id % PLACEHOLDERS]);
}

/* Those that locator.svg has. */
static const char states_on_map[] =
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH "
    "NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VT WA WI WV WY";

static struct value address_is_on_map(const void *row, struct arena *arena)
{
    const struct address *address = row;
    struct text state = address->state;
    (void)arena;
    if (state.length != 2 || !text_is(address->country_iso_code, "USA"))
        return value_bool(false);
    for (size_t i = 0; i + 2 < sizeof states_on_map; i += 3)
        if (memcmp(states_on_map + i, state.at, 2) == 0)
            return value_bool(true);
    return value_bool(false);
}

MODEL(address, ADDRESS_FIELDS, "lettings", .print = address_print, .verbose_name = N_("address"),
      .verbose_name_plural = N_("addresses"),
      .methods = METHODS(METHOD(address, "is_on_map", address_is_on_map),
                         METHOD(address, "place", address_place)));
MODEL(letting, LETTING_FIELDS, "lettings", .print = letting_print, .verbose_name = N_("letting"),
      .verbose_name_plural = N_("lettings"),
      .methods = METHODS(METHOD(letting, "art", letting_art),
                         METHOD(letting, "name", letting_name)));
