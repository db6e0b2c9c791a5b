#include "lettings/views.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "http/routes.h"
#include "lettings/listing.h"
#include "site/links.h"
#include "site/page_cache.h"
#include "site/pages.h"
#include "site/site.h"

#define PANEL_LETTINGS 6
#define LONGEST_QUERY  200
#define MILLISECOND    1000 /* of clock_monotonic() */

int64_t lettings_search_limit;

/* The list */

/* Of what cannot be read as text, nothing; nor of spaces. A place may have some at its ends. */
static struct text parameter(const struct request *request, const char *name)
{
    struct text value;
    if (!request_query(request, name, &value) || text_trim(value).length == 0)
        return TEXT("");
    return value;
}

struct text listing_url(const struct listing *listing, struct letting_filter filter)
{
    struct buffer parameters = {.arena = listing->request->arena};
    struct buffer url = {.arena = listing->request->arena};
    link_put(&parameters, "q", filter.query);
    link_put(&parameters, "state", filter.state);
    link_put(&parameters, "city", filter.city);
    buffer_text(&url, listing->request->path);
    buffer_text(&url, link_query(listing->request, buffer_contents(&parameters)));
    return buffer_contents(&url);
}

static void set_search(const struct listing *listing)
{
    const struct letting_filter *filter = &listing->filter;
    struct value_map *map = value_map_new(listing->request->arena);
    bool active = filter->query.length || filter->state.length || filter->city.length;
    value_map_set(map, TEXT("query"), value_text(filter->query));
    value_map_set(map, TEXT("state"), value_text(filter->state));
    value_map_set(map, TEXT("city"), value_text(filter->city));
    value_map_set(map, TEXT("place"),
                  value_text(place_text(listing->request->arena, filter->city, filter->state)));
    value_map_set(map, TEXT("active"), value_bool(active));
    value_map_set(map, TEXT("clear_url"), value_text(listing->request->path));
    value_map_set(listing->context, TEXT("search"), value_map(map));
}

/* Pages of hits go by their number, of which there are SEARCH_LIMIT at most. */

static void set_hit_link(struct value_map *links, const struct listing *listing, const char *name,
                         size_t from)
{
    struct arena *arena = listing->request->arena;
    struct text url = listing_url(listing, listing->filter);
    if (from)
        url = text_format(arena, "%.*s&from=%zu", TEXT_ARG(url), from);
    value_map_set(links, text_of(name), value_text(url));
}

static enum status first_hit(const struct request *request, size_t *out)
{
    struct text text;
    int64_t from = 0;
    if (request_query(request, "from", &text)
        && (!text_to_int64(&from, text) || from < 0 || from >= SEARCH_LIMIT))
        return NOT_FOUND;
    *out = (size_t)from;
    return OK;
}

static enum status add_suggestion(const struct listing *listing)
{
    struct arena *arena = listing->request->arena;
    struct letting_filter other = listing->filter;
    enum status status =
        search_suggest(listing->request->db, arena, &listing->filter, &other.query);
    if (status == TIMEOUT)
        page_cache_refuse(listing->request); /* a page without it */
    if (status != OK)
        return status == NOT_FOUND || status == TIMEOUT ? OK : status;
    struct value_map *map = value_map_new(arena);
    value_map_set(map, TEXT("text"), value_text(other.query));
    value_map_set(map, TEXT("url"), value_text(listing_url(listing, other)));
    value_map_set(listing->context, TEXT("suggestion"), value_map(map));
    return OK;
}

static void set_hit_links(const struct listing *listing, size_t from, bool goes_on)
{
    struct value_map *links = value_map_new(listing->request->arena);
    if (from) {
        set_hit_link(links, listing, "first", 0);
        set_hit_link(links, listing, "previous", from > PAGE_SIZE ? from - PAGE_SIZE : 0);
    }
    if (goes_on)
        set_hit_link(links, listing, "next", from + PAGE_SIZE);
    value_map_set(listing->context, TEXT("page"), value_map(links));
}

/* One more than a page: it tells whether the list goes on. */
static enum status find_hits(struct listing *listing, size_t from)
{
    const struct request *request = listing->request;
    size_t limit = from + PAGE_SIZE < SEARCH_LIMIT ? from + PAGE_SIZE + 1 : SEARCH_LIMIT;
    enum status status =
        search_find(request->db, request->arena, &listing->filter, limit, &listing->hits);
    size_t count = listing->hits.count;
    if (status == OK && from && from >= count)
        return NOT_FOUND;
    if (status == OK && count < limit)
        value_map_set(listing->context, TEXT("total"), value_integer((int64_t)count));
    return status;
}

static enum status add_hits(const struct listing *listing, size_t from)
{
    const struct request *request = listing->request;
    const struct search_hits *hits = &listing->hits;
    struct row_list rows;
    bool goes_on = hits->count > from + PAGE_SIZE;
    size_t count = goes_on ? PAGE_SIZE : hits->count - from;
    enum status status =
        lettings_of_keys(request->db, request->arena, hits->items + from, count, &rows);
    if (status != OK)
        return status;
    page_set_rows(request, listing->context, "lettings_list", &letting_model, &rows);
    set_hit_links(listing, from, goes_on);
    value_map_set(listing->context, TEXT("canonical"),
                  value_text(
                      link_absolute(request, TEXT(""), listing_url(listing, listing->filter))));
    return hits->count ? OK : add_suggestion(listing);
}

