#include "issues/projects.h"

#include "admin/admin.h"
#include "base/arena.h"
#include "crypto/crypto.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/models.h"
#include "site/links.h"
#include "template/language.h"
#include "template/value.h"

#define KEY_DIGITS 32

bool project_may(const struct request *request, enum admin_action action, const void *row)
{
    const struct project *project = row;
    (void)request;
    return !project || project->public_key.length || action == ADMIN_VIEW;
}

void project_prepare(const struct request *request, const void *before, void *row)
{
    if (!before)
        ((struct project *)row)->public_key =
            random_text(request->arena, TEXT("0123456789abcdef"), KEY_DIGITS);
}

/* "https://<key>@host/<id>" of the site's own address. */
static struct text dsn_of(const struct request *request, const struct project *project)
{
    struct arena *arena = request->arena;
    struct text origin = link_absolute(request, TEXT("/"), TEXT(""));
    size_t at = text_find(origin, TEXT("://"));
    struct text scheme = text_part(origin, 0, at);
    struct text host = text_from(origin, at + 3);
    return text_format(arena, "%.*s://%.*s@%.*s%lld", TEXT_ARG(scheme),
                       TEXT_ARG(project->public_key), TEXT_ARG(host), (long long)project->id);
}

enum status project_setup(struct request *request, struct response *response, const void *row,
                          struct admin_change *change)
{
    const struct project *project = row;
    (void)change;
    if (request->method == HTTP_POST)
        return fail_as(INVALID, "there is nothing to send here");
    struct text title =
        text_format(request->arena, translate("Set up: %.*s"), TEXT_ARG(project->name));
    struct value_map *context = page_context(request, title, NULL);
    page_crumb(context, text_of(translate("Issues")),
               page_path(request->arena, "admin:issues_index", TEXT_NONE));
    page_crumb(context, title, TEXT(""));
    page_text(context, "dsn", dsn_of(request, project));
    return page_show(request, response, "issues/setup.html", context);
}
