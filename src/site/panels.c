/* What modules show on each other's pages. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "site/csrf.h"
#include "site/page_cache.h"
#include "site/site.h"
#include "template/value.h"

struct paneling {
    struct request *request;
    const char *place;
    struct text subject;
    LIST(struct value) rendered;
};

static enum status render_panel(const struct paneling *paneling, const struct panel *panel,
                                struct buffer *html)
{
    struct value_map *context = value_map_new(paneling->request->arena);
    value_map_set(context, TEXT("subject"), value_text(paneling->subject));
    csrf_add_context(paneling->request, context);
    enum status status = panel->fill(paneling->request, paneling->subject, context);
    return status == OK ? site_render_into(paneling->request, html, panel->template, context)
                        : status;
}

/* A page is not lost with what stands in its margin. */
static void add_panel(struct paneling *paneling, const struct panel *panel)
{
    struct buffer html = {.arena = paneling->request->arena};
    enum status status = render_panel(paneling, panel, &html);
    if (status == OK) {
        *LIST_PUSH(html.arena, &paneling->rendered) = value_safe(buffer_contents(&html));
    } else if (status != NOT_FOUND) {
        page_cache_refuse(paneling->request); /* a page without it */
        log_error("a panel failed", LOG_STRING("template", panel->template),
                  LOG_STRING("error", status_failure()->message));
    }
}

static enum status add_module(const struct module *module, void *context)
{
    struct paneling *paneling = context;
    for (size_t i = 0; i < module->panels.count; i++)
        if (strcmp(module->panels.rows[i].place, paneling->place) == 0)
            add_panel(paneling, &module->panels.rows[i]);
    return OK;
}

static struct value panel_list(struct request *request, const char *place, struct text subject)
{
    struct paneling paneling = {.request = request, .place = place, .subject = subject};
    site_each_module(add_module, &paneling);
    return value_list(request->arena, paneling.rendered.items, paneling.rendered.count);
}

void site_panels(struct request *request, struct value_map *context, const char *place,
                 struct text subject)
{
    value_map_set(context, TEXT("panels"), panel_list(request, place, subject));
}

/* Every page may show them, and most that are asked for are not rendered: made when they are walked
 * over. */

static struct value header_items(const void *self, struct arena *arena)
{
    (void)arena;
    return panel_list((struct request *)(uintptr_t)self, "header", TEXT(""));
}

struct value site_header_panels(struct request *request)
{
    static const struct value_class class = {.name = "header", .items = header_items};
    return value_object(request->arena, &class, request);
}
