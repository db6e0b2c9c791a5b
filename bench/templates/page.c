/* A letting's page as a constant, without and with the page's queries: what the page costs beyond
 * them is what rendering costs. */
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "lettings/queries.h"
#include "lettings/views.h"
#include "site/module.h"
#include "site/site.h"

#define LETTING 1
#define LARGEST (1u << 20)

static char bytes[LARGEST];
static struct text constant;

extern const struct module lettings_module;

/* The page as its own route gives it. */
static enum status render_page(const struct request *request, struct response *response)
{
    struct request own = *request;
    own.path = TEXT("/lettings/1/");
    for (size_t i = 0; i < lettings_module.routes.count; i++)
        if (lettings_module.routes.rows[i].view == letting_detail)
            own.route = &lettings_module.routes.rows[i];
    return letting_detail(&own, response);
}

static enum status make_constant(const struct request *request, struct response *response)
{
    if (constant.length)
        return OK;
    enum status status = render_page(request, response);
    struct text page = response_bytes(response);
    if (status != OK || page.length > sizeof bytes)
        return status == OK ? FAILED : status;
    memcpy(bytes, page.at, page.length);
    constant = (struct text){bytes, page.length};
    return OK;
}

static enum status send_constant(struct request *request, struct response *response)
{
    static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&making);
    enum status status = make_constant(request, response);
    pthread_mutex_unlock(&making);
    if (status != OK)
        return status;
    response->content_type = "text/html; charset=utf-8";
    response->fixed = constant;
    return OK;
}

struct panel_filling {
    const struct request *request;
    struct text city;
};

static enum status fill_panels(const struct module *module, void *context)
{
    const struct panel_filling *filling = context;
    for (size_t i = 0; i < module->panels.count; i++) {
        const struct panel *panel = &module->panels.rows[i];
        struct value_map *map = value_map_new(filling->request->arena);
        if (strcmp(panel->place, "city") == 0)
            panel->fill(filling->request, filling->city, map);
    }
    return OK;
}

/* What letting_detail() reads. */
static enum status run_queries(struct request *request)
{
    struct neighbours among;
    enum status status = letting_among(request->db, request->arena, LETTING, &among);
    if (status != OK)
        return status;
    struct panel_filling filling = {request,
                                    ((const struct address *)among.letting->address)->city};
    return site_each_module(fill_panels, &filling);
}

static enum status send_queried(struct request *request, struct response *response)
{
    enum status status = run_queries(request);
    return status == OK ? send_constant(request, response) : status;
}

const struct module bench_module = {
    .name = "bench",
    .mount = "bench/",
    .needs = NEEDS("lettings"),
    .routes = ROUTES(
        {"<int:letting_id>/constant/", send_constant, .name = "constant", .access = ACCESS_PUBLIC},
        {"<int:letting_id>/queried/", send_queried, .name = "queried", .access = ACCESS_PUBLIC}),
};
