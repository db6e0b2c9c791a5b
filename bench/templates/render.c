/* Renders the list with our engine: PROGRAM DATA TEMPLATES SECONDS OUTPUT prints renderings and CPU
 * seconds. Each rendering is what a request does once its rows are read: the context is made, in an
 * arena that is reset behind it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "lettings/models.h"
#include "template/template.h"

#define OUTPUT_LIMIT (1u << 20)
#define AT_ONCE      10

struct nav_row {
    struct text label;
    struct text url;
};

struct page {
    struct text site_name;
    struct text section;
    struct nav_row *nav;
    size_t nav_count;
    struct letting *lettings;
    size_t letting_count;
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, status_failure()->message);
    exit(1);
}

static struct text text_in(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    return (struct text){json_string_value(value), json_string_length(value)};
}

static int64_t integer_in(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static struct letting read_letting(struct arena *arena, const json_t *json)
{
    const json_t *from = json_object_get(json, "address");
    struct address *address = ARENA_NEW(arena, struct address);
    *address = (struct address){.id = integer_in(json, "id"),
                                .number = integer_in(from, "number"),
                                .street = text_in(from, "street"),
                                .city = text_in(from, "city"),
                                .state = text_in(from, "state"),
                                .zip_code = integer_in(from, "zip_code"),
                                .country_iso_code = TEXT("USA")};
    return (struct letting){.id = address->id,
                            .title = text_in(json, "title"),
                            .address_id = address->id,
                            .address = address};
}

static struct page read_page(struct arena *arena, const json_t *json)
{
    const json_t *nav = json_object_get(json, "nav");
    const json_t *lettings = json_object_get(json, "lettings");
    struct page page = {.site_name = text_in(json, "site_name"),
                        .section = text_in(json, "section"),
                        .nav_count = json_array_size(nav),
                        .letting_count = json_array_size(lettings)};
    page.nav = ARENA_ARRAY(arena, struct nav_row, page.nav_count);
    page.lettings = ARENA_ARRAY(arena, struct letting, page.letting_count);
    for (size_t i = 0; i < page.nav_count; i++)
        page.nav[i] = (struct nav_row){text_in(json_array_get(nav, i), "label"),
                                       text_in(json_array_get(nav, i), "url")};
    for (size_t i = 0; i < page.letting_count; i++)
        page.lettings[i] = read_letting(arena, json_array_get(lettings, i));
    return page;
}

static struct value nav_value(struct arena *arena, const struct page *page)
{
    struct value *items = ARENA_ARRAY(arena, struct value, page->nav_count);
    for (size_t i = 0; i < page->nav_count; i++) {
        struct value_map *map = value_map_new(arena);
        value_map_set(map, TEXT("label"), value_text(page->nav[i].label));
        value_map_set(map, TEXT("url"), value_text(page->nav[i].url));
        items[i] = value_map(map);
    }
    return value_list(arena, items, page->nav_count);
}

static struct value_map *make_context(struct arena *arena, const struct page *page)
{
    struct value_map *context = value_map_new(arena);
    struct value *items = ARENA_ARRAY(arena, struct value, page->letting_count);
    for (size_t i = 0; i < page->letting_count; i++)
        items[i] = model_value(&letting_model, &page->lettings[i], arena);
    value_map_set(context, TEXT("site_name"), value_text(page->site_name));
    value_map_set(context, TEXT("section"), value_text(page->section));
    value_map_set(context, TEXT("nav"), nav_value(arena, page));
    value_map_set(context, TEXT("lettings"), value_list(arena, items, page->letting_count));
    return context;
}

static enum status load(void *folder, struct arena *arena, struct text name,
                        struct template_source *out)
{
    struct text path = text_format(arena, "%s/%.*s", (const char *)folder, TEXT_ARG(name));
    struct buffer text = {.arena = arena};
    char block[4096];
    size_t length;
    FILE *file = fopen(path.at, "r");
    if (!file)
        return NOT_FOUND;
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&text, block, length);
    fclose(file);
    *out = (struct template_source){buffer_contents(&text), path};
    return OK;
}

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_output(const char *path, struct text text)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(text.at, 1, text.length, file) != text.length || fclose(file) != 0)
        give_up(path);
}

static void render_once(struct template_set *set, struct arena *arena, const struct page *page,
                        struct buffer *out)
{
    *out = (struct buffer){.arena = arena, .limit = OUTPUT_LIMIT};
    if (template_render(set, TEXT("list.html"), NULL, make_context(arena, page), arena, out) != OK)
        give_up("list.html");
}

int main(int count, char **words)
{
    if (count != 5)
        give_up("usage: render DATA TEMPLATES SECONDS OUTPUT");
    json_error_t error;
    json_t *json = json_load_file(words[1], 0, &error);
    if (!json)
        give_up(error.text);
    struct arena *lasting = arena_new((size_t)64 * 1024);
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct page page = read_page(lasting, json);
    const struct template_host host = {.context = words[2], .load = load};
    struct template_set *set = template_set_new(lasting, &host);
    if (template_set_add(set, TEXT("list.html")) != OK)
        give_up("list.html");
    template_set_complete(set);

    struct buffer out;
    double most = strtod(words[3], NULL);
    double start = cpu_seconds();
    double used = 0;
    size_t renderings = 0;
    while (used < most) {
        for (int i = 0; i < AT_ONCE; i++) {
            arena_reset(arena);
            render_once(set, arena, &page, &out);
        }
        renderings += AT_ONCE;
        used = cpu_seconds() - start;
    }
    write_output(words[4], buffer_contents(&out));
    printf("%zu %.6f\n", renderings, used);
    arena_free(arena);
    arena_free(lasting);
    json_decref(json);
    return 0;
}