static enum status add_page(const struct listing *listing)
{
    static const char *const kept[] = {"state", "city", NULL};
    const struct letting_filter *filter = &listing->filter;
    const struct query all = {&letting_model, .related = NAMES("address")};
    const struct page_source in_place = {
        .model = &letting_model,
        .read = lettings_in_place,
        .context = filter,
        .parameters = link_parameters(listing->request, kept),
    };
    if (!filter->state.length && !filter->city.length)
        return page_add(listing->request, listing->context, "lettings_list", &all);
    return page_add_from(listing->request, listing->context, "lettings_list", &in_place);
}

static enum status fill_listing(struct listing *listing)
{
    size_t from = 0;
    enum status status = OK;
    if (listing->filter.query.length)
        status = first_hit(listing->request, &from);
    if (status == OK && listing->filter.query.length)
        status = find_hits(listing, from);
    if (status == OK)
        status = listing_add_places(listing);
    if (status == FAILED && !search_is_there(listing->request->db, listing->request->arena)) {
        listing->filter = (struct letting_filter){0};
        status = OK;
    }
    set_search(listing);
    if (status != OK)
        return status;
    return listing->filter.query.length ? add_hits(listing, from) : add_page(listing);
}

static void start_clock(const struct listing *listing)
{
    if (listing->filter.query.length && lettings_search_limit)
        db_limit(listing->request->db, clock_monotonic() + lettings_search_limit * MILLISECOND);
}

/* Said again, it may be found in time: nobody keeps the answer. */
static void answer_late(const struct listing *listing, struct response *response)
{
    set_search(listing);
    value_map_set(listing->context, TEXT("late"), value_bool(true));
    page_cache_refuse(listing->request);
    response->status = 503;
    response_header(response, "Cache-Control", TEXT("no-store"));
    response_header(response, "Retry-After", TEXT("5"));
}

enum status lettings_index(struct request *request, struct response *response)
{
    struct listing listing = {
        .request = request,
        .context = site_context(request),
        .filter = {text_part(text_trim(parameter(request, "q")), 0, LONGEST_QUERY),
                   parameter(request, "state"), parameter(request, "city")},
    };
    start_clock(&listing);
    enum status status = fill_listing(&listing);
    db_limit(request->db, 0);
    if (status == TIMEOUT && listing.filter.query.length)
        answer_late(&listing, response);
    else if (status != OK)
        return status;
    return site_render(request, response, "lettings/index.html", listing.context);
}

/* One letting */

static void add_neighbours(const struct request *request, struct value_map *context,
                           const struct neighbours *among)
{
    struct arena *arena = request->arena;
    struct value_map *map = value_map_new(arena);
    if (among->previous)
        value_map_set(map, TEXT("previous"), model_value(&letting_model, among->previous, arena));
    if (among->next)
        value_map_set(map, TEXT("next"), model_value(&letting_model, among->next, arena));
    value_map_set(context, TEXT("neighbours"), value_map(map));
}

enum status letting_detail(struct request *request, struct response *response)
{
    struct neighbours among;
    enum status status =
        letting_among(request->db, request->arena, request_int(request, "letting_id"), &among);
    if (status != OK)
        return status;
    struct value_map *context = site_context(request);
    const struct address *address = among.letting->address;
    value_map_set(context, TEXT("letting"),
                  model_value(&letting_model, among.letting, request->arena));
    add_neighbours(request, context, &among);
    site_panels(request, context, "city", address ? address->city : TEXT(""));
    return site_render(request, response, "lettings/letting.html", context);
}

/* Panels */

/* At most PANEL_LETTINGS, without the one whose own page this is. */
static void keep_others(const struct request *request, struct row_list *rows)
{
    bool is_detail = request->route->view == letting_detail;
    int64_t own = is_detail ? request_int(request, "letting_id") : 0;
    size_t kept = 0;
    for (size_t i = 0; i < rows->count && kept < PANEL_LETTINGS; i++)
        if (!is_detail || ((const struct letting *)rows->items[i])->id != own)
            rows->items[kept++] = rows->items[i];
    rows->count = kept;
}

enum status lettings_fill_city(const struct request *request, struct text city,
                               struct value_map *context)
{
    const struct letting_filter filter = {.city = city};
    struct row_list rows = {0};
    struct buffer parameters = {.arena = request->arena};
    enum status status = OK;
    if (city.length)
        status =
            lettings_in_place(request, &filter, LOOKUP_GT, INT64_MIN, PANEL_LETTINGS + 1, &rows);
    if (status == FAILED && !search_is_there(request->db, request->arena))
        return NOT_FOUND;
    keep_others(request, &rows);
    if (status != OK || rows.count == 0)
        return status == OK ? NOT_FOUND : status;
    link_put(&parameters, "city", city);
    value_map_set(context, TEXT("parameters"), value_text(buffer_contents(&parameters)));
    page_set_rows(request, context, "lettings", &letting_model, &rows);
    return OK;
}

enum status lettings_fill_home(const struct request *request, struct text subject,
                               struct value_map *context)
{
    struct row_list rows;
    (void)subject;
    enum status status = lettings_newest(request->db, request->arena, PANEL_LETTINGS, &rows);
    if (status == OK && rows.count == 0)
        return NOT_FOUND;
    if (status == OK)
        page_set_rows(request, context, "lettings", &letting_model, &rows);
    return status;
}
