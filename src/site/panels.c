/* What modules show on each other's pages. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
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
        paneling->request->page_key = NULL; /* a page without it is not to be kept */
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

void site_panels(struct request *request, struct value_map *context, const char *place,
                 struct text subject)
{
    struct paneling paneling = {.request = request, .place = place, .subject = subject};
    site_each_module(add_module, &paneling);
    value_map_set(context, TEXT("panels"),
                  value_list(request->arena, paneling.rendered.items, paneling.rendered.count));
}
