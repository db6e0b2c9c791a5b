/* The modules' steps around a view, and whether the visitor may have it. */
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/internal.h"
#include "site/module.h"
#include "site/site.h"

bool modules_enter(struct request *request, struct response *response)
{
    bool goes_on = true;
    while (request->steps < site.middleware.count && goes_on) {
        const struct middleware *step = site.middleware.items[request->steps++];
        goes_on = !step->before || step->before(request, response);
    }
    return goes_on;
}

void modules_leave(struct request *request, struct response *response)
{
    while (request->steps > 0) {
        const struct middleware *step = site.middleware.items[--request->steps];
        if (step->after)
            step->after(request, response);
    }
}

bool access_check(struct request *request, struct response *response)
{
    if (request->route->access != ACCESS_DENIED && request->route->access <= request->access)
        return true;
    site_error_page(request, response, 403, TEXT(""));
    return false;
}
