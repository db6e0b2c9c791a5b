/* What modules show on each other's pages. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "site/site.h"
#include "template/value.h"

struct paneling {
    const struct request *request;
    const char *place;
    struct text subject;
    LIST(struct value) rendered;
};

static enum status render_panel(struct paneling *paneling, const struct panel *panel)
{
    const struct request *request = paneling->request;
    struct value_map *context = site_context(request);
    struct buffer html = {.arena = request->arena};
    value_map_set(context, TEXT("subject"), value_text(paneling->subject));
    enum status status = panel->fill(request, paneling->subject, context);
    if (status == NOT_FOUND)
        return OK;
    if (status == OK)
        status = site_render_into(request, &html, panel->template, context);
    if (status == OK)
        *LIST_PUSH(request->arena, &paneling->rendered) = value_safe(buffer_contents(&html));
    return status;
}

static enum status render_module(const struct module *module, void *context)
{
    struct paneling *paneling = context;
    enum status status = OK;
    for (size_t i = 0; i < module->panels.count && status == OK; i++)
        if (strcmp(module->panels.rows[i].place, paneling->place) == 0)
            status = render_panel(paneling, &module->panels.rows[i]);
    return status;
}

enum status site_panels(const struct request *request, struct value_map *context, const char *place,
                        struct text subject)
{
    struct paneling paneling = {.request = request, .place = place, .subject = subject};
    enum status status = site_each_module(render_module, &paneling);
    value_map_set(context, TEXT("panels"),
                  value_list(request->arena, paneling.rendered.items, paneling.rendered.count));
    return status;
}
