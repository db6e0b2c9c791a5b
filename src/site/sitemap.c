#include "site/sitemap.h"

#include <inttypes.h>

#include "base/arena.h"
#include "model/query.h"
#include "site/internal.h"
#include "site/links.h"
#include "site/site.h"

#define XML_TYPE  "application/xml; charset=utf-8"
#define XML_START "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XMLNS     " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"

/* `path` is encoded already. */
static void put_location(struct buffer *out, const struct request *request, const char *element,
                         struct text path)
{
    buffer_format(out, "<%s><loc>", element);
    buffer_escaped(out, link_absolute(request, TEXT(""), path));
    buffer_format(out, "</loc></%s>\n", element);
}

static void start_document(struct response *response, const char *root)
{
    response->content_type = XML_TYPE;
    buffer_format(&response->body, XML_START "<%s" XMLNS, root);
}

/* The index */

/* The first key behind `after`; NOT_FOUND: none. */
static enum status next_key(const struct request *request, const struct sitemap *sitemap,
                            int64_t after, int64_t *out)
{
    const void *row;
    const struct query query = {
        sitemap->model,
        .where = WHERE({"pk", LOOKUP_GT, .value = DB_INT(after)}),
        .order = NAMES("pk"),
    };
    enum status status = query_first(request->db, request->arena, &query, &row);
    if (status == OK)
        *out = *(const int64_t *)field_at(model_key(sitemap->model), row);
    return status;
}

struct writing {
    const struct request *request;
    struct buffer *out;
    size_t parts;
};

/* From one row to the first of the next part: as many steps as there are parts. */
static enum status list_parts(struct writing *writing, const struct sitemap *sitemap)
{
    int64_t key = 0;
    enum status status = OK;
    while (writing->parts < SITEMAP_PART_LIMIT
           && (status = next_key(writing->request, sitemap, key, &key)) == OK) {
        int64_t part = (key - 1) / SITEMAP_PART_SIZE;
        put_location(writing->out, writing->request, "sitemap",
                     text_format(writing->request->arena, "/sitemap-%s-%" PRId64 ".xml",
                                 sitemap->name, part + 1));
        writing->parts++;
        if (__builtin_mul_overflow(part + 1, SITEMAP_PART_SIZE, &key))
            break;
    }
    return status == NOT_FOUND ? OK : status;
}

static enum status list_module(const struct module *module, void *context)
{
    enum status status = OK;
    for (size_t i = 0; i < module->sitemaps.count && status == OK; i++)
        status = list_parts(context, &module->sitemaps.rows[i]);
    return status;
}

enum status sitemap_index(struct request *request, struct response *response)
{
    struct writing writing = {request, &response->body, 1};
    start_document(response, "sitemapindex");
    put_location(&response->body, request, "sitemap", TEXT("/sitemap-pages.xml"));
    enum status status = site_each_module(list_module, &writing);
    buffer_text(&response->body, TEXT("</sitemapindex>\n"));
    return status;
}

/* The parts */

enum status sitemap_pages(struct request *request, struct response *response)
{
    start_document(response, "urlset");
    for (size_t i = 0; i < site.nav.count; i++)
        put_location(&response->body, request, "url", site.nav.items[i].url);
    buffer_text(&response->body, TEXT("</urlset>\n"));
    return OK;
}

struct part_writing {
    const struct request *request;
    const struct sitemap *sitemap;
    struct buffer *out;
    struct text origin;
};

static enum status put_row(void *row, struct arena *arena, void *context)
{
    const struct part_writing *writing = context;
    struct text path;
    enum status status = writing->sitemap->path(row, arena, &path);
    if (status == NOT_FOUND)
        return OK;
    buffer_text(writing->out, TEXT("<url><loc>"));
    buffer_escaped(writing->out, writing->origin);
    buffer_escaped(writing->out, path);
    buffer_text(writing->out, TEXT("</loc></url>\n"));
    return status;
}

static enum status find_sitemap(const struct module *module, void *context)
{
    struct part_writing *writing = context;
    for (size_t i = 0; i < module->sitemaps.count; i++)
        if (text_is(request_text(writing->request, "name"), module->sitemaps.rows[i].name))
            writing->sitemap = &module->sitemaps.rows[i];
    return OK;
}

enum status sitemap_part(struct request *request, struct response *response)
{
    struct part_writing writing = {.request = request,
                                   .out = &response->body,
                                   .origin = link_absolute(request, TEXT(""), TEXT(""))};
    int64_t part = request_int(request, "part");
    int64_t last;
    site_each_module(find_sitemap, &writing);
    if (!writing.sitemap || part < 1 || __builtin_mul_overflow(part, SITEMAP_PART_SIZE, &last))
        return NOT_FOUND;
    start_document(response, "urlset");
    size_t before = response->body.length;
    const struct query query = {
        writing.sitemap->model,
        .where = WHERE({"pk", LOOKUP_GT, .value = DB_INT(last - SITEMAP_PART_SIZE)},
                       {"pk", LOOKUP_LTE, .value = DB_INT(last)}),
        .order = NAMES("pk"),
        .related = writing.sitemap->related,
    };
    enum status status = query_each(request->db, &query, put_row, &writing);
    if (status == OK && response->body.length == before)
        return NOT_FOUND;
    buffer_text(&response->body, TEXT("</urlset>\n"));
    return status;
}
